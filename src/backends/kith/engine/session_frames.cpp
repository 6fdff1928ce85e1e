// SPDX-License-Identifier: Apache-2.0
// What a session makes of the server's frames (avos-v1 §5).
#include <utility>

#include "backends/kith/engine/session.hpp"

namespace kith::engine {
namespace {

std::vector<std::string> owned(avos::IdList ids) { return {ids.begin(), ids.end()}; }

Timestamp timestampOf(std::int64_t ms) { return Timestamp{std::chrono::milliseconds{ms}}; }

Error errorOf(const avos::Command& command) {
  if (!command.has(avos::Field::Code)) {
    return {Errc::Rejected, 0, "the server refused without saying why", false};
  }
  return base::errorFromServer(static_cast<int>(command.code), command.reason);
}

void fill(Message& message, const avos::Command& command, bool copy) {
  message.text = command.msg;
  message.id = command.id;
  message.from = command.from_peer_id;
  message.timestamp = timestampOf(command.timestamp);
  message.transient = command.transient;
  message.offline = command.offline;
  if (command.has(avos::Field::RoomId)) message.group_id = command.room_id;
  if (copy) message.to = owned(command.to_peer_ids);
}

}  // namespace

void Session::received(const avos::Command& command, const std::optional<Request>& request,
                       base::Instant now) {
  if (!live()) return;
  // Before `opened` only the answer to `open` is for this life of the session; anything else is
  // left over from an earlier one, and what is stored comes again (§16.13).
  if (!isOpen() && !(request && request->kind == RequestKind::Open)) return;
  switch (command.cmd) {
    case avos::Cmd::Session: return receivedSession(command, request, now);
    case avos::Cmd::Presence: return receivedPresence(command);
    case avos::Cmd::Direct: return receivedDirect(command, now);
    case avos::Cmd::Ack:
      if (request) receivedAck(command, *request, now);
      return;
    case avos::Cmd::Rcp:
      return context_.notify(MessageDelivered{std::string(command.id), timestampOf(command.time)});
    case avos::Cmd::Room: return request ? answered(*request, command, now) : receivedRoom(command);
    case avos::Cmd::Error: return receivedError(command, request, now);
    case avos::Cmd::Heartbeat:
    case avos::Cmd::AckReq:  // every message is acknowledged by its id anyway (§5.7)
    case avos::Cmd::Data:
    case avos::Cmd::Login:
    case avos::Cmd::Unknown: return;
  }
}

void Session::receivedSession(const avos::Command& command, const std::optional<Request>& request,
                              base::Instant now) {
  switch (command.op) {
    case avos::Op::Opened:
      if (request && request->tag == open_tag_ && phase_ == Phase::Asking) opened(command, now);
      return;
    case avos::Op::Added:
    case avos::Op::Removed:
    case avos::Op::QueryResult:
      if (request) answered(*request, command, now);
      return;
    case avos::Op::Closed:
      // With a serial it is the late answer to the close() of an earlier life.
      if (command.i.kind == avos::Serial::Kind::None) closedByServer(command, now);
      return;
    case avos::Op::Error: return receivedError(command, request, now);
    default: return;
  }
}

void Session::receivedError(const avos::Command& command, const std::optional<Request>& request,
                            base::Instant now) {
  if (!request) return context_.notify(SessionError{errorOf(command)});
  if (request->kind == RequestKind::Open) {
    if (request->tag != open_tag_ || phase_ != Phase::Asking) return;
    return refused(errorOf(command), base::closeRule(static_cast<int>(command.code)), now);
  }
  if (request->kind == RequestKind::Send) return receivedAck(command, *request, now);
  answered(*request, command, now);
}

void Session::answered(const Request& request, const avos::Command& command, base::Instant now) {
  if (operations_ != nullptr) operations_->answer(request, command, now);
}

void Session::closedByServer(const avos::Command& command, base::Instant now) {
  const int code = command.has(avos::Field::Code) ? static_cast<int>(command.code) : 0;
  refused(base::errorFromServer(code, command.reason), base::closeRule(code), now);
}

void Session::receivedPresence(const avos::Command& command) {
  std::vector<std::string> news;
  for (const std::string_view peer : command.session_peer_ids) {
    if (context_.watch_list.setOnline(peer, command.online)) news.emplace_back(peer);
  }
  if (!news.empty()) context_.notify(PresenceChanged{command.online, std::move(news)});
}

void Session::receivedDirect(const avos::Command& command, base::Instant now) {
  const bool own = command.from_peer_id == context_.peer;
  // A copy of what another device of this peer sent is not stored, so it needs no acknowledgement;
  // without `toPeerIds` it may be a message to oneself, which is stored (§8).
  const bool copy = own && command.has(avos::Field::ToPeerIds);
  if (own && (copy || command.has(avos::Field::RoomId)) && outbox_.count() > 0) {
    Message message;
    fill(message, command, copy);
    if (echoes_.hold(std::move(message), outbox_)) return;
  }
  const std::size_t bytes = Inbox::bytesOf(command.msg, command.from_peer_id, command.id);
  switch (inbox_.arrived(command.id, !command.transient && !copy, bytes)) {
    case Inbox::Verdict::New: break;
    case Inbox::Verdict::NoRoom: return;
    case Inbox::Verdict::Waiting: ++context_.mux.stats().duplicates; return;
    case Inbox::Verdict::Repeated:
      ++context_.mux.stats().duplicates;
      // The first acknowledgement was lost with its connection.
      if (command.transient || copy) return;
      inbox_.acknowledgedAgain(command.id);
      sendAcks({&command.id, 1}, now);
      return confirmAcks(now);
  }
  Event event(std::in_place_type<MessageReceived>);
  Message& message = std::get<MessageReceived>(event).message;
  fill(message, command, copy);
  if (context_.gate != nullptr && !message.transient && !copy && !message.id.empty()) {
    return context_.gate->showWhenKept(std::move(message));
  }
  context_.notify(std::move(event));
}

void Session::settleEchoes(std::string_view accepted_id) {
  echoes_.settle(accepted_id, outbox_, [this](Message&& message) {
    const std::size_t bytes = Inbox::bytesOf(message.text, message.from, message.id);
    if (inbox_.arrived(message.id, false, bytes) != Inbox::Verdict::New) return;
    context_.notify(MessageReceived{std::move(message)});
  });
}

void Session::receivedAck(const avos::Command& command, const Request& request, base::Instant now) {
  Outbox::Entry* entry = outbox_.find(request.tag);
  if (entry == nullptr) return;  // it expired meanwhile
  if (command.cmd == avos::Cmd::Error || command.op == avos::Op::Error ||
      (command.has(avos::Field::Code) && command.code != 0)) {
    // The server did not take this copy. An earlier one it may have taken, before whatever forbids
    // it now: the sender was kicked out of the group, say.
    entry->written = entry->resent;
    giveUp(std::move(*outbox_.take(request.tag)), errorOf(command));
    return flush(now);
  }
  context_.forgetOutgoing(entry->message, entry->client_id);
  Event event(std::in_place_type<MessageSent>);
  auto& [message, receipt] = std::get<MessageSent>(event);
  message = std::move(entry->message);
  receipt = {std::move(entry->client_id), std::string(command.uid), timestampOf(command.time)};
  Outcome outcome;
  outcome.receipt = receipt;
  const OpId op = entry->op;
  outbox_.drop(request.tag);
  context_.done(op, std::move(outcome));
  context_.notify(std::move(event));
  settleEchoes(command.uid);
  flush(now);
}

void Session::receivedRoom(const avos::Command& command) {
  const std::string group(command.room_id);
  const std::string by(command.by_peer_id);
  switch (command.op) {
    case avos::Op::Joined:
      if (by == context_.peer) return context_.notify(GroupJoined{group});
      return context_.notify(GroupInvited{group, by});
    case avos::Op::Left: return context_.notify(GroupLeft{group, by});
    case avos::Op::MembersJoined:
      return context_.notify(MembersChanged{group, true, owned(command.room_peer_ids), by});
    case avos::Op::MembersLeft:
      return context_.notify(MembersChanged{group, false, owned(command.room_peer_ids), by});
    case avos::Op::Reject: return context_.notify(SessionError{errorOf(command)});
    default: return;  // an answer to something that is over
  }
}

}  // namespace kith::engine
