// SPDX-License-Identifier: Apache-2.0
// What the client asks of a chat service, whatever protocol it speaks: the one seam between the
// client and its backends. Io thread only, where nothing else is said.
#pragma once

#include <kith/capabilities.hpp>
#include <kith/event.hpp>
#include <kith/message.hpp>
#include <kith/options.hpp>
#include <kith/session_manager.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "backends/conversation_request.hpp"
#include "backends/counters.hpp"
#include "backends/driver_host.hpp"
#include "backends/operation.hpp"

namespace kith::backends {

/// Hears a backend. No call of it may call the backend, but for turnEnded().
class BackendUser {
 public:
  virtual ~BackendUser() = default;

  /// An operation is over. Comes once per OpId, before the events that follow from it.
  virtual void done(OpId op, Outcome&& outcome) = 0;
  /// Something happened to a session. After the application's callback for a MessageReceived ran,
  /// Backend::delivered() says so.
  virtual void notify(SessionRef session, Event&& event) = 0;
  /// All that came in together from the network, a timer or a disk was told. Does not follow a call
  /// of the user's own.
  virtual void turnEnded() = 0;
  /// A timer of the backend's fired, as at least each heartbeat does: a moment to give memory back.
  virtual void timePassed() = 0;
};

/// Sessions of one application on one service. Arguments have been checked by the client. Every
/// call is legal at any time and returns at once; what it leads to is told to the BackendUser,
/// inside the call or later. Dropping the last reference ends it at once and tells nothing.
class Backend {
 public:
  virtual ~Backend();

  virtual void addSession(SessionRef session, const std::string& peer_id) = 0;
  /// Forgets the session; an open one is closed first, without events.
  virtual void removeSession(SessionRef session) = 0;
  virtual void open(SessionRef session, std::vector<std::string> watch, OpId op) = 0;
  virtual void close(SessionRef session, OpId op) = 0;
  virtual void watch(SessionRef session, std::vector<std::string> peers, OpId op) = 0;
  virtual void unwatch(SessionRef session, std::vector<std::string> peers, OpId op) = 0;
  virtual void query(SessionRef session, std::vector<std::string> peers, OpId op) = 0;
  /// `client_id` stays with the message through every resend.
  virtual void send(SessionRef session, Message message, std::string client_id, OpId op) = 0;
  /// The application's callbacks for the oldest `count` messages of the session have run: these are
  /// acknowledged now (decision 006).
  virtual void delivered(SessionRef session, std::size_t count) = 0;

  /// Empty `group_id` creates; `open_group` creates an open one.
  virtual void join(SessionRef session, std::string group_id, bool open_group, OpId op) = 0;
  virtual void leave(SessionRef session, std::string group_id, OpId op) = 0;
  virtual void invite(SessionRef session, std::string group_id, std::vector<std::string> peers,
                      OpId op) = 0;
  virtual void kick(SessionRef session, std::string group_id, std::vector<std::string> peers,
                    OpId op) = 0;
  /// Fails with `Closed` when the session is closed first.
  virtual void members(SessionRef session, const std::string& peer_id, const std::string& group_id,
                       OpId op) = 0;
  virtual void history(const std::string& peer_id, HistoryQuery query, OpId op) = 0;
  /// Fails with `NotSupported` where the service knows no such thing.
  virtual void ask(SessionRef session, ConversationRequest request, OpId op) = 0;

  virtual void networkChanged() = 0;
  virtual void pause(OpId op) = 0;
  virtual void resume() = 0;
  /// Closes every session, then the connection; `op` is the last thing that is done, when all that
  /// `Options::store` is to keep is written.
  virtual void closeAll(OpId op) = 0;
  /// More events wait for the application than may: the server has to wait.
  virtual void overrun() = 0;
  /// After each burst of calls, and after each BackendUser::turnEnded().
  virtual void endTurn() = 0;

  /// What it counts, from its start on; also when it is gone.
  virtual std::shared_ptr<const Counters> counters() const = 0;
};

/// A kind of backend: what is known of it without making one. Any thread.
class BackendKind {
 public:
  virtual ~BackendKind() = default;
  /// `seen`: what a backend of this kind has counted so far.
  virtual Capabilities capabilities(const Counters& seen) const = 0;
  /// What of the options is between the application and the service: addresses, keys, names, the
  /// reactor. Each error names the field.
  virtual Result<void> checkOptions(const Options& options) const = 0;
  /// The io thread for a backend: the one of Options::reactor, or a new one. The options are good.
  virtual std::shared_ptr<base::IoLoop> loop(const Options& options) const = 0;
  /// 64 random bits as text, to name things unlike any other of any process.
  virtual std::string randomName() const = 0;
  /// Whether a message that is otherwise good fits into what the protocol carries.
  virtual Result<void> checkSize(const Message& message, std::string_view app_id,
                                 std::string_view peer_id, std::string_view client_id) const = 0;
  /// `user` outlives it.
  virtual std::shared_ptr<Backend> make(const DriverHost& host, BackendUser& user) const = 0;
};

}  // namespace kith::backends
