// SPDX-License-Identifier: Apache-2.0
#include "server/storage/memory_tables.hpp"

#include <algorithm>
#include <limits>
#include <random>
#include <utility>

#include "base/text_hash.hpp"
#include "server/storage/errors.hpp"

namespace kith::storage {
namespace {

/// What the queues without messages may take that are kept for the next ones.
constexpr std::size_t kSpareBytes = 4u * 1024 * 1024;

std::uint64_t makeSeed() {
  std::random_device device;
  return std::uint64_t{device()} << 32 | device();
}

/// Has the cache fetch what a later call is going to need; null is fine. The tables are larger than
/// the cache, and waiting for what is not in it was most of their cost.
void prefetch(const void* thing) { __builtin_prefetch(thing, 1); }

}  // namespace

template <typename Wanted>
void MemoryTables::takeFromQueues(App& app, Wanted wanted) {
  expired_queues_.clear();
  app.queues.each([&](MemoryQueue& queue) {
    queue.takeIf(wanted, [&](Message* message) { release(app, message); });
    if (queue.empty()) expired_queues_.push_back(&queue);
  });
  for (MemoryQueue* queue : expired_queues_) removeQueue(app, queue);
}

MemoryTables::MemoryTables(Answers& answers) : answers_(answers), seed_(makeSeed()) {}

MemoryTables::~MemoryTables() {
  for (auto& [id, app] : apps_) empty(app);
}

void MemoryTables::empty(App& app) {
  while (app.oldest_token != nullptr) forgetOldestToken(app);
  while (app.log.oldest() != nullptr) forgetOldest(app);
  takeFromQueues(app, [](const Message&) { return true; });
}

std::uint64_t MemoryTables::hashOf(std::string_view text) const {
  return base::hashText(text, seed_);
}

MemoryTables::App* MemoryTables::findApp(std::string_view app_id) {
  if (last_app_ != nullptr && last_app_->id == app_id) return last_app_;
  const auto found = apps_.find(app_id);
  return found != apps_.end() ? last_app_ = &found->second : nullptr;
}

void MemoryTables::execute(Token, const ConfigureApp& request) {
  App& app = apps_[std::string(request.app_id)];
  app.id = request.app_id;
  app.limits = request.limits;
}

void MemoryTables::execute(Token token, const Append& message) {
  App* app = findApp(message.app_id);
  if (app == nullptr) return answer(token, message, unknownApp(message.app_id));
  const std::uint64_t conversation = hashOf(message.conv_id);
  app->conversations.prefetch(conversation);
  if (!message.dedupe.empty()) {
    const std::uint64_t hash = base::hashText(message.dedupe, hashOf(message.from));
    if (const KnownToken* first = findToken(*app, message, hash)) {
      return answer(token, message,
                    Appended{true, first->position, std::string(first->id()), first->timestamp});
    }
    learnToken(*app, message, hash);
  }
  Message& kept = remember(*app, message, conversation);
  if (!message.log_only) {
    for (const ReceiverRef& receiver : message.receivers) {
      enqueue(*app, receiver.peer_id, kept, !receiver.online);
    }
  }
  ++appended_;
  answer(token, message, Appended{false, kept.position, {}, kept.timestamp});
}

KnownToken* MemoryTables::findToken(const App& app, const Append& message,
                                    std::uint64_t hash) const {
  return app.tokens.find(hash, [&](const KnownToken& token) {
    return token.from() == message.from && token.dedupe() == message.dedupe;
  });
}

void MemoryTables::learnToken(App& app, const Append& message, std::uint64_t hash) {
  if (app.tokens.size() >= kMemoryTokens) forgetOldestToken(app);
  KnownToken* token = KnownToken::make(blocks_, message, hash);
  token->position = last_position_ + 1;
  (app.newest_token != nullptr ? app.newest_token->newer : app.oldest_token) = token;
  app.newest_token = token;
  app.tokens.add(hash, token);
}

void MemoryTables::forgetOldestToken(App& app) {
  KnownToken* const token = app.oldest_token;
  app.oldest_token = token->newer;
  if (app.oldest_token == nullptr) {
    app.newest_token = nullptr;
  } else {
    app.tokens.prefetch(app.oldest_token->hash);
    prefetch(app.oldest_token->newer);
  }
  freeToken(app, token);
}

void MemoryTables::freeToken(App& app, KnownToken* token) {
  app.tokens.remove(token->hash, token);
  blocks_.give(token, token->bytes);
}

Conversation* MemoryTables::findConversation(const App& app, std::string_view id,
                                             std::uint64_t hash) const {
  return app.conversations.find(
      hash, [&](const Conversation& conversation) { return conversation.id() == id; });
}

Message& MemoryTables::remember(App& app, const Append& message, std::uint64_t hash) {
  if (app.logged >= kMemoryHistory) forgetOldest(app);
  Conversation* conversation = findConversation(app, message.conv_id, hash);
  if (conversation == nullptr) {
    conversation = Conversation::make(blocks_, message.conv_id, hash);
    app.conversations.add(hash, conversation);
  }
  Message* kept = Message::make(blocks_, message, *conversation);
  kept->position = ++last_position_;
  kept->refs = 1;
  app.log.insert(kept, blocks_);
  conversation->log.insert(kept, blocks_);
  ++app.logged;
  return *kept;
}

void MemoryTables::forgetOldest(App& app) {
  Message* const oldest = app.log.oldest();
  app.log.remove(oldest, blocks_);
  oldest->conversation->log.remove(oldest, blocks_);
  --app.logged;
  if (const Message* next = app.log.oldest()) {
    prefetch(next->conversation);
    prefetch(next->in_app.newer);
  }
  release(app, oldest);
}

void MemoryTables::release(App& app, Message* message) {
  if (--message->refs > 0) return;
  Conversation* const conversation = message->conversation;
  message->forgetEdit(blocks_);
  blocks_.give(message, message->bytes);
  if (--conversation->messages > 0) return;
  app.conversations.remove(conversation->hash, conversation);
  blocks_.give(conversation, conversation->bytes);
}

MemoryQueue* MemoryTables::findQueue(const App& app, std::string_view peer_id,
                                     std::uint64_t hash) const {
  return app.queues.find(hash, [&](const MemoryQueue& queue) { return queue.peer == peer_id; });
}

void MemoryTables::enqueue(App& app, std::string_view peer_id, Message& message, bool offline) {
  const std::uint64_t hash = hashOf(peer_id);
  MemoryQueue* queue = findQueue(app, peer_id, hash);
  if (queue == nullptr) {
    queue = addQueue(app, peer_id, hash);
  }
  if (!queue->push(&message, offline)) return;  // named twice
  ++message.refs;
  while (queue->offline() > app.limits.offline_messages) {
    release(app, queue->takeOldestOffline());
  }
  while (queue->size() > app.limits.unacknowledged_messages) release(app, queue->takeOldest());
  if (queue->empty()) removeQueue(app, queue);
}

MemoryQueue* MemoryTables::addQueue(App& app, std::string_view peer_id, std::uint64_t hash) {
  std::unique_ptr<MemoryQueue> queue;
  if (spare_queues_.empty()) {
    queue = std::make_unique<MemoryQueue>();
  } else {
    queue = std::move(spare_queues_.back());
    spare_queues_.pop_back();
    spare_bytes_ -= queue->bytes();
  }
  queue->peer = peer_id;
  queue->hash = hash;
  app.queues.add(hash, queue.get());
  return queue.release();
}

void MemoryTables::removeQueue(App& app, MemoryQueue* queue) {
  app.queues.remove(queue->hash, queue);
  std::unique_ptr<MemoryQueue> spare(queue);
  const std::size_t bytes = spare->bytes();
  if (spare_bytes_ + bytes > kSpareBytes) return;
  spare_bytes_ += bytes;
  spare->reset();
  spare_queues_.push_back(std::move(spare));
}

void MemoryTables::execute(Token, const Acknowledge& request) {
  App* app = findApp(request.app_id);
  if (app == nullptr) return;
  MemoryQueue* const queue = findQueue(*app, request.peer_id, hashOf(request.peer_id));
  if (queue == nullptr) return;
  for (const Position position : request.positions) {
    if (Message* message = queue->take(position)) release(*app, message);
  }
  if (queue->empty()) removeQueue(*app, queue);
}

void MemoryTables::execute(Token token, const ReadPending& request) {
  App* app = findApp(request.app_id);
  if (app == nullptr) return answer(token, request, unknownApp(request.app_id));
  PendingPage page;
  if (const MemoryQueue* queue = findQueue(*app, request.peer_id, hashOf(request.peer_id))) {
    const std::int64_t oldest = request.now_ms - app->limits.offline_age_ms;
    queue->eachAfter(request.after, [&](const Message& message) {
      if (message.deleted || agesFrom(message.position, message.timestamp) < oldest) return true;
      if (page.messages.size() == request.limit) return page.complete = false;
      page.messages.push_back(message.copy());
      return true;
    });
  }
  answer(token, request, std::move(page));
}

void MemoryTables::Group::add(std::string_view peer_id) {
  if (members.contains(peer_id)) return;
  members.emplace(peer_id, next_place++);
}

void MemoryTables::execute(Token token, const CreateGroup& request) {
  App* app = findApp(request.app_id);
  if (app == nullptr) return answer(token, request, unknownApp(request.app_id));
  const auto [kept, added] = app->groups.try_emplace(std::string(request.group_id));
  if (!added) return answer(token, request, groupExists());
  kept->second.open = request.open;
  for (const std::string_view member : request.members) kept->second.add(member);
  answer(token, request, Changed{});
}

void MemoryTables::execute(Token token, const LoadGroup& request) {
  App* app = findApp(request.app_id);
  if (app == nullptr) return answer(token, request, unknownApp(request.app_id));
  const auto found = app->groups.find(request.group_id);
  if (found == app->groups.end()) return answer(token, request, FoundGroup{});
  const Group& group = found->second;
  std::vector<std::pair<std::uint64_t, std::string_view>> ordered;
  ordered.reserve(group.members.size());
  for (const auto& [member, place] : group.members) ordered.emplace_back(place, member);
  std::sort(ordered.begin(), ordered.end());
  GroupRecord record{found->first, group.open, {}};
  record.members.reserve(ordered.size());
  for (const auto& [place, member] : ordered) record.members.emplace_back(member);
  answer(token, request, FoundGroup(std::move(record)));
}

void MemoryTables::execute(Token token, const AddMembers& request) {
  App* app = findApp(request.app_id);
  if (app == nullptr) return answer(token, request, unknownApp(request.app_id));
  const auto group = app->groups.find(request.group_id);
  if (group == app->groups.end()) return answer(token, request, groupMissing());
  for (const std::string_view peer_id : request.peer_ids) group->second.add(peer_id);
  answer(token, request, Changed{});
}

void MemoryTables::execute(Token token, const RemoveMembers& request) {
  App* app = findApp(request.app_id);
  if (app == nullptr) return answer(token, request, unknownApp(request.app_id));
  const auto group = app->groups.find(request.group_id);
  if (group == app->groups.end()) return answer(token, request, groupMissing());
  TextMap<std::uint64_t>& members = group->second.members;
  for (const std::string_view peer_id : request.peer_ids) {
    if (const auto member = members.find(peer_id); member != members.end()) members.erase(member);
  }
  answer(token, request, Changed{});
}

namespace {

/// Which messages of a log a page of history has.
struct Page {
  const ReadHistory& range;
  std::int64_t before;       ///< only what is older than this time
  Position before_position;  ///< or, within the millisecond, than this one
  HistoryPage result;

  template <typename AnyLog>
  void read(const AnyLog& log) {
    const auto limit = static_cast<std::size_t>(std::max(range.limit, 0));
    const auto isOlder = [this](const Message& at) {
      return at.timestamp < before || (at.timestamp == before && at.position < before_position);
    };
    for (const Message* at = log.newestOf(isOlder); at != nullptr && result.messages.size() < limit;
         at = log.olderThan(at)) {
      if (at->deleted) continue;
      if (range.from.empty() || at->from() == range.from) result.messages.push_back(at->copy());
    }
  }
};

}  // namespace

void MemoryTables::execute(Token token, const ReadHistory& range) {
  App* app = findApp(range.app_id);
  if (app == nullptr) return answer(token, range, unknownApp(range.app_id));
  const Conversation* conversation = nullptr;
  if (!range.conv_id.empty()) {
    conversation = findConversation(*app, range.conv_id, hashOf(range.conv_id));
    if (conversation == nullptr) return answer(token, range, HistoryPage{});
  }
  constexpr auto kNoBound = std::numeric_limits<std::int64_t>::max();
  Page page{range, range.before != 0 ? range.before : kNoBound, kNoBound, {}};
  if (range.before != 0 && !range.before_id.empty()) {
    const Message* named =
        app->log.newestOf([&](const Message& at) { return at.timestamp <= range.before; });
    while (named != nullptr && named->timestamp == range.before && named->id() != range.before_id) {
      named = app->log.olderThan(named);
    }
    if (named != nullptr && named->timestamp == range.before) {
      page.before_position = named->position;
    }
  }
  if (page.before_position == kNoBound && range.before_exclusive && range.before != 0) {
    --page.before;
  }
  if (conversation != nullptr) {
    page.read(conversation->log);
  } else {
    page.read(app->log);
  }
  answer(token, range, std::move(page.result));
}

template <typename Change>
Message* MemoryTables::findMessage(const Change& request) {
  const App* app = findApp(request.app_id);
  if (app == nullptr) return nullptr;
  const Conversation* conversation =
      findConversation(*app, request.conv_id, hashOf(request.conv_id));
  if (conversation == nullptr) return nullptr;
  const auto& log = conversation->log;
  Message* at =
      log.newestOf([&](const Message& each) { return each.timestamp <= request.timestamp; });
  while (at != nullptr && at->timestamp == request.timestamp && at->id() != request.id) {
    at = log.olderThan(at);
  }
  const bool found = at != nullptr && at->timestamp == request.timestamp && !at->deleted;
  return found ? at : nullptr;
}

void MemoryTables::execute(Token token, const EditMessage& request) {
  Message* const message = findMessage(request);
  if (message == nullptr) return answer(token, request, messageMissing());
  message->edit(blocks_, request.text, request.edited_at);
  answer(token, request, Changed{});
}

void MemoryTables::execute(Token token, const DeleteMessage& request) {
  Message* const message = findMessage(request);
  if (message == nullptr) return answer(token, request, messageMissing());
  message->tombstone(blocks_);
  answer(token, request, Changed{});
}

void MemoryTables::forgetOldHistory(App& app, std::int64_t now_ms) {
  const AppLimits& limits = app.limits;
  const auto isBeyond = [&](const Message& oldest) {
    return (limits.history_messages != 0 && app.logged > limits.history_messages) ||
           (limits.history_age_ms != 0 && oldest.timestamp < now_ms - limits.history_age_ms);
  };
  while (app.log.oldest() != nullptr && isBeyond(*app.log.oldest())) forgetOldest(app);
}

void MemoryTables::execute(Token, const Expire& request) {
  for (auto& [app_id, app] : apps_) {
    const std::int64_t oldest = request.now_ms - app.limits.offline_age_ms;
    takeFromQueues(app, [&](const Message& message) {
      const bool is_old = agesFrom(message.position, message.timestamp) < oldest;
      if (is_old) expired_.fetch_add(1, std::memory_order_relaxed);
      return is_old;
    });
    expireTokens(app, request.now_ms - kDedupeAgeMs);
    forgetOldHistory(app, request.now_ms);
    app.queues.shrink();
    app.conversations.shrink();
    app.tokens.shrink();
  }
}

void MemoryTables::execute(Token, const ClockJumped& request) {
  if (!jumps_.empty() && jumps_.back().last == last_position_) {
    jumps_.back().by += request.by_ms;
  } else {
    jumps_.push_back({last_position_, request.by_ms});
  }
}

std::int64_t MemoryTables::agesFrom(Position position, std::int64_t timestamp) const {
  for (const Jump& jump : jumps_) {
    if (position <= jump.last) timestamp += jump.by;
  }
  return timestamp;
}

void MemoryTables::expireTokens(App& app, std::int64_t oldest) {
  KnownToken* left = std::exchange(app.oldest_token, nullptr);
  app.newest_token = nullptr;
  while (left != nullptr) {
    KnownToken* const token = std::exchange(left, left->newer);
    token->newer = nullptr;
    if (agesFrom(token->position, token->timestamp) < oldest) {
      freeToken(app, token);
      continue;
    }
    (app.newest_token != nullptr ? app.newest_token->newer : app.oldest_token) = token;
    app.newest_token = token;
  }
}

}  // namespace kith::storage
