// SPDX-License-Identifier: Apache-2.0
#include "server/core/replay.hpp"

#include "base/close_codes.hpp"

namespace kith::core {
namespace {

constexpr std::size_t kPageMessages = 100;
// What the vendor counts (leancloud-current §4).
constexpr int kCountedConversations = 50;
constexpr int kCountedMessages = 100;
// A connection may open thousands of sessions at once. Most have nothing waiting, so their first
// pages are small and read side by side; together they stay far below what a connection may buffer.
constexpr std::size_t kSharedPageMessages = 50;
constexpr std::size_t kSlowPageMessages = 10;
constexpr std::size_t kPagesAtATime = 64;
constexpr std::size_t kUndrainedBytes = 512u * 1024;

/// What the JSON around a message takes, roughly.
constexpr std::size_t kEnvelopeBytes = 200;

}  // namespace

void ReplayReader::start(Session& session) {
  Connection& connection = *session.connection;
  session.replaying = true;
  session.replayed = 0;
  session.opened_at = context_.now.wall;
  if (!connection.replay) connection.replay = std::make_unique<Replay>();
  connection.replay->waiting.emplace_back(&session);
  readMore(connection);
}

void ReplayReader::count(Session& session, std::int64_t since) {
  session.replaying = true;
  session.missed = 0;
  PendingCommand& asked =
      context_.pending.begin(PendingCommand::Kind::Unread, Ref<Connection>(session.connection));
  asked.session = Ref<Session>(&session);
  asked.timestamp = since;
  if (!std::exchange(session.counting, true)) session.page = asked.number;
  const Peer& peer = *session.peer;
  context_.asked_storage = true;
  context_.storage.submit(asked.token,
                          storage::ListUnread{peer.app.options.id, peer.id, kCountedConversations,
                                              kCountedMessages, since});
}

void ReplayReader::onCounted(PendingCommand& asked, const Result<storage::UnreadList>& list) {
  Session& session = *asked.session;
  if (!session.alive()) return;
  if (!list) return context_.close(*asked.connection, base::kInternalError);
  // More has come live meanwhile. Clients take a count as all that there is.
  if (session.missed > list->upto) return count(session, asked.timestamp);
  session.replaying = session.counting = false;
  if (list->conversations.empty()) return;
  const UnreadCounts counts{list->conversations, context_.now.wall.count()};
  context_.writer.notify(session, Context::notice(session, counts));
}

void ReplayReader::readMore(Connection& connection) {
  Replay& replay = *connection.replay;
  while (replay.next < replay.waiting.size() && replay.reading < kPagesAtATime &&
         connection.undrained_bytes < kUndrainedBytes) {
    const Session& first = *replay.waiting[replay.next];
    if (first.alive() && mustQueue(first)) {
      if (!std::exchange(replay.queued, true)) queue_.emplace_back(&connection);
      return;
    }
    Ref<Session> session = std::move(replay.waiting[replay.next++]);
    if (session->alive()) ask(connection, std::move(session));
  }
  if (replay.next == replay.waiting.size()) {
    replay.waiting.clear();
    replay.next = 0;
    if (replay.reading == 0 && replay.rest.empty()) connection.replay.reset();
  }
}

bool ReplayReader::mustQueue(const Session& session) const {
  return reading_ && !context_.switchesOf(session.peer->app).replay_priority;
}

void ReplayReader::next() {
  while (!reading_ && !queue_.empty()) {
    const Ref<Connection> connection = std::move(queue_.front());
    queue_.pop_front();
    if (connection->closing || !connection->replay) continue;
    connection->replay->queued = false;
    readMore(*connection);
  }
}

void ReplayReader::goOn() {
  reading_ = false;
  next();
}

void ReplayReader::ask(Connection& connection, Ref<Session> session) {
  const bool slow = !context_.switchesOf(session->peer->app).replay_priority;
  const bool small = slow || connection.replay->reading > 0;
  const std::size_t shared = slow ? kSlowPageMessages : kSharedPageMessages;
  const std::size_t limit = small ? shared : kPageMessages;
  if (slow) reading_ = true;
  ++connection.replay->reading;
  PendingCommand& page =
      context_.pending.begin(PendingCommand::Kind::Page, Ref<Connection>(&connection));
  page.session = std::move(session);
  page.session->missed = 0;
  page.session->page = page.number;
  page.alone = slow;
  const Peer& peer = *page.session->peer;
  context_.asked_storage = true;
  context_.storage.submit(
      page.token, storage::ReadPending{peer.app.options.id, peer.id, page.session->replayed, limit,
                                       context_.now.wall.count(), !page.session->read_first});
}

void ReplayReader::onPage(PendingCommand& asked, const Result<storage::PendingPage>& page) {
  Connection& connection = *asked.connection;
  if (asked.alone) reading_ = false;
  if (connection.closing || !connection.replay) return next();
  Replay& replay = *connection.replay;
  --replay.reading;
  Session& session = *asked.session;
  if (session.alive()) {
    if (!page) {
      // Without its queue the session would miss messages for good: let the client open it anew.
      context_.close(connection, base::kInternalError);
      return next();
    }
    if (!std::exchange(session.read_first, true)) settle(session, *page);
    for (const auto& message : page->messages) send(session, message);
    if (!page->complete && !page->messages.empty()) {
      replay.rest.push_back(asked.session);
    } else if (session.missed > session.replayed) {
      replay.waiting.push_back(asked.session);
    } else {
      session.replaying = false;
    }
  }
  next();  // others first
  if (connection.replay) readMore(connection);
}

// Until this is told the limits go on to count what came while the peer was away, so it is told
// even when they left nothing out.
void ReplayReader::settle(Session& session, const storage::PendingPage& first) {
  context_.asked_storage = true;
  context_.storage.submit(
      storage::kNoToken,
      storage::Acknowledge{session.peer->app.options.id, session.peer->id, first.left_out, true});
}

void ReplayReader::onDrained(Connection& connection) {
  connection.undrained_bytes = 0;
  if (!connection.replay) return;
  Replay& replay = *connection.replay;
  for (auto& session : replay.rest) replay.waiting.push_back(std::move(session));
  replay.rest.clear();
  readMore(connection);
}

void ReplayReader::send(Session& session, const storage::StoredMessage& message) {
  Message out;
  out.from = message.from;
  if (!storage::isPair(message.kind)) out.group = message.conv_id;
  if (message.kind != storage::ConversationKind::Pair) out.conversation = message.conv_id;
  const bool in_channel = message.kind == storage::ConversationKind::Channel;
  out.service = in_channel || message.kind == storage::ConversationKind::Service;
  out.text = message.text;
  out.extra = message.extra;
  out.id = message.id;
  out.timestamp = message.timestamp;
  // What was accepted while the page was on its way did not find the peer away.
  out.offline = message.timestamp <= session.opened_at.count();
  session.replayed = message.position;
  session.connection->undrained_bytes += message.text.size() + kEnvelopeBytes;
  const ReceiptRequest wish{message.from, message.id, std::string(out.conversation)};
  const StoredPlace place{message.position, message.conversation, message.seq, message.timestamp,
                          in_channel};
  expectAck(context_, session, idKey(message.id), place, message.receipt_wanted ? &wish : nullptr);
  context_.writer.notify(session, Context::notice(session, out));
}

void expectAck(Context& context, Session& session, IdKey id, const StoredPlace& place,
               const ReceiptRequest* wish) {
  // Beyond the app's limit the storage no longer repeats the oldest either (decision 003).
  const std::size_t limit = session.peer->app.options.unacknowledged_messages;
  if (session.unacked.size() >= 2 * limit) session.unacked.keepNewest(limit, context.free_tables);
  session.unacked.add(id, place, wish ? std::make_unique<ReceiptRequest>(*wish) : nullptr,
                      context.free_tables);
}

}  // namespace kith::core
