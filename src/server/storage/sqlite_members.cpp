// SPDX-License-Identifier: Apache-2.0
#include "server/storage/sqlite_members.hpp"

#include <algorithm>
#include <utility>

#include "sqlite/statement.hpp"

namespace kith::storage {
namespace {

using sqlite::Database;
using sqlite::Statement;

constexpr std::size_t kCachedMembers = 200'000;
constexpr std::size_t kCachedChanges = 20'000;
// Of a group, to know at an acknowledgement that a gap is none.
constexpr std::size_t kKnownChanges = 16;
// Rows that are read to close a gap, when a cursor has too many.
constexpr Seq kGapRows = 256;

}  // namespace

struct SqliteMembers::Statements {
  explicit Statements(Database& database) : db(database) {}
  Database& db;

  // One that is there has left before.
  Statement insert{db,
                   "INSERT INTO members(conv, peer, joined, place, behind, acked) "
                   "VALUES(?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
                   "joined=excluded.joined, place=excluded.place, until=0, gone=0, "
                   "behind=excluded.behind"};
  Statement find{db,
                 "SELECT m.until, m.behind, m.acked, m.beyond, c.kind, c.last, c.history "
                 "FROM members m CROSS JOIN conversations c ON c.row=m.conv "
                 "WHERE m.conv=? AND m.peer=?"};
  Statement of_pair{db, "SELECT peer FROM members WHERE conv=?"};
  Statement count{db, "SELECT COUNT(*) FROM members WHERE conv=? AND until=0"};
  Statement leave{db, "UPDATE members SET until=?, gone=? WHERE conv=? AND peer=?"};
  Statement set_cursor{db,
                       "UPDATE members SET behind=?, acked=?, beyond=? WHERE conv=? AND peer=?"};
  Statement set_behind{db, "UPDATE members SET behind=1 WHERE conv=? AND peer=?"};
  Statement find_read{db, "SELECT MAX(joined, read) FROM members WHERE conv=? AND peer=?"};
  Statement set_read{db, "UPDATE members SET read=?1 WHERE conv=?2 AND peer=?3 AND read<?1"};
  Statement drop_gone{db,
                      "DELETE FROM members WHERE (conv, peer) IN (SELECT conv, peer FROM members "
                      "WHERE gone>0 AND gone<? ORDER BY gone LIMIT ?)"};
};

SqliteMembers::SqliteMembers(Database& database, Unfolded& unfolded, SqliteLists& lists)
    : unfolded_(unfolded),
      lists_(lists),
      members_(kCachedMembers),
      changes_(kCachedChanges),
      sql_(std::make_unique<Statements>(database)) {}

SqliteMembers::~SqliteMembers() = default;

void SqliteMembers::forget() {
  members_.clear();
  changes_.clear();
}

MemberRow* SqliteMembers::find(std::int64_t conversation, std::int64_t peer) {
  const MemberKey key{conversation, peer};
  if (MemberRow* known = members_.find(key)) return known;
  Statement& row = sql_->find.start().number(conversation).number(peer);
  if (!row.step()) return nullptr;
  MemberRow member;
  member.until = row.numberAt(0);
  member.behind_on_disk = row.numberAt(1) != 0;
  member.is_pair = static_cast<ConversationKind>(row.numberAt(4)) == ConversationKind::Pair;
  member.caught_up = !member.behind_on_disk;
  member.cursor = Cursor::unpack(row.numberAt(2), row.blobAt(3));
  const auto* end = unfolded_.logEnd(conversation);
  member.latest = end != nullptr ? end->last : row.numberAt(5);
  const Seq history = row.numberAt(6);
  row.start();
  if (const Unfolded::CursorChange* change = unfolded_.cursorOf(peer, conversation)) {
    member.caught_up = change->caught_up;
    member.cursor = Cursor::unpack(change->acked, change->beyond);
  }
  member.cursor.passHistory(history);
  return members_.add(key, std::move(member));
}

bool SqliteMembers::isInside(std::int64_t conversation, std::int64_t peer) {
  const MemberRow* member = find(conversation, peer);
  return member != nullptr && member->until == 0;
}

std::size_t SqliteMembers::count(std::int64_t conversation) {
  Statement& row = sql_->count.start().number(conversation);
  const std::int64_t count = row.step() ? row.numberAt(0) : 0;
  row.start();
  return static_cast<std::size_t>(count);
}

std::vector<std::int64_t> SqliteMembers::ofPair(std::int64_t conversation) {
  std::vector<std::int64_t> peers;
  Statement& rows = sql_->of_pair.start().number(conversation);
  while (rows.step()) peers.push_back(rows.numberAt(0));
  return peers;
}

void SqliteMembers::addToPair(std::int64_t conversation, std::int64_t peer, Seq joined,
                              std::int64_t place) {
  Statement& row = sql_->insert.start().number(conversation).number(peer).number(joined);
  row.number(place).number(0).number(joined).run();
  MemberRow member;
  member.is_pair = true;
  member.caught_up = true;
  member.behind_on_disk = false;
  members_.add({conversation, peer}, std::move(member));
}

void SqliteMembers::list(std::int64_t conversation, std::int64_t peer, Seq last) {
  MemberRow* const member = find(conversation, peer);
  if (member == nullptr) return;
  member->is_pair = false;
  if (std::exchange(member->caught_up, false)) member->cursor.restart(last);
  sql_->set_behind.start().number(conversation).number(peer).run();
  member->behind_on_disk = true;
  record(conversation, peer, *member);
}

// What waited before it left goes on waiting; what was said meanwhile never does.
void SqliteMembers::join(std::int64_t conversation, std::int64_t peer, Seq joined,
                         std::int64_t place) {
  MemberRow member;
  SeqSpan outside{1, joined, true};
  if (const MemberRow* before = find(conversation, peer)) {
    member = *before;
    outside.first = before->until + 1;
  }
  Statement& row = sql_->insert.start().number(conversation).number(peer).number(joined);
  row.number(place).number(1).number(joined).run();
  member.until = 0;
  member.behind_on_disk = true;
  if (std::exchange(member.caught_up, false)) {
    member.cursor.restart(joined);
  } else {
    member.cursor.acknowledge(outside);
  }
  record(conversation, peer, *members_.add({conversation, peer}, std::move(member)));
}

void SqliteMembers::leave(std::int64_t conversation, std::int64_t peer, Seq until,
                          std::int64_t time) {
  sql_->leave.start().number(until).number(time).number(conversation).number(peer).run();
  if (MemberRow* member = find(conversation, peer)) member->until = until;
  // That row waits for no member.
  acknowledge(conversation, peer, {until, until});
}

void SqliteMembers::wait(std::int64_t conversation, std::int64_t peer, Seq seq) {
  MemberRow* member = find(conversation, peer);
  if (member == nullptr) return;
  member->latest = seq;
  if (!member->caught_up) return;
  member->caught_up = false;
  member->cursor.restart(seq - 1);
  record(conversation, peer, *member);
}

void SqliteMembers::acknowledge(std::int64_t conversation, std::int64_t peer, SeqSpan rows) {
  MemberRow* member = find(conversation, peer);
  if (member == nullptr || member->caught_up || !member->cursor.acknowledge(rows)) return;
  if (!member->cursor.beyond().empty()) closeGaps(conversation, peer, member->cursor);
  const Seq last = member->is_pair ? member->latest : member->until;
  if (last != 0 && member->cursor.acked() >= last) {
    member->caught_up = true;
    member->cursor.restart(0);
  }
  record(conversation, peer, *member);
}

// Between what is acknowledged there may be rows that are never acknowledged.
void SqliteMembers::closeGaps(std::int64_t conversation, std::int64_t peer, Cursor& cursor) {
  if (const std::vector<Seq>* known = changes_.find(conversation)) {
    const Seq last = cursor.beyond().back().first;
    for (const Seq change : *known) {
      if (change < last) cursor.acknowledge({change, change});
    }
  }
  if (cursor.full()) readGap(conversation, peer, cursor);
}

void SqliteMembers::readGap(std::int64_t conversation, std::int64_t peer, Cursor& cursor) {
  constexpr ListKind kLog = ListKind::Conversation;
  const Seq first = cursor.acked() + 1;
  const Seq last = first + kGapRows - 1;
  RowHead head;
  Position at = lists_.seek(kLog, lists_.newestOf(kLog, conversation),
                            [last](const RowHead& each) { return each.seq <= last; });
  for (; at != 0 && lists_.readHead(at, head) && head.seq >= first;
       at = head.links[kLog].previous) {
    if (!head.waitsFor(peer)) cursor.acknowledge({head.seq, head.seq});
  }
}

void SqliteMembers::noteChange(std::int64_t conversation, Seq seq) {
  std::vector<Seq>* known = changes_.find(conversation);
  if (known == nullptr) known = changes_.add(conversation, {});
  if (known->size() == kKnownChanges) known->erase(known->begin());
  known->push_back(seq);
}

std::optional<Seq> SqliteMembers::markRead(std::int64_t conversation, std::int64_t peer, Seq seq) {
  Statement& row = sql_->find_read.start().number(conversation).number(peer);
  if (!row.step()) return std::nullopt;
  const Seq before = row.numberAt(0);
  row.start();
  if (before >= seq) return before;
  sql_->set_read.start().number(seq).number(conversation).number(peer).run();
  return before;
}

void SqliteMembers::record(std::int64_t conversation, std::int64_t peer, const MemberRow& member) {
  Unfolded::CursorChange change{conversation, member.caught_up, 0, {}, member.behind_on_disk};
  if (!member.caught_up) {
    change.acked = member.cursor.acked();
    member.cursor.pack(change.beyond);
  }
  unfolded_.setCursor(peer, std::move(change));
}

// In the order of the table, the last change of each. What began to wait since the last time is
// on its way, as a rule.
SqliteMembers::Changes SqliteMembers::fold() {
  using Change = Unfolded::CursorChange;
  std::vector<std::pair<std::int64_t, const Change*>> all;
  Changes kept;
  for (const auto& [peer, changes] : unfolded_.cursors()) {
    for (const Change* change : unfolded_.cursorsOf(peer)) {
      if (change->due) {
        all.emplace_back(peer, change);
      } else if (!change->caught_up) {
        kept.emplace_back(peer, *change).second.due = true;
      }
    }
  }
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
    return std::pair(a.second->conversation, a.first) < std::pair(b.second->conversation, b.first);
  });
  for (const auto& [peer, change] : all) {
    Statement& row = sql_->set_cursor.start().number(change->caught_up ? 0 : 1);
    row.number(change->acked);
    if (change->beyond.empty()) {
      row.null();
    } else {
      row.blob(change->beyond);
    }
    row.number(change->conversation).number(peer).run();
    MemberRow* const known = members_.find(MemberKey{change->conversation, peer});
    if (known != nullptr) known->behind_on_disk = !change->caught_up;
  }
  return kept;
}

std::int64_t SqliteMembers::dropGone(std::int64_t before, std::int64_t most) {
  const std::int64_t gone = sql_->drop_gone.start().number(before).number(most).run();
  if (gone > 0) members_.clear();
  return gone;
}

}  // namespace kith::storage
