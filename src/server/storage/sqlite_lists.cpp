// SPDX-License-Identifier: Apache-2.0
// What came with an older time than its predecessor of the app or the sender, because a clock was
// set back, is no part of those lists but in the table strays, and is put in between here. In the
// log of a conversation time never falls.
#include "server/storage/sqlite_lists.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "server/storage/channel_rules.hpp"
#include "sqlite/packed.hpp"
#include "sqlite/statement.hpp"

namespace kith::storage {
namespace {

using sqlite::Database;
using sqlite::Statement;

constexpr auto kNoBound = std::numeric_limits<std::int64_t>::max();
// Rows of a log that are gone through backwards to be handed out forwards.
constexpr Seq kForwardRows = 256;

}  // namespace

struct SqliteLists::Statements {
  explicit Statements(Database& database) : db(database) {}
  Database& db;

  PerList<Statement> newest{{Statement{db, "SELECT newest FROM apps WHERE row=?"},
                             Statement{db, "SELECT newest FROM peers WHERE row=?"},
                             Statement{db, "SELECT newest FROM conversations WHERE row=?"}}};
  Statement find_message{db,
                         "SELECT conv, seq, kind, id, ts, sender, text, receipt, addressed, "
                         "edited, deleted, links, extra, self FROM messages WHERE position=?"};
  Statement peer_name{db, "SELECT name FROM peers WHERE row=?"};
  Statement conversation{db, "SELECT name, kind FROM conversations WHERE row=?"};
  Statement find_head{
      db,
      "SELECT ts, seq, sender, kind, self, deleted, links, extra NOTNULL, receipt FROM messages "
      "WHERE position=?"};
  Statement find_id{db, "SELECT id FROM messages WHERE position=?"};
  // The newest older than (ts, position).
  Statement find_stray{db,
                       "SELECT ts, position FROM strays WHERE kind=? AND list=? AND "
                       "(ts, position)<(?, ?) ORDER BY ts DESC, position DESC LIMIT 1"};
};

/// A row with its neighbours.
struct SqliteLists::Row {
  StoredMessage message;
  Links links;
  bool deleted{false};
  std::int64_t sender{0};
  bool self{false};
};

SqliteLists::SqliteLists(Database& database, const Unfolded& unfolded)
    : unfolded_(unfolded), sql_(std::make_unique<Statements>(database)) {}

SqliteLists::~SqliteLists() = default;

Position SqliteLists::newestOf(ListKind kind, std::int64_t list) {
  if (kind == ListKind::Conversation) {
    if (const auto* end = unfolded_.logEnd(list)) return end->newest;
  } else {
    const Unfolded::Newest& recent = unfolded_.newest()[kind];
    if (const auto found = recent.find(list); found != recent.end()) return found->second;
  }
  Statement& row = sql_->newest[kind].start().number(list);
  const Position newest = row.step() ? row.numberAt(0) : 0;
  row.start();
  return newest;
}

bool SqliteLists::readHead(Position position, RowHead& head) {
  Statement& row = sql_->find_head.start().number(position);
  if (!row.step()) return false;
  head.position = position;
  head.timestamp = row.numberAt(0);
  head.seq = row.numberAt(1);
  head.sender = row.numberAt(2);
  head.kind = static_cast<RowKind>(row.numberAt(3));
  head.self = row.numberAt(4) != 0;
  head.deleted = row.numberAt(5) != 0;
  head.has_extra = row.numberAt(7) != 0;
  head.receipt_wanted = row.numberAt(8) != 0;
  head.links = unpackLinks(row.blobAt(6), position, head.seq);
  row.start();
  return true;
}

/// The newest row of a list before a place; 0 = none.
Position SqliteLists::seekBefore(ListKind kind, std::int64_t list, const Place& before) {
  return seek(kind, newestOf(kind, list), [&](const RowHead& head) {
    return Place{head.timestamp, head.position} < before;
  });
}

/// The newest stray of a list before a place; position 0 = none.
SqliteLists::Place SqliteLists::findStray(ListKind kind, std::int64_t list, const Place& before) {
  if (kind == ListKind::Conversation) return {};
  Statement& row = sql_->find_stray.start().number(static_cast<std::int64_t>(kind)).number(list);
  row.number(before.timestamp).number(before.position);
  if (!row.step()) return {};
  const Place found{row.numberAt(0), row.numberAt(1)};
  row.start();
  return found;
}

const std::string& SqliteLists::peerName(std::int64_t peer, Names& names) {
  const std::size_t place = static_cast<std::size_t>(peer) & 1;
  if (std::exchange(names.peers[place], peer) == peer) return names.peer_names[place];
  Statement& row = sql_->peer_name.start().number(peer);
  names.peer_names[place] = row.step() ? row.textAt(0) : std::string_view();
  row.start();
  return names.peer_names[place];
}

void SqliteLists::readConversation(std::int64_t conversation, Names& names) {
  if (std::exchange(names.conversation, conversation) == conversation) return;
  Statement& row = sql_->conversation.start().number(conversation);
  const bool there = row.step();
  names.kind = there ? static_cast<ConversationKind>(row.numberAt(1)) : ConversationKind::Pair;
  names.conversation_name = there ? shownId(names.kind, row.textAt(0)) : std::string_view();
  row.start();
}

std::optional<SqliteLists::Row> SqliteLists::readRow(Position position, Names& names) {
  if (position == 0) return std::nullopt;
  Statement& row = sql_->find_message.start().number(position);
  if (!row.step()) return std::nullopt;
  Row found;
  StoredMessage& message = found.message;
  message.position = position;
  message.conversation = row.numberAt(0);
  message.seq = row.numberAt(1);
  message.row = static_cast<RowKind>(row.numberAt(2));
  message.id = row.textAt(3);
  message.timestamp = row.numberAt(4);
  found.sender = row.numberAt(5);
  message.from = peerName(found.sender, names);
  message.text = row.textAt(6);
  message.receipt_wanted = row.numberAt(7) != 0;
  std::vector<std::string_view> addressed;
  sqlite::Reader(row.blobAt(8)).texts(addressed);
  message.addressed.assign(addressed.begin(), addressed.end());
  message.edited_at = row.numberAt(9);
  found.deleted = row.numberAt(10) != 0;
  found.links = unpackLinks(row.blobAt(11), position, message.seq);
  message.extra = row.blobAt(12);
  found.self = row.numberAt(13) != 0;
  row.start();
  readConversation(message.conversation, names);
  message.kind = names.kind;
  message.conv_id = names.conversation_name;
  return found;
}

void SqliteLists::read(ListKind kind, std::int64_t list, std::int64_t app, const ReadHistory& range,
                       std::vector<StoredMessage>& messages) {
  const auto limit = static_cast<std::size_t>(std::max(range.limit, 0));
  if (limit == 0) return;
  Names names;
  const Place before = placeBefore(app, range);
  std::optional<Row> linked = readRow(seekBefore(kind, list, before), names);
  Place stray = findStray(kind, list, before);
  while (messages.size() < limit && (linked || stray.position != 0)) {
    std::optional<Row> next;
    if (linked && Place{linked->message.timestamp, linked->message.position} > stray) {
      const Position previous = linked->links[kind].previous;
      next = std::exchange(linked, readRow(previous, names));
    } else {
      next = readRow(stray.position, names);
      stray = findStray(kind, list, stray);
    }
    const bool said = next && !next->deleted && next->message.row == RowKind::Message &&
                      next->message.kind != ConversationKind::Removed;
    if (said && (range.from.empty() || next->message.from == range.from)) {
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
  RowHead head;
  for (Position at = seekBefore(kind, list, after);
       at != 0 && readHead(at, head) && head.timestamp == timestamp;
       at = head.links[kind].previous) {
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
  RowHead head;
  Position at = newestOf(kind, list);
  if (at == 0 || !readHead(at, head)) return;
  end.readFirst(at, head.timestamp, head.links[kind].number);
  while ((at = head.links[kind].jump) != 0 && readHead(at, head)) {
    end.readNext(at, head.links[kind].number);
  }
  end.readDone();
}

// A log whose rows are gone goes on counting.
void SqliteLists::readLogEnd(std::int64_t conversation, Seq last, ListEnd& end) {
  readEnd(ListKind::Conversation, conversation, end);
  if (end.count() != last) end.makeEmpty(last);
}

void SqliteLists::readLog(std::int64_t conversation, const ReadLog& range,
                          std::vector<StoredMessage>& messages) {
  if (range.limit <= 0) return;
  if (range.forward) return readForward(conversation, range, messages);
  readBackward(conversation, range, messages);
}

/// Where a page that goes forward begins.
Seq SqliteLists::firstSeq(std::int64_t conversation, const ReadLog& range) {
  constexpr ListKind kLog = ListKind::Conversation;
  RowHead head;
  if (range.beside != 0) {
    const Position before = seek(kLog, newestOf(kLog, conversation),
                                 [&](const RowHead& each) { return each.position < range.beside; });
    return before != 0 && readHead(before, head) ? head.seq + 1 : 1;
  }
  if (range.from_seq != 0) return range.from_seq + (range.exclusive ? 1 : 0);
  if (range.from_time == 0) return 1;
  const Position named =
      range.from_id.empty() ? 0 : find(kLog, conversation, range.from_time, range.from_id);
  if (named != 0 && readHead(named, head)) return head.seq + (range.exclusive ? 1 : 0);
  const Position before = seek(kLog, newestOf(kLog, conversation), [&](const RowHead& each) {
    return each.timestamp < range.from_time ||
           (range.exclusive && each.timestamp == range.from_time);
  });
  return before != 0 && readHead(before, head) ? head.seq + 1 : 1;
}

/// Where one that goes backward begins; 0 = nowhere.
Position SqliteLists::lastPosition(std::int64_t conversation, const ReadLog& range) {
  constexpr ListKind kLog = ListKind::Conversation;
  const Position newest = newestOf(kLog, conversation);
  if (range.beside != 0) {
    return seek(kLog, newest, [&](const RowHead& each) { return each.position < range.beside; });
  }
  if (range.from_seq != 0) {
    const Seq last = range.from_seq - (range.exclusive ? 1 : 0);
    return seek(kLog, newest, [&](const RowHead& each) { return each.seq <= last; });
  }
  if (range.from_time == 0) return newest;
  const Position named =
      range.from_id.empty() ? 0 : find(kLog, conversation, range.from_time, range.from_id);
  RowHead head;
  if (named != 0 && readHead(named, head)) {
    return range.exclusive ? head.links[kLog].previous : named;
  }
  return seek(kLog, newest, [&](const RowHead& each) {
    return each.timestamp < range.from_time ||
           (!range.exclusive && each.timestamp == range.from_time);
  });
}

/// The first row that is left at `first` or behind it, of a log that ends with `last`.
Seq SqliteLists::oldestSeq(Position newest, Seq first, Seq last) {
  const auto rowUpTo = [&](Seq seq) {
    return seek(ListKind::Conversation, newest,
                [seq](const RowHead& each) { return each.seq <= seq; });
  };
  if (rowUpTo(first) != 0) return first;
  while (first < last) {
    const Seq middle = first + (last - first) / 2;
    if (rowUpTo(middle) != 0) {
      last = middle;
    } else {
      first = middle + 1;
    }
  }
  return first;
}

// Rows know only those before them, but they are numbered: the end of a part is found, and the part
// is gone through from there.
void SqliteLists::readForward(std::int64_t conversation, const ReadLog& range,
                              std::vector<StoredMessage>& messages) {
  constexpr ListKind kLog = ListKind::Conversation;
  const auto limit = static_cast<std::size_t>(range.limit);
  const Position newest = newestOf(kLog, conversation);
  RowHead end;
  if (newest == 0 || !readHead(newest, end)) return;
  std::vector<Position> part;
  Names names;
  if (range.from_seq > end.seq) return;
  const Seq asked = firstSeq(conversation, range);
  if (asked > end.seq) return;
  for (Seq first = oldestSeq(newest, asked, end.seq); first <= end.seq && messages.size() < limit;
       first += kForwardRows) {
    const Seq last = std::min(end.seq, first + kForwardRows - 1);
    part.clear();
    RowHead head;
    Position at = seek(kLog, newest, [&](const RowHead& each) { return each.seq <= last; });
    for (; at != 0 && readHead(at, head) && head.seq >= first; at = head.links[kLog].previous) {
      const bool wanted = head.kind == RowKind::Message || range.with_changes;
      if (wanted && !head.deleted) part.push_back(at);
    }
    for (auto each = part.rbegin(); each != part.rend() && messages.size() < limit; ++each) {
      if (std::optional<Row> row = readRow(*each, names)) {
        messages.push_back(std::move(row->message));
      }
    }
  }
}

void SqliteLists::readBackward(std::int64_t conversation, const ReadLog& range,
                               std::vector<StoredMessage>& messages) {
  const auto limit = static_cast<std::size_t>(range.limit);
  Names names;
  std::optional<Row> row = readRow(lastPosition(conversation, range), names);
  while (row && messages.size() < limit) {
    const Position previous = row->links[ListKind::Conversation].previous;
    const bool wanted = row->message.row == RowKind::Message || range.with_changes;
    if (wanted && !row->deleted) messages.push_back(std::move(row->message));
    row = readRow(previous, names);
  }
}

std::optional<StoredMessage> SqliteLists::message(Position position, Names& names) {
  std::optional<Row> row = readRow(position, names);
  if (!row || row->deleted) return std::nullopt;
  return std::move(row->message);
}

bool SqliteLists::readWhole(Position position, Names& names, RowHead& head,
                            StoredMessage& message) {
  std::optional<Row> row = readRow(position, names);
  if (!row) return false;
  message = std::move(row->message);
  head = {position,
          message.timestamp,
          message.seq,
          row->sender,
          message.row,
          row->self,
          row->deleted,
          !message.extra.empty(),
          message.receipt_wanted,
          row->links};
  return true;
}

std::optional<StoredMessage> SqliteLists::lastMessage(std::int64_t conversation, int rows) {
  constexpr ListKind kLog = ListKind::Conversation;
  RowHead head;
  Position at = newestOf(kLog, conversation);
  for (; rows > 0 && at != 0 && readHead(at, head); --rows, at = head.links[kLog].previous) {
    if (head.kind != RowKind::Message || head.deleted) continue;
    Names names;
    return message(at, names);
  }
  return std::nullopt;
}

}  // namespace kith::storage
