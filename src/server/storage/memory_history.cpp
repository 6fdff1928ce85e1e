// SPDX-License-Identifier: Apache-2.0
// The requests that read and change what is kept, on tables in memory.
#include <algorithm>
#include <limits>
#include <utility>

#include "server/storage/changes_page.hpp"
#include "server/storage/channel_rules.hpp"
#include "server/storage/errors.hpp"
#include "server/storage/memory_tables.hpp"
#include "server/storage/message_extra.hpp"

namespace kith::storage {
namespace {

constexpr auto kNoBound = std::numeric_limits<std::int64_t>::max();

std::size_t sizeOf(int limit) { return static_cast<std::size_t>(std::max(limit, 0)); }

/// Which messages a page of history has.
struct Page {
  const ReadHistory& range;
  std::int64_t before;       ///< only what is older than this time
  Position before_position;  ///< or, within the millisecond, than this one
  HistoryPage result;

  bool isOlder(const Message& at) const {
    return at.timestamp < before || (at.timestamp == before && at.position < before_position);
  }
  bool isFull() const { return result.messages.size() >= sizeOf(range.limit); }
  void take(const Message& at) {
    if (!at.isShown()) return;
    if (range.from.empty() || at.from() == range.from) result.messages.push_back(at.copy());
  }
  void read(const AppLog& log) {
    const auto older = [this](const Message& at) { return isOlder(at); };
    for (const Message* at = log.newestOf(older); at != nullptr && !isFull();
         at = log.olderThan(at)) {
      take(*at);
    }
  }
  void read(const Conversation& log) {
    const auto newer = [this](const Message& at) { return !isOlder(at); };
    for (Seq at = log.firstOf(log.first, log.last, newer) - 1; at >= log.first && !isFull(); --at) {
      take(*log.row(at));
    }
  }
};

/// The message that a page begins behind.
const Message* findNamed(const AppLog& log, const ReadHistory& range) {
  const Message* at =
      log.newestOf([&](const Message& each) { return each.timestamp <= range.before; });
  while (at != nullptr && at->timestamp == range.before && at->id() != range.before_id) {
    at = log.olderThan(at);
  }
  return at != nullptr && at->timestamp == range.before ? at : nullptr;
}

/// Messages of others that a member has not read, the newest first, as long as `use` says so.
template <typename Use>
void eachUnread(const Member& member, Use use) {
  const Conversation& log = *member.conversation;
  const Seq first = std::max({member.read, member.joined, log.first - 1}) + 1;
  for (Seq at = member.isHere() ? log.last : member.left; at >= first; --at) {
    const Message& row = *log.row(at);
    if (row.isShown() && row.from() != member.peer->id() && !use(row)) return;
  }
}

/// The first row of a part of a log, in its direction.
Seq beginOf(const Conversation& log, const ReadLog& range) {
  const Seq step = range.forward ? 1 : -1;
  if (range.beside != 0) {
    const Seq behind = log.firstOf(log.first, log.last,
                                   [&](const Message& row) { return row.position > range.beside; });
    return range.forward ? behind : behind - 1;
  }
  if (range.from_seq != 0) {
    const Seq from = std::clamp<Seq>(range.from_seq, 0, log.last + 1);
    return range.exclusive ? from + step : from;
  }
  if (range.from_time == 0) return range.forward ? log.first : log.last;
  if (!range.from_id.empty()) {
    const Seq named = log.find(range.from_time, range.from_id);
    if (named != 0) return range.exclusive ? named + step : named;
  }
  const SeqSpan at = log.rowsAt(range.from_time);
  if (range.forward) return range.exclusive ? at.last + 1 : at.first;
  return range.exclusive ? at.first - 1 : at.last;
}

std::vector<StoredMessage> readLog(const Conversation& log, const ReadLog& range) {
  std::vector<StoredMessage> messages;
  const auto take = [&](Seq seq) {
    const Message& row = *log.row(seq);
    if (row.deleted || (row.row != RowKind::Message && !range.with_changes)) return;
    messages.push_back(row.copy());
  };
  const std::size_t limit = sizeOf(range.limit);
  const Seq begin = beginOf(log, range);
  if (range.forward) {
    for (Seq at = std::max(begin, log.first); at <= log.last && messages.size() < limit;) {
      take(at++);
    }
  } else {
    for (Seq at = std::min(begin, log.last); at >= log.first && messages.size() < limit;) {
      take(at--);
    }
  }
  return messages;
}

}  // namespace

void MemoryTables::execute(Token token, const ReadHistory& range) {
  MemoryApp* const app = findApp(range.app_id);
  if (app == nullptr) return answer(token, range, unknownApp(range.app_id));
  const Conversation* conversation = nullptr;
  if (!range.conv_id.empty()) {
    conversation = app->findConversation(range.conv_id);
    if (conversation == nullptr) return answer(token, range, HistoryPage{});
  }
  Page page{range, range.before != 0 ? range.before : kNoBound, kNoBound, {}};
  if (range.before != 0 && !range.before_id.empty()) {
    if (const Message* named = findNamed(app->log(), range)) page.before_position = named->position;
  }
  if (page.before_position == kNoBound && range.before_exclusive && range.before != 0) {
    --page.before;
  }
  if (conversation != nullptr) {
    page.read(*conversation);
  } else {
    page.read(app->log());
  }
  answer(token, range, std::move(page.result));
}

void MemoryTables::execute(Token token, const ReadLog& range) {
  const MemoryApp* const app = findApp(range.app_id);
  if (app == nullptr) return answer(token, range, unknownApp(range.app_id));
  const auto read = [&](const ReadLog& one) {
    const Conversation* const log = app->findConversation(one.conv_id);
    return log != nullptr ? readLog(*log, one) : std::vector<StoredMessage>();
  };
  const auto find = [&](std::string_view name) -> Position {
    const Conversation* const log = app->findConversation(name);
    const Seq seq = log != nullptr ? log->find(range.from_time, range.from_id) : 0;
    return seq != 0 ? log->row(seq)->position : 0;
  };
  answer(token, range,
         HistoryPage{range.channel.empty() ? read(range) : readBoth(range, read, find)});
}

void MemoryTables::execute(Token token, const ReadChanges& request) {
  MemoryApp* const app = findApp(request.app_id);
  if (app == nullptr) return answer(token, request, unknownApp(request.app_id));
  ChangesPage page;
  std::vector<const Message*> found;
  std::size_t seen = 0;
  const Peer* const peer = app->findPeer(request.peer_id);
  for (const Member* at = peer != nullptr ? peer->waiting : nullptr; at != nullptr;
       at = at->next_waiting) {
    const Conversation& log = *at->conversation;
    if (!log.tellsOfChanges()) continue;
    const Seq first = std::max(at->joined, log.first);
    for (Seq seq = at->isHere() ? log.last : at->left; seq >= first; --seq) {
      const Message& row = *log.row(seq);
      if (row.timestamp <= request.after) break;
      page.all_seen = page.all_seen && ++seen <= kChangeRows;
      if (!page.all_seen) break;
      if (row.row != RowKind::Message) found.push_back(&row);
    }
  }
  std::sort(found.begin(), found.end(), [](const Message* a, const Message* b) {
    return std::pair(a->timestamp, a->position) < std::pair(b->timestamp, b->position);
  });
  const std::size_t count =
      pageEnd(found, sizeOf(request.limit), [](const Message* row) { return row->timestamp; });
  page.complete = count == found.size();
  for (std::size_t at = 0; at < count; ++at) page.changes.push_back(found[at]->copy());
  answer(token, request, std::move(page));
}

void MemoryTables::execute(Token token, const MarkRead& request) {
  const MemoryApp* const app = findApp(request.app_id);
  ReadMarked marked;
  if (app != nullptr) markRead(*app, request.conv_id, request, marked);
  if (app != nullptr && !request.channel.empty()) markRead(*app, request.channel, request, marked);
  answer(token, request, std::move(marked));
}

void MemoryTables::markRead(const MemoryApp& app, std::string_view name, const MarkRead& request,
                            ReadMarked& marked) {
  const Conversation* const log = app.findConversation(name);
  Member* const member = log != nullptr ? app.findMember(*log, request.peer_id) : nullptr;
  if (member == nullptr) return;
  Seq seq = request.seq != 0 ? request.seq : log->rowsAt(request.upto).last;
  seq = std::min(seq, log->last);
  const Seq before = std::max({member->read, member->joined, log->first - 1});
  std::vector<ReadMessage> wanted;
  for (Seq at = seq; at > std::max(before, seq - kToldRead); --at) {
    const Message& row = *log->row(at);
    if (!row.isShown() || !row.receipt_wanted || row.from() == request.peer_id) continue;
    wanted.push_back({std::string(row.id()), std::string(row.from()), row.timestamp});
  }
  marked.wanted.insert(marked.wanted.end(), wanted.rbegin(), wanted.rend());
  member->read = std::max(member->read, seq);
}

void MemoryTables::execute(Token token, const ReadMarks& request) {
  MemoryApp* const app = findApp(request.app_id);
  if (app == nullptr) return answer(token, request, unknownApp(request.app_id));
  MemberMarks marks;
  const Conversation* const log = app->findConversation(request.conv_id);
  const auto timeOf = [&](Seq seq) {
    return seq >= log->first && seq <= log->last ? log->row(seq)->timestamp : 0;
  };
  const Member* at = log != nullptr ? log->members.first : nullptr;
  for (; at != nullptr; at = at->next) {
    const Seq acked = at->linked ? at->acked() : log->last;
    marks.members.push_back({std::string(at->peer->id()), timeOf(acked), timeOf(at->read)});
  }
  answer(token, request, std::move(marks));
}

void MemoryTables::execute(Token token, const ListEdits& request) {
  MemoryApp* const app = findApp(request.app_id);
  if (app == nullptr) return answer(token, request, unknownApp(request.app_id));
  HistoryPage page;
  const Peer* const peer = app->findPeer(request.peer_id);
  app->eachEdit([&](const MemoryApp::Edit& edit) {
    if (peer == nullptr || page.messages.size() == sizeOf(request.limit)) return false;
    if (edit.at <= request.since) return true;
    const Conversation* const log = app->findConversation(edit.conversation);
    if (log == nullptr || !log->keepsForMembers() || edit.seq < log->first) return true;
    const Member* const member = app->findMember(*log, *peer);
    const Message& row = *log->row(edit.seq);
    const bool latest = row.isShown() && row.edited != nullptr && row.edited->at == edit.at;
    const bool sees = member != nullptr && member->isHere() && member->joined < edit.seq;
    if (latest && sees) page.messages.push_back(row.copy());
    return true;
  });
  std::reverse(page.messages.begin(), page.messages.end());
  answer(token, request, std::move(page));
}

void MemoryTables::execute(Token token, const CountUnread& request) {
  MemoryApp* const app = findApp(request.app_id);
  if (app == nullptr) return answer(token, request, unknownApp(request.app_id));
  Unread unread;
  for (const std::string_view name : {request.conv_id, request.channel}) {
    const Conversation* const log = name.empty() ? nullptr : app->findConversation(name);
    const Member* const member = log != nullptr ? app->findMember(*log, request.peer_id) : nullptr;
    if (member == nullptr || unread.count >= request.most) continue;
    eachUnread(*member, [&](const Message&) { return ++unread.count < request.most; });
  }
  answer(token, request, unread);
}

void MemoryTables::execute(Token token, const ListUnread& request) {
  MemoryApp* const app = findApp(request.app_id);
  if (app == nullptr) return answer(token, request, unknownApp(request.app_id));
  UnreadList list;
  list.upto = shared_.last_position;
  const Peer* const peer = app->findPeer(request.peer_id);
  // All that it is in is linked, but for pairs that are in no list.
  for (const Member* at = peer != nullptr ? peer->waiting : nullptr; at != nullptr;
       at = at->next_waiting) {
    if (!at->conversation->keepsForMembers() || !at->isHere()) continue;
    UnreadConversation found;
    const Message* last = nullptr;
    eachUnread(*at, [&](const Message& row) {
      if (last == nullptr) last = &row;
      found.mentioned =
          found.mentioned || MessageExtra::unpack(row.extra()).mentionsPeer(request.peer_id);
      return ++found.count < request.most;
    });
    if (last == nullptr || last->timestamp < request.since) continue;
    found.last = last->copy();
    list.conversations.push_back(std::move(found));
  }
  std::sort(list.conversations.begin(), list.conversations.end(),
            [](const auto& a, const auto& b) { return a.last.position > b.last.position; });
  for (UnreadConversation& each : std::exchange(list.conversations, {})) {
    addUnread(list.conversations, std::move(each));
  }
  list.conversations.resize(std::min(list.conversations.size(), sizeOf(request.conversations)));
  answer(token, request, std::move(list));
}

template <typename Change>
Message* MemoryTables::findMessage(const Change& request) {
  MemoryApp* const app = findApp(request.app_id);
  const Conversation* const log = app != nullptr ? app->findConversation(request.conv_id) : nullptr;
  if (log == nullptr) return nullptr;
  const Seq seq = log->find(request.timestamp, request.id);
  return seq != 0 && !log->row(seq)->deleted ? log->row(seq) : nullptr;
}

void MemoryTables::execute(Token token, const EditMessage& request) {
  Message* const message = findMessage(request);
  if (message == nullptr) return answer(token, request, messageMissing());
  if (!request.by.empty() && message->from() != request.by) {
    return answer(token, request, notItsSender());
  }
  message->edit(shared_.blocks, request.text, request.extra, request.edited_at);
  findApp(request.app_id)->noteEdit(*message);
  answer(token, request, Changed{});
}

void MemoryTables::execute(Token token, const DeleteMessage& request) {
  Message* const message = findMessage(request);
  if (message == nullptr) return answer(token, request, messageMissing());
  message->tombstone(shared_.blocks);
  answer(token, request, Changed{});
}

}  // namespace kith::storage
