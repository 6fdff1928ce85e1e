// SPDX-License-Identifier: Apache-2.0
#include "engine/client_engine.hpp"

#include <algorithm>
#include <utility>

#include "engine/engine_state.hpp"

namespace kith::engine {

ClientEngine::ClientEngine(EngineOptions options, Output& output, base::Random& random)
    : state_(std::make_unique<State>(std::move(options), output, random)) {}

ClientEngine::~ClientEngine() = default;

void ClientEngine::addSession(SessionRef session, std::string peer_id) {
  State& s = *state_;
  if (s.sessions.find(session) != nullptr) return;
  s.sessions.add(std::make_unique<Session>(session, std::move(peer_id), s.channel));
  s.latest_heard = nullptr;
}

void ClientEngine::removeSession(SessionRef ref, base::Instant now) {
  State& s = *state_;
  Session* session = s.find(ref);
  if (session == nullptr) return;
  s.link.wake(now);
  session->silence();
  session->close(0, Session::Kept::Yes, now);
  s.settle(*session, now);
  s.forget(*session);
  s.settleLink(now);
}

void ClientEngine::open(SessionRef ref, std::vector<std::string> watch, OpId op,
                        base::Instant now) {
  State& s = *state_;
  s.link.wake(now);
  Session* session = s.expect(ref, op);
  if (session == nullptr) return;
  session->open(std::move(watch), op);
  s.settle(*session, now);
  s.settleLink(now);
}

void ClientEngine::close(SessionRef ref, OpId op, base::Instant now) {
  State& s = *state_;
  s.link.wake(now);
  Session* session = s.find(ref);
  if (session == nullptr) {
    if (op != 0) s.channel.output().done(op, {});
    return;
  }
  session->close(op, Session::Kept::No, now);
  s.settle(*session, now);
  s.settleLink(now);
}

void ClientEngine::watch(SessionRef session, std::vector<std::string> peers, OpId op,
                         base::Instant now) {
  state_->operate(session, {RequestKind::Watch, op, std::move(peers), {}}, now);
}

void ClientEngine::unwatch(SessionRef session, std::vector<std::string> peers, OpId op,
                           base::Instant now) {
  state_->operate(session, {RequestKind::Unwatch, op, std::move(peers), {}}, now);
}

void ClientEngine::query(SessionRef session, std::vector<std::string> peers, OpId op,
                         base::Instant now) {
  state_->operate(session, {RequestKind::Query, op, std::move(peers), {}}, now);
}

void ClientEngine::join(SessionRef session, std::string group_id, bool open_group, OpId op,
                        base::Instant now) {
  state_->operate(session, {RequestKind::Join, op, {}, std::move(group_id), open_group}, now);
}

void ClientEngine::leave(SessionRef session, std::string group_id, OpId op, base::Instant now) {
  state_->operate(session, {RequestKind::Leave, op, {}, std::move(group_id)}, now);
}

void ClientEngine::invite(SessionRef session, std::string group_id, std::vector<std::string> peers,
                          OpId op, base::Instant now) {
  state_->operate(session, {RequestKind::Invite, op, std::move(peers), std::move(group_id)}, now);
}

void ClientEngine::kick(SessionRef session, std::string group_id, std::vector<std::string> peers,
                        OpId op, base::Instant now) {
  state_->operate(session, {RequestKind::Kick, op, std::move(peers), std::move(group_id)}, now);
}

void ClientEngine::send(SessionRef ref, Message message, std::string client_id, OpId op,
                        base::Instant now) {
  State& s = *state_;
  s.link.wake(now);
  Session* session = s.expect(ref, op);
  if (session == nullptr) return;
  session->send(std::move(message), std::move(client_id), op, now);
  s.settle(*session, now);
  s.settleLink(now);
}

void ClientEngine::delivered(SessionRef ref, std::size_t count, base::Instant now) {
  State& s = *state_;
  s.link.wake(now);
  Session* session = s.find(ref);
  if (session == nullptr) return;
  session->delivered(count, now);
  s.settle(*session, now);
  s.settleLink(now);
}

void ClientEngine::networkChanged(base::Instant now) {
  state_->link.wake(now);
  state_->link.networkChanged(now);
  state_->settleLink(now);
}

void ClientEngine::pause(OpId op, base::Instant now) {
  State& s = *state_;
  if (!s.halted && !s.ended) {
    s.halted = true;
    s.channel.disconnected();
    const Error cause{Errc::Paused, 0, "the application paused the manager", false};
    for (Session* session : s.inOrder()) {
      session->connectionLost(cause, true, now);
      s.settle(*session, now);
    }
  }
  if (op != 0) s.pauses.push_back(op);
  s.settleLink(now);
}

void ClientEngine::resume(base::Instant now) {
  state_->halted = false;
  state_->settleLink(now, true);
}

void ClientEngine::closeAll(OpId op, base::Instant now) {
  State& s = *state_;
  s.link.wake(now);
  for (Session* session : s.inOrder()) {
    session->close(0, Session::Kept::Yes, now);
    s.settle(*session, now);
  }
  s.ended = true;
  if (op != 0) s.closes.push_back(op);
  s.settleLink(now);
}

void ClientEngine::routeAnswered(Result<base::Route> route, base::Instant now) {
  state_->link.routeAnswered(std::move(route), now);
  state_->settleLink(now);
}

void ClientEngine::transportUp(base::Instant now) {
  state_->link.transportUp(now);
  state_->settleLink(now);
}

void ClientEngine::transportDown(int code, Error error, base::Instant now) {
  state_->link.transportDown(code, error, now);
  state_->settleLink(now);
}

void ClientEngine::received(const wire::Command& command, base::Instant now) {
  State& s = *state_;
  s.link.wake(now);
  if (s.link.heard(now)) s.dispatch(command, now);
  s.settleLink(now);
}

void ClientEngine::receivedGarbage(Error error, base::Instant now) {
  state_->link.refuse(base::kBadPayload, error, now);
  state_->settleLink(now);
}

void ClientEngine::overrun(base::Instant now) {
  state_->link.refuse(base::kPolicyViolation,
                      {Errc::QueueFull, 0,
                       "the server sends more events than the application's callbacks take", false},
                      now);
  state_->settleLink(now);
}

void ClientEngine::heard(base::Instant now) {
  state_->link.wake(now);
  state_->link.heard(now);
  state_->settleLink(now);
}

void ClientEngine::signatureReady(SignatureId id, Result<Signature> signature, base::Instant now) {
  State& s = *state_;
  s.link.wake(now);
  s.answerSigner(id, signature, now);
  s.settleLink(now);
}

void ClientEngine::loaded(SessionRef ref, Result<StoredPeer> peer, base::Instant now) {
  State& s = *state_;
  s.link.wake(now);
  Session* session = s.find(ref);
  if (session == nullptr) return;
  const bool told = !peer.ok() || !s.store_error;
  if (session->loaded(std::move(peer), now) && !told) session->notify(SessionError{*s.store_error});
  s.settle(*session, now);
  s.settleLink(now);
}

void ClientEngine::kept(std::size_t count, Result<void> result, base::Instant now) {
  State& s = *state_;
  s.link.wake(now);
  s.committed(count, result);
  s.settleLink(now);
}

base::Millis ClientEngine::deadline() const {
  const State& s = *state_;
  base::Millis due =
      std::min({s.link.deadline(), s.timers.deadline(), s.channel.signatureDeadline()});
  if (!s.channel.up()) return due;
  return std::min(due, s.channel.requests().deadline(s.options.command_timeout));
}

void ClientEngine::timeReached(base::Instant now) {
  State& s = *state_;
  s.link.wake(now);
  if (s.channel.up() && now.mono >= s.channel.requests().deadline(s.options.command_timeout)) {
    s.link.suspect({Errc::Timeout, 0,
                    "the server did not answer a command within Options::command_timeout", false},
                   now);
  }
  while (const SignatureId id = s.channel.overdue(now)) {
    s.answerSigner(
        id,
        Error{Errc::Timeout, 0,
              "the signature factory did not answer within Options::signature_timeout", false},
        now);
  }
  s.link.timeReached(now);
  // A session that is due again at once (a delay of zero) has its turn with the next call.
  for (std::size_t turns = s.sessions.size(); turns > 0 && s.timers.deadline() <= now.mono;
       --turns) {
    Session* session = s.timers.first();
    session->timeReached(s.halted, now);
    s.settle(*session, now);
  }
  s.settleLink(now);
}

SessionState ClientEngine::state(SessionRef session) const {
  const Session* found = state_->find(session);
  return found == nullptr ? SessionState::Closed : found->state();
}

std::vector<std::string> ClientEngine::watched(SessionRef session) const {
  const Session* found = state_->find(session);
  return found == nullptr ? std::vector<std::string>{} : found->roster().watched();
}

std::vector<std::string> ClientEngine::online(SessionRef session) const {
  const Session* found = state_->find(session);
  return found == nullptr ? std::vector<std::string>{} : found->roster().online();
}

std::size_t ClientEngine::bufferedBytes(SessionRef session) const {
  const Session* found = state_->find(session);
  return found == nullptr ? 0 : found->bufferedBytes();
}

EngineStats ClientEngine::stats() const { return state_->channel.stats(); }

}  // namespace kith::engine
