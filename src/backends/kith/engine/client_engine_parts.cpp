// SPDX-License-Identifier: Apache-2.0
// The private half of ClientEngine: dispatch of frames, and what follows each call.
#include <algorithm>
#include <utility>

#include "backends/kith/engine/client_engine.hpp"

namespace kith::engine {

Session* ClientEngine::expect(SessionRef ref, OpId op) {
  Session* session = ended_ ? nullptr : sessions_.find(ref);
  if (session != nullptr || op == 0) return session;
  const Error closed{Errc::Closed, 0, "the manager was closed", false};
  const Error dropped{Errc::NotOpen, 0, "the session was dropped; make it anew", false};
  mux_.output().done(op, {ended_ ? closed : dropped, {}, {}, {}, {}, {}});
  return nullptr;
}

void ClientEngine::settle(Session& session, base::Instant now) { sessions_.settle(session, now); }

void ClientEngine::settleConnection(base::Instant now, bool hurry) {
  sessions_.openQuarantined(now);
  const bool wanted = sessions_.live() > 0 && !halted_ && !ended_;
  if (!wanted) mux_.disconnected();
  connection_.sent({mux_.lastSent(), now.wall});
  connection_.setWanted(wanted, hurry, now);
  if (!closes_.empty()) connection_.limitClosing(now);
  completeWaits();
}

void ClientEngine::completeWaits() {
  if (connection_.state() == ConnectionFsm::State::Closing) return;
  for (const OpId op : std::exchange(pauses_, {})) mux_.output().done(op, {});
  if (connection_.state() != ConnectionFsm::State::Idle) return;
  for (const OpId op : std::exchange(closes_, {})) mux_.output().done(op, {});
}

void ClientEngine::operate(SessionRef ref, Operation operation, base::Instant now) {
  connection_.wake(now);
  Session* session = expect(ref, operation.op);
  if (session == nullptr) return;
  session->operate(std::move(operation), now);
  settle(*session, now);
  settleConnection(now);
}

void ClientEngine::answerSigner(SignatureId id, const Result<Signature>& signature,
                                base::Instant now) {
  const std::optional<SessionRef> ref = mux_.answered(id);
  Session* session = ref ? sessions_.find(*ref) : nullptr;
  if (session == nullptr) return;
  session->signatureReady(id, signature, now);
  settle(*session, now);
}

void ClientEngine::committed(std::size_t count, const Result<void>& result) {
  for (; count > 0; --count) {
    const std::optional<SessionRef> ref = mux_.commitOldest();
    Session* session = ref ? sessions_.find(*ref) : nullptr;
    if (session != nullptr) session->committed();
  }
  if (result.ok()) return store_error_.reset();
  if (store_error_) return;
  store_error_ = result.error();
  for (Session* session : sessions_.inOrder()) {
    if (session->live()) session->notify(SessionError{*store_error_});
  }
}

void ClientEngine::dispatch(const avos::Frame& frame, base::Instant now) {
  ++mux_.stats().frames_in;
  if (frame.is<avos::Heartbeat>()) return heartbeatAnswered(now);
  Session* session = sessions_.whose(frame.peer());
  if (session == nullptr) return;
  // A notice must not take the place of an answer without a serial.
  std::optional<Request> request;
  if (!isNotice(frame, *session)) request = mux_.requests().take(frame, session->ref(), now.mono);
  if (request && request->kind != RequestKind::Open) close_attribution_.answered();
  session->received(frame, request, now);
  settle(*session, now);
}

void ClientEngine::dispatch(const leancloud::Command& command, base::Instant now) {
  const auto* const error = command.as<leancloud::ErrorCommand>();
  const std::string_view peer = command.peer_id.value_or(std::string_view());
  Session* const session = sessions_.whose(peer);
  std::optional<Request> request;
  if (session != nullptr && command.i) {
    request = mux_.requests().takeConversation(*command.i, session->ref(), now.mono);
  }
  if (error != nullptr && !request) {  // of a request of v1, or of none
    avos::Frame frame{
        {}, {}, command.peer_id, avos::Failure{avos::Reason{error->code, error->reason}}};
    if (command.i) frame.i = {avos::Serial::Kind::Integer, *command.i, {}};
    return dispatch(frame, now);
  }
  ++mux_.stats().frames_in;
  if (session == nullptr) return;
  if (request) close_attribution_.answered();
  session->received(command, request, now);
  settle(*session, now);
}

bool ClientEngine::isNotice(const avos::Frame& frame, const Session& session) const {
  if (frame.i.kind != avos::Serial::Kind::None) return false;
  if (frame.is<avos::Presence>() || frame.is<avos::Direct>() || frame.is<avos::Receipt>()) {
    return true;
  }
  const auto* event = frame.as<avos::RoomEvent>();
  if (event == nullptr) return false;
  if (!event->by.empty() && event->by != session.peer()) return true;
  // A peer that kicks itself out of a group, perhaps elsewhere, did not leave it or another. The
  // answer to a leave has a serial (avos-v1 §5.6), unless the server has none at all.
  return event->op == avos::RoomEvent::Op::Left &&
         (mux_.requests().echoed() || !session.leaves(event->room));
}

void ClientEngine::heartbeatAnswered(base::Instant now) {
  if (!mux_.ackBarrier().heartbeatAnswered()) return;
  for (const SessionRef ref : mux_.takeBarrierWaiters()) {
    if (Session* session = sessions_.find(ref)) session->acksConfirmed(now);
  }
}

void ClientEngine::connectionUp(base::Instant now) {
  mux_.connected(knows_conversations_, now);
  for (Session* session : sessions_.inOrder()) settle(*session, now);
}

void ClientEngine::connectionLost(int code, const Error& error, base::Instant now) {
  const CloseAttribution::Attribution attribution = close_attribution_.attribute(code);
  mux_.disconnected();
  const std::vector<Session*> all = sessions_.inOrder();
  for (Session* session : all) session->connectionLost(error, false, now);
  close_attribution_.apply(code, error, attribution, now);
  for (Session* session : all) settle(*session, now);
}

void ClientEngine::connectionRetrying(const Reconnecting& event) {
  for (Session* session : sessions_.inOrder()) {
    if (session->live()) session->notify(event);
  }
}

void ClientEngine::connectionGaveUp(const Error& error, base::Instant now) {
  for (Session* session : sessions_.inOrder()) {
    session->finish(error, Session::Kept::Yes);  // no session was refused
    settle(*session, now);
  }
}

}  // namespace kith::engine
