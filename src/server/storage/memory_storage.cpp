// SPDX-License-Identifier: Apache-2.0
// makeMemoryStorage(): does at once what it is asked, and keeps the answers back until flush().
#include <atomic>
#include <iterator>
#include <utility>

#include "server/storage/errors.hpp"
#include "server/storage/memory_tables.hpp"
#include "server/storage/storage.hpp"

namespace kith::storage {
namespace {

class MemoryStorage final : public Storage {
 public:
  explicit MemoryStorage(Wake wake) : wake_(std::move(wake)) {}

  void submit(Token token, const Request& request) override {
    std::visit([&](const auto& one) { tables_.execute(token, one); }, request);
  }

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

  std::size_t drain(AnswerSink& sink) override {
    draining_.swap(ready_);
    for (Answer& answer : draining_) sink.onAnswer(answer);
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
  Answers draining_;  // being handed out: a handler may ask for more
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
