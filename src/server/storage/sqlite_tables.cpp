// SPDX-License-Identifier: Apache-2.0
// Messages and queues as SQL.
#include "server/storage/sqlite_tables.hpp"

#include <memory>
#include <utility>

#include "server/storage/errors.hpp"
#include "server/storage/sqlite_statements.hpp"

namespace kith::storage {
namespace {

constexpr std::size_t kCachedPeers = 100'000;
constexpr std::size_t kCachedConversations = 100'000;

}  // namespace

SqliteTables::SqliteTables(Database& database, Answers& answers)
    : database_(database),
      answers_(answers),
      peers_(kCachedPeers),
      conversations_(kCachedConversations),
      sql_(std::make_unique<Statements>(database)),
      lists_(std::make_unique<SqliteLists>(database, unfolded_)) {}

SqliteTables::~SqliteTables() = default;

void SqliteTables::finish() {
  lists_ = std::make_unique<SqliteLists>(database_, unfolded_);
  sql_ = std::make_unique<Statements>(database_);
}

void SqliteTables::execute(Token, const ConfigureApp& request) {
  apps_.insert_or_assign(std::string(request.app_id), App{0, request.limits, {}, 0, false});
  findApp(request.app_id);
}

// The row is looked up again after a rollback, which may have taken it away.
SqliteTables::App* SqliteTables::findApp(std::string_view app_id) {
  const auto found = apps_.find(app_id);
  if (found == apps_.end()) return nullptr;
  App& app = found->second;
  if (app.row == 0) {
    sql_->insert_app.start().text(app_id).number(app.limits.offline_age_ms).run();
    if (sql_->find_app.start().text(app_id).step()) {
      app.row = sql_->find_app.numberAt(0);
      app.swept = sql_->find_app.numberAt(1);
    }
    sql_->find_app.start();
  }
  return &app;
}

PeerRow* SqliteTables::findPeer(const App& app, std::string_view name, bool make) {
  if (PeerRow* known = peers_.find(app.row, name)) return known;
  PeerRow peer;
  if (sql_->find_peer.start().number(app.row).text(name).step()) {
    peer.row = sql_->find_peer.numberAt(0);
    sql_->find_peer.start();
  } else if (!make) {
    return nullptr;
  } else {
    sql_->insert_peer.start().number(app.row).text(name).run();
    peer.row = database_.lastRowId();
    peer.counted = true;
    peer.sent.makeEmpty();
    peer.tokens.known = true;
  }
  return peers_.add(app.row, name, std::move(peer));
}

ConversationRow* SqliteTables::findConversation(const App& app, std::string_view name, bool make) {
  if (ConversationRow* known = conversations_.find(app.row, name)) return known;
  ConversationRow conversation;
  if (sql_->find_conversation.start().number(app.row).text(name).step()) {
    conversation.row = sql_->find_conversation.numberAt(0);
    sql_->find_conversation.start();
  } else if (!make) {
    return nullptr;
  } else {
    sql_->insert_conversation.start().number(app.row).text(name).run();
    conversation.row = database_.lastRowId();
    conversation.list.makeEmpty();
  }
  return conversations_.add(app.row, name, std::move(conversation));
}

void SqliteTables::execute(Token token, const Append& message) {
  App* app = findApp(message.app_id);
  if (app == nullptr) return answer(token, message, unknownApp(message.app_id));
  PeerRow& sender = *findPeer(*app, message.from, true);
  if (!message.dedupe.empty() && isRepeat(token, sender, message)) return;
  ConversationRow& conversation = *findConversation(*app, message.conv_id, true);
  const Position position = ++last_position_;
  Unfolded::Accepted accepted{position, message.timestamp, {}, {}};
  Links links;
  const auto join = [&](ListKind kind, std::int64_t list, ListEnd& end) {
    links[kind] = link(kind, list, end, position, message.timestamp);
    accepted.lists[kind] = list;
    accepted.linked[kind] = links[kind].number != 0;
  };
  join(ListKind::App, app->row, app->list);
  join(ListKind::Sender, sender.row, sender.sent);
  join(ListKind::Conversation, conversation.row, conversation.list);
  insertMessage(sender.row, conversation.row, message, position, links);
  unfolded_.accept(accepted);
  if (!message.dedupe.empty()) unfolded_.useToken(message.dedupe);
  if (!message.log_only) {
    for (const ReceiverRef& receiver : message.receivers) enqueue(*app, receiver);
  }
  ++appended_;
  answer(token, message, Appended{false, position, std::string(message.id), message.timestamp});
}

/// Makes a message the newest of a list, or a stray beside it.
Link SqliteTables::link(ListKind kind, std::int64_t list, ListEnd& end, Position position,
                        std::int64_t timestamp) {
  if (end.unknown()) lists_->readEnd(kind, list, end);
  if (end.newest() == 0 || end.timestamp() <= timestamp) return end.append(position, timestamp);
  Statement& stray = sql_->insert_stray.start().number(static_cast<std::int64_t>(kind));
  stray.number(list).number(timestamp).number(position).run();
  return {};
}

bool SqliteTables::isRepeat(Token token, PeerRow& sender, const Append& message) {
  const Position first = findToken(sender, message.dedupe);
  if (first == 0) return false;
  Statement& row = sql_->find_id.start().number(first);
  if (!row.step()) return false;
  answer(token, message, Appended{true, first, std::string(row.textAt(0)), row.numberAt(1)});
  row.start();
  return true;
}

/// The message that had the token; 0 = none, and from now on this one has.
Position SqliteTables::findToken(PeerRow& sender, std::string_view token) {
  if (!sender.tokens.holds(token)) {
    const auto& recent = unfolded_.tokens();
    const auto used = recent.lower_bound(Unfolded::TokenView(sender.row, token));
    const bool known = used != recent.end() && used->first.first == sender.row;
    if (known && used->first.second == token) return used->second.position;
    sender.tokens = {true, {}, known ? used->first.second : std::string()};
    Statement& next = sql_->next_token.start().number(sender.row).text(token);
    if (next.step()) {
      if (next.textAt(0) == token) {
        const Position first = next.numberAt(1);
        next.start();
        sender.tokens.known = false;
        return first;
      }
      if (!known || next.textAt(0) < sender.tokens.before) sender.tokens.before = next.textAt(0);
      next.start();
    }
  }
  sender.tokens.after = token;
  return 0;
}

void SqliteTables::insertMessage(std::int64_t sender, std::int64_t conversation,
                                 const Append& message, Position position, const Links& links) {
  packed_links_.clear();
  packLinks(links, position, packed_links_);
  Statement& row = sql_->insert_message.start();
  row.number(position).number(message.timestamp).blob(packed_links_).number(sender);
  row.number(conversation).number(message.receipt_wanted ? 1 : 0).text(message.id);
  if (message.group_id.empty()) {
    row.null();
  } else {
    row.text(message.group_id);
  }
  if (message.addressed.empty()) {
    row.null();
  } else {
    scratch_.clear();
    Writer(scratch_).texts(message.addressed);
    row.blob(scratch_);
  }
  row.text(message.text).run();
}

void SqliteTables::count(PeerRow& peer) {
  if (peer.counted || !sql_->count_inbox.start().number(peer.row).step()) return;
  peer.queued = static_cast<std::size_t>(sql_->count_inbox.numberAt(0));
  peer.offline = static_cast<std::size_t>(sql_->count_inbox.numberAt(1));
  sql_->count_inbox.start();
  for (const Unfolded::Queued& queued : unfolded_.queueOf(peer.row)) {
    if (queued.taken) continue;
    ++peer.queued;
    if (queued.offline) ++peer.offline;
  }
  peer.offline_from = 0;
  peer.counted = true;
}

// The first of two mentions counts.
void SqliteTables::enqueue(const App& app, const ReceiverRef& receiver) {
  PeerRow& peer = *findPeer(app, receiver.peer_id, true);
  count(peer);
  const bool offline = !receiver.online;
  if (!unfolded_.enqueue(peer.row, offline)) return;
  ++peer.queued;
  if (offline) ++peer.offline;
  while (peer.offline > app.limits.offline_messages && !database_.failed()) dropOldest(peer, true);
  while (peer.queued > app.limits.unacknowledged_messages && !database_.failed()) {
    dropOldest(peer, false);
  }
}

// All that is not folded is younger than what is.
void SqliteTables::dropOldest(PeerRow& peer, bool offline_only) {
  if (dropOldestRow(peer, offline_only) || database_.failed()) return;
  for (const Unfolded::Queued& queued : unfolded_.queueOf(peer.row)) {
    if (queued.taken) continue;
    if (offline_only && (!queued.offline || queued.position < peer.offline_from)) continue;
    if (offline_only) peer.offline_from = queued.position + 1;
    return take(peer, queued.position);
  }
  peer.counted = false;
  count(peer);
}

bool SqliteTables::dropOldestRow(PeerRow& peer, bool offline_only) {
  Statement& oldest = offline_only ? sql_->oldest_offline : sql_->oldest;
  oldest.start().number(peer.row).number(offline_only ? peer.offline_from : 0);
  if (!oldest.step()) return false;
  const Position position = oldest.numberAt(0);
  oldest.start();
  if (offline_only) peer.offline_from = position + 1;
  take(peer, position);
  return true;
}

/// Takes a message off a queue, wherever it is.
void SqliteTables::take(PeerRow& peer, Position position) {
  Unfolded::Taken taken = unfolded_.take(peer.row, position);
  if (taken == Unfolded::Taken::NotHere) {
    Statement& row = sql_->delete_inbox.start().number(peer.row).number(position);
    if (!row.step()) return;
    taken = row.numberAt(0) != 0 ? Unfolded::Taken::Offline : Unfolded::Taken::Online;
    row.run();
  }
  if (!peer.counted) return;
  --peer.queued;
  if (taken == Unfolded::Taken::Offline) --peer.offline;
}

void SqliteTables::execute(Token, const Acknowledge& request) {
  const App* app = findApp(request.app_id);
  PeerRow* peer = app != nullptr ? findPeer(*app, request.peer_id, false) : nullptr;
  if (peer == nullptr) return;
  for (Position position : request.positions) take(*peer, position);
}

}  // namespace kith::storage
