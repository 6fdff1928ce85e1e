// SPDX-License-Identifier: Apache-2.0
#include "backends/kith/engine/operations.hpp"

#include <kith/limits.hpp>

#include <algorithm>
#include <utility>

#include "backends/kith/engine/backoff.hpp"
#include "backends/kith/engine/frames.hpp"
#include "base/close_codes.hpp"
#include "base/sorted_names.hpp"

namespace kith::engine {
namespace {

constexpr std::size_t kMostOperations = 1000;  // of one session, waiting and unanswered (R17)
constexpr int kSignerTries = 3;

bool isWatch(const Operation& o) {
  return o.kind == RequestKind::Watch || o.kind == RequestKind::Unwatch;
}

SignedAction actionOf(RequestKind kind) {
  switch (kind) {
    case RequestKind::Join: return SignedAction::Join;
    case RequestKind::Invite: return SignedAction::Invite;
    case RequestKind::Kick: return SignedAction::Kick;
    default: return SignedAction::Watch;
  }
}

GroupAction groupActionOf(RequestKind kind) {
  switch (kind) {
    case RequestKind::Leave: return GroupAction::Leave;
    case RequestKind::Invite: return GroupAction::Invite;
    case RequestKind::Kick: return GroupAction::Kick;
    default: return GroupAction::Join;
  }
}

void restart(Operation& o) {
  o.sent = 0;
  o.all_sent = o.rides = false;
  o.unanswered = o.tries = 0;
  o.confirmed.clear();
  o.result.clear();
}

void append(std::vector<std::string>& to, wire::IdList from) {
  to.insert(to.end(), from.begin(), from.end());
}

}  // namespace

bool Operations::needsSignature(const Operation& o) const {
  return seat_.channel.options().has_signer && o.kind != RequestKind::Unwatch &&
         o.kind != RequestKind::Leave && o.kind != RequestKind::Query;
}

void Operations::add(Operation operation, bool open, base::Instant now) {
  if (size() >= kMostOperations) {
    seat_.fail(operation.op,
               {Errc::QueueFull, 0, "1000 operations of this session are unanswered; wait for one",
                false});
    return;
  }
  operation.tag = seat_.channel.nextTag();
  if (!open && !isWatch(operation))
    operation.due = now.mono + seat_.channel.options().command_timeout;
  if (operation.kind != RequestKind::Query) {
    lane_.push(std::move(operation));
    if (open) pump(now);
  } else if (open) {
    sendQuery(std::move(operation), now);
  } else {
    queries_.push(std::move(operation));
  }
}

void Operations::sendQuery(Operation operation, base::Instant now) {
  while (!operation.all_sent) sendPart(operation, nullptr, now);
  flying_.push(std::move(operation));
}

Roster Operations::wanted() const {
  Roster list = seat_.roster;
  for (std::size_t i = 0; i < lane_.size(); ++i) {
    if (lane_[i].kind == RequestKind::Watch) list.watch(lane_[i].peers);
    if (lane_[i].kind == RequestKind::Unwatch) list.unwatch(lane_[i].peers);
  }
  return list;
}

std::vector<std::string> Operations::ride() {
  const Roster list = wanted();
  const bool fits = endOfPart(list.watched(), 0, seat_.fixedBytes()) == list.watched().size();
  for (std::size_t i = 0; i < lane_.size(); ++i) lane_[i].rides = fits && isWatch(lane_[i]);
  return fits ? list.watched() : seat_.roster.watched();
}

void Operations::arrived(const Roster& roster) {
  for (std::size_t i = 0; i < lane_.size();) {
    if (!lane_[i].rides) {
      ++i;
      continue;
    }
    Operation done = lane_.takeAt(i);
    Outcome outcome;
    if (done.kind == RequestKind::Unwatch) {
      outcome.peers = done.peers;
      seat_.done(done.op, std::move(outcome));
      seat_.notify(PeersUnwatched{std::move(done.peers)});
      continue;
    }
    for (const std::string& peer : done.peers) {
      if (roster.watches(peer)) done.confirmed.push_back(peer);
      if (base::hasName(roster.online(), peer)) outcome.peers.push_back(peer);
    }
    seat_.done(done.op, std::move(outcome));
    seat_.notify(PeersWatched{std::move(done.confirmed)});
  }
}

void Operations::opened(std::vector<std::string> rest, base::Instant now) {
  for (std::size_t i = 0; i < lane_.size(); ++i) lane_[i].due = base::kNever;
  while (!queries_.empty()) {
    queries_.front().due = base::kNever;
    sendQuery(queries_.take(), now);
  }
  if (!rest.empty()) {
    Operation operation;
    operation.kind = RequestKind::Watch;
    operation.ours = true;
    operation.peers = std::move(rest);
    operation.tag = seat_.channel.nextTag();
    lane_.pushFront(std::move(operation));
  }
  pump(now);
}

void Operations::pump(base::Instant now) {
  while (!lane_.empty() && question_ == 0 && retry_at_ == base::kNever) {
    if (needsSignature(lane_.front())) return ask(lane_.front(), now);
    sendPart(lane_.front(), nullptr, now);
    moveOn();
  }
}

void Operations::moveOn() {
  if (lane_.front().all_sent) flying_.push(lane_.take());
}

void Operations::ask(Operation& o, base::Instant now) {
  const EngineOptions& options = seat_.channel.options();
  question_end_ = endOfPart(o.peers, o.sent, seat_.fixedBytes() + o.group_id.size());
  SignatureRequest request{actionOf(o.kind), options.app_id, seat_.peer, o.group_id, {}};
  request.peer_ids.assign(o.peers.begin() + static_cast<std::ptrdiff_t>(o.sent),
                          o.peers.begin() + static_cast<std::ptrdiff_t>(question_end_));
  question_ = seat_.channel.ask(seat_.ref, request, now);
}

void Operations::sendPart(Operation& o, const Signature* signature, base::Instant now) {
  const std::size_t first = o.sent;
  o.sent = signature != nullptr ? question_end_
                                : endOfPart(o.peers, first, seat_.fixedBytes() + o.group_id.size());
  o.all_sent = o.sent == o.peers.size();
  const wire::IdList ids = signature != nullptr ? seat_.channel.views(signature->signed_peer_ids)
                                                : seat_.channel.views(o.peers, first, o.sent);
  append(o.confirmed, ids);
  ++o.unanswered;
  const auto send = [&](wire::Command command) {
    if (signature != nullptr) addSignature(command, *signature);
    seat_.channel.request(seat_.asker, o.kind, o.tag, command, now);
  };
  const auto session = [&](wire::Op op) {
    return sessionCommand(op, seat_.peer)
        .set(wire::Field::SessionPeerIds, &wire::Command::session_peer_ids, ids);
  };
  const auto room = [&](wire::Op op) { return roomCommand(op, seat_.peer, o.group_id); };
  const auto roomWithPeers = [&](wire::Op op) {
    return room(op).set(wire::Field::RoomPeerIds, &wire::Command::room_peer_ids, ids);
  };
  switch (o.kind) {
    case RequestKind::Watch: return send(session(wire::Op::Add));
    case RequestKind::Unwatch: return send(session(wire::Op::Remove));
    case RequestKind::Query: return send(session(wire::Op::Query));
    case RequestKind::Leave: return send(room(wire::Op::Leave));
    case RequestKind::Invite: return send(roomWithPeers(wire::Op::Invite));
    case RequestKind::Kick: return send(roomWithPeers(wire::Op::Kick));
    case RequestKind::Join: {
      wire::Command command = room(wire::Op::Join);
      if (o.open_group) command.set(wire::Field::Transient, &wire::Command::transient, true);
      return send(command);
    }
    case RequestKind::Open:
    case RequestKind::Close:
    case RequestKind::Send: return;  // never operations
  }
}

bool Operations::signatureReady(SignatureId id, const Result<Signature>& signature,
                                base::Instant now) {
  if (id != question_) return false;
  question_ = 0;
  Operation& o = lane_.front();
  if (signature.ok()) {
    sendPart(o, &*signature, now);
    moveOn();
  } else if (mayPass(signature.error()) && ++o.tries < kSignerTries) {
    retry_at_ = now.mono + delayAfter(signature.error(), seat_.channel.options().reconnect, o.tries,
                                      seat_.channel.random());
    return true;
  } else {
    const Operation failed = lane_.take();
    if (failed.ours) seat_.notify(SessionError{signature.error()});
    seat_.fail(failed.op, signature.error());
  }
  pump(now);
  return true;
}

void Operations::answer(const Request& request, const wire::Command& command, base::Instant now) {
  const bool in_lane = !lane_.empty() && lane_.front().tag == request.tag;
  std::size_t at = 0;
  if (!in_lane) {
    while (at < flying_.size() && flying_[at].tag != request.tag) ++at;
    if (at == flying_.size()) return;
  }
  Operation& o = in_lane ? lane_.front() : flying_[at];
  if (command.cmd == wire::Cmd::Error || command.op == wire::Op::Error ||
      command.op == wire::Op::Reject) {
    if (in_lane) dropQuestion();
    refused(in_lane ? lane_.take() : flying_.takeAt(at),
            command.has(wire::Field::Code)
                ? base::errorFromServer(static_cast<int>(command.code), command.reason)
                : Error{Errc::Rejected, 0, "the server refused without saying why", false},
            command);
    return pump(now);
  }
  --o.unanswered;
  if (command.cmd == wire::Cmd::Session) {
    if (o.kind != RequestKind::Unwatch) append(o.result, command.session_peer_ids);
  } else if (o.kind == RequestKind::Join) {
    if (command.has(wire::Field::RoomId)) o.group_id = command.room_id;
  } else if (o.kind != RequestKind::Leave) {
    if (command.has(wire::Field::RoomPeerIds)) {
      append(o.result, command.room_peer_ids);
    } else {
      o.result = o.confirmed;
    }
  }
  if (o.all_sent && o.unanswered == 0) complete(flying_.takeAt(at));
}

void Operations::refused(Operation o, const Error& error, const wire::Command& command) {
  if (o.ours) {
    seat_.roster.unwatch(o.peers);
    seat_.keepWatched();
    seat_.notify(SessionError{error});
    return;
  }
  seat_.fail(o.op, error);
  if (command.op != wire::Op::Reject) return;
  seat_.notify(
      GroupRejected{std::move(o.group_id), groupActionOf(o.kind), std::move(o.peers), error});
}

void Operations::complete(Operation o) {
  Outcome outcome;
  const std::string by = seat_.peer;
  switch (o.kind) {
    case RequestKind::Watch:
    case RequestKind::Unwatch: return completeWatch(o, std::move(outcome));
    case RequestKind::Query:
      outcome.peers = std::move(o.result);
      return seat_.done(o.op, std::move(outcome));
    case RequestKind::Join:
      outcome.group_id = o.group_id;
      seat_.done(o.op, std::move(outcome));
      return seat_.notify(GroupJoined{std::move(o.group_id)});
    case RequestKind::Leave:
      seat_.done(o.op, std::move(outcome));
      return seat_.notify(GroupLeft{std::move(o.group_id), by});
    case RequestKind::Invite:
      outcome.peers = o.result;
      seat_.done(o.op, std::move(outcome));
      return seat_.notify(PeersInvited{std::move(o.group_id), std::move(o.result)});
    case RequestKind::Kick:
      outcome.peers = o.result;
      seat_.done(o.op, std::move(outcome));
      return seat_.notify(PeersKicked{std::move(o.group_id), std::move(o.result)});
    case RequestKind::Open:
    case RequestKind::Close:
    case RequestKind::Send: return;
  }
}

void Operations::completeWatch(Operation& o, Outcome outcome) {
  if (o.kind == RequestKind::Unwatch) {
    std::vector<std::string> gone = seat_.roster.unwatch(o.peers);
    seat_.keepWatched();
    outcome.peers = o.peers;
    seat_.done(o.op, std::move(outcome));
    seat_.notify(PeersUnwatched{std::move(o.peers)});
    // Row 6 of §14: nothing more will be heard of them, so for this session they are offline.
    if (!gone.empty()) seat_.notify(PresenceChanged{false, std::move(gone)});
    return;
  }
  seat_.roster.watch(o.confirmed);
  seat_.keepWatched();
  std::vector<std::string> news;
  for (const std::string& peer : o.result) {
    if (seat_.roster.setOnline(peer, true)) news.push_back(peer);
  }
  outcome.peers = std::move(o.result);
  seat_.done(o.op, std::move(outcome));
  if (!o.ours) seat_.notify(PeersWatched{std::move(o.confirmed)});
  if (!news.empty()) seat_.notify(PresenceChanged{true, std::move(news)});
}

void Operations::dropQuestion() {
  if (question_ != 0) seat_.channel.cancel(std::exchange(question_, 0));
  retry_at_ = base::kNever;
}

void Operations::lost(const Error& cause, base::Instant now) {
  dropQuestion();
  const base::Millis due = now.mono + seat_.channel.options().command_timeout;
  Lane waiting = std::move(lane_);
  Lane flying = std::move(flying_);
  const auto sort = [&](Operation o) {
    if (o.ours) return;  // the whole list goes out with the next `open`
    if (isWatch(o)) {
      restart(o);
      lane_.push(std::move(o));
    } else if (o.sent == 0 && !o.all_sent) {
      o.due = due;
      o.tries = 0;
      lane_.push(std::move(o));
    } else {
      seat_.fail(o.op, {cause.code == Errc::Timeout ? Errc::Timeout : Errc::NetworkDown, 0,
                        "the connection was lost before the server answered; try again",
                        o.kind != RequestKind::Query});
    }
  };
  while (!flying.empty()) sort(flying.take());
  while (!waiting.empty()) sort(waiting.take());
}

void Operations::failAll(const Error& error) {
  dropQuestion();
  for (Lane* ring : {&flying_, &lane_, &queries_}) {
    while (!ring->empty()) seat_.fail(ring->take().op, error);
    ring->clear();
  }
}

bool Operations::leaves(std::string_view group_id) const {
  for (std::size_t i = 0; i < flying_.size(); ++i) {
    if (flying_[i].kind == RequestKind::Leave) return flying_[i].group_id == group_id;
  }
  return false;
}

base::Millis Operations::deadline() const {
  base::Millis due = retry_at_;
  if (!queries_.empty()) due = std::min(due, queries_.front().due);
  for (std::size_t i = 0; i < lane_.size(); ++i) {  // watches have none; the others are in order
    if (lane_[i].due == base::kNever) continue;
    return std::min(due, lane_[i].due);
  }
  return due;
}

void Operations::timeReached(const Error& why, base::Instant now) {
  if (now.mono >= retry_at_) {
    retry_at_ = base::kNever;
    pump(now);
  }
  while (!queries_.empty() && now.mono >= queries_.front().due) seat_.fail(queries_.take().op, why);
  for (std::size_t i = 0; i < lane_.size();) {
    if (now.mono >= lane_[i].due) {
      seat_.fail(lane_.takeAt(i).op, why);
    } else {
      ++i;
    }
  }
}

}  // namespace kith::engine
