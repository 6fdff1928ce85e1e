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
  o.all_sent = o.piggybacked = false;
  o.unanswered = o.tries = 0;
  o.confirmed.clear();
  o.result.clear();
}

void append(std::vector<std::string>& to, avos::IdList from) {
  to.insert(to.end(), from.begin(), from.end());
}

}  // namespace

bool Operations::needsSignature(const Operation& o) const {
  return context_.mux.options().has_signer && o.kind != RequestKind::Unwatch &&
         o.kind != RequestKind::Leave && o.kind != RequestKind::Query;
}

void Operations::add(Operation operation, bool open, base::Instant now) {
  if (size() >= kMostOperations) {
    context_.fail(operation.op,
                  {Errc::QueueFull, 0,
                   "1000 operations of this session are unanswered; wait for one", false});
    return;
  }
  operation.tag = context_.mux.nextTag();
  if (!open && !isWatch(operation))
    operation.due = now.mono + context_.mux.options().command_timeout;
  if (operation.kind != RequestKind::Query) {
    queued_.push(std::move(operation));
    if (open) pump(now);
  } else if (open) {
    sendQuery(std::move(operation), now);
  } else {
    queries_.push(std::move(operation));
  }
}

void Operations::sendQuery(Operation operation, base::Instant now) {
  while (!operation.all_sent) sendPart(operation, nullptr, now);
  in_flight_.push(std::move(operation));
}

WatchList Operations::wanted() const {
  WatchList list = context_.watch_list;
  for (std::size_t i = 0; i < queued_.size(); ++i) {
    if (queued_[i].kind == RequestKind::Watch) list.watch(queued_[i].peers);
    if (queued_[i].kind == RequestKind::Unwatch) list.unwatch(queued_[i].peers);
  }
  return list;
}

std::vector<std::string> Operations::piggyback() {
  const WatchList list = wanted();
  const bool fits = endOfPart(list.watched(), 0, context_.fixedBytes()) == list.watched().size();
  for (std::size_t i = 0; i < queued_.size(); ++i)
    queued_[i].piggybacked = fits && isWatch(queued_[i]);
  return fits ? list.watched() : context_.watch_list.watched();
}

void Operations::completePiggybacked(const WatchList& watch_list) {
  for (std::size_t i = 0; i < queued_.size();) {
    if (!queued_[i].piggybacked) {
      ++i;
      continue;
    }
    Operation done = queued_.takeAt(i);
    Outcome outcome;
    if (done.kind == RequestKind::Unwatch) {
      outcome.peers = done.peers;
      context_.done(done.op, std::move(outcome));
      context_.notify(PeersUnwatched{std::move(done.peers)});
      continue;
    }
    for (const std::string& peer : done.peers) {
      if (watch_list.watches(peer)) done.confirmed.push_back(peer);
      if (base::hasName(watch_list.online(), peer)) outcome.peers.push_back(peer);
    }
    context_.done(done.op, std::move(outcome));
    context_.notify(PeersWatched{std::move(done.confirmed)});
  }
}

void Operations::opened(std::vector<std::string> rest, base::Instant now) {
  for (std::size_t i = 0; i < queued_.size(); ++i) queued_[i].due = base::kNever;
  while (!queries_.empty()) {
    queries_.front().due = base::kNever;
    sendQuery(queries_.take(), now);
  }
  if (!rest.empty()) {
    Operation operation;
    operation.kind = RequestKind::Watch;
    operation.internal = true;
    operation.peers = std::move(rest);
    operation.tag = context_.mux.nextTag();
    queued_.pushFront(std::move(operation));
  }
  pump(now);
}

void Operations::pump(base::Instant now) {
  while (!queued_.empty() && question_ == 0 && retry_at_ == base::kNever) {
    if (needsSignature(queued_.front())) return ask(queued_.front(), now);
    sendPart(queued_.front(), nullptr, now);
    moveOn();
  }
}

void Operations::moveOn() {
  if (queued_.front().all_sent) in_flight_.push(queued_.take());
}

void Operations::ask(Operation& o, base::Instant now) {
  const EngineOptions& options = context_.mux.options();
  question_end_ = endOfPart(o.peers, o.sent, context_.fixedBytes() + o.group_id.size());
  SignatureRequest request{actionOf(o.kind), options.app_id, context_.peer, o.group_id, {}};
  request.peer_ids.assign(o.peers.begin() + static_cast<std::ptrdiff_t>(o.sent),
                          o.peers.begin() + static_cast<std::ptrdiff_t>(question_end_));
  question_ = context_.mux.ask(context_.ref, request, now);
}

void Operations::sendPart(Operation& o, const Signature* signature, base::Instant now) {
  const std::size_t first = o.sent;
  o.sent = signature != nullptr
               ? question_end_
               : endOfPart(o.peers, first, context_.fixedBytes() + o.group_id.size());
  o.all_sent = o.sent == o.peers.size();
  const avos::IdList ids = signature != nullptr ? context_.mux.views(signature->signed_peer_ids)
                                                : context_.mux.views(o.peers, first, o.sent);
  append(o.confirmed, ids);
  ++o.unanswered;
  const auto send = [&](const avos::Body& body) {
    avos::Frame frame = frameFrom(context_.peer, body);
    context_.mux.request(context_.requester, o.kind, o.tag, frame, now);
  };
  const auto room = [&](avos::RoomRequest::Op op) {
    avos::RoomRequest request;
    request.op = op;
    // Left out, it creates a group (§4.4).
    if (!o.group_id.empty()) request.room = o.group_id;
    request.signature = fieldsOf(signature);
    return request;
  };
  const auto roomWithPeers = [&](avos::RoomRequest::Op op) {
    avos::RoomRequest request = room(op);
    request.peers = ids;
    return request;
  };
  switch (o.kind) {
    case RequestKind::Watch: return send(avos::SessionAdd{ids, fieldsOf(signature)});
    case RequestKind::Unwatch: return send(avos::SessionRemove{ids});
    case RequestKind::Query: return send(avos::SessionQuery{ids});
    case RequestKind::Leave: return send(room(avos::RoomRequest::Op::Leave));
    case RequestKind::Invite: return send(roomWithPeers(avos::RoomRequest::Op::Invite));
    case RequestKind::Kick: return send(roomWithPeers(avos::RoomRequest::Op::Kick));
    case RequestKind::Join: {
      avos::RoomRequest request = room(avos::RoomRequest::Op::Join);
      request.transient = o.open_group;
      return send(request);
    }
    case RequestKind::Open:
    case RequestKind::Close:
    case RequestKind::Send:
    case RequestKind::Conversation: return;  // never operations
  }
}

bool Operations::signatureReady(SignatureId id, const Result<Signature>& signature,
                                base::Instant now) {
  if (id != question_) return false;
  question_ = 0;
  Operation& o = queued_.front();
  if (signature.ok()) {
    sendPart(o, &*signature, now);
    moveOn();
  } else if (mayPass(signature.error()) && ++o.tries < kSignerTries) {
    retry_at_ = now.mono + delayAfter(signature.error(), context_.mux.options().reconnect, o.tries,
                                      context_.mux.random());
    return true;
  } else {
    const Operation failed = queued_.take();
    if (failed.internal) context_.notify(SessionError{signature.error()});
    context_.fail(failed.op, signature.error());
  }
  pump(now);
  return true;
}

void Operations::answer(const Request& request, const avos::Frame& frame, base::Instant now) {
  const bool in_queue = !queued_.empty() && queued_.front().tag == request.tag;
  std::size_t at = 0;
  if (!in_queue) {
    while (at < in_flight_.size() && in_flight_[at].tag != request.tag) ++at;
    if (at == in_flight_.size()) return;
  }
  Operation& o = in_queue ? queued_.front() : in_flight_[at];
  if (const std::optional<Error> refusal = refusalIn(frame)) {
    const Error error = errorAbout(o.group_id, *refusal);
    if (in_queue) dropQuestion();
    refused(in_queue ? queued_.take() : in_flight_.takeAt(at), error, frame.is<avos::RoomReject>());
    return pump(now);
  }
  --o.unanswered;
  if (const auto* added = frame.as<avos::SessionAdded>()) append(o.result, added->online);
  if (const auto* found = frame.as<avos::SessionQueryResult>()) append(o.result, found->online);
  if (const auto* event = frame.as<avos::RoomEvent>()) take(o, *event);
  if (o.all_sent && o.unanswered == 0) complete(in_flight_.takeAt(at));
}

void Operations::take(Operation& o, const avos::RoomEvent& event) {
  if (o.kind == RequestKind::Join) {
    if (!event.room.empty()) o.group_id = event.room;
  } else if (o.kind != RequestKind::Leave) {
    if (event.peers) {
      append(o.result, *event.peers);
    } else {
      o.result = o.confirmed;
    }
  }
}

void Operations::refused(Operation o, const Error& error, bool by_group) {
  if (o.internal) {
    context_.watch_list.unwatch(o.peers);
    context_.keepWatched();
    context_.notify(SessionError{error});
    return;
  }
  context_.fail(o.op, error);
  if (!by_group) return;
  context_.notify(
      GroupRejected{std::move(o.group_id), groupActionOf(o.kind), std::move(o.peers), error});
}

void Operations::complete(Operation o) {
  Outcome outcome;
  const std::string by = context_.peer;
  switch (o.kind) {
    case RequestKind::Watch:
    case RequestKind::Unwatch: return completeWatch(o, std::move(outcome));
    case RequestKind::Query:
      outcome.peers = std::move(o.result);
      return context_.done(o.op, std::move(outcome));
    case RequestKind::Join:
      outcome.group_id = o.group_id;
      context_.done(o.op, std::move(outcome));
      return context_.notify(GroupJoined{std::move(o.group_id)});
    case RequestKind::Leave:
      context_.done(o.op, std::move(outcome));
      return context_.notify(GroupLeft{std::move(o.group_id), by});
    case RequestKind::Invite:
      outcome.peers = o.result;
      context_.done(o.op, std::move(outcome));
      return context_.notify(PeersInvited{std::move(o.group_id), std::move(o.result)});
    case RequestKind::Kick:
      outcome.peers = o.result;
      context_.done(o.op, std::move(outcome));
      return context_.notify(PeersKicked{std::move(o.group_id), std::move(o.result)});
    case RequestKind::Open:
    case RequestKind::Close:
    case RequestKind::Send:
    case RequestKind::Conversation: return;
  }
}

void Operations::completeWatch(Operation& o, Outcome outcome) {
  if (o.kind == RequestKind::Unwatch) {
    std::vector<std::string> gone = context_.watch_list.unwatch(o.peers);
    context_.keepWatched();
    outcome.peers = o.peers;
    context_.done(o.op, std::move(outcome));
    context_.notify(PeersUnwatched{std::move(o.peers)});
    // Row 6 of §14: nothing more will be heard of them, so for this session they are offline.
    if (!gone.empty()) context_.notify(PresenceChanged{false, std::move(gone)});
    return;
  }
  context_.watch_list.watch(o.confirmed);
  context_.keepWatched();
  std::vector<std::string> news;
  for (const std::string& peer : o.result) {
    if (context_.watch_list.setOnline(peer, true)) news.push_back(peer);
  }
  outcome.peers = std::move(o.result);
  context_.done(o.op, std::move(outcome));
  if (!o.internal) context_.notify(PeersWatched{std::move(o.confirmed)});
  if (!news.empty()) context_.notify(PresenceChanged{true, std::move(news)});
}

void Operations::dropQuestion() {
  if (question_ != 0) context_.mux.cancel(std::exchange(question_, 0));
  retry_at_ = base::kNever;
}

void Operations::lost(const Error& cause, base::Instant now) {
  dropQuestion();
  const base::Millis due = now.mono + context_.mux.options().command_timeout;
  Queue waiting = std::move(queued_);
  Queue in_flight = std::move(in_flight_);
  const auto sort = [&](Operation o) {
    if (o.internal) return;  // the whole list goes out with the next `open`
    if (isWatch(o)) {
      restart(o);
      queued_.push(std::move(o));
    } else if (o.sent == 0 && !o.all_sent) {
      o.due = due;
      o.tries = 0;
      queued_.push(std::move(o));
    } else {
      context_.fail(o.op, {cause.code == Errc::Timeout ? Errc::Timeout : Errc::NetworkDown, 0,
                           "the connection was lost before the server answered; try again",
                           o.kind != RequestKind::Query});
    }
  };
  while (!in_flight.empty()) sort(in_flight.take());
  while (!waiting.empty()) sort(waiting.take());
}

void Operations::failAll(const Error& error) {
  dropQuestion();
  for (Queue* ring : {&in_flight_, &queued_, &queries_}) {
    while (!ring->empty()) context_.fail(ring->take().op, error);
    ring->clear();
  }
}

bool Operations::leaves(std::string_view group_id) const {
  for (std::size_t i = 0; i < in_flight_.size(); ++i) {
    if (in_flight_[i].kind == RequestKind::Leave) return in_flight_[i].group_id == group_id;
  }
  return false;
}

base::Millis Operations::deadline() const {
  base::Millis due = retry_at_;
  if (!queries_.empty()) due = std::min(due, queries_.front().due);
  for (std::size_t i = 0; i < queued_.size(); ++i) {  // watches have none; the others are in order
    if (queued_[i].due == base::kNever) continue;
    return std::min(due, queued_[i].due);
  }
  return due;
}

void Operations::timeReached(const Error& why, base::Instant now) {
  if (now.mono >= retry_at_) {
    retry_at_ = base::kNever;
    pump(now);
  }
  while (!queries_.empty() && now.mono >= queries_.front().due)
    context_.fail(queries_.take().op, why);
  for (std::size_t i = 0; i < queued_.size();) {
    if (now.mono >= queued_[i].due) {
      context_.fail(queued_.takeAt(i).op, why);
    } else {
      ++i;
    }
  }
}

}  // namespace kith::engine
