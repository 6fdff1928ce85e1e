// SPDX-License-Identifier: Apache-2.0
#include "server/core/marks.hpp"

#include <algorithm>
#include <limits>

#include "base/close_codes.hpp"
#include "base/text_codes.hpp"
#include "server/core/missed.hpp"

namespace kith::core {

void Marks::read(Session& session, const Serial& i, const MarkRead& wish, Group* group) {
  const bool answered = session.connection->dialect->rules().answers_marks;
  const Peer& peer = *session.peer;
  // A service conversation may have said something to any peer.
  const bool may = group && !group->open && (group->service || group->has(peer));
  if (!may) {
    // Without a reply a mark that does not count is forgotten.
    if (!answered) return;
    const int outside = group && group->open ? base::kNormalConversationRequired
                                             : base::kConversationMembershipRequired;
    return context_.refuse(session, i, group ? outside : base::kConversationNotFound);
  }
  PendingCommand& read = answered ? context_.beginAsk(session, i)
                                  : context_.pending.begin(PendingCommand::Kind::Read,
                                                           Ref<Connection>(session.connection));
  read.session = Ref<Session>(&session);
  read.group = Ref<Group>(group);
  context_.asked_storage = true;
  const std::string channel =
      group->service ? base::channelName(group->id, peer.id) : std::string();
  context_.storage.submit(read.token, storage::MarkRead{peer.app.options.id, group->id, peer.id, 0,
                                                        wish.upto, channel});
}

namespace {

/// It is read as a whole.
storage::UnreadConversation nothingIn(std::string_view group) {
  storage::UnreadConversation none;
  none.last.conv_id = group;
  return none;
}

}  // namespace

void Marks::tellElsewhere(const Session& session, std::string_view group) {
  const storage::UnreadConversation none = nothingIn(group);
  const UnreadCounts counts{{&none, 1}, context_.now.wall.count()};
  for (Session* other : session.peer->sessions) {
    if (other == &session || !other->connection->dialect->rules().hears_marks) continue;
    // Its count may be from before the mark: it is counted once more.
    if (other->counting) other->missed = std::numeric_limits<storage::Position>::max();
    context_.writer.notify(*other, Context::notice(*other, counts));
  }
}

void Marks::onRead(PendingCommand& read, const Result<storage::ReadMarked>& marked) {
  if (read.kind == PendingCommand::Kind::Ask) {
    if (!marked) return Context::answer(read, RequestRefused{base::kInternalError});
    const storage::UnreadConversation none = nothingIn(read.group->id);
    Context::answer(read, UnreadCounts{{&none, 1}, context_.now.wall.count()});
  }
  // Without a reply a mark that is lost is forgotten: the client's next one says so again.
  if (!marked) return;
  tellElsewhere(*read.session, read.group->id);
  tellSenders(read, *marked);
}

// Senders that are away can ask for the marks when they come back.
void Marks::tellSenders(const PendingCommand& read, const storage::ReadMarked& marked) {
  const Peer& reader = *read.session->peer;
  const App& app = reader.app;
  if (!context_.switchesOf(app).receipts) return;
  for (const storage::ReadMessage& message : marked.wanted) {
    const Peer* const sender = app.findPeer(message.from);
    if (!sender) continue;
    Receipt receipt{message.id, context_.now.wall.count(), read.group->id, reader.id};
    receipt.read = true;
    for (Session* to : sender->sessions) {
      if (!to->connection->dialect->rules().current) continue;
      context_.writer.notify(*to, Context::notice(*to, receipt));
    }
  }
}

void Marks::ask(Session& session, const Serial& i, const AskMarks& wish, const Group* group) {
  if (!group || group->open || !group->has(*session.peer)) {
    return context_.refuse(
        session, i, group ? base::kConversationMembershipRequired : base::kConversationNotFound);
  }
  PendingCommand& asked = context_.beginAsk(session, i);
  asked.intent.assign(wish);
  context_.storage.submit(asked.token, storage::ReadMarks{session.peer->app.options.id, group->id});
}

void Marks::onMarks(PendingCommand& asked, const Result<storage::MemberMarks>& marks) {
  if (!marks) return Context::answer(asked, RequestRefused{base::kInternalError});
  const auto& wish = std::get<AskMarks>(asked.intent.get());
  MarksReply reply;
  reply.group = wish.group;
  std::vector<storage::MemberMark> others;
  for (const storage::MemberMark& mark : marks->members) {
    if (mark.peer == asked.session->peer->id) continue;
    reply.acked = std::max(reply.acked, mark.acked);
    reply.read = std::max(reply.read, mark.read);
    if (wish.each) others.push_back(mark);
  }
  reply.each = wish.each;
  reply.members = others;
  Context::answer(asked, reply);
}

void Marks::sendEdits(Session& session, std::int64_t since) {
  PendingCommand& asked =
      context_.pending.begin(PendingCommand::Kind::Edits, Ref<Connection>(session.connection));
  asked.session = Ref<Session>(&session);
  const std::int64_t oldest = (context_.now.wall - kEditAge).count();
  const Peer& peer = *session.peer;
  context_.asked_storage = true;
  context_.storage.submit(asked.token, storage::ListEdits{peer.app.options.id, peer.id,
                                                          std::max(since, oldest), kMissedEdits});
}

void Marks::onEdits(const PendingCommand& asked, const Result<storage::HistoryPage>& page) {
  Session& session = *asked.session;
  if (!session.alive()) return;
  // What it says of edits is not said again: let the client open it anew.
  if (!page) return context_.close(*asked.connection, base::kInternalError);
  for (const storage::StoredMessage& message : page->messages) {
    const MessageEdited edit{message.conv_id, message.id,    message.timestamp, message.from,
                             message.text,    message.extra, message.edited_at};
    context_.writer.notify(session, Context::notice(session, edit));
  }
}

}  // namespace kith::core
