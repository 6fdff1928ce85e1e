// SPDX-License-Identifier: Apache-2.0
// What a session makes of the server's frames (avos-v1 §5).
#include <utility>

#include "backends/kith/engine/conversation_answer.hpp"
#include "backends/kith/engine/conversation_fields.hpp"
#include "backends/kith/engine/frames.hpp"
#include "backends/kith/engine/session.hpp"

namespace kith::engine {
namespace {

std::vector<std::string> owned(avos::IdList ids) { return {ids.begin(), ids.end()}; }

void fill(Message& message, const avos::Direct& direct, bool copy, std::string_view reader) {
  fillContent(message, direct.text, direct.binary);
  message.id = direct.id;
  message.from = direct.from;
  message.timestamp = timestampOf(direct.timestamp);
  message.transient = direct.transient;
  message.offline = direct.offline;
  message.group_id = direct.room;
  if (copy) message.to = owned(*direct.to);
  if (direct.mention_all || !direct.mentions.empty()) {
    fillMentions(message, direct.mentions, direct.mention_all, reader);
  }
}

}  // namespace

/// A frame for an open session; what it makes of each body.
struct Session::Receiving {
  Session& session;
  const avos::Frame& frame;
  const std::optional<Request>& request;
  base::Instant now;

  void operator()(const avos::SessionOpened& body) const {
    const bool expected =
        request && request->tag == session.open_tag_ && session.phase_ == Phase::Asking;
    if (expected) session.opened(body, now);
  }
  void operator()(const avos::SessionAdded&) const { answer(); }
  void operator()(const avos::SessionRemoved&) const { answer(); }
  void operator()(const avos::SessionQueryResult&) const { answer(); }
  void operator()(const avos::SessionClosed& body) const {
    // With a serial it is the late answer to the close() of an earlier life.
    if (frame.i.kind == avos::Serial::Kind::None) session.closedByServer(body.why, now);
  }
  void operator()(const avos::SessionError& body) const { refuse(body.why); }
  void operator()(const avos::Failure& body) const { refuse(body.why); }
  void operator()(const avos::Presence& body) const { session.receivedPresence(body); }
  void operator()(const avos::Direct& body) const { session.receivedDirect(body, now); }
  void operator()(const avos::Ack& body) const {
    if (request) session.receivedAck(body, *request, now);
  }
  void operator()(const avos::Receipt& body) const {
    session.context_.notify(MessageDelivered{std::string(body.id), timestampOf(body.time)});
  }
  void operator()(const avos::RoomEvent& body) const {
    request ? answer() : session.receivedRoom(body);
    // A device that leaves is told by the answer alone.
    const bool leaves = request && body.op == avos::RoomEvent::Op::Left;
    if (leaves && session.catch_up_ != nullptr) {
      for (const News& news : newsOf(body, session.peer())) session.catch_up_->know(news);
    }
  }
  void operator()(const avos::RoomReject& body) const {
    if (request) return answer();
    session.context_.notify(SessionError{errorOf(body.why)});
  }
  /// Every message is acknowledged by its id anyway, so a server need not ask (§5.7).
  template <typename Other>
  void operator()(const Other&) const {}

 private:
  void answer() const {
    if (request) session.answered(*request, frame, now);
  }
  void refuse(const std::optional<avos::Reason>& why) const {
    session.receivedError(frame, why, request, now);
  }
};

void Session::received(const avos::Frame& frame, const std::optional<Request>& request,
                       base::Instant now) {
  if (!live()) return;
  // Before `opened` only the answer to `open` is for this life of the session; anything else is
  // left over from an earlier one, and what is stored comes again (§16.13).
  if (!isOpen() && !(request && request->kind == RequestKind::Open)) return;
  std::visit(Receiving{*this, frame, request, now}, frame.body);
}

void Session::received(const leancloud::Command& command, const std::optional<Request>& request,
                       base::Instant now) {
  if (!isOpen()) return;
  if (!request) return tell(newsOf(command, context_.peer));
  if (catch_up_ != nullptr && catch_up_->answer(*request, command, now)) return;
  if (conversations_ != nullptr) conversations_->answer(*request, command);
}

void Session::receivedError(const avos::Frame& frame, const std::optional<avos::Reason>& why,
                            const std::optional<Request>& request, base::Instant now) {
  if (!request) return context_.notify(SessionError{errorOf(why)});
  if (request->kind == RequestKind::Open) {
    if (request->tag != open_tag_ || phase_ != Phase::Asking) return;
    const int code = why ? static_cast<int>(why->code) : 0;
    return refused(errorOf(why), base::closeRule(code), now);
  }
  if (request->kind == RequestKind::Send) return sendRefused(why, *request, now);
  if (request->kind == RequestKind::Conversation) {
    if (catch_up_ != nullptr && catch_up_->refuse(*request)) return;
    if (conversations_ != nullptr) conversations_->refuse(*request, errorOf(why));
    return;
  }
  answered(*request, frame, now);
}

void Session::answered(const Request& request, const avos::Frame& frame, base::Instant now) {
  if (operations_ != nullptr) operations_->answer(request, frame, now);
}

void Session::closedByServer(const std::optional<avos::Reason>& why, base::Instant now) {
  const avos::Reason reason = why.value_or(avos::Reason());
  const int code = static_cast<int>(reason.code);
  refused(base::errorFromServer(code, reason.text), base::closeRule(code), now);
}

void Session::receivedPresence(const avos::Presence& presence) {
  std::vector<std::string> news;
  for (const std::string_view peer : presence.peers) {
    if (context_.watch_list.setOnline(peer, presence.online)) news.emplace_back(peer);
  }
  if (!news.empty()) context_.notify(PresenceChanged{presence.online, std::move(news)});
}

void Session::receivedDirect(const avos::Direct& direct, base::Instant now) {
  const bool own = direct.from == context_.peer;
  // A copy of what another device of this peer sent is not stored, so it needs no acknowledgement;
  // without `toPeerIds` it may be a message to oneself, which is stored (§8).
  const bool copy = own && direct.to.has_value();
  if (own && (copy || !direct.room.empty()) && outbox_.count() > 0) {
    Message message;
    fill(message, direct, copy, context_.peer);
    if (echoes_.hold(std::move(message), outbox_)) return;
  }
  const std::size_t bytes = Inbox::bytesOf(direct.text, direct.from, direct.id);
  switch (inbox_.arrived(direct.id, !direct.transient && !copy, bytes)) {
    case Inbox::Verdict::New: break;
    case Inbox::Verdict::NoRoom: return;
    case Inbox::Verdict::Waiting: ++context_.mux.stats().duplicates; return;
    case Inbox::Verdict::Repeated:
      ++context_.mux.stats().duplicates;
      // The first acknowledgement was lost with its connection.
      if (direct.transient || copy) return;
      inbox_.acknowledgedAgain(direct.id);
      sendAcks({&direct.id, 1}, now);
      return confirmAcks(now);
  }
  Event event(std::in_place_type<MessageReceived>);
  Message& message = std::get<MessageReceived>(event).message;
  fill(message, direct, copy, context_.peer);
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

void Session::sendRefused(const std::optional<avos::Reason>& why, const Request& request,
                          base::Instant now) {
  Outbox::Entry* entry = outbox_.find(request.tag);
  if (entry == nullptr) return;  // it expired meanwhile
  // The server did not take this copy. An earlier one it may have taken, before whatever forbids it
  // now: the sender was kicked out of the group, say.
  entry->written = entry->resent;
  const Error error = errorAbout(entry->message.group_id, errorOf(why));
  giveUp(std::move(*outbox_.take(request.tag)), error);
  flush(now);
}

void Session::receivedAck(const avos::Ack& ack, const Request& request, base::Instant now) {
  if (request.kind == RequestKind::Conversation) {
    if (conversations_ != nullptr) conversations_->answer(request, ack);
    return;
  }
  if (ack.refused && ack.refused->code != 0) return sendRefused(ack.refused, request, now);
  Outbox::Entry* entry = outbox_.find(request.tag);
  if (entry == nullptr) return;  // it expired meanwhile
  context_.forgetOutgoing(entry->message, entry->client_id);
  Event event(std::in_place_type<MessageSent>);
  auto& [message, receipt] = std::get<MessageSent>(event);
  message = std::move(entry->message);
  receipt = {std::move(entry->client_id), std::string(ack.uid), timestampOf(ack.time)};
  Outcome outcome;
  outcome.receipt = receipt;
  const OpId op = entry->op;
  outbox_.drop(request.tag);
  context_.done(op, std::move(outcome));
  context_.notify(std::move(event));
  settleEchoes(ack.uid);
  flush(now);
}

void Session::receivedRoom(const avos::RoomEvent& event) { tell(newsOf(event, context_.peer)); }

void Session::tell(std::vector<News>&& all) {
  for (News& news : all) {
    if (catch_up_ != nullptr) {
      catch_up_->tell(std::move(news));
    } else {
      context_.notify(std::move(news.event));
    }
  }
}

}  // namespace kith::engine
