// SPDX-License-Identifier: Apache-2.0
#include "engine/engine_state.hpp"

#include <algorithm>
#include <utility>

namespace kith::engine {
ClientEngine::State::State(EngineOptions engine_options, Output& output, base::Random& random)
    : options(std::move(engine_options)),
      channel(options, output, random),
      link(options, output, *this, random, channel.stats()) {}

Session* ClientEngine::State::find(SessionRef ref) {
  if (latest != nullptr && latest->ref() == ref) return latest;
  Session* found = sessions.find(ref);
  if (found != nullptr) latest = found;
  return found;
}

Session* ClientEngine::State::whoseFrame(const wire::Command& command) {
  if (latest_heard != nullptr && latest_heard->peer() == command.peer_id) return latest_heard;
  if (Session* found = sessions.find(command.peer_id)) return latest_heard = found;
  // §16.4: some server forgot it.
  if (!command.peer_id.empty() || sessions.size() != 1) return nullptr;
  return inOrder().front();
}

void ClientEngine::State::forget(Session& session) {
  latest = latest_heard = nullptr;
  sessions.remove(session);
}

void ClientEngine::State::fail(OpId op, Errc code, const char* detail) {
  if (op != 0) channel.output().done(op, {Error{code, 0, detail, false}, {}, {}, {}});
}

Session* ClientEngine::State::expect(SessionRef ref, OpId op) {
  Session* session = ended ? nullptr : find(ref);
  if (ended) {
    fail(op, Errc::Closed, "the manager was closed");
  } else if (session == nullptr) {
    fail(op, Errc::NotOpen, "the session was dropped; make it anew");
  }
  return session;
}

std::vector<Session*> ClientEngine::State::inOrder() {
  std::vector<Session*> all;
  all.reserve(sessions.size());
  sessions.each([&](Session& session) { all.push_back(&session); });
  std::sort(all.begin(), all.end(), [](Session* a, Session* b) { return a->ref() < b->ref(); });
  return all;
}

void ClientEngine::State::settle(Session& session, base::Instant now) {
  if (channel.up() && session.mayStart() && !session.alone) session.start(now);
  if (session.live() != session.counted_live) {
    session.counted_live = session.live();
    session.counted_live ? ++live : --live;
  }
  if (session.opening() != session.counted_opening) {
    session.counted_opening = session.opening();
    session.counted_opening ? ++opening : --opening;
  }
  timers.set(session, session.deadline());
}

void ClientEngine::State::startAlone(base::Instant now) {
  while (channel.up() && opening == 0 && !alone.empty()) {
    const auto next = std::find_if(alone.begin(), alone.end(), [this](SessionRef ref) {
      const Session* session = find(ref);
      return session == nullptr || !session->alone || session->mayStart();
    });
    if (next == alone.end()) return;
    Session* session = find(*next);
    if (session != nullptr && session->alone) {
      session->start(now);
      settle(*session, now);
      return;
    }
    alone.erase(next);
  }
}

void ClientEngine::State::settleLink(base::Instant now, bool hurry) {
  startAlone(now);
  const bool wanted = live > 0 && !halted && !ended;
  if (!wanted) channel.disconnected();
  link.sent({channel.lastSent(), now.wall});
  link.setWanted(wanted, hurry, now);
  if (!closes.empty()) link.limitClosing(now);
  completeWaits();
}

void ClientEngine::State::completeWaits() {
  if (link.state() == Link::State::Closing) return;
  for (const OpId op : std::exchange(pauses, {})) channel.output().done(op, {});
  if (link.state() != Link::State::Idle) return;
  for (const OpId op : std::exchange(closes, {})) channel.output().done(op, {});
}

void ClientEngine::State::operate(SessionRef ref, Operation operation, base::Instant now) {
  link.wake(now);
  Session* session = expect(ref, operation.op);
  if (session == nullptr) return;
  session->operate(std::move(operation), now);
  settle(*session, now);
  settleLink(now);
}

void ClientEngine::State::answerSigner(SignatureId id, const Result<Signature>& signature,
                                       base::Instant now) {
  const std::optional<SessionRef> ref = channel.answered(id);
  Session* session = ref ? find(*ref) : nullptr;
  if (session == nullptr) return;
  session->signatureReady(id, signature, now);
  settle(*session, now);
}

void ClientEngine::State::committed(std::size_t count, const Result<void>& result) {
  for (; count > 0; --count) {
    const std::optional<SessionRef> ref = channel.commitOldest();
    Session* session = ref ? find(*ref) : nullptr;
    if (session != nullptr) session->committed();
  }
  if (result.ok()) return store_error.reset();
  if (store_error) return;
  store_error = result.error();
  for (Session* session : inOrder()) {
    if (session->live()) session->notify(SessionError{*store_error});
  }
}

void ClientEngine::State::dispatch(const wire::Command& command, base::Instant now) {
  ++channel.stats().frames_in;
  if (command.cmd == wire::Cmd::Heartbeat) return heartbeatAnswered(now);
  Session* session = whoseFrame(command);
  if (session == nullptr) return;
  // Only these can be answers without a serial; a notice must not take an answer's place.
  const bool notice = command.i.kind == wire::Serial::Kind::None &&
                      (command.cmd == wire::Cmd::Presence || command.cmd == wire::Cmd::Direct ||
                       command.cmd == wire::Cmd::Rcp ||
                       (command.cmd == wire::Cmd::Room && !command.by_peer_id.empty() &&
                        command.by_peer_id != session->peer()) ||
                       // Who kicks himself out of a group, perhaps elsewhere, did not leave it or
                       // another. The answer to a leave has a serial (avos-v1 §5.6), unless the
                       // server has none at all.
                       (command.cmd == wire::Cmd::Room && command.op == wire::Op::Left &&
                        (channel.requests().echoed() || !session->leaves(command.room_id))));
  std::optional<Request> request;
  if (!notice) request = channel.requests().take(command, session->ref(), now.mono);
  if (request && request->kind != RequestKind::Open) streak = 0;
  session->received(command, request, now);
  settle(*session, now);
}

void ClientEngine::State::heartbeatAnswered(base::Instant now) {
  if (!channel.proofs().heartbeatAnswered()) return;
  for (const SessionRef ref : channel.takeWaitForProof()) {
    if (Session* session = find(ref)) session->proven(now);
  }
}

void ClientEngine::State::linkUp(base::Instant now) {
  channel.connected(now);
  for (Session* session : inOrder()) settle(*session, now);
}

void ClientEngine::State::linkLost(int code, const Error& error, base::Instant now) {
  const Suspects whom = suspects(code);
  channel.disconnected();
  const std::vector<Session*> all = inOrder();
  for (Session* session : all) session->connectionLost(error, false, now);
  blame(code, error, whom, now);
  for (Session* session : all) settle(*session, now);
}

void ClientEngine::State::linkRetrying(const Reconnecting& event) {
  for (Session* session : inOrder()) {
    if (session->live()) session->notify(event);
  }
}

void ClientEngine::State::linkGaveUp(const Error& error, base::Instant now) {
  for (Session* session : inOrder()) {
    session->finish(error, Session::Kept::Yes);  // nobody refused anything
    settle(*session, now);
  }
}

}  // namespace kith::engine
