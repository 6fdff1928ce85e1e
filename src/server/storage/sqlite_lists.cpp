// SPDX-License-Identifier: Apache-2.0
// What came with an older time than its predecessor, because a clock was set back, is no part of a
// list but in the table strays, and is put in between here.
#include "server/storage/sqlite_lists.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "server/storage/message_row.hpp"

namespace kith::storage {
namespace {

using sqlite::Database;
using sqlite::Statement;

constexpr auto kNoBound = std::numeric_limits<std::int64_t>::max();

}  // namespace

struct SqliteLists::Statements {
  explicit Statements(Database& database) : db(database) {}
  Database& db;

  PerList<Statement> newest{{Statement{db, "SELECT newest FROM apps WHERE row=?"},
                             Statement{db, "SELECT newest FROM peers WHERE row=?"},
                             Statement{db, "SELECT newest FROM conversations WHERE row=?"}}};
  Statement find_message{db, KITH_MESSAGES("messages m") "WHERE m.seq=?"};
  Statement find_links{db, "SELECT ts, links FROM messages WHERE seq=?"};
  Statement find_id{db, "SELECT id FROM messages WHERE seq=?"};
  // The newest older than (ts, seq).
  Statement find_stray{db,
                       "SELECT ts, seq FROM strays WHERE kind=? AND list=? AND (ts, seq)<(?, ?) "
                       "ORDER BY ts DESC, seq DESC LIMIT 1"};
};

/// A message with its neighbours.
struct SqliteLists::Row {
  StoredMessage message;
  Links links;
  bool deleted;
};

SqliteLists::SqliteLists(Database& database, const Unfolded& unfolded)
    : unfolded_(unfolded), sql_(std::make_unique<Statements>(database)) {}

SqliteLists::~SqliteLists() = default;

Position SqliteLists::newestOf(ListKind kind, std::int64_t list) {
  const Unfolded::Newest& recent = unfolded_.newest()[kind];
  if (const auto found = recent.find(list); found != recent.end()) return found->second;
  Statement& row = sql_->newest[kind].start().number(list);
  const Position newest = row.step() ? row.numberAt(0) : 0;
  row.start();
  return newest;
}

bool SqliteLists::readLinks(Position position, std::int64_t& timestamp, Links& links) {
  Statement& row = sql_->find_links.start().number(position);
  if (!row.step()) return false;
  timestamp = row.numberAt(0);
  links = unpackLinks(row.blobAt(1), position);
  row.start();
  return true;
}

/// The newest message of a list before a place; 0 = none.
Position SqliteLists::seek(ListKind kind, std::int64_t list, const Place& before) {
  Position at = newestOf(kind, list);
  std::int64_t timestamp = 0;
  Links links;
  while (at != 0 && readLinks(at, timestamp, links)) {
    if (Place{timestamp, at} < before) return at;
    const Link link = links[kind];
    Links beyond;
    const bool far = link.jump != 0 && readLinks(link.jump, timestamp, beyond) &&
                     Place{timestamp, link.jump} >= before;
    at = far ? link.jump : link.previous;
  }
  return 0;
}

/// The newest stray of a list before a place; position 0 = none.
SqliteLists::Place SqliteLists::findStray(ListKind kind, std::int64_t list, const Place& before) {
  Statement& row = sql_->find_stray.start().number(static_cast<std::int64_t>(kind)).number(list);
  row.number(before.timestamp).number(before.position);
  if (!row.step()) return {};
  const Place found{row.numberAt(0), row.numberAt(1)};
  row.start();
  return found;
}

std::optional<SqliteLists::Row> SqliteLists::readRow(Position position) {
  if (position == 0) return std::nullopt;
  Statement& row = sql_->find_message.start().number(position);
  if (!row.step()) return std::nullopt;
  Row found{readMessage(row), unpackLinks(row.blobAt(kLinksColumn), position),
            row.numberAt(kDeletedColumn) != 0};
  row.start();
  return found;
}

void SqliteLists::read(ListKind kind, std::int64_t list, std::int64_t app, const ReadHistory& range,
                       std::vector<StoredMessage>& messages) {
  const auto limit = static_cast<std::size_t>(std::max(range.limit, 0));
  if (limit == 0) return;
  const Place before = placeBefore(app, range);
  std::optional<Row> linked = readRow(seek(kind, list, before));
  Place stray = findStray(kind, list, before);
  while (messages.size() < limit && (linked || stray.position != 0)) {
    std::optional<Row> next;
    if (linked && Place{linked->message.timestamp, linked->message.position} > stray) {
      const Position previous = linked->links[kind].previous;
      next = std::exchange(linked, readRow(previous));
    } else {
      next = readRow(stray.position);
      stray = findStray(kind, list, stray);
    }
    if (next && !next->deleted && (range.from.empty() || next->message.from == range.from)) {
      messages.push_back(std::move(next->message));
    }
  }
}

Position SqliteLists::find(ListKind kind, std::int64_t list, std::int64_t timestamp,
                           std::string_view id) {
  const auto isNamed = [&](Position position) {
    Statement& row = sql_->find_id.start().number(position);
    const bool named = row.step() && row.textAt(0) == id;
    row.start();
    return named;
  };
  const Place after{timestamp, kNoBound};
  std::int64_t time = 0;
  Links links;
  for (Position at = seek(kind, list, after);
       at != 0 && readLinks(at, time, links) && time == timestamp; at = links[kind].previous) {
    if (isNamed(at)) return at;
  }
  for (Place stray = findStray(kind, list, after);
       stray.position != 0 && stray.timestamp == timestamp; stray = findStray(kind, list, stray)) {
    if (isNamed(stray.position)) return stray.position;
  }
  return 0;
}

SqliteLists::Place SqliteLists::placeBefore(std::int64_t app, const ReadHistory& range) {
  Place before{range.before != 0 ? range.before : kNoBound, kNoBound};
  const bool is_named = !range.before_id.empty() && range.before != 0;
  const Position named =
      is_named ? find(ListKind::App, app, range.before, range.before_id) : Position{0};
  if (named != 0) {
    before.position = named;
  } else if (range.before_exclusive && range.before != 0) {
    --before.timestamp;
  }
  return before;
}

void SqliteLists::readEnd(ListKind kind, std::int64_t list, ListEnd& end) {
  end.makeEmpty();
  std::int64_t timestamp = 0;
  Links links;
  Position at = newestOf(kind, list);
  if (at == 0 || !readLinks(at, timestamp, links)) return;
  end.readFirst(at, timestamp, links[kind].number);
  while ((at = links[kind].jump) != 0 && readLinks(at, timestamp, links)) {
    end.readNext(at, links[kind].number);
  }
  end.readDone();
}

std::optional<StoredMessage> SqliteLists::message(Position position) {
  std::optional<Row> row = readRow(position);
  if (!row || row->deleted) return std::nullopt;
  return std::move(row->message);
}

}  // namespace kith::storage
