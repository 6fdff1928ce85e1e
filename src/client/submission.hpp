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

namespace kith::client {

class Driver;
class SessionImpl;

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

/// A session that comes or goes. It waits when there is no thread to carry it out, because what is
/// asked of the session later builds on it; when the manager is closed it is dropped.
struct SetupCall {
  std::function<void(Driver&)> run;
};

/// Anything else. Called once: with the driver on its thread, or with null on the caller's when it
/// is refused; ManagerImpl::refusal() says why.
using DriverCall = std::function<void(Driver*)>;

using Submission = std::variant<SendCall, ShownCall, SetupCall, DriverCall>;

}  // namespace kith::client
