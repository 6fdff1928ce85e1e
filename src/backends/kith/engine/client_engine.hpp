// SPDX-License-Identifier: Apache-2.0
// Everything the client decides, sans-IO: one connection and the sessions on it. Calls and
// the time go in; an Output is told what to do. No sockets, clocks, threads or JSON. One thread at
// a time; every call is legal in every state.
#pragma once

#include <kith/session.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "backends/kith/engine/close_attribution.hpp"
#include "backends/kith/engine/connection_fsm.hpp"
#include "backends/kith/engine/output.hpp"
#include "backends/kith/engine/request_mux.hpp"
#include "backends/kith/engine/session_set.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"
#include "base/route.hpp"

namespace kith::engine {

class ClientEngine final : private ConnectionFsm::Observer {
 public:
  /// `output` and `random` outlive the engine.
  ClientEngine(EngineOptions options, Output& output, base::Random& random);
  ~ClientEngine() override;

  // --- the application. Arguments have been checked by the driver. ---
  void addSession(SessionRef session, std::string peer_id);
  /// Forgets a closed session at once; an open one is closed first, silently. With a store, what it
  /// had to send and its watch list stay there.
  void removeSession(SessionRef session, base::Instant now);
  void open(SessionRef session, std::vector<std::string> watch, OpId op, base::Instant now);
  void close(SessionRef session, OpId op, base::Instant now);
  void watch(SessionRef session, std::vector<std::string> peers, OpId op, base::Instant now);
  void unwatch(SessionRef session, std::vector<std::string> peers, OpId op, base::Instant now);
  void query(SessionRef session, std::vector<std::string> peers, OpId op, base::Instant now);
  /// `client_id` goes out as `dt` and stays with the message through every resend.
  void send(SessionRef session, Message message, std::string client_id, OpId op, base::Instant now);
  /// Empty `group_id` creates; `open_group` creates an open one.
  void join(SessionRef session, std::string group_id, bool open_group, OpId op, base::Instant now);
  void leave(SessionRef session, std::string group_id, OpId op, base::Instant now);
  void invite(SessionRef session, std::string group_id, std::vector<std::string> peers, OpId op,
              base::Instant now);
  void kick(SessionRef session, std::string group_id, std::vector<std::string> peers, OpId op,
            base::Instant now);
  /// Fails with `NotSupported` where the server speaks v1 alone.
  void ask(SessionRef session, ConversationRequest request, OpId op, base::Instant now);
  /// The application's callbacks for the oldest `count` Incoming events of the session have run:
  /// these are acknowledged now (contract 2: ack only after delivery).
  void delivered(SessionRef session, std::size_t count, base::Instant now);
  void networkChanged(base::Instant now);
  void pause(OpId op, base::Instant now);
  void resume(base::Instant now);
  /// Closes every session, then the connection; `op` is the last thing that is done.
  void closeAll(OpId op, base::Instant now);

  // --- the world ---
  void routeAnswered(Result<base::Route> route, base::Instant now);
  /// `knows_conversations`: the server speaks the commands of the current protocol beside v1's.
  void transportUp(base::Instant now, bool knows_conversations = false);
  /// `code`: the peer's close code or 0; `error`: what else is known.
  void transportDown(int code, Error error, base::Instant now);
  void received(const avos::Frame& frame, base::Instant now);
  void received(const leancloud::Command& command, base::Instant now);
  /// A frame that could not be decoded: the connection is closed with 1007 and tried again.
  void receivedGarbage(Error error, base::Instant now);
  /// More events wait for the application than may. The connection is closed with 1008 and tried
  /// again; the server did nothing that avos-v1 forbids.
  void overrun(base::Instant now);
  /// A PING or PONG came.
  void heard(base::Instant now);
  void signatureReady(SignatureId id, Result<Signature> signature, base::Instant now);

  /// The answer to Output::load().
  void loaded(SessionRef session, Result<StoredPeer> peer, base::Instant now);
  /// The oldest `count` changes given to Output::keep() are committed, or have failed together.
  void kept(std::size_t count, Result<void> result, base::Instant now);

  /// The earliest time at which timeReached() has something to do; kNever if none (a paused manager
  /// without operations has none, R12).
  base::Millis deadline() const;
  void timeReached(base::Instant now);

  // --- looking in ---
  SessionState state(SessionRef session) const;
  std::vector<std::string> watched(SessionRef session) const;
  std::vector<std::string> online(SessionRef session) const;
  std::size_t bufferedBytes(SessionRef session) const;
  const EngineStats& stats() const { return *mux_.sharedStats(); }
  /// The same; any thread, also when the engine is gone.
  std::shared_ptr<const EngineStats> sharedStats() const { return mux_.sharedStats(); }

 private:
  // ConnectionFsm::Observer
  void connectionUp(base::Instant now) override;
  void connectionLost(int code, const Error& error, base::Instant now) override;
  void heartbeatSent() override { mux_.ackBarrier().heartbeatSent(); }
  void connectionRetrying(const Reconnecting& event) override;
  void connectionGaveUp(const Error& error, base::Instant now) override;

  /// The session, or null after `op` was told so.
  Session* expect(SessionRef ref, OpId op);
  void operate(SessionRef ref, Operation operation, base::Instant now);
  void dispatch(const avos::Frame& frame, base::Instant now);
  void dispatch(const leancloud::Command& command, base::Instant now);
  /// It answers nothing, although it has no serial.
  bool isNotice(const avos::Frame& frame, const Session& session) const;
  void heartbeatAnswered(base::Instant now);
  /// `count` changes are over; tells the sessions once when writing begins to fail.
  void committed(std::size_t count, const Result<void>& result);
  void answerSigner(SignatureId id, const Result<Signature>& signature, base::Instant now);
  void settle(Session& session, base::Instant now);
  void settleConnection(base::Instant now, bool hurry = false);
  void completeWaits();

  const EngineOptions options_;
  RequestMux mux_;
  ConnectionFsm connection_;
  SessionSet sessions_;
  CloseAttribution close_attribution_;
  bool knows_conversations_{false};   // the server that is being connected
  bool halted_{false};                // pause()
  bool ended_{false};                 // closeAll()
  std::vector<OpId> pauses_;          // done when the transport is gone
  std::vector<OpId> closes_;          // the same
  std::optional<Error> store_error_;  // of the last commit
};

}  // namespace kith::engine
