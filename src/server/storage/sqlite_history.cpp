// SPDX-License-Identifier: Apache-2.0
// The history as lists of messages (chain.hpp), each read from the newest back. What came with an
// older time than its predecessor, because a clock was set back, is no part of a list but in the
// table strays, and is put in between here.
#include <algorithm>
#include <limits>

#include "server/storage/errors.hpp"
#include "server/storage/sqlite_statements.hpp"

namespace kith::storage {
namespace {

constexpr auto kNoBound = std::numeric_limits<std::int64_t>::max();
constexpr int kLinksColumn = 9;

}  // namespace

/// A message with its neighbours.
struct SqliteTables::Row {
  StoredMessage message;
  Links links;
};

Sequence SqliteTables::newestOf(ListKind kind, std::int64_t list) {
  const Unfolded::Newest& recent = unfolded_.newest()[kind];
  if (const auto found = recent.find(list); found != recent.end()) return found->second;
  Statement& row = sql_->newest[kind].start().number(list);
  const Sequence newest = row.step() ? row.numberAt(0) : 0;
  row.start();
  return newest;
}

bool SqliteTables::readLinks(Sequence sequence, std::int64_t& timestamp, Links& links) {
  Statement& row = sql_->find_links.start().number(sequence);
  if (!row.step()) return false;
  timestamp = row.numberAt(0);
  links = unpackLinks(row.blobAt(1), sequence);
  row.start();
  return true;
}

/// Makes a message the newest of a list, or a stray beside it.
Link SqliteTables::link(ListKind kind, std::int64_t list, ListEnd& end, const Place& message) {
  if (end.unknown()) {
    end.makeEmpty();
    std::int64_t timestamp = 0;
    Links links;
    Sequence at = newestOf(kind, list);
    if (at != 0 && readLinks(at, timestamp, links)) {
      end.readFirst(at, timestamp, links[kind].number);
      while ((at = links[kind].jump) != 0 && readLinks(at, timestamp, links)) {
        end.readNext(at, links[kind].number);
      }
      end.readDone();
    }
  }
  if (end.newest() == 0 || end.timestamp() <= message.timestamp) {
    return end.append(message.sequence, message.timestamp);
  }
  Statement& stray = sql_->insert_stray.start().number(static_cast<std::int64_t>(kind));
  stray.number(list).number(message.timestamp).number(message.sequence).run();
  return {};
}

/// The newest message of a list before a place; 0 = none.
Sequence SqliteTables::seek(ListKind kind, std::int64_t list, const Place& before) {
  Sequence at = newestOf(kind, list);
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

/// The newest stray of a list before a place; sequence 0 = none.
SqliteTables::Place SqliteTables::findStray(ListKind kind, std::int64_t list, const Place& before) {
  Statement& row = sql_->find_stray.start().number(static_cast<std::int64_t>(kind)).number(list);
  row.number(before.timestamp).number(before.sequence);
  if (!row.step()) return {};
  const Place found{row.numberAt(0), row.numberAt(1)};
  row.start();
  return found;
}

std::optional<SqliteTables::Row> SqliteTables::readRow(Sequence sequence) {
  if (sequence == 0) return std::nullopt;
  Statement& row = sql_->find_message.start().number(sequence);
  if (!row.step()) return std::nullopt;
  Row found{readMessage(row), unpackLinks(row.blobAt(kLinksColumn), sequence)};
  row.start();
  return found;
}

void SqliteTables::readList(ListKind kind, std::int64_t list, Place before,
                            const ReadHistory& range, std::vector<StoredMessage>& messages) {
  const auto limit = static_cast<std::size_t>(std::max(range.limit, 0));
  if (limit == 0) return;
  std::optional<Row> linked = readRow(seek(kind, list, before));
  Place stray = findStray(kind, list, before);
  while (messages.size() < limit && (linked || stray.sequence != 0)) {
    std::optional<Row> next;
    if (linked && Place{linked->message.timestamp, linked->message.sequence} > stray) {
      const Sequence previous = linked->links[kind].previous;
      next = std::exchange(linked, readRow(previous));
    } else {
      next = readRow(stray.sequence);
      stray = findStray(kind, list, stray);
    }
    if (next && (range.from.empty() || next->message.from == range.from)) {
      messages.push_back(std::move(next->message));
    }
  }
}

/// Of the message that a range names; 0 when it names none, or one that is not there.
Sequence SqliteTables::sequenceOf(const App& app, const ReadHistory& range) {
  if (range.before_id.empty() || range.before == 0) return 0;
  const auto isNamed = [&](Sequence sequence) {
    Statement& row = sql_->find_id.start().number(sequence);
    const bool named = row.step() && row.textAt(0) == range.before_id;
    row.start();
    return named;
  };
  const Place after{range.before, kNoBound};
  std::int64_t timestamp = 0;
  Links links;
  for (Sequence at = seek(ListKind::App, app.row, after);
       at != 0 && readLinks(at, timestamp, links) && timestamp == range.before;
       at = links[ListKind::App].previous) {
    if (isNamed(at)) return at;
  }
  for (Place stray = findStray(ListKind::App, app.row, after);
       stray.sequence != 0 && stray.timestamp == range.before;
       stray = findStray(ListKind::App, app.row, stray)) {
    if (isNamed(stray.sequence)) return stray.sequence;
  }
  return 0;
}

void SqliteTables::execute(Token token, const ReadHistory& range) {
  const App* app = findApp(range.app_id);
  if (app == nullptr) return answer(token, range, unknownApp(range.app_id));
  Place before{range.before != 0 ? range.before : kNoBound, kNoBound};
  if (const Sequence named = sequenceOf(*app, range); named != 0) {
    before.sequence = named;
  } else if (range.before_exclusive && range.before != 0) {
    --before.timestamp;
  }
  HistoryPage page;
  if (!range.conv_id.empty()) {
    const ConversationRow* conversation = findConversation(*app, range.conv_id, false);
    if (conversation != nullptr) {
      readList(ListKind::Conversation, conversation->row, before, range, page.messages);
    }
  } else if (!range.from.empty()) {
    const PeerRow* from = findPeer(*app, range.from, false);
    if (from != nullptr) readList(ListKind::Sender, from->row, before, range, page.messages);
  } else {
    readList(ListKind::App, app->row, before, range, page.messages);
  }
  answer(token, range, std::move(page));
}

}  // namespace kith::storage
