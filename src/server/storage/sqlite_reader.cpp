// SPDX-License-Identifier: Apache-2.0
#include "server/storage/sqlite_reader.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "server/storage/changes_page.hpp"
#include "server/storage/channel_rules.hpp"
#include "server/storage/errors.hpp"
#include "server/storage/message_extra.hpp"

namespace kith::storage {
namespace {

using sqlite::Database;
using sqlite::Statement;

constexpr const char* kPragmas =
    "PRAGMA busy_timeout=2000; PRAGMA query_only=1; PRAGMA cache_size=-8192; "
    "PRAGMA temp_store=MEMORY;";

}  // namespace

struct SqliteReader::Statements {
  explicit Statements(Database& database) : db(database) {}
  Database& db;

  Statement begin{db, "BEGIN"};
  Statement commit{db, "COMMIT"};
  Statement first_record{db, "SELECT COALESCE(MIN(number), 0) FROM unfolded"};
  Statement records_after{db, "SELECT number, record FROM unfolded WHERE number>? ORDER BY number"};
  Statement find_app{db, "SELECT row FROM apps WHERE name=?"};
  Statement find_peer{db, "SELECT row FROM peers WHERE app=? AND name=?"};
  Statement find_group{db,
                       "SELECT row, kind, pair FROM conversations WHERE app=? AND name=? AND "
                       "kind IN (1, 2, 3, 5)"};
  Statement members{db,
                    "SELECT p.name FROM members m CROSS JOIN peers p ON p.row=m.peer "
                    "WHERE m.conv=? AND m.until=0 ORDER BY m.joined, m.place"};
  Statement standings{db, "SELECT name, kinds, until FROM standings WHERE conv=? ORDER BY name"};
  // The condition is that of the index, word for word.
  Statement declined{db,
                     "SELECT c.name FROM standings s CROSS JOIN conversations c ON c.row=s.conv "
                     "WHERE s.name=?1 AND (s.kinds&16)<>0 AND c.app=?2 AND c.name>?3 "
                     "ORDER BY c.name LIMIT ?4"};
  Statement read_mark{db,
                      "SELECT MAX(m.joined, m.read, c.history), m.until FROM members m "
                      "CROSS JOIN conversations c ON c.row=m.conv WHERE m.conv=? AND m.peer=?"};
  // Of groups all that it is in are behind.
  Statement unread_logs{
      db,
      "SELECT m.conv, MAX(m.joined, m.read, c.history), c.newest, c.last FROM members m "
      "CROSS JOIN conversations c ON c.row=m.conv WHERE m.peer=? AND m.behind=1 "
      "AND m.until=0 AND c.kind IN (1, 3, 5, 6)"};
  Statement marks{db,
                  "SELECT p.name, m.peer, m.behind, m.acked, MAX(m.read, c.history), "
                  "m.beyond, c.history FROM members m "
                  "CROSS JOIN peers p ON p.row=m.peer CROSS JOIN conversations c ON c.row=m.conv "
                  "WHERE m.conv=? AND m.until=0 ORDER BY m.joined, m.place"};
  Statement edits{db,
                  "SELECT e.position FROM members m CROSS JOIN conversations c ON c.row=m.conv "
                  "CROSS JOIN messages e ON e.conv=m.conv WHERE m.peer=? AND m.behind=1 "
                  "AND m.until=0 AND c.kind IN (1, 3, 5, 6) AND e.edited>0 AND e.edited>? "
                  "AND e.seq>m.joined ORDER BY e.edited DESC LIMIT ?"};
  Statement extra{db, "SELECT extra FROM messages WHERE position=?"};
  // What a peer was inside of, up to the row `until`; 0 = it still is. Of those that have left, the
  // ones that did so first.
  Statement inside{db,
                   "SELECT m.conv, m.joined, 0 FROM members m CROSS JOIN conversations c ON "
                   "c.row=m.conv WHERE m.peer=?1 AND m.behind=1 AND m.until=0 AND c.kind IN (1, 3) "
                   "UNION ALL SELECT g.conv, g.joined, g.until FROM (SELECT conv, peer, joined, "
                   "until FROM members WHERE gone>?2 ORDER BY gone LIMIT ?3) g CROSS JOIN "
                   "conversations c ON c.row=g.conv WHERE g.peer=?1 AND c.kind IN (1, 3)"};
  // By a pair's name, too.
  Statement find_conversation{
      db,
      "SELECT row FROM conversations WHERE app=?1 AND name=?2 AND kind<>4 "
      "UNION ALL SELECT row FROM conversations WHERE app=?1 AND pair=?2 LIMIT 1"};
};

SqliteReader::SqliteReader(Answers& answers) : answers_(answers) {}

SqliteReader::~SqliteReader() = default;

bool SqliteReader::prepare() {
  sql_ = std::make_unique<Statements>(database_);
  lists_ = std::make_unique<SqliteLists>(database_, unfolded_);
  pending_ = std::make_unique<SqlitePending>(database_, unfolded_, *lists_);
  objects_ = std::make_unique<SqliteObjects>(database_, lists_.get());
  return database_.run(kPragmas);
}

void SqliteReader::close() {
  objects_.reset();
  pending_.reset();
  lists_.reset();
  sql_.reset();
  database_.close();
}

void SqliteReader::execute(Token, const ConfigureApp& request) {
  apps_.insert_or_assign(std::string(request.app_id), request.limits);
}

// The commits since the last read. They are numbered without a repeat, so another first one says
// that the tables were brought up to date, and that what was known before is in them.
void SqliteReader::catchUp() {
  Statement& first = sql_->first_record.start();
  const std::int64_t number = first.step() ? first.numberAt(0) : 0;
  first.start();
  if (std::exchange(first_record_, number) != number) {
    unfolded_.clear();
    last_record_ = 0;
  }
  Statement& records = sql_->records_after.start().number(last_record_);
  while (records.step()) {
    last_record_ = records.numberAt(0);
    unfolded_.apply(records.blobAt(1));
  }
}

void SqliteReader::begin() {
  sql_->begin.start().run();
  catchUp();
}

void SqliteReader::end() {
  if (database_.inTransaction()) sql_->commit.start().run();
  if (database_.failed()) database_.rollBack();
}

// What comes behind a failure begins anew.
template <typename AnyRequest, typename Reply>
void SqliteReader::finish(Token token, const AnyRequest& request, Reply&& reply) {
  if (!database_.failed()) return answer(request, token, std::forward<Reply>(reply), answers_);
  const Error error{Errc::ServerBusy, 0, "storage: cannot read: " + database_.failure(), false};
  answer(request, token, error, answers_);
  database_.rollBack();
  unfolded_.clear();
  pending_->forget();
  first_record_ = last_record_ = 0;
  begin();
}

/// The number of a row; 0 = there is none.
std::int64_t SqliteReader::find(Statement& row, std::string_view name) {
  const std::int64_t found = row.start().text(name).step() ? row.numberAt(0) : 0;
  row.start();
  return found;
}

std::int64_t SqliteReader::find(Statement& row, std::int64_t app, std::string_view name) {
  const std::int64_t found = row.start().number(app).text(name).step() ? row.numberAt(0) : 0;
  row.start();
  return found;
}

HistoryPage SqliteReader::read(const ReadHistory& range) {
  HistoryPage page;
  const std::int64_t app = find(sql_->find_app, range.app_id);
  if (app == 0) return page;
  ListKind kind = ListKind::App;
  std::int64_t list = app;
  if (!range.conv_id.empty()) {
    kind = ListKind::Conversation;
    list = find(sql_->find_conversation, app, range.conv_id);
  } else if (!range.from.empty()) {
    kind = ListKind::Sender;
    list = find(sql_->find_peer, app, range.from);
  }
  if (list != 0) lists_->read(kind, list, app, range, page.messages);
  return page;
}

PendingPage SqliteReader::read(const ReadPending& request) {
  PendingPage page;
  const std::int64_t app = find(sql_->find_app, request.app_id);
  const std::int64_t peer = find(sql_->find_peer, app, request.peer_id);
  if (peer == 0) return page;
  pending_->read(peer, apps_.find(request.app_id)->second, request, page);
  expired_.fetch_add(pending_->takeExpired(), std::memory_order_relaxed);
  return page;
}

std::int64_t SqliteReader::findConversation(std::string_view app_id, std::string_view conv_id) {
  const std::int64_t app = find(sql_->find_app, app_id);
  return app != 0 ? find(sql_->find_conversation, app, conv_id) : 0;
}

HistoryPage SqliteReader::read(const ReadLog& range) {
  const auto read = [&](const ReadLog& one) {
    std::vector<StoredMessage> messages;
    const std::int64_t conversation = findConversation(one.app_id, one.conv_id);
    if (conversation != 0) lists_->readLog(conversation, one, messages);
    return messages;
  };
  const auto position = [&](std::string_view name) {
    const std::int64_t conversation = findConversation(range.app_id, name);
    return conversation != 0
               ? lists_->find(ListKind::Conversation, conversation, range.from_time, range.from_id)
               : Position{0};
  };
  return {range.channel.empty() ? read(range) : readBoth(range, read, position)};
}

ChangesPage SqliteReader::read(const ReadChanges& request) {
  constexpr ListKind kLog = ListKind::Conversation;
  struct Found {
    std::int64_t timestamp;
    Position position;
    bool operator<(const Found& other) const {
      return std::pair(timestamp, position) < std::pair(other.timestamp, other.position);
    }
  };
  ChangesPage page;
  std::vector<Found> found;
  std::size_t seen = 0;
  const std::int64_t app = find(sql_->find_app, request.app_id);
  Statement& rows = sql_->inside.start().number(find(sql_->find_peer, app, request.peer_id));
  rows.number(request.after).number(static_cast<std::int64_t>(kChangeRows));
  while (rows.step()) {
    const std::int64_t conversation = rows.numberAt(0);
    const Seq first = rows.numberAt(1);
    const Seq until = rows.numberAt(2);
    RowHead head;
    Position at = lists_->newestOf(kLog, conversation);
    if (until != 0)
      at = lists_->seek(kLog, at, [&](const RowHead& row) { return row.seq <= until; });
    for (; at != 0 && lists_->readHead(at, head); at = head.links[kLog].previous) {
      if (head.seq < first || head.timestamp <= request.after) break;
      page.all_seen = page.all_seen && ++seen <= kChangeRows;
      if (!page.all_seen) break;
      if (head.kind != RowKind::Message) found.push_back({head.timestamp, at});
    }
  }
  std::sort(found.begin(), found.end());
  const auto limit = static_cast<std::size_t>(std::max(request.limit, 0));
  const std::size_t end = pageEnd(found, limit, [](const Found& row) { return row.timestamp; });
  page.complete = end == found.size();
  SqliteLists::Names names;
  for (std::size_t i = 0; i < end; ++i) {
    if (auto row = lists_->message(found[i].position, names))
      page.changes.push_back(std::move(*row));
  }
  return page;
}

Unread SqliteReader::read(const CountUnread& request) {
  const std::int64_t app = find(sql_->find_app, request.app_id);
  const std::int64_t peer = find(sql_->find_peer, app, request.peer_id);
  Unread unread;
  for (const std::string_view name : {request.conv_id, request.channel}) {
    if (name.empty()) continue;
    const std::int64_t conversation = find(sql_->find_conversation, app, name);
    Statement& mark = sql_->read_mark.start().number(conversation).number(peer);
    if (unread.count >= request.most || !mark.step()) continue;
    const Seq read = mark.numberAt(0);
    const Seq until = mark.numberAt(1);
    mark.start();
    eachUnread(conversation, peer, read, until,
               [&](const RowHead&) { return ++unread.count < request.most; });
  }
  return unread;
}

template <typename Use>
void SqliteReader::eachUnread(std::int64_t conversation, std::int64_t peer, Seq read, Seq until,
                              Use use) {
  constexpr ListKind kLog = ListKind::Conversation;
  RowHead head;
  Position at = lists_->newestOf(kLog, conversation);
  for (; at != 0 && lists_->readHead(at, head) && head.seq > read; at = head.links[kLog].previous) {
    const bool others = head.kind == RowKind::Message && !head.deleted && head.sender != peer;
    if (others && (until == 0 || head.seq <= until) && !use(head)) return;
  }
}

UnreadList SqliteReader::read(const ListUnread& request) {
  UnreadList list;
  list.upto = pending_->newestPosition();
  const std::int64_t app = find(sql_->find_app, request.app_id);
  const std::int64_t peer = find(sql_->find_peer, app, request.peer_id);
  struct Behind {
    std::int64_t conversation;
    Seq read;
    Position newest;
  };
  std::vector<Behind> all;
  Statement& rows = sql_->unread_logs.start().number(peer);
  while (rows.step()) {
    Behind behind{rows.numberAt(0), rows.numberAt(1), rows.numberAt(2)};
    Seq last = rows.numberAt(3);
    if (const auto* end = unfolded_.logEnd(behind.conversation)) {
      behind.newest = end->newest;
      last = end->last;
    }
    if (last > behind.read) all.push_back(behind);
  }
  std::sort(all.begin(), all.end(),
            [](const Behind& a, const Behind& b) { return a.newest > b.newest; });
  SqliteLists::Names names;
  for (const Behind& behind : all) {
    if (list.conversations.size() >= static_cast<std::size_t>(request.conversations)) break;
    UnreadConversation found;
    eachUnread(behind.conversation, peer, behind.read, 0, [&](const RowHead& head) {
      if (found.count == 0) {
        if (auto message = lists_->message(head.position, names)) found.last = std::move(*message);
      }
      found.mentioned = found.mentioned || mentions(head, request.peer_id);
      return ++found.count < request.most;
    });
    const bool told = found.count > 0 && found.last.timestamp >= request.since;
    if (told) addUnread(list.conversations, std::move(found));
  }
  return list;
}

bool SqliteReader::mentions(const RowHead& head, std::string_view peer) {
  if (!head.has_extra) return false;
  Statement& row = sql_->extra.start().number(head.position);
  const bool found = row.step() && MessageExtra::unpack(row.blobAt(0)).mentionsPeer(peer);
  row.start();
  return found;
}

/// When the row of a log was accepted; 0 = it is gone.
std::int64_t SqliteReader::timeOf(std::int64_t conversation, Seq seq) {
  constexpr ListKind kLog = ListKind::Conversation;
  RowHead head;
  const Position at = lists_->seek(kLog, lists_->newestOf(kLog, conversation),
                                   [seq](const RowHead& row) { return row.seq <= seq; });
  return at != 0 && lists_->readHead(at, head) && head.seq == seq ? head.timestamp : 0;
}

MemberMarks SqliteReader::read(const ReadMarks& request) {
  MemberMarks marks;
  constexpr ListKind kLog = ListKind::Conversation;
  const std::int64_t conversation = findConversation(request.app_id, request.conv_id);
  RowHead newest;
  const Position end = conversation != 0 ? lists_->newestOf(kLog, conversation) : 0;
  if (end == 0 || !lists_->readHead(end, newest)) return marks;
  Statement& rows = sql_->marks.start().number(conversation);
  while (rows.step()) {
    const auto* const change = unfolded_.cursorOf(rows.numberAt(1), conversation);
    const bool behind = change != nullptr ? !change->caught_up : rows.numberAt(2) != 0;
    Cursor cursor = change != nullptr ? Cursor::unpack(change->acked, change->beyond)
                                      : Cursor::unpack(rows.numberAt(3), rows.blobAt(5));
    cursor.passHistory(rows.numberAt(6));
    marks.members.push_back({std::string(rows.textAt(0)),
                             behind ? timeOf(conversation, cursor.acked()) : newest.timestamp,
                             timeOf(conversation, rows.numberAt(4))});
  }
  return marks;
}

HistoryPage SqliteReader::read(const ListEdits& request) {
  HistoryPage page;
  const std::int64_t app = find(sql_->find_app, request.app_id);
  const std::int64_t peer = find(sql_->find_peer, app, request.peer_id);
  SqliteLists::Names names;
  Statement& rows = sql_->edits.start().number(peer).number(request.since).number(request.limit);
  while (rows.step()) {
    auto message = lists_->message(rows.numberAt(0), names);
    if (message) page.messages.push_back(std::move(*message));
  }
  std::reverse(page.messages.begin(), page.messages.end());
  return page;
}

FoundGroup SqliteReader::read(const LoadGroup& request) {
  FoundGroup group;
  const std::int64_t app = find(sql_->find_app, request.app_id);
  Statement& row = sql_->find_group.start().number(app).text(request.group_id);
  if (!row.step()) return group;
  group.emplace();
  group->id = request.group_id;
  const auto kind = static_cast<ConversationKind>(row.numberAt(1));
  group->open = kind == ConversationKind::OpenGroup;
  group->service = kind == ConversationKind::Service;
  group->pair = row.textAt(2);
  group->key = row.numberAt(0);
  Statement& members = sql_->members.start().number(row.numberAt(0));
  while (members.step()) group->members.emplace_back(members.textAt(0));
  row.start();
  GroupFacts facts = objects_->factsOf(app, request.group_id);
  group->creator = std::move(facts.creator);
  group->ends = facts.ends;
  Statement& standings = sql_->standings.start().number(group->key);
  while (standings.step()) {
    group->standings.push_back({std::string(standings.textAt(0)),
                                static_cast<std::uint8_t>(standings.numberAt(1)),
                                standings.numberAt(2)});
  }
  return group;
}

GroupIds SqliteReader::read(const ListDeclined& request) {
  GroupIds page;
  const std::int64_t app = find(sql_->find_app, request.app_id);
  Statement& rows = sql_->declined.start().text(request.peer_id).number(app).text(request.after);
  rows.number(static_cast<std::int64_t>(request.limit) + 1);
  while (rows.step()) page.groups.emplace_back(rows.textAt(0));
  page.complete = page.groups.size() <= request.limit;
  if (!page.complete) page.groups.resize(request.limit);
  return page;
}

Result<ObjectRecord> SqliteReader::read(const GetObject& request) {
  return objects_->execute(find(sql_->find_app, request.app_id), request);
}

Result<objects::FoundObjects> SqliteReader::read(const FindObjects& request) {
  return objects_->execute(find(sql_->find_app, request.app_id), request);
}

template <typename AnyRequest>
void SqliteReader::answerRead(Token token, const AnyRequest& request) {
  if (!apps_.contains(request.app_id)) {
    return answer(request, token, unknownApp(request.app_id), answers_);
  }
  finish(token, request, read(request));
}
template void SqliteReader::answerRead(Token, const ReadPending&);
template void SqliteReader::answerRead(Token, const LoadGroup&);
template void SqliteReader::answerRead(Token, const ListDeclined&);
template void SqliteReader::answerRead(Token, const ReadHistory&);
template void SqliteReader::answerRead(Token, const ReadLog&);
template void SqliteReader::answerRead(Token, const ReadMarks&);
template void SqliteReader::answerRead(Token, const ListEdits&);
template void SqliteReader::answerRead(Token, const ReadChanges&);
template void SqliteReader::answerRead(Token, const CountUnread&);
template void SqliteReader::answerRead(Token, const ListUnread&);
template void SqliteReader::answerRead(Token, const GetObject&);
template void SqliteReader::answerRead(Token, const FindObjects&);

}  // namespace kith::storage
