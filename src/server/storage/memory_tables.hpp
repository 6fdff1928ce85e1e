// SPDX-License-Identifier: Apache-2.0
// The storage's requests on tables in memory. One thread. What only history and dedupe need is
// bounded, so that a server that keeps nothing does not grow for ever. Once warm, keeping a message
// takes no new memory.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "base/hash_index.hpp"
#include "server/storage/blocks.hpp"
#include "server/storage/memory_messages.hpp"
#include "server/storage/memory_queue.hpp"
#include "server/storage/requests.hpp"
#include "server/storage/text_map.hpp"

namespace kith::storage {

/// Messages of one app that stay in the history of a memory storage.
inline constexpr std::size_t kMemoryHistory = 100'000;
/// Dedupe tokens of one app that a memory storage knows.
inline constexpr std::size_t kMemoryTokens = 200'000;

class MemoryTables final {
 public:
  explicit MemoryTables(Answers& answers);
  ~MemoryTables();
  MemoryTables(const MemoryTables&) = delete;
  MemoryTables& operator=(const MemoryTables&) = delete;
  std::uint64_t appended() const { return appended_; }
  /// Any thread.
  std::uint64_t expired() const { return expired_.load(std::memory_order_relaxed); }

  void execute(Token token, const ConfigureApp& request);
  void execute(Token token, const Append& message);
  void execute(Token token, const ReadPending& request);
  void execute(Token token, const Acknowledge& request);
  void execute(Token token, const CreateGroup& request);
  void execute(Token token, const LoadGroup& request);
  void execute(Token token, const AddMembers& request);
  void execute(Token token, const RemoveMembers& request);
  void execute(Token token, const ReadHistory& range);
  void execute(Token token, const EditMessage& request);
  void execute(Token token, const DeleteMessage& request);
  void execute(Token token, const Expire& request);
  void execute(Token token, const ClockJumped& request);

 private:
  struct Group {
    bool open{false};
    std::uint64_t next_place{0};
    TextMap<std::uint64_t> members;  ///< with their places in the order they came
    void add(std::string_view peer_id);
  };
  struct Jump {
    Position last;  ///< that was there before it
    std::int64_t by;
  };
  struct App {
    std::string id;
    AppLimits limits;
    base::HashIndex<MemoryQueue> queues;  ///< none is empty
    Log<&Message::in_app> log;
    std::size_t logged{0};
    base::HashIndex<Conversation> conversations;  ///< those that some message names
    base::HashIndex<KnownToken> tokens;
    KnownToken* oldest_token{nullptr};
    KnownToken* newest_token{nullptr};
    TextMap<Group> groups;
  };

  /// With the value that the request brings, or an Error.
  template <typename AnyRequest, typename What>
  void answer(Token token, const AnyRequest& request, What&& what) {
    storage::answer(request, token, std::forward<What>(what), answers_);
  }
  std::uint64_t hashOf(std::string_view text) const;
  App* findApp(std::string_view app_id);

  KnownToken* findToken(const App& app, const Append& message, std::uint64_t hash) const;
  void learnToken(App& app, const Append& message, std::uint64_t hash);
  void forgetOldestToken(App& app);
  void freeToken(App& app, KnownToken* token);

  Conversation* findConversation(const App& app, std::string_view id, std::uint64_t hash) const;
  Message& remember(App& app, const Append& message, std::uint64_t conversation_hash);
  void forgetOldest(App& app);
  void forgetOldHistory(App& app, std::int64_t now_ms);
  /// Null: it is not there, or was deleted.
  template <typename Change>
  Message* findMessage(const Change& request);
  /// One of its references is gone.
  void release(App& app, Message* message);

  MemoryQueue* findQueue(const App& app, std::string_view peer_id, std::uint64_t hash) const;
  void enqueue(App& app, std::string_view peer_id, Message& message, bool offline);
  MemoryQueue* addQueue(App& app, std::string_view peer_id, std::uint64_t hash);
  void removeQueue(App& app, MemoryQueue* queue);
  template <typename Wanted>
  void takeFromQueues(App& app, Wanted wanted);
  void expireTokens(App& app, std::int64_t oldest);
  /// The time to count an age from.
  std::int64_t agesFrom(Position position, std::int64_t timestamp) const;
  void empty(App& app);

  Answers& answers_;
  const std::uint64_t seed_;  ///< of the hashes: nobody outside may choose ids that meet
  Blocks blocks_;
  TextMap<App> apps_;
  App* last_app_{nullptr};  ///< of the last request
  std::vector<std::unique_ptr<MemoryQueue>> spare_queues_;
  std::size_t spare_bytes_{0};
  std::vector<MemoryQueue*> expired_queues_;  ///< scratch
  Position last_position_{0};
  std::vector<Jump> jumps_;  ///< of the wall clock
  std::uint64_t appended_{0};
  std::atomic<std::uint64_t> expired_{0};
};

}  // namespace kith::storage
