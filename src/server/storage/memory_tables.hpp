// SPDX-License-Identifier: Apache-2.0
// The storage's verbs on plain containers. One thread. What only history and dedupe need is
// bounded, so that a server that keeps nothing does not grow for ever.
#pragma once

#include <deque>
#include <map>
#include <memory>

#include "server/storage/answers.hpp"
#include "server/storage/batch.hpp"
#include "server/storage/text_hash.hpp"

namespace kith::storage {

/// Messages of one app that stay in the history of a memory storage.
inline constexpr std::size_t kMemoryHistory = 100'000;
/// Dedupe tokens of one app that a memory storage knows.
inline constexpr std::size_t kMemoryTokens = 200'000;

class MemoryTables final : public Verbs {
 public:
  explicit MemoryTables(Answers& answers) : answers_(answers) {}
  std::uint64_t appended() const { return appended_; }

  void configureApp(std::string_view app_id, const QueueLimits& limits) override;
  void append(Token token, const NewMessage& message) override;
  void pending(Token token, std::string_view app_id, std::string_view peer_id, Sequence after,
               std::size_t limit, std::int64_t now_ms) override;
  void acknowledge(std::string_view app_id, std::string_view peer_id,
                   std::span<const Sequence> sequences) override;
  void createGroup(Token token, std::string_view app_id, const GroupRecord& group,
                   std::int64_t now_ms) override;
  void loadGroup(Token token, std::string_view app_id, std::string_view group_id) override;
  void addMembers(Token token, std::string_view app_id, std::string_view group_id,
                  std::span<const std::string_view> peer_ids) override;
  void removeMembers(Token token, std::string_view app_id, std::string_view group_id,
                     std::span<const std::string_view> peer_ids) override;
  void history(Token token, const HistoryRange& range) override;
  void expire(std::int64_t now_ms) override;

 private:
  using Kept = std::shared_ptr<const StoredMessage>;
  struct Queued {
    Kept message;
    bool offline{false};
  };
  struct Queue {
    std::map<Sequence, Queued> messages;
    std::size_t offline{0};
    Sequence offline_from{0};  ///< no row of a peer that was away lies before it
  };
  struct First {
    Sequence sequence{0};
    std::string id;
    std::int64_t timestamp{0};
  };
  using Log = std::deque<Kept>;  ///< by time, then by sequence
  struct App {
    QueueLimits limits;
    TextMap<Queue> queues;
    Log log;
    TextMap<Log> conversations;
    TextMap<First> tokens;                                      ///< by sender and token
    std::deque<const TextMap<First>::value_type*> token_order;  ///< nodes of `tokens`, oldest first
    TextMap<GroupRecord> groups;
  };

  template <typename Value>
  void answer(Token token, Value value) {
    answers_.push_back({token, std::move(value)});
  }
  App* findApp(std::string_view app_id);
  bool isRepeat(App& app, Token token, const NewMessage& message);
  void remember(App& app, Kept message);
  static void enqueue(const App& app, Queue& queue, const Kept& message, bool offline);
  static void dropOldest(Queue& queue, bool offline_only);
  static void take(Queue& queue, std::map<Sequence, Queued>::iterator row);

  Answers& answers_;
  TextMap<App> apps_;
  Sequence last_sequence_{0};
  std::uint64_t appended_{0};
  std::string key_;  // scratch
};

}  // namespace kith::storage
