// SPDX-License-Identifier: Apache-2.0
#include "server/storage/sqlite_pending.hpp"

#include <algorithm>
#include <iterator>
#include <limits>
#include <queue>
#include <utility>

#include "server/storage/page_bytes.hpp"
#include "sqlite/statement.hpp"

namespace kith::storage {
namespace {

using sqlite::Database;
using sqlite::Statement;

constexpr ListKind kLog = ListKind::Conversation;
// Peers whose pages are on their way; of others the rest is worked out anew.
constexpr std::size_t kBacklogs = 64;

}  // namespace

struct SqlitePending::Statements {
  explicit Statements(Database& database) : db(database) {}
  Database& db;

  // Nothing waits in an open group.
  Statement scopes{db,
                   "SELECT m.conv, m.until, m.acked, m.beyond, c.newest, c.last, c.history "
                   "FROM members m "
                   "CROSS JOIN conversations c ON c.row=m.conv "
                   "WHERE m.peer=? AND m.behind=1 AND c.kind NOT IN (2, 4)"};
  Statement scope{db,
                  "SELECT m.until, c.newest, c.last, c.history FROM members m "
                  "CROSS JOIN conversations c ON c.row=m.conv "
                  "WHERE m.conv=? AND m.peer=? AND c.kind NOT IN (2, 4)"};
  Statement cursor{db, "SELECT behind, acked, beyond FROM members WHERE conv=? AND peer=?"};
  Statement absences{db, "SELECT absences FROM peers WHERE row=?"};
  Statement jumps{db, "SELECT after, upto, by FROM clock_jumps"};
  Statement newest{db, "SELECT COALESCE(MAX(position), 0) FROM messages"};
};

SqlitePending::SqlitePending(Database& database, const Unfolded& unfolded, SqliteLists& lists)
    : unfolded_(unfolded), lists_(lists), sql_(std::make_unique<Statements>(database)) {}

SqlitePending::~SqlitePending() = default;

void SqlitePending::forget() {
  backlogs_.clear();
  kept_.clear();
}

/// Goes through the logs from their ends, and keeps what the limits allow.
class SqlitePending::Walk {
 public:
  Walk(SqlitePending& pending, std::int64_t peer, const AppLimits& limits,
       const ReadPending& request, Position after)
      : pending_(pending),
        peer_(peer),
        limits_(limits),
        is_first_(request.first && request.after == 0),
        after_(after),
        most_rows_(is_first_ ? request.limit : 0),
        oldest_(request.now_ms - limits.offline_age_ms) {
    if (is_first_) absences_ = pending.absencesOf(peer);
  }

  void go(std::vector<Scope>& scopes) {
    for (Scope& scope : scopes) {
      scope_ = &scope;
      goThrough();
    }
    for (; !away_.empty(); away_.pop()) all_.push_back(away_.top());
    for (; !here_.empty(); here_.pop()) all_.push_back(here_.top());
    std::sort(all_.begin(), all_.end(),
              [](const Found& a, const Found& b) { return a.position < b.position; });
    if (!is_first_ || all_.size() <= limits_.unacknowledged_messages) return;
    const auto beyond = all_.size() - limits_.unacknowledged_messages;
    for (std::size_t i = 0; i < beyond; ++i) leaveOut(*all_[i].scope, {all_[i].seq, all_[i].seq});
    all_.erase(all_.begin(), all_.begin() + static_cast<std::ptrdiff_t>(beyond));
  }

  std::vector<Waiting> take() {
    std::vector<Waiting> waiting;
    waiting.reserve(all_.size());
    for (const Found& each : all_) {
      waiting.push_back({each.position, each.scope->conversation, each.seq, each.row});
    }
    return waiting;
  }
  /// Those of what waits that were read as a whole.
  std::vector<StoredMessage> takeRows() { return std::move(rows_); }

  /// Up to the first message of a log that waits nothing does, whatever is there.
  void leaveOutHeads(std::vector<Scope>& scopes) {
    for (Scope& scope : scopes) leaveOut(scope, {scope.cursor.acked() + 1, scope.last});
    for (const Found& each : all_) {
      SeqSpan& head = each.scope->left_out.back();
      head.last = std::min(head.last, each.seq - 1);
    }
  }

 private:
  struct Found {
    Position position;
    Scope* scope;
    Seq seq;
    std::size_t row{kNotRead};
    bool operator>(const Found& other) const { return position > other.position; }
  };
  using OldestFirst = std::priority_queue<Found, std::vector<Found>, std::greater<>>;

  /// A first page mostly has all that waits: its rows are read once, as many as it may have.
  bool read(Position at, RowHead& head) {
    is_whole_ = rows_.size() < most_rows_;
    return is_whole_ ? pending_.lists_.readWhole(at, names_, head, row_)
                     : pending_.lists_.readHead(at, head);
  }
  std::size_t keepRow() {
    if (!is_whole_) return kNotRead;
    rows_.push_back(std::move(row_));
    return rows_.size() - 1;
  }

  static void leaveOut(Scope& scope, SeqSpan rows) { scope.left_out.push_back(rows); }

  void goThrough() {
    const Seq acked = scope_->cursor.acked();
    const Seq last = scope_->last;
    Position at = pending_.lists_.seek(kLog, scope_->newest,
                                       [last](const RowHead& row) { return row.seq <= last; });
    RowHead head;
    while (at != 0 && read(at, head) && head.seq > acked) {
      if (head.position <= after_) return;
      if (pending_.agesFrom(head.position, head.timestamp) < oldest_) {
        if (is_first_) pending_.expired_ += static_cast<std::uint64_t>(head.seq - acked);
        return leaveOut(*scope_, {acked + 1, head.seq});
      }
      if (!head.waitsFor(peer_) || scope_->cursor.covers(head.seq)) {
        at = head.links[kLog].previous;
        continue;
      }
      const Found found{head.position, scope_, head.seq, keepRow()};
      const Absences::Interval* away = is_first_ ? absences_.find(head.position) : nullptr;
      if (!is_first_) {
        all_.push_back(found);
      } else if (away != nullptr && !keep(away_, limits_.offline_messages, found)) {
        at = skip(head, away->from);
        continue;
      } else if (away == nullptr && !keep(here_, limits_.unacknowledged_messages, found)) {
        return leaveOut(*scope_, {acked + 1, head.seq});
      }
      at = head.links[kLog].previous;
    }
  }

  /// False: there are so many that are newer.
  bool keep(OldestFirst& kept, std::size_t most, const Found& found) {
    if (kept.size() == most && (most == 0 || kept.top().position > found.position)) return false;
    kept.push(found);
    if (kept.size() <= most) return true;
    leaveOut(*kept.top().scope, {kept.top().seq, kept.top().seq});
    kept.pop();
    return true;
  }

  /// What is older in the same absence is beyond the limit, too. Returns the row before it.
  Position skip(const RowHead& head, Position from) {
    const Position at = pending_.lists_.seek(
        kLog, head.position, [from](const RowHead& row) { return row.position <= from; });
    RowHead before;
    const bool there = at != 0 && pending_.lists_.readHead(at, before);
    const Seq first = std::max(scope_->cursor.acked(), there ? before.seq : 0) + 1;
    leaveOut(*scope_, {first, head.seq});
    return at;
  }

  SqlitePending& pending_;
  const std::int64_t peer_;
  const AppLimits& limits_;
  const bool is_first_;
  const Position after_;
  const std::size_t most_rows_;
  const std::int64_t oldest_;
  std::vector<StoredMessage> rows_;
  SqliteLists::Names names_;
  StoredMessage row_;     ///< the last one that was read
  bool is_whole_{false};  ///< it was read
  Absences absences_;
  Scope* scope_{nullptr};
  OldestFirst away_;
  OldestFirst here_;
  std::vector<Found> all_;
};

std::vector<SqlitePending::Scope> SqlitePending::scopesOf(std::int64_t peer) {
  std::vector<Scope> scopes;
  Statement& rows = sql_->scopes.start().number(peer);
  while (rows.step()) {
    Scope scope;
    scope.conversation = rows.numberAt(0);
    scope.last = rows.numberAt(1);
    scope.cursor = Cursor::unpack(rows.numberAt(2), rows.blobAt(3));
    scope.newest = rows.numberAt(4);
    scope.history = rows.numberAt(6);
    if (scope.last == 0) scope.last = rows.numberAt(5);
    if (const auto* end = unfolded_.logEnd(scope.conversation)) {
      scope.newest = end->newest;
      if (rows.numberAt(1) == 0) scope.last = end->last;
    }
    scopes.push_back(std::move(scope));
  }
  addRecent(peer, scopes);
  for (Scope& scope : scopes) scope.cursor.passHistory(scope.history);
  std::erase_if(scopes, [](const Scope& scope) { return scope.last <= scope.cursor.acked(); });
  return scopes;
}

/// What the tables do not know yet.
void SqlitePending::addRecent(std::int64_t peer, std::vector<Scope>& scopes) {
  const auto changes = unfolded_.cursorsOf(peer);
  if (changes.empty()) return;
  const auto byConversation = [](const Scope& a, const Scope& b) {
    return a.conversation < b.conversation;
  };
  std::sort(scopes.begin(), scopes.end(), byConversation);
  std::vector<Scope> more;
  for (const Unfolded::CursorChange* change : changes) {
    Scope wanted;
    wanted.conversation = change->conversation;
    const auto found = std::lower_bound(scopes.begin(), scopes.end(), wanted, byConversation);
    const bool known = found != scopes.end() && found->conversation == change->conversation;
    if (change->caught_up) {
      if (known) found->cursor = Cursor(found->last);
      continue;
    }
    const Cursor cursor = Cursor::unpack(change->acked, change->beyond);
    if (known) {
      found->cursor = cursor;
      continue;
    }
    Statement& row = sql_->scope.start().number(change->conversation).number(peer);
    if (!row.step()) continue;
    wanted.cursor = cursor;
    wanted.newest = row.numberAt(1);
    wanted.last = row.numberAt(2);
    wanted.history = row.numberAt(3);
    if (const auto* end = unfolded_.logEnd(change->conversation)) {
      wanted.newest = end->newest;
      wanted.last = end->last;
    }
    if (row.numberAt(0) != 0) wanted.last = row.numberAt(0);
    row.start();
    more.push_back(std::move(wanted));
  }
  std::move(more.begin(), more.end(), std::back_inserter(scopes));
}

Absences SqlitePending::absencesOf(std::int64_t peer) {
  const auto recent = unfolded_.absences().find(peer);
  if (recent != unfolded_.absences().end()) return Absences::unpack(recent->second);
  Statement& row = sql_->absences.start().number(peer);
  const Absences absences = row.step() ? Absences::unpack(row.blobAt(0)) : Absences();
  row.start();
  return absences;
}

void SqlitePending::readJumps() {
  jumps_.clear();
  Statement& rows = sql_->jumps.start();
  while (rows.step()) jumps_.push_back({rows.numberAt(0), rows.numberAt(1), rows.numberAt(2)});
}

/// The time to count an age from.
std::int64_t SqlitePending::agesFrom(Position position, std::int64_t timestamp) const {
  for (const Jump& jump : jumps_) {
    if (jump.after < position && position <= jump.upto) timestamp += jump.by;
  }
  return timestamp;
}

std::vector<SqlitePending::Waiting> SqlitePending::collect(
    std::int64_t peer, const AppLimits& limits, const ReadPending& request, Position after,
    std::vector<SeqRange>* left_out, std::vector<StoredMessage>* rows) {
  std::vector<Scope> scopes = scopesOf(peer);
  Walk walk(*this, peer, limits, request, after);
  walk.go(scopes);
  if (rows != nullptr) *rows = walk.takeRows();
  if (left_out == nullptr) return walk.take();
  walk.leaveOutHeads(scopes);
  for (Scope& scope : scopes) {
    auto& spans = scope.left_out;
    std::sort(spans.begin(), spans.end(),
              [](const SeqSpan& a, const SeqSpan& b) { return a.first < b.first; });
    std::size_t begin = left_out->size();
    for (const SeqSpan& span : spans) {
      if (span.last < span.first) continue;
      if (left_out->size() > begin && span.first <= left_out->back().last + 1) {
        left_out->back().last = std::max(left_out->back().last, span.last);
      } else {
        left_out->push_back({scope.conversation, span.first, span.last});
      }
    }
  }
  return walk.take();
}

Position SqlitePending::newestPosition() {
  Statement& row = sql_->newest.start();
  const Position newest = row.step() ? row.numberAt(0) : 0;
  row.start();
  return newest;
}

/// What an earlier page found, and what has come since.
std::vector<SqlitePending::Waiting> SqlitePending::collectRest(std::int64_t peer,
                                                               const AppLimits& limits,
                                                               const ReadPending& request) {
  std::vector<Waiting> waiting;
  Position after = request.after;
  const auto kept = backlogs_.find(peer);
  if (kept != backlogs_.end() && kept->second.from <= request.after) {
    CursorMap cursors;
    for (const Waiting& each : kept->second.waiting) {
      if (each.position > request.after && waitsStill(peer, each, cursors)) {
        waiting.push_back(each);
      }
    }
    after = std::max(after, kept->second.upto);
  }
  for (Waiting& each : collect(peer, limits, request, after, nullptr, nullptr))
    waiting.push_back(each);
  return waiting;
}

bool SqlitePending::waitsStill(std::int64_t peer, const Waiting& waiting, CursorMap& cursors) {
  const auto [known, added] = cursors.try_emplace(waiting.conversation);
  if (added) {
    const auto all = Cursor(std::numeric_limits<Seq>::max());
    const auto* change = unfolded_.cursorOf(peer, waiting.conversation);
    if (change != nullptr) {
      known->second = change->caught_up ? all : Cursor::unpack(change->acked, change->beyond);
    } else {
      Statement& row = sql_->cursor.start().number(waiting.conversation).number(peer);
      const bool behind = row.step() && row.numberAt(0) != 0;
      known->second = behind ? Cursor::unpack(row.numberAt(1), row.blobAt(2)) : all;
      row.start();
    }
  }
  return !known->second.covers(waiting.seq);
}

void SqlitePending::read(std::int64_t peer, const AppLimits& limits, const ReadPending& request,
                         PendingPage& page) {
  readJumps();
  if (request.first && request.after == 0) {
    std::vector<StoredMessage> rows;
    const std::vector<Waiting> waiting =
        collect(peer, limits, request, request.after, &page.left_out, &rows);
    fill(peer, request.now_ms - limits.offline_age_ms, request.limit, waiting, std::move(rows),
         page);
    return;
  }
  fill(peer, request.now_ms - limits.offline_age_ms, request.limit,
       collectRest(peer, limits, request), {}, page);
}

void SqlitePending::fill(std::int64_t peer, std::int64_t oldest, std::size_t limit,
                         const std::vector<Waiting>& waiting, std::vector<StoredMessage> rows,
                         PendingPage& page) {
  SqliteLists::Names names;
  std::size_t next = 0;
  PageBytes bytes;
  for (; next < waiting.size(); ++next) {
    const Waiting& each = waiting[next];
    auto message = each.row == kNotRead ? lists_.message(each.position, names)
                                        : std::optional(std::move(rows[each.row]));
    if (!message || agesFrom(message->position, message->timestamp) < oldest) continue;
    if (page.messages.size() == limit || bytes.isFull()) break;
    bytes.add(*message);
    page.messages.push_back(std::move(*message));
  }
  page.complete = next == waiting.size();
  const Position from = page.messages.empty() ? 0 : page.messages.back().position;
  std::vector<Waiting> rest(waiting.begin() + static_cast<std::ptrdiff_t>(next), waiting.end());
  for (Waiting& each : rest) each.row = kNotRead;
  keep(peer, {std::move(rest), from, newestPosition()});
}

void SqlitePending::keep(std::int64_t peer, Backlog backlog) {
  if (backlog.waiting.empty()) {
    if (backlogs_.erase(peer) != 0) std::erase(kept_, peer);
    return;
  }
  const auto [kept, added] = backlogs_.insert_or_assign(peer, std::move(backlog));
  if (!added) return;
  kept_.push_back(peer);
  if (kept_.size() <= kBacklogs) return;
  backlogs_.erase(kept_.front());
  kept_.pop_front();
}

}  // namespace kith::storage
