// SPDX-License-Identifier: Apache-2.0
// What the application's threads hand to the io thread, in one queue so that order is kept.
#pragma once

#include <kith/message.hpp>
#include <kith/session.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <variant>

#include "backends/operation.hpp"

namespace kith::backends {
class Backend;
}

namespace kith::client {

class SessionImpl;

using backends::Backend;
using backends::OpId;
using backends::Outcome;
using backends::SessionRef;

/// Turns an outcome into the application's completion; runs on the executor.
using Finish = std::function<void(Outcome&)>;

/// A message that passed the checks. A struct of its own: a burst of sends allocates no closures.
struct SendCall {
  std::shared_ptr<SessionImpl> session;
  Message message;
  std::string client_id;
  std::size_t bytes{0};  ///< counted against the outbox until it is done
  SendCompletion done;
};

/// The receiver has seen so many more messages.
struct ShownCall {
  std::shared_ptr<SessionImpl> session;
  std::size_t count{0};
};

/// A session that comes, in the place of one that is gone (0: of none). Like GoneCall it waits when
/// there is no thread to carry it out, because what is asked of the session later builds on it;
/// when the manager is closed it is dropped.
struct NewCall {
  std::shared_ptr<SessionImpl> session;
  SessionRef replaced{0};
};
struct GoneCall {
  SessionRef session{0};
};

/// An operation of a session or, without one, of the manager: `start` runs on the io thread, unless
/// the call is refused.
struct OpCall {
  std::shared_ptr<SessionImpl> session;
  const char* name{""};
  Finish finish;
  std::function<void(Backend& backend, OpId op)> start;
};

/// Something for the backend that is never answered, and is dropped when it is refused.
struct HintCall {
  void (*give)(Backend& backend){nullptr};
};

/// The end of a session or, without one, of the manager. Its completion comes after every event of
/// the same turn: `close()` promises that nothing follows (R2), while the backend tells of the
/// operation before it tells of the end.
struct CloseCall {
  std::shared_ptr<SessionImpl> session;
  Finish finish;
};

using Submission = std::variant<std::monostate, SendCall, ShownCall, NewCall, GoneCall, OpCall,
                                HintCall, CloseCall>;

}  // namespace kith::client
