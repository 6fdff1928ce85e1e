// SPDX-License-Identifier: Apache-2.0
// makeMemoryStorage(): does at once what it is asked, and keeps the results back until flush().
#include <atomic>
#include <iterator>
#include <utility>

#include "server/storage/memory_tables.hpp"

namespace kith::storage {
namespace {

class MemoryStorage final : public Storage {
 public:
  explicit MemoryStorage(Wake wake) : wake_(std::move(wake)) {}

  void configureApp(std::string_view app_id, const QueueLimits& limits) override {
    tables_.configureApp(app_id, limits);
  }
  void append(Token token, const NewMessage& message) override { tables_.append(token, message); }
  void pending(Token token, std::string_view app_id, std::string_view peer_id, Sequence after,
               std::size_t limit, std::int64_t now_ms) override {
    tables_.pending(token, app_id, peer_id, after, limit, now_ms);
  }
  void acknowledge(std::string_view app_id, std::string_view peer_id,
                   std::span<const Sequence> sequences) override {
    tables_.acknowledge(app_id, peer_id, sequences);
  }
  void createGroup(Token token, std::string_view app_id, const GroupRecord& group,
                   std::int64_t now_ms) override {
    tables_.createGroup(token, app_id, group, now_ms);
  }
  void loadGroup(Token token, std::string_view app_id, std::string_view group_id) override {
    tables_.loadGroup(token, app_id, group_id);
  }
  void addMembers(Token token, std::string_view app_id, std::string_view group_id,
                  std::span<const std::string_view> peer_ids) override {
    tables_.addMembers(token, app_id, group_id, peer_ids);
  }
  void removeMembers(Token token, std::string_view app_id, std::string_view group_id,
                     std::span<const std::string_view> peer_ids) override {
    tables_.removeMembers(token, app_id, group_id, peer_ids);
  }
  void history(Token token, const HistoryRange& range) override { tables_.history(token, range); }
  void expire(std::int64_t now_ms) override { tables_.expire(now_ms); }
  void clockJumped(std::int64_t by_ms) override { tables_.clockJumped(by_ms); }

  void flush() override {
    if (answers_.empty()) return;
    if (closed_) {
      for (Answer& answer : answers_) answer.fail(storageClosed());
    } else {
      commits_.fetch_add(1, std::memory_order_relaxed);
      appended_.store(tables_.appended(), std::memory_order_relaxed);
    }
    const bool was_empty = ready_.empty();
    if (was_empty) {
      ready_.swap(answers_);
    } else {
      std::move(answers_.begin(), answers_.end(), std::back_inserter(ready_));
      answers_.clear();
    }
    if (was_empty && !closed_ && wake_) wake_();
  }

  std::size_t drain(Results& results) override {
    draining_.swap(ready_);
    for (Answer& answer : draining_) answer.deliver(results);
    const std::size_t count = draining_.size();
    draining_.clear();
    return count;
  }

  void close() override {
    if (closed_) return;
    flush();
    closed_ = true;
  }

  StorageStats stats() const override {
    return {commits_.load(), appended_.load(), 0, tables_.expired()};
  }

 private:
  Wake wake_;
  Answers answers_;   // not flushed yet
  Answers ready_;     // for the next drain()
  Answers draining_;  // being handed out: a handler may call any verb
  MemoryTables tables_{answers_};
  bool closed_{false};
  std::atomic<std::uint64_t> commits_{0};
  std::atomic<std::uint64_t> appended_{0};
};

}  // namespace

std::unique_ptr<Storage> makeMemoryStorage(Wake wake) {
  return std::make_unique<MemoryStorage>(std::move(wake));
}

}  // namespace kith::storage
