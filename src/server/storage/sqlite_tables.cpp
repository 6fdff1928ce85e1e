// SPDX-License-Identifier: Apache-2.0
#include "server/storage/sqlite_tables.hpp"

#include <limits>
#include <memory>

#include "server/storage/sqlite_statements.hpp"

namespace kith::storage {
namespace {

constexpr std::size_t kCachedPeers = 100'000;

}  // namespace

SqliteTables::SqliteTables(Database& database, Answers& answers)
    : database_(database),
      answers_(answers),
      peers_(kCachedPeers),
      sql_(std::make_unique<Statements>(database)) {}

SqliteTables::~SqliteTables() = default;

void SqliteTables::load() {
  last_sequence_ = database_.pragmaNumber("SELECT COALESCE(MAX(seq), 0) FROM messages");
}

void SqliteTables::forget() {
  peers_.clear();
  for (auto& [name, app] : apps_) app.row = 0;
}

void SqliteTables::finish() { sql_ = std::make_unique<Statements>(database_); }

void SqliteTables::configureApp(std::string_view app_id, const QueueLimits& limits) {
  apps_.insert_or_assign(std::string(app_id), App{0, limits});
  findApp(app_id);
}

// The row is looked up again after a rollback, which may have taken it away.
const SqliteTables::App* SqliteTables::findApp(std::string_view app_id) {
  const auto found = apps_.find(app_id);
  if (found == apps_.end()) return nullptr;
  App& app = found->second;
  if (app.row == 0) {
    sql_->insert_app.start().text(app_id).run();
    if (sql_->find_app.start().text(app_id).step()) app.row = sql_->find_app.numberAt(0);
    sql_->find_app.start();
  }
  return &app;
}

Peer* SqliteTables::findPeer(const App& app, std::string_view name, bool make) {
  if (Peer* known = peers_.find(app.row, name)) return known;
  Peer peer;
  if (sql_->find_peer.start().number(app.row).text(name).step()) {
    peer.row = sql_->find_peer.numberAt(0);
    sql_->find_peer.start();
  } else if (!make) {
    return nullptr;
  } else {
    sql_->insert_peer.start().number(app.row).text(name).run();
    peer.row = database_.lastRowId();
    peer.counted = true;
  }
  return peers_.add(app.row, name, peer);
}

void SqliteTables::count(Peer& peer) {
  if (peer.counted || !sql_->count_inbox.start().number(peer.row).step()) return;
  peer.queued = static_cast<std::size_t>(sql_->count_inbox.numberAt(0));
  peer.offline = static_cast<std::size_t>(sql_->count_inbox.numberAt(1));
  sql_->count_inbox.start();
  peer.offline_from = 0;
  peer.counted = true;
}

void SqliteTables::append(Token token, const NewMessage& message) {
  const App* app = findApp(message.app_id);
  if (app == nullptr) {
    answer(token, Result<Appended>(unknownApp(message.app_id)));
    return;
  }
  const std::int64_t sender = findPeer(*app, message.from, true)->row;
  const Sequence sequence = last_sequence_ + 1;
  if (!message.dedupe.empty() && isRepeat(token, sender, message, sequence)) return;
  last_sequence_ = sequence;
  insertMessage(*app, sender, message, sequence);
  if (!message.log_only) {
    for (const ReceiverRef& receiver : message.receivers) {
      enqueue(*app, receiver, sequence, message.timestamp);
    }
  }
  ++appended_;
  answer(token,
         Result<Appended>(Appended{false, sequence, std::string(message.id), message.timestamp}));
}

// One statement in the usual case: the insert finds out whether the token is known.
bool SqliteTables::isRepeat(Token token, std::int64_t sender, const NewMessage& message,
                            Sequence sequence) {
  if (sql_->insert_dedupe.start()
              .number(sender)
              .text(message.dedupe)
              .number(sequence)
              .number(message.timestamp)
              .run() > 0 ||
      database_.failed()) {
    return false;
  }
  Statement& first = sql_->find_dedupe.start().number(sender).text(message.dedupe);
  if (!first.step()) return false;
  answer(token, Result<Appended>(Appended{true, first.numberAt(0), std::string(first.textAt(1)),
                                          first.numberAt(2)}));
  first.start();
  return true;
}

void SqliteTables::insertMessage(const App& app, std::int64_t sender, const NewMessage& message,
                                 Sequence sequence) {
  Statement& row = sql_->insert_message.start();
  row.number(sequence).number(app.row).text(message.id).number(message.timestamp).number(sender);
  row.text(message.conv_id);
  if (message.group_id.empty()) {
    row.null();
  } else {
    row.text(message.group_id);
  }
  row.text(message.text).number(message.receipt_wanted ? 1 : 0);
  if (message.addressed.empty()) {
    row.null();
  } else {
    addressed_.clear();
    Writer(addressed_).texts(message.addressed);
    row.blob(addressed_);
  }
  row.run();
}

void SqliteTables::enqueue(const App& app, const ReceiverRef& receiver, Sequence sequence,
                           std::int64_t timestamp) {
  Peer& peer = *findPeer(app, receiver.peer_id, true);
  count(peer);
  const bool offline = !receiver.online;
  if (sql_->insert_inbox.start()
          .number(peer.row)
          .number(sequence)
          .number(timestamp)
          .number(offline ? 1 : 0)
          .run() == 0) {
    return;
  }
  ++peer.queued;
  if (offline) ++peer.offline;
  while (peer.offline > app.limits.offline_messages && !database_.failed()) dropOldest(peer, true);
  while (peer.queued > app.limits.unacknowledged_messages && !database_.failed()) {
    dropOldest(peer, false);
  }
}

void SqliteTables::dropOldest(Peer& peer, bool offline_only) {
  Statement& oldest = offline_only ? sql_->oldest_offline : sql_->oldest;
  oldest.start().number(peer.row).number(offline_only ? peer.offline_from : 0);
  if (!oldest.step()) {
    peer.counted = false;
    count(peer);
    return;
  }
  const Sequence sequence = oldest.numberAt(0);
  const bool offline = oldest.numberAt(1) != 0;
  oldest.start();
  sql_->delete_inbox.start().number(peer.row).number(sequence).run();
  --peer.queued;
  if (offline) --peer.offline;
  if (offline_only) peer.offline_from = sequence + 1;
}

// Rows of a peer that was away are rare here, hence the second statement only when there are some.
void SqliteTables::acknowledge(std::string_view app_id, std::string_view peer_id,
                               std::span<const Sequence> sequences) {
  const App* app = findApp(app_id);
  Peer* peer = app != nullptr ? findPeer(*app, peer_id, false) : nullptr;
  if (peer == nullptr) return;
  count(*peer);
  for (Sequence sequence : sequences) {
    if (sql_->delete_inbox_online.start().number(peer->row).number(sequence).run() > 0) {
      --peer->queued;
    } else if (peer->offline > 0 &&
               sql_->delete_inbox.start().number(peer->row).number(sequence).run() > 0) {
      --peer->queued;
      --peer->offline;
    }
  }
}

StoredMessage SqliteTables::readMessage(const Statement& row) {
  StoredMessage message;
  message.sequence = row.numberAt(0);
  message.id = row.textAt(1);
  message.timestamp = row.numberAt(2);
  message.from = row.textAt(3);
  message.conv_id = row.textAt(4);
  message.group_id = row.textAt(5);
  message.text = row.textAt(6);
  message.receipt_wanted = row.numberAt(7) != 0;
  std::vector<std::string_view> addressed;
  Reader(row.blobAt(8)).texts(addressed);
  message.addressed.assign(addressed.begin(), addressed.end());
  return message;
}

void SqliteTables::pending(Token token, std::string_view app_id, std::string_view peer_id,
                           Sequence after, std::size_t limit, std::int64_t now_ms) {
  const App* app = findApp(app_id);
  if (app == nullptr) {
    answer(token, PendingAnswer{unknownApp(app_id), true});
    return;
  }
  std::vector<StoredMessage> messages;
  bool complete = true;
  if (const Peer* peer = findPeer(*app, peer_id, false)) {
    Statement& rows = sql_->pending.start();
    rows.number(peer->row).number(after).number(now_ms - app->limits.offline_age_ms);
    rows.number(static_cast<std::int64_t>(limit) + 1);
    while (complete && rows.step()) {
      if (messages.size() == limit) {
        complete = false;
      } else {
        messages.push_back(readMessage(rows));
      }
    }
    rows.start();
  }
  answer(token, PendingAnswer{std::move(messages), complete});
}

std::int64_t SqliteTables::findGroup(const App& app, std::string_view group_id) {
  Statement& row = sql_->find_group.start().number(app.row).text(group_id);
  const std::int64_t group = row.step() ? row.numberAt(0) : 0;
  row.start();
  return group;
}

void SqliteTables::insertMember(std::int64_t group, std::string_view peer_id) {
  sql_->insert_member.start().number(group).text(peer_id).run();
}

void SqliteTables::createGroup(Token token, std::string_view app_id, const GroupRecord& group,
                               std::int64_t now_ms) {
  const App* app = findApp(app_id);
  if (app == nullptr) return answer(token, ChangedAnswer{unknownApp(app_id)});
  if (findGroup(*app, group.id) != 0) return answer(token, ChangedAnswer{groupExists()});
  Statement& row = sql_->insert_group.start().number(app->row).text(group.id);
  row.number(group.open ? 1 : 0).number(now_ms).run();
  const std::int64_t group_row = database_.lastRowId();
  for (const std::string& member : group.members) insertMember(group_row, member);
  answer(token, ChangedAnswer{});
}

void SqliteTables::loadGroup(Token token, std::string_view app_id, std::string_view group_id) {
  const App* app = findApp(app_id);
  if (app == nullptr) return answer(token, GroupAnswer{unknownApp(app_id)});
  std::optional<GroupRecord> group;
  Statement& row = sql_->find_group.start().number(app->row).text(group_id);
  if (row.step()) {
    group.emplace();
    group->id = group_id;
    group->open = row.numberAt(1) != 0;
    Statement& members = sql_->members.start().number(row.numberAt(0));
    while (members.step()) group->members.emplace_back(members.textAt(0));
    row.start();
  }
  answer(token, GroupAnswer{std::move(group)});
}

void SqliteTables::addMembers(Token token, std::string_view app_id, std::string_view group_id,
                              std::span<const std::string_view> peer_ids) {
  const App* app = findApp(app_id);
  if (app == nullptr) return answer(token, ChangedAnswer{unknownApp(app_id)});
  const std::int64_t group = findGroup(*app, group_id);
  if (group == 0) return answer(token, ChangedAnswer{groupMissing()});
  for (std::string_view peer_id : peer_ids) insertMember(group, peer_id);
  answer(token, ChangedAnswer{});
}

void SqliteTables::removeMembers(Token token, std::string_view app_id, std::string_view group_id,
                                 std::span<const std::string_view> peer_ids) {
  const App* app = findApp(app_id);
  if (app == nullptr) return answer(token, ChangedAnswer{unknownApp(app_id)});
  const std::int64_t group = findGroup(*app, group_id);
  if (group == 0) return answer(token, ChangedAnswer{groupMissing()});
  for (std::string_view peer_id : peer_ids) {
    sql_->delete_member.start().number(group).text(peer_id).run();
  }
  answer(token, ChangedAnswer{});
}

Sequence SqliteTables::sequenceOf(const App& app, const HistoryRange& range) {
  if (range.before_id.empty() || range.before == 0) return 0;
  Statement& row = sql_->find_message.start();
  row.number(app.row).number(range.before).text(range.before_id);
  const Sequence sequence = row.step() ? row.numberAt(0) : 0;
  row.start();
  return sequence;
}

void SqliteTables::history(Token token, const HistoryRange& range) {
  const App* app = findApp(range.app_id);
  if (app == nullptr) return answer(token, HistoryAnswer{unknownApp(range.app_id)});
  constexpr auto kNoBound = std::numeric_limits<std::int64_t>::max();
  const Sequence before_sequence = sequenceOf(*app, range);
  std::int64_t before = range.before != 0 ? range.before : kNoBound;
  if (before_sequence == 0 && range.before_exclusive && range.before != 0) --before;
  const Peer* from = range.from.empty() ? nullptr : findPeer(*app, range.from, false);
  std::vector<StoredMessage> messages;
  if (range.from.empty() || from != nullptr) {
    Statement& rows = range.conv_id.empty()
                          ? (from != nullptr ? sql_->history_from : sql_->history_all)
                          : (from != nullptr ? sql_->history_conv_from : sql_->history_conv);
    rows.start().number(app->row).number(before);
    rows.number(before_sequence != 0 ? before_sequence : kNoBound);
    rows.number(range.limit > 0 ? range.limit : 0);
    if (!range.conv_id.empty()) rows.text(range.conv_id);
    if (from != nullptr) rows.number(from->row);
    while (rows.step()) messages.push_back(readMessage(rows));
  }
  answer(token, HistoryAnswer{std::move(messages)});
}

void SqliteTables::expire(std::int64_t now_ms) {
  for (const auto& [name, app] : apps_) {
    sql_->expire_inbox.start().number(app.row).number(now_ms - app.limits.offline_age_ms).run();
  }
  sql_->expire_dedupe.start().number(now_ms - kDedupeAgeMs).run();
  // The counts are of before.
  peers_.clear();
}

}  // namespace kith::storage
