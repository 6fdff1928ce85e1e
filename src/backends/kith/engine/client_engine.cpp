// SPDX-License-Identifier: Apache-2.0
#include "backends/kith/engine/client_engine.hpp"

#include <algorithm>
#include <utility>

namespace kith::engine {

ClientEngine::ClientEngine(EngineOptions options, Output& output, base::Random& random)
    : options_(std::move(options)),
      mux_(options_, output, random),
      connection_(options_, output, *this, random, mux_.stats()),
      sessions_(mux_),
      close_attribution_(mux_, sessions_) {}

ClientEngine::~ClientEngine() = default;

void ClientEngine::addSession(SessionRef session, std::string peer_id) {
  if (sessions_.find(session) != nullptr) return;
  sessions_.add(std::make_unique<Session>(session, std::move(peer_id), mux_));
}

void ClientEngine::removeSession(SessionRef ref, base::Instant now) {
  Session* session = sessions_.find(ref);
  if (session == nullptr) return;
  connection_.wake(now);
  session->silence();
  session->close(0, Session::Kept::Yes, now);
  settle(*session, now);
  sessions_.forget(*session);
  settleConnection(now);
}

void ClientEngine::open(SessionRef ref, std::vector<std::string> watch, OpId op,
                        base::Instant now) {
  connection_.wake(now);
  Session* session = expect(ref, op);
  if (session == nullptr) return;
  session->open(std::move(watch), op);
  settle(*session, now);
  settleConnection(now);
}

void ClientEngine::close(SessionRef ref, OpId op, base::Instant now) {
  connection_.wake(now);
  Session* session = sessions_.find(ref);
  if (session == nullptr) {
    if (op != 0) mux_.output().done(op, {});
    return;
  }
  session->close(op, Session::Kept::No, now);
  settle(*session, now);
  settleConnection(now);
}

void ClientEngine::watch(SessionRef session, std::vector<std::string> peers, OpId op,
                         base::Instant now) {
  operate(session, {RequestKind::Watch, op, std::move(peers), {}}, now);
}

void ClientEngine::unwatch(SessionRef session, std::vector<std::string> peers, OpId op,
                           base::Instant now) {
  operate(session, {RequestKind::Unwatch, op, std::move(peers), {}}, now);
}

void ClientEngine::query(SessionRef session, std::vector<std::string> peers, OpId op,
                         base::Instant now) {
  operate(session, {RequestKind::Query, op, std::move(peers), {}}, now);
}

void ClientEngine::join(SessionRef session, std::string group_id, bool open_group, OpId op,
                        base::Instant now) {
  operate(session, {RequestKind::Join, op, {}, std::move(group_id), open_group}, now);
}

void ClientEngine::leave(SessionRef session, std::string group_id, OpId op, base::Instant now) {
  operate(session, {RequestKind::Leave, op, {}, std::move(group_id)}, now);
}

void ClientEngine::invite(SessionRef session, std::string group_id, std::vector<std::string> peers,
                          OpId op, base::Instant now) {
  operate(session, {RequestKind::Invite, op, std::move(peers), std::move(group_id)}, now);
}

void ClientEngine::kick(SessionRef session, std::string group_id, std::vector<std::string> peers,
                        OpId op, base::Instant now) {
  operate(session, {RequestKind::Kick, op, std::move(peers), std::move(group_id)}, now);
}

void ClientEngine::ask(SessionRef ref, ConversationRequest request, OpId op, base::Instant now) {
  connection_.wake(now);
  Session* session = expect(ref, op);
  if (session == nullptr) return;
  session->ask(std::move(request), op, now);
  settle(*session, now);
  settleConnection(now);
}

void ClientEngine::send(SessionRef ref, Message message, std::string client_id, OpId op,
                        base::Instant now) {
  connection_.wake(now);
  Session* session = expect(ref, op);
  if (session == nullptr) return;
  session->send(std::move(message), std::move(client_id), op, now);
  settle(*session, now);
  settleConnection(now);
}

void ClientEngine::delivered(SessionRef ref, std::size_t count, base::Instant now) {
  connection_.wake(now);
  Session* session = sessions_.find(ref);
  if (session == nullptr) return;
  session->delivered(count, now);
  settle(*session, now);
  settleConnection(now);
}

void ClientEngine::networkChanged(base::Instant now) {
  connection_.wake(now);
  connection_.networkChanged(now);
  settleConnection(now);
}

void ClientEngine::pause(OpId op, base::Instant now) {
  if (!halted_ && !ended_) {
    halted_ = true;
    mux_.disconnected();
    const Error cause{Errc::Paused, 0, "the application paused the manager", false};
    for (Session* session : sessions_.inOrder()) {
      session->connectionLost(cause, true, now);
      settle(*session, now);
    }
  }
  if (op != 0) pauses_.push_back(op);
  settleConnection(now);
}

void ClientEngine::resume(base::Instant now) {
  halted_ = false;
  settleConnection(now, true);
}

void ClientEngine::closeAll(OpId op, base::Instant now) {
  connection_.wake(now);
  for (Session* session : sessions_.inOrder()) {
    session->close(0, Session::Kept::Yes, now);
    settle(*session, now);
  }
  ended_ = true;
  if (op != 0) closes_.push_back(op);
  settleConnection(now);
}

void ClientEngine::routeAnswered(Result<base::Route> route, base::Instant now) {
  connection_.routeAnswered(std::move(route), now);
  settleConnection(now);
}

void ClientEngine::transportUp(base::Instant now, bool knows_conversations) {
  knows_conversations_ = knows_conversations;
  connection_.transportUp(now);
  settleConnection(now);
}

void ClientEngine::transportDown(int code, Error error, base::Instant now) {
  connection_.transportDown(code, error, now);
  settleConnection(now);
}

void ClientEngine::received(const avos::Frame& frame, base::Instant now) {
  connection_.wake(now);
  if (connection_.heard(now)) dispatch(frame, now);
  settleConnection(now);
}

void ClientEngine::received(const leancloud::Command& command, base::Instant now) {
  connection_.wake(now);
  if (connection_.heard(now)) dispatch(command, now);
  settleConnection(now);
}

void ClientEngine::receivedGarbage(Error error, base::Instant now) {
  connection_.refuse(base::kBadPayload, error, now);
  settleConnection(now);
}

void ClientEngine::overrun(base::Instant now) {
  connection_.refuse(base::kPolicyViolation,
                     {Errc::QueueFull, 0,
                      "the server sends more events than the application's callbacks take", false},
                     now);
  settleConnection(now);
}

void ClientEngine::heard(base::Instant now) {
  connection_.wake(now);
  connection_.heard(now);
  settleConnection(now);
}

void ClientEngine::signatureReady(SignatureId id, Result<Signature> signature, base::Instant now) {
  connection_.wake(now);
  answerSigner(id, signature, now);
  settleConnection(now);
}

void ClientEngine::loaded(SessionRef ref, Result<StoredPeer> peer, base::Instant now) {
  connection_.wake(now);
  Session* session = sessions_.find(ref);
  if (session == nullptr) return;
  const bool told = !peer.ok() || !store_error_;
  if (session->loaded(std::move(peer), now) && !told) session->notify(SessionError{*store_error_});
  settle(*session, now);
  settleConnection(now);
}

void ClientEngine::kept(std::size_t count, Result<void> result, base::Instant now) {
  connection_.wake(now);
  committed(count, result);
  settleConnection(now);
}

base::Millis ClientEngine::deadline() const {
  base::Millis due =
      std::min({connection_.deadline(), sessions_.deadline(), mux_.signatureDeadline()});
  if (!mux_.up()) return due;
  return std::min(due, mux_.requests().deadline(options_.command_timeout));
}

void ClientEngine::timeReached(base::Instant now) {
  connection_.wake(now);
  if (mux_.up() && now.mono >= mux_.requests().deadline(options_.command_timeout)) {
    connection_.presumeDead(
        {Errc::Timeout, 0, "the server did not answer a command within Options::command_timeout",
         false},
        now);
  }
  while (const SignatureId id = mux_.overdue(now)) {
    answerSigner(
        id,
        Error{Errc::Timeout, 0,
              "the signature factory did not answer within Options::signature_timeout", false},
        now);
  }
  connection_.timeReached(now);
  // A session that is due again at once (a delay of zero) has its turn with the next call.
  for (std::size_t turns = sessions_.size(); turns > 0 && sessions_.deadline() <= now.mono;
       --turns) {
    Session* session = sessions_.first();
    session->timeReached(halted_, now);
    settle(*session, now);
  }
  settleConnection(now);
}

SessionState ClientEngine::state(SessionRef session) const {
  const Session* found = sessions_.find(session);
  return found == nullptr ? SessionState::Closed : found->state();
}

std::vector<std::string> ClientEngine::watched(SessionRef session) const {
  const Session* found = sessions_.find(session);
  return found == nullptr ? std::vector<std::string>{} : found->watchList().watched();
}

std::vector<std::string> ClientEngine::online(SessionRef session) const {
  const Session* found = sessions_.find(session);
  return found == nullptr ? std::vector<std::string>{} : found->watchList().online();
}

std::size_t ClientEngine::bufferedBytes(SessionRef session) const {
  const Session* found = sessions_.find(session);
  return found == nullptr ? 0 : found->bufferedBytes();
}

}  // namespace kith::engine
