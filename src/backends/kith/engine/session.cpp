// SPDX-License-Identifier: Apache-2.0
#include "backends/kith/engine/session.hpp"

#include <kith/limits.hpp>

#include <algorithm>
#include <utility>

#include "backends/kith/engine/backoff.hpp"
#include "backends/kith/engine/frames.hpp"

namespace kith::engine {

Session::Session(SessionRef ref, std::string peer, Channel& channel)
    : seat_{ref, std::move(peer), channel, {}, false},
      outbox_(channel.options().outbox),
      inbox_(channel.options().inbox, channel.proofs()) {
  if (channel.options().has_store) {
    seat_.ledger = std::make_unique<Ledger>(ref, seat_.peer, channel);
  }
}

Operations& Session::operations() {
  if (operations_ == nullptr) operations_ = std::make_unique<Operations>(seat_);
  return *operations_;
}

Error Session::notOpen() const {
  return {Errc::NotOpen, 0, "the session is not open; call open() first", false};
}

void Session::open(std::vector<std::string> watch, OpId op) {
  if (live()) {
    return seat_.fail(op, {Errc::AlreadyOpen, 0, "open() was called before; close() first", false});
  }
  state_ = SessionState::Opening;
  phase_ = Phase::Waiting;
  open_op_ = op;
  refusals_ = delays_ = 0;
  seat_.roster.replace(watch);
  if (seat_.ledger == nullptr) return;
  phase_ = Phase::Loading;
  seat_.ledger->ask();
}

void Session::close(OpId op, Kept kept, base::Instant now) {
  if (!live()) {
    inbox_.forgetWaiting();  // it is not shown any more, and comes again in the next life
    return seat_.done(op, {});
  }
  if (seat_.channel.up() && (isOpen() || phase_ == Phase::Asking)) {
    wire::Command command = sessionCommand(wire::Op::Close, seat_.peer);
    seat_.channel.request(seat_.asker, RequestKind::Close, 0, command, now);
  }
  const Error closed{Errc::Closed, 0, "the session was closed before this was done", false};
  end(kept);
  inbox_.forgetWaiting();
  if (open_op_ != 0) seat_.fail(std::exchange(open_op_, 0), closed);
  failEverything(closed, kept);
  seat_.done(op, {});
  seat_.notify(SessionClosed{});
}

void Session::finish(const Error& cause, Kept kept) {
  if (!live()) return;
  end(kept);
  if (open_op_ != 0) seat_.fail(std::exchange(open_op_, 0), cause);
  failEverything(
      {Errc::Closed, cause.server_code, "the session was closed: " + cause.detail, false}, kept);
  seat_.notify(SessionClosed{cause});
}

void Session::end(Kept kept) {
  state_ = SessionState::Closed;
  phase_ = Phase::Rest;
  retry_at_ = base::kNever;
  if (question_ != 0) seat_.channel.cancel(std::exchange(question_, 0));
  seat_.channel.requests().forget(seat_.asker);
  seat_.roster.clear();
  if (kept == Kept::No) seat_.keepWatched();
  asked_ = {};
  alone = false;
  echoes_.reset();
  // What was not handed over yet comes again in the next life.
  if (seat_.ledger != nullptr) inbox_.forgetNewest(seat_.ledger->end(seat_.silent));
}

void Session::failEverything(const Error& error, Kept kept) {
  while (auto entry = outbox_.takeFirst()) {
    const bool stays = kept == Kept::Yes && seat_.ledger != nullptr && !entry->message.transient;
    stays ? failButKeep(std::move(*entry)) : giveUp(std::move(*entry), error);
  }
  if (operations_ != nullptr) operations_->failAll(error);
}

void Session::operate(Operation operation, base::Instant now) {
  if (!live()) return seat_.fail(operation.op, notOpen());
  operations().add(std::move(operation), isOpen(), now);
}

void Session::send(Message&& message, std::string&& client_id, OpId op, base::Instant now) {
  if (!live()) return seat_.fail(op, notOpen());
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
  keepOutgoing(message, client_id, now);
  outbox_.add(std::move(message), std::move(client_id), op, now);
  if (isOpen()) flush(now);
}

void Session::flush(base::Instant now) {
  std::uint64_t number = 0;
  while (Outbox::Entry* entry = outbox_.next(number)) {
    wire::Command command = directCommand(seat_.peer, entry->message,
                                          seat_.channel.views(entry->message.to), entry->client_id);
    if (!entry->message.transient) {
      seat_.channel.request(seat_.asker, RequestKind::Send, number, command, now);
      continue;
    }
    // Nobody acknowledges it (avos-v1 §3.2 R3): written is done, and it is no event.
    seat_.channel.post(command, now);
    Outcome outcome;
    outcome.receipt.client_id = std::move(entry->client_id);
    const OpId op = entry->op;
    outbox_.drop(number);
    seat_.done(op, std::move(outcome));
  }
}

void Session::failSend(Outbox::Entry entry, Error error) {
  error.may_have_arrived = entry.written;
  seat_.fail(entry.op, error);
  seat_.notify(MessageFailed{std::move(entry.message), std::move(error)});
}

void Session::giveUp(Outbox::Entry entry, Error error) {
  forgetOutgoing(entry);
  failSend(std::move(entry), std::move(error));
  settleEchoes({});
}

void Session::delivered(std::size_t count, base::Instant now) {
  std::vector<std::string_view>& ids = seat_.channel.ackedIds();
  ids.clear();
  // Without a connection nothing is lost: the message comes again and is then acknowledged.
  inbox_.delivered(count, ids, isOpen());
  if (isOpen()) sendAcks(ids, now);
  if (seat_.ledger != nullptr && !ids.empty()) {
    seat_.ledger->keep(store_change::Shown{{ids.begin(), ids.end()}});
  }
  inbox_.letGo();
  seekProof(now);
  if (inbox_.takeMissed() && isOpen()) askForMissed(now);
}

void Session::askForMissed(base::Instant now) {
  seat_.channel.requests().forget(seat_.asker);
  wire::Command command = sessionCommand(wire::Op::Close, seat_.peer);
  seat_.channel.request(seat_.asker, RequestKind::Close, 0, command, now);
  connectionLost({Errc::QueueFull, 0,
                  "more messages came than InboxOptions allows to wait; the server repeats those "
                  "that were not taken",
                  false},
                 false, now);
}

void Session::sendAcks(wire::IdList ids, base::Instant now) {
  for (std::size_t first = 0; first < ids.size();) {
    const std::size_t end = endOfPartOf(ids, first, seat_.fixedBytes());
    wire::Command command;
    command.cmd = wire::Cmd::Ack;
    command.set(wire::Field::PeerId, &wire::Command::peer_id, std::string_view(seat_.peer));
    command.set(wire::Field::Ids, &wire::Command::ids, ids.subspan(first, end - first));
    seat_.channel.post(command, now);
    first = end;
  }
}

// A server that acknowledgements do not reach repeats the messages, so these are remembered until
// there is proof (contract 2: shown once).
void Session::seekProof(base::Instant now) {
  if (isOpen() && inbox_.wantsProof()) seat_.channel.askForProof(now);
  if (waits_for_proof_ || !inbox_.isLarge()) return;
  waits_for_proof_ = true;
  seat_.channel.waitForProof(seat_.ref);
}

void Session::proven(base::Instant now) {
  waits_for_proof_ = false;
  inbox_.proven();
  seekProof(now);
}

void Session::start(base::Instant now) {
  asked_ = operations_ != nullptr ? operations_->ride() : seat_.roster.watched();
  asked_end_ = endOfPart(asked_, 0, seat_.fixedBytes());
  if (!seat_.channel.options().has_signer) return askToOpen(nullptr, now);
  phase_ = Phase::Signing;
  SignatureRequest request{SignedAction::Open, seat_.channel.options().app_id, seat_.peer, {}, {}};
  request.peer_ids.assign(asked_.begin(), asked_.begin() + static_cast<std::ptrdiff_t>(asked_end_));
  question_ = seat_.channel.ask(seat_.ref, request, now);
}

void Session::askToOpen(const Signature* signature, base::Instant now) {
  if (signature != nullptr) {  // exactly the peers it names are sent
    std::vector<std::string> list = signature->signed_peer_ids;
    const std::size_t end = list.size();
    list.insert(list.end(), asked_.begin() + static_cast<std::ptrdiff_t>(asked_end_), asked_.end());
    asked_ = std::move(list);
    asked_end_ = end;
  }
  phase_ = Phase::Asking;
  open_tag_ = seat_.channel.nextTag();
  wire::Command command = sessionCommand(wire::Op::Open, seat_.peer);
  command.set(wire::Field::SessionPeerIds, &wire::Command::session_peer_ids,
              seat_.channel.views(asked_, 0, asked_end_));
  if (signature != nullptr) addSignature(command, *signature);
  seat_.channel.request(seat_.asker, RequestKind::Open, open_tag_, command, now);
}

void Session::signatureReady(SignatureId id, const Result<Signature>& signature,
                             base::Instant now) {
  if (id != question_) {
    if (operations_ != nullptr) operations_->signatureReady(id, signature, now);
    return;
  }
  question_ = 0;
  if (signature.ok()) return askToOpen(&*signature, now);
  if (!mayPass(signature.error())) return finish(signature.error());
  retryLater(signature.error(), now);
}

void Session::retryLater(const Error& reason, base::Instant now) {
  const base::Millis delay =
      delayAfter(reason, seat_.channel.options().reconnect, ++delays_, seat_.channel.random());
  phase_ = Phase::Retrying;
  retry_at_ = now.mono + delay;
  // When the connection went too, the link tells of its own next try.
  if (seat_.channel.up()) seat_.notify(Reconnecting{delays_, reason, delay});
}

void Session::refused(const Error& error, base::CloseRule rule, base::Instant now) {
  if (!live()) return;
  ++refusals_;
  const bool cannot_renew =
      rule.kind == base::CloseClass::Renew && !seat_.channel.options().has_signer;
  if (rule.kind == base::CloseClass::Final || cannot_renew ||
      (rule.limit > 0 && refusals_ >= rule.limit)) {
    return finish(error);
  }
  if (isOpen()) {
    seat_.channel.requests().forget(seat_.asker);
    connectionLost(error, false, now);
  }
  retryLater(error, now);
}

void Session::opened(const wire::Command& command, base::Instant now) {
  const bool resumed = state_ == SessionState::Paused;
  state_ = SessionState::Open;
  phase_ = Phase::Open;
  refusals_ = delays_ = 0;
  alone = false;
  inbox_.opened();
  seat_.roster.replace(asked_);
  seat_.keepWatched();
  seat_.roster.forgetOnline();
  for (const std::string_view peer : command.session_peer_ids) seat_.roster.setOnline(peer, true);
  std::vector<std::string> rest(asked_.begin() + static_cast<std::ptrdiff_t>(asked_end_),
                                asked_.end());
  asked_ = {};
  std::vector<std::string> online = seat_.roster.online();
  if (resumed) {
    seat_.notify(SessionResumed{{online, seat_.roster.watched()}});
  } else {
    seat_.done(std::exchange(open_op_, 0), {});
    seat_.notify(SessionOpened{online, seat_.roster.watched()});
  }
  if (operations_ != nullptr) operations_->arrived(seat_.roster);
  if (!online.empty()) seat_.notify(PresenceChanged{true, std::move(online)});
  if (operations_ != nullptr || !rest.empty()) operations().opened(std::move(rest), now);
  flush(now);
}

void Session::connectionLost(const Error& cause, bool halted, base::Instant now) {
  if (!live()) return;
  if (question_ != 0) seat_.channel.cancel(std::exchange(question_, 0));
  if (!isOpen()) {
    if (phase_ == Phase::Loading || (phase_ == Phase::Retrying && !halted)) return;
    phase_ = Phase::Waiting;
    retry_at_ = base::kNever;
    return;
  }
  state_ = SessionState::Paused;
  phase_ = Phase::Waiting;
  seat_.roster.forgetOnline();
  outbox_.rewind();
  seat_.notify(SessionPaused{cause});
  while (auto entry = outbox_.takeTransient()) {
    failSend(std::move(*entry),
             {Errc::NetworkDown, 0, "the connection was lost before the message went out", false});
  }
  if (operations_ != nullptr) operations_->lost(cause, now);
}

base::Millis Session::deadline() const {
  if (!live()) return base::kNever;
  const base::Millis first = std::min(retry_at_, outbox_.deadline());
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
  if (operations_ != nullptr) {
    operations_->timeReached(
        halted ? Error{Errc::Paused, 0, "the manager is paused; call resume()", false}
               : Error{Errc::NetworkDown, 0, "no connection to the server yet; try again", false},
        now);
  }
  if (isOpen()) flush(now);
}

}  // namespace kith::engine
