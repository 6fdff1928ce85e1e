// SPDX-License-Identifier: Apache-2.0
#include "backends/kith/engine/session.hpp"

#include <kith/limits.hpp>

#include <algorithm>
#include <utility>

#include "backends/kith/engine/backoff.hpp"
#include "backends/kith/engine/frames.hpp"

namespace kith::engine {

Session::Session(SessionRef ref, std::string peer, RequestMux& mux)
    : context_{ref, std::move(peer), mux, {}, false},
      outbox_(mux.options().outbox),
      inbox_(mux.options().inbox, mux.ackBarrier()) {
  if (mux.options().has_store) {
    context_.gate = std::make_unique<CommitGate>(ref, context_.peer, mux);
  }
}

Operations& Session::operations() {
  if (operations_ == nullptr) operations_ = std::make_unique<Operations>(context_);
  return *operations_;
}

Error Session::notOpen() const {
  return {Errc::NotOpen, 0, "the session is not open; call open() first", false};
}

void Session::open(std::vector<std::string> watch, OpId op) {
  if (live()) {
    return context_.fail(op,
                         {Errc::AlreadyOpen, 0, "open() was called before; close() first", false});
  }
  state_ = SessionState::Opening;
  phase_ = Phase::Waiting;
  open_op_ = op;
  refusals_ = delays_ = 0;
  context_.watch_list.replace(watch);
  if (context_.gate == nullptr) return;
  phase_ = Phase::Loading;
  context_.gate->load();
}

void Session::close(OpId op, Kept kept, base::Instant now) {
  if (!live()) {
    inbox_.forgetWaiting();  // it is not shown any more, and comes again in the next life
    return context_.done(op, {});
  }
  if (context_.mux.up() && (isOpen() || phase_ == Phase::Asking)) {
    avos::Frame frame = frameFrom(context_.peer, avos::SessionClose{});
    context_.mux.request(context_.requester, RequestKind::Close, 0, frame, now);
  }
  const Error closed{Errc::Closed, 0, "the session was closed before this was done", false};
  end(kept);
  inbox_.forgetWaiting();
  if (open_op_ != 0) context_.fail(std::exchange(open_op_, 0), closed);
  failEverything(closed, kept);
  context_.done(op, {});
  context_.notify(SessionClosed{});
}

void Session::finish(const Error& cause, Kept kept) {
  if (!live()) return;
  end(kept);
  if (open_op_ != 0) context_.fail(std::exchange(open_op_, 0), cause);
  failEverything(
      {Errc::Closed, cause.server_code, "the session was closed: " + cause.detail, false}, kept);
  context_.notify(SessionClosed{cause});
}

void Session::end(Kept kept) {
  state_ = SessionState::Closed;
  phase_ = Phase::Rest;
  retry_at_ = base::kNever;
  if (question_ != 0) context_.mux.cancel(std::exchange(question_, 0));
  context_.mux.requests().forget(context_.requester);
  context_.watch_list.clear();
  if (kept == Kept::No) context_.keepWatched();
  asked_ = {};
  quarantined = false;
  echoes_.clear();
  if (catch_up_ != nullptr) catch_up_->forget();
  // What was not handed over yet comes again in the next life.
  if (context_.gate != nullptr) inbox_.forgetNewest(context_.gate->end(context_.silent));
}

void Session::failEverything(const Error& error, Kept kept) {
  while (auto entry = outbox_.takeFirst()) {
    const bool stays = kept == Kept::Yes && context_.gate != nullptr && !entry->message.transient;
    stays ? failButKeep(std::move(*entry)) : giveUp(std::move(*entry), error);
  }
  if (operations_ != nullptr) operations_->failAll(error);
  if (conversations_ != nullptr) conversations_->failAll(error);
}

void Session::operate(Operation operation, base::Instant now) {
  if (!live()) return context_.fail(operation.op, notOpen());
  operations().add(std::move(operation), isOpen(), now);
}

void Session::ask(ConversationRequest request, OpId op, base::Instant now) {
  if (!live()) return context_.fail(op, notOpen());
  if (conversations_ == nullptr) conversations_ = std::make_unique<ConversationCalls>(context_);
  conversations_->add(std::move(request), op, isOpen(), now);
}

void Session::send(Message&& message, std::string&& client_id, OpId op, base::Instant now) {
  if (!live()) return context_.fail(op, notOpen());
  if (message.transient && !isOpen()) {
    Outbox::Entry refused;
    refused.message = std::move(message);
    refused.op = op;
    return failSend(
        std::move(refused),
        {Errc::NetworkDown, 0, "a transient message does not wait for the connection", false});
  }
  if (!outbox_.hasRoomFor(message)) {
    Outbox::Entry refused;
    refused.message = std::move(message);
    refused.op = op;
    return failSend(std::move(refused),
                    {Errc::QueueFull, 0, "the outbox is full; wait for a completion", false});
  }
  context_.keepOutgoing(message, client_id, now);
  outbox_.add(std::move(message), std::move(client_id), op, now);
  if (isOpen()) flush(now);
}

void Session::flush(base::Instant now) {
  std::uint64_t number = 0;
  while (Outbox::Entry* entry = outbox_.next(number)) {
    if (!context_.mux.knowsConversations() && needsKithd(entry->message)) {
      entry->written = entry->resent;  // it has not gone out this time
      giveUp(std::move(*outbox_.take(number)), notSupported());
      continue;
    }
    avos::Frame frame =
        directFrame(context_.peer, entry->message, entry->client_id, context_.mux.directScratch());
    if (!entry->message.transient) {
      context_.mux.request(context_.requester, RequestKind::Send, number, frame, now);
      continue;
    }
    // It has no acknowledgement (avos-v1 §3.2 R3): written is done, and it is no event.
    context_.mux.post(frame, now);
    Outcome outcome;
    outcome.receipt.client_id = std::move(entry->client_id);
    const OpId op = entry->op;
    outbox_.drop(number);
    context_.done(op, std::move(outcome));
  }
}

void Session::failSend(Outbox::Entry entry, Error error) {
  error.may_have_arrived = entry.written;
  context_.fail(entry.op, error);
  context_.notify(MessageFailed{std::move(entry.message), std::move(error)});
}

void Session::giveUp(Outbox::Entry entry, Error error) {
  context_.forgetOutgoing(entry.message, entry.client_id);
  failSend(std::move(entry), std::move(error));
  settleEchoes({});
}

void Session::delivered(std::size_t count, base::Instant now) {
  std::vector<std::string_view>& ids = context_.mux.ackedIds();
  ids.clear();
  // Without a connection nothing is lost: the message comes again and is then acknowledged.
  inbox_.delivered(count, ids, isOpen());
  if (isOpen()) sendAcks(ids, now);
  if (context_.gate != nullptr && !ids.empty()) {
    context_.gate->keep(store_change::Shown{{ids.begin(), ids.end()}});
  }
  inbox_.letGo();
  confirmAcks(now);
  if (inbox_.takeMissed() && isOpen()) askForMissed(now);
}

void Session::askForMissed(base::Instant now) {
  context_.mux.requests().forget(context_.requester);
  avos::Frame frame = frameFrom(context_.peer, avos::SessionClose{});
  context_.mux.request(context_.requester, RequestKind::Close, 0, frame, now);
  connectionLost({Errc::QueueFull, 0,
                  "more messages came than InboxOptions allows to wait; the server repeats those "
                  "that were not taken",
                  false},
                 false, now);
}

void Session::sendAcks(avos::IdList ids, base::Instant now) {
  for (std::size_t first = 0; first < ids.size();) {
    const std::size_t end = endOfPartOf(ids, first, context_.fixedBytes());
    avos::Ack ack;
    ack.ids = ids.subspan(first, end - first);
    avos::Frame frame = frameFrom(context_.peer, ack);
    context_.mux.post(frame, now);
    first = end;
  }
}

// A server that acknowledgements do not reach repeats the messages, so their ids are remembered
// until the acknowledgements are confirmed (contract 2: shown once).
void Session::confirmAcks(base::Instant now) {
  if (isOpen() && inbox_.wantsBarrier()) context_.mux.sendBarrier(now);
  if (waits_for_barrier_ || !inbox_.isLarge()) return;
  waits_for_barrier_ = true;
  context_.mux.waitForBarrier(context_.ref);
}

void Session::acksConfirmed(base::Instant now) {
  waits_for_barrier_ = false;
  inbox_.acksConfirmed();
  confirmAcks(now);
}

void Session::start(base::Instant now) {
  asked_ = operations_ != nullptr ? operations_->piggyback() : context_.watch_list.watched();
  asked_end_ = static_cast<std::uint32_t>(endOfPart(asked_, 0, context_.fixedBytes()));
  if (!context_.mux.options().has_signer) return askToOpen(nullptr, now);
  phase_ = Phase::Signing;
  SignatureRequest request{
      SignedAction::Open, context_.mux.options().app_id, context_.peer, {}, {}};
  request.peer_ids.assign(asked_.begin(), asked_.begin() + static_cast<std::ptrdiff_t>(asked_end_));
  question_ = context_.mux.ask(context_.ref, request, now);
}

void Session::askToOpen(const Signature* signature, base::Instant now) {
  if (signature != nullptr) {  // exactly the peers it names are sent
    std::vector<std::string> list = signature->signed_peer_ids;
    const auto end = static_cast<std::uint32_t>(list.size());
    list.insert(list.end(), asked_.begin() + static_cast<std::ptrdiff_t>(asked_end_), asked_.end());
    asked_ = std::move(list);
    asked_end_ = end;
  }
  phase_ = Phase::Asking;
  open_tag_ = context_.mux.nextTag();
  const avos::SessionOpen open{context_.mux.views(asked_, 0, asked_end_), false,
                               fieldsOf(signature)};
  avos::Frame frame = frameFrom(context_.peer, open);
  context_.mux.request(context_.requester, RequestKind::Open, open_tag_, frame, now);
}

void Session::signatureReady(SignatureId id, const Result<Signature>& signature,
                             base::Instant now) {
  if (id != question_) {
    const bool taken = operations_ != nullptr && operations_->signatureReady(id, signature, now);
    if (!taken && conversations_ != nullptr) conversations_->signatureReady(id, signature, now);
    return;
  }
  question_ = 0;
  if (signature.ok()) return askToOpen(&*signature, now);
  if (!mayPass(signature.error())) return finish(signature.error());
  retryLater(signature.error(), now);
}

void Session::retryLater(const Error& reason, base::Instant now) {
  const base::Millis delay =
      delayAfter(reason, context_.mux.options().reconnect, ++delays_, context_.mux.random());
  phase_ = Phase::Retrying;
  retry_at_ = now.mono + delay;
  // When the connection went too, the connection's own next try is announced.
  if (context_.mux.up()) context_.notify(Reconnecting{delays_, reason, delay});
}

void Session::refused(const Error& error, base::CloseRule rule, base::Instant now) {
  if (!live()) return;
  ++refusals_;
  const bool cannot_renew =
      rule.kind == base::CloseClass::Renew && !context_.mux.options().has_signer;
  if (rule.kind == base::CloseClass::Final || cannot_renew ||
      (rule.limit > 0 && refusals_ >= rule.limit)) {
    return finish(error);
  }
  if (isOpen()) {
    context_.mux.requests().forget(context_.requester);
    connectionLost(error, false, now);
  }
  retryLater(error, now);
}

void Session::catchUp(std::int64_t server_time, bool resumed, base::Instant now) {
  if (catch_up_ == nullptr && server_time == 0) return;
  if (catch_up_ == nullptr) catch_up_ = std::make_unique<CatchUp>(context_);
  catch_up_->opened(server_time, resumed, now);
}

void Session::opened(const avos::SessionOpened& opened, base::Instant now) {
  const bool resumed = state_ == SessionState::Paused;
  state_ = SessionState::Open;
  phase_ = Phase::Open;
  refusals_ = delays_ = 0;
  quarantined = false;
  inbox_.opened();
  context_.watch_list.replace(asked_);
  context_.keepWatched();
  context_.watch_list.forgetOnline();
  for (const std::string_view peer : opened.online) context_.watch_list.setOnline(peer, true);
  std::vector<std::string> rest(asked_.begin() + static_cast<std::ptrdiff_t>(asked_end_),
                                asked_.end());
  asked_ = {};
  std::vector<std::string> online = context_.watch_list.online();
  if (resumed) {
    context_.notify(SessionResumed{{online, context_.watch_list.watched()}});
  } else {
    context_.done(std::exchange(open_op_, 0), {});
    context_.notify(SessionOpened{online, context_.watch_list.watched()});
  }
  if (operations_ != nullptr) operations_->completePiggybacked(context_.watch_list);
  if (!online.empty()) context_.notify(PresenceChanged{true, std::move(online)});
  if (operations_ != nullptr || !rest.empty()) operations().opened(std::move(rest), now);
  catchUp(context_.mux.knowsConversations() ? opened.time : 0, resumed, now);
  if (conversations_ != nullptr) conversations_->opened(now);
  flush(now);
}

void Session::connectionLost(const Error& cause, bool halted, base::Instant now) {
  if (!live()) return;
  if (question_ != 0) context_.mux.cancel(std::exchange(question_, 0));
  if (!isOpen()) {
    if (phase_ == Phase::Loading || (phase_ == Phase::Retrying && !halted)) return;
    phase_ = Phase::Waiting;
    retry_at_ = base::kNever;
    return;
  }
  state_ = SessionState::Paused;
  phase_ = Phase::Waiting;
  context_.watch_list.forgetOnline();
  outbox_.rewind();
  context_.notify(SessionPaused{cause});
  while (auto entry = outbox_.takeTransient()) {
    failSend(std::move(*entry),
             {Errc::NetworkDown, 0, "the connection was lost before the message went out", false});
  }
  if (operations_ != nullptr) operations_->lost(cause, now);
  if (conversations_ != nullptr) conversations_->lost(cause, now);
  if (catch_up_ != nullptr) catch_up_->lost();
}

base::Millis Session::deadline() const {
  if (!live()) return base::kNever;
  base::Millis first = std::min(retry_at_, outbox_.deadline());
  if (conversations_ != nullptr) first = std::min(first, conversations_->deadline());
  return operations_ != nullptr ? std::min(first, operations_->deadline()) : first;
}

void Session::timeReached(bool halted, base::Instant now) {
  if (now.mono >= retry_at_) {
    retry_at_ = base::kNever;
    phase_ = Phase::Waiting;
  }
  while (auto entry = outbox_.takeExpired(now)) {
    giveUp(std::move(*entry),
           {Errc::Expired, 0, "the server did not accept it within OutboxOptions::expiry", false});
  }
  const Error why =
      halted ? Error{Errc::Paused, 0, "the manager is paused; call resume()", false}
             : Error{Errc::NetworkDown, 0, "no connection to the server yet; try again", false};
  if (operations_ != nullptr) operations_->timeReached(why, now);
  if (conversations_ != nullptr) conversations_->timeReached(why, now);
  if (isOpen()) flush(now);
}

}  // namespace kith::engine
