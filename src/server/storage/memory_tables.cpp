// SPDX-License-Identifier: Apache-2.0
#include "server/storage/memory_tables.hpp"

#include <algorithm>
#include <limits>
#include <tuple>

namespace kith::storage {
namespace {

bool olderThan(const StoredMessage& message, std::int64_t timestamp, Sequence sequence) {
  return std::tie(message.timestamp, message.sequence) < std::tie(timestamp, sequence);
}

}  // namespace

MemoryTables::App* MemoryTables::findApp(std::string_view app_id) {
  const auto found = apps_.find(app_id);
  return found != apps_.end() ? &found->second : nullptr;
}

void MemoryTables::configureApp(std::string_view app_id, const QueueLimits& limits) {
  apps_[std::string(app_id)].limits = limits;
}

void MemoryTables::append(Token token, const NewMessage& message) {
  App* app = findApp(message.app_id);
  if (app == nullptr) return answer(token, Result<Appended>(unknownApp(message.app_id)));
  if (!message.dedupe.empty() && isRepeat(*app, token, message)) return;
  auto stored = std::make_shared<StoredMessage>();
  stored->sequence = ++last_sequence_;
  stored->id = message.id;
  stored->timestamp = message.timestamp;
  stored->from = message.from;
  stored->conv_id = message.conv_id;
  stored->group_id = message.group_id;
  stored->text = message.text;
  stored->receipt_wanted = message.receipt_wanted;
  stored->addressed.assign(message.addressed.begin(), message.addressed.end());
  remember(*app, stored);
  if (!message.log_only) {
    for (const ReceiverRef& receiver : message.receivers) {
      auto queue = app->queues.find(receiver.peer_id);
      if (queue == app->queues.end()) {
        queue = app->queues.emplace(std::string(receiver.peer_id), Queue{}).first;
      }
      enqueue(*app, queue->second, stored, !receiver.online);
    }
  }
  ++appended_;
  answer(token, Result<Appended>(Appended{false, stored->sequence, stored->id, stored->timestamp}));
}

bool MemoryTables::isRepeat(App& app, Token token, const NewMessage& message) {
  key_.assign(message.from).append(1, '\0').append(message.dedupe);
  const auto [entry, added] = app.tokens.try_emplace(
      key_, First{last_sequence_ + 1, std::string(message.id), message.timestamp});
  if (added) {
    app.token_order.push_back(&*entry);
    if (app.token_order.size() > kMemoryTokens) {
      app.tokens.erase(app.tokens.find(app.token_order.front()->first));
      app.token_order.pop_front();
    }
    return false;
  }
  const First& first = entry->second;
  answer(token, Result<Appended>(Appended{true, first.sequence, first.id, first.timestamp}));
  return true;
}

// Clocks may jump back: the log stays sorted all the same, as the index of a database would.
void MemoryTables::remember(App& app, Kept message) {
  const auto insert = [&message](Log& log) {
    const auto older = [](const Kept& a, const Kept& b) {
      return olderThan(*a, b->timestamp, b->sequence);
    };
    const bool last = log.empty() || older(log.back(), message);
    log.insert(last ? log.end() : std::upper_bound(log.begin(), log.end(), message, older),
               message);
  };
  insert(app.log);
  auto conversation = app.conversations.find(message->conv_id);
  if (conversation == app.conversations.end()) {
    conversation = app.conversations.emplace(message->conv_id, Log{}).first;
  }
  insert(conversation->second);
  if (app.log.size() <= kMemoryHistory) return;
  const Kept oldest = app.log.front();
  app.log.pop_front();
  conversation = app.conversations.find(oldest->conv_id);
  conversation->second.pop_front();  // sorted alike, so it is the first there, too
  if (conversation->second.empty()) app.conversations.erase(conversation);
}

void MemoryTables::enqueue(const App& app, Queue& queue, const Kept& message, bool offline) {
  if (!queue.messages.emplace(message->sequence, Queued{message, offline}).second) return;
  if (offline) ++queue.offline;
  while (queue.offline > app.limits.offline_messages) dropOldest(queue, true);
  while (queue.messages.size() > app.limits.unacknowledged_messages) dropOldest(queue, false);
}

void MemoryTables::take(Queue& queue, std::map<Sequence, Queued>::iterator row) {
  if (row->second.offline) --queue.offline;
  queue.messages.erase(row);
}

void MemoryTables::dropOldest(Queue& queue, bool offline_only) {
  auto row = queue.messages.begin();
  if (offline_only) {
    row = queue.messages.lower_bound(queue.offline_from);
    while (!row->second.offline) ++row;
    queue.offline_from = row->first + 1;
  }
  take(queue, row);
}

void MemoryTables::acknowledge(std::string_view app_id, std::string_view peer_id,
                               std::span<const Sequence> sequences) {
  App* app = findApp(app_id);
  if (app == nullptr) return;
  const auto queue = app->queues.find(peer_id);
  if (queue == app->queues.end()) return;
  for (Sequence sequence : sequences) {
    const auto row = queue->second.messages.find(sequence);
    if (row != queue->second.messages.end()) take(queue->second, row);
  }
  if (queue->second.messages.empty()) app->queues.erase(queue);
}

void MemoryTables::pending(Token token, std::string_view app_id, std::string_view peer_id,
                           Sequence after, std::size_t limit, std::int64_t now_ms) {
  App* app = findApp(app_id);
  if (app == nullptr) return answer(token, PendingAnswer{unknownApp(app_id), true});
  std::vector<StoredMessage> messages;
  bool complete = true;
  if (const auto queue = app->queues.find(peer_id); queue != app->queues.end()) {
    const std::int64_t oldest = now_ms - app->limits.offline_age_ms;
    auto row = queue->second.messages.upper_bound(after);
    for (; complete && row != queue->second.messages.end(); ++row) {
      if (row->second.message->timestamp < oldest) continue;
      if (messages.size() == limit) {
        complete = false;
      } else {
        messages.push_back(*row->second.message);
      }
    }
  }
  answer(token, PendingAnswer{std::move(messages), complete});
}

void MemoryTables::createGroup(Token token, std::string_view app_id, const GroupRecord& group,
                               std::int64_t) {
  App* app = findApp(app_id);
  if (app == nullptr) return answer(token, ChangedAnswer{unknownApp(app_id)});
  GroupRecord kept{group.id, group.open, {}};
  for (const std::string& member : group.members) {
    if (std::find(kept.members.begin(), kept.members.end(), member) == kept.members.end()) {
      kept.members.push_back(member);
    }
  }
  const bool added = app->groups.emplace(group.id, std::move(kept)).second;
  answer(token, added ? ChangedAnswer{} : ChangedAnswer{groupExists()});
}

void MemoryTables::loadGroup(Token token, std::string_view app_id, std::string_view group_id) {
  App* app = findApp(app_id);
  if (app == nullptr) return answer(token, GroupAnswer{unknownApp(app_id)});
  std::optional<GroupRecord> found;
  if (const auto group = app->groups.find(group_id); group != app->groups.end()) {
    found = group->second;
  }
  answer(token, GroupAnswer{std::move(found)});
}

void MemoryTables::addMembers(Token token, std::string_view app_id, std::string_view group_id,
                              std::span<const std::string_view> peer_ids) {
  App* app = findApp(app_id);
  if (app == nullptr) return answer(token, ChangedAnswer{unknownApp(app_id)});
  const auto group = app->groups.find(group_id);
  if (group == app->groups.end()) return answer(token, ChangedAnswer{groupMissing()});
  std::vector<std::string>& members = group->second.members;
  for (std::string_view peer_id : peer_ids) {
    if (std::find(members.begin(), members.end(), peer_id) == members.end()) {
      members.emplace_back(peer_id);
    }
  }
  answer(token, ChangedAnswer{});
}

void MemoryTables::removeMembers(Token token, std::string_view app_id, std::string_view group_id,
                                 std::span<const std::string_view> peer_ids) {
  App* app = findApp(app_id);
  if (app == nullptr) return answer(token, ChangedAnswer{unknownApp(app_id)});
  const auto group = app->groups.find(group_id);
  if (group == app->groups.end()) return answer(token, ChangedAnswer{groupMissing()});
  std::erase_if(group->second.members, [&](const std::string& member) {
    return std::find(peer_ids.begin(), peer_ids.end(), member) != peer_ids.end();
  });
  answer(token, ChangedAnswer{});
}

void MemoryTables::history(Token token, const HistoryRange& range) {
  App* app = findApp(range.app_id);
  if (app == nullptr) return answer(token, HistoryAnswer{unknownApp(range.app_id)});
  const Log* log = &app->log;
  if (!range.conv_id.empty()) {
    const auto conversation = app->conversations.find(range.conv_id);
    if (conversation == app->conversations.end()) {
      return answer(token, HistoryAnswer{std::vector<StoredMessage>{}});
    }
    log = &conversation->second;
  }
  constexpr auto kNoBound = std::numeric_limits<std::int64_t>::max();
  std::int64_t before = range.before != 0 ? range.before : kNoBound;
  Sequence before_sequence = kNoBound;
  if (range.before != 0 && !range.before_id.empty()) {
    const auto named = std::find_if(app->log.begin(), app->log.end(), [&](const Kept& message) {
      return message->timestamp == range.before && message->id == range.before_id;
    });
    if (named != app->log.end()) before_sequence = (*named)->sequence;
  }
  if (before_sequence == kNoBound && range.before_exclusive && range.before != 0) --before;
  std::vector<StoredMessage> messages;
  const auto limit = static_cast<std::size_t>(std::max(range.limit, 0));
  for (auto at = log->rbegin(); at != log->rend() && messages.size() < limit; ++at) {
    if (!olderThan(**at, before, before_sequence)) continue;
    if (range.from.empty() || (*at)->from == range.from) messages.push_back(**at);
  }
  answer(token, HistoryAnswer{std::move(messages)});
}

void MemoryTables::expire(std::int64_t now_ms) {
  for (auto& [app_id, app] : apps_) {
    const std::int64_t oldest = now_ms - app.limits.offline_age_ms;
    for (auto queue = app.queues.begin(); queue != app.queues.end();) {
      auto& rows = queue->second.messages;
      for (auto row = rows.begin(); row != rows.end();) {
        const auto next = std::next(row);
        if (row->second.message->timestamp < oldest) take(queue->second, row);
        row = next;
      }
      queue = rows.empty() ? app.queues.erase(queue) : std::next(queue);
    }
    std::deque<const TextMap<First>::value_type*> left;
    for (const auto* token : app.token_order) {
      if (token->second.timestamp < now_ms - kDedupeAgeMs) {
        app.tokens.erase(app.tokens.find(token->first));
      } else {
        left.push_back(token);
      }
    }
    app.token_order.swap(left);
  }
}

}  // namespace kith::storage
