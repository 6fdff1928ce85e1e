// SPDX-License-Identifier: Apache-2.0
// The memory storage with a brake and a saboteur: answers can be kept back, handed out in any
// order, and the next append, change, load or page can be made to fail. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "server/storage/storage.hpp"

namespace kith::testing {

class ScriptedStorage final : public storage::Storage, private storage::Results {
 public:
  bool held{false};                        ///< drain() hands out nothing
  bool keep{false};                        ///< drain() hands out only what answer() chose
  bool fail_next{false};                   ///< the next answer of a change or read is a failure
  bool fail_all{false};                    ///< so are all of them
  std::uint64_t expired{0};                ///< calls of expire()
  std::uint64_t loads{0};                  ///< calls of loadGroup()
  std::uint64_t pages{0};                  ///< calls of pending()
  std::uint64_t flushes{0};                ///< calls of flush()
  std::vector<std::size_t> acknowledged;   ///< how many each acknowledge() named
  std::vector<std::string> conversations;  ///< of each append()

  void configureApp(std::string_view app, const storage::QueueLimits& limits) override {
    inner_->configureApp(app, limits);
  }
  void append(storage::Token token, const storage::NewMessage& message) override {
    conversations.emplace_back(message.conv_id);
    inner_->append(token, message);
  }
  void pending(storage::Token token, std::string_view app, std::string_view peer,
               storage::Sequence after, std::size_t limit, std::int64_t now) override {
    ++pages;
    inner_->pending(token, app, peer, after, limit, now);
  }
  void acknowledge(std::string_view app, std::string_view peer,
                   std::span<const storage::Sequence> sequences) override {
    acknowledged.push_back(sequences.size());
    inner_->acknowledge(app, peer, sequences);
  }
  void createGroup(storage::Token token, std::string_view app, const storage::GroupRecord& group,
                   std::int64_t now) override {
    inner_->createGroup(token, app, group, now);
  }
  void loadGroup(storage::Token token, std::string_view app, std::string_view group) override {
    ++loads;
    inner_->loadGroup(token, app, group);
  }
  void addMembers(storage::Token token, std::string_view app, std::string_view group,
                  std::span<const std::string_view> peers) override {
    inner_->addMembers(token, app, group, peers);
  }
  void removeMembers(storage::Token token, std::string_view app, std::string_view group,
                     std::span<const std::string_view> peers) override {
    inner_->removeMembers(token, app, group, peers);
  }
  void history(storage::Token token, const storage::HistoryRange& range) override {
    inner_->history(token, range);
  }
  void expire(std::int64_t now) override {
    ++expired;
    inner_->expire(now);
  }
  void clockJumped(std::int64_t by) override { inner_->clockJumped(by); }
  void flush() override {
    ++flushes;
    inner_->flush();
  }
  std::size_t drain(storage::Results& results) override {
    if (held) return 0;
    target_ = &results;
    std::size_t count = inner_->drain(*this);
    for (auto& answer : std::exchange(chosen_, {})) {
      answer(results);
      ++count;
    }
    return count;
  }
  /// Answers that are kept, in the order they were asked for.
  std::size_t kept() const { return kept_.size(); }
  /// Lets the next drain() hand out this one of them.
  void answer(std::size_t which) {
    chosen_.push_back(std::move(kept_.at(which)));
    kept_.erase(kept_.begin() + static_cast<std::ptrdiff_t>(which));
  }
  void close() override { inner_->close(); }
  storage::StorageStats stats() const override { return inner_->stats(); }

 private:
  using HandOut = std::function<void(storage::Results&)>;

  void give(HandOut answer) {
    if (keep) {
      kept_.push_back(std::move(answer));
    } else {
      answer(*target_);
    }
  }

  /// The failure to hand out instead, once.
  template <typename Value>
  Value orFailure(Value value) {
    if (!fail_next && !fail_all) return value;
    fail_next = false;
    return Error{Errc::Internal, 0, "the disk is full", false};
  }

  void onAppended(storage::Token token, Result<storage::Appended> result) override {
    give([token, value = orFailure(std::move(result))](storage::Results& results) {
      results.onAppended(token, value);
    });
  }
  void onPending(storage::Token token, Result<std::vector<storage::StoredMessage>> messages,
                 bool complete) override {
    give([token, value = orFailure(std::move(messages)), complete](storage::Results& results) {
      results.onPending(token, value, complete);
    });
  }
  void onGroup(storage::Token token, Result<std::optional<storage::GroupRecord>> group) override {
    give([token, value = orFailure(std::move(group))](storage::Results& results) {
      results.onGroup(token, value);
    });
  }
  void onChanged(storage::Token token, Result<void> result) override {
    give([token, value = orFailure(std::move(result))](storage::Results& results) {
      results.onChanged(token, value);
    });
  }
  void onHistory(storage::Token token,
                 Result<std::vector<storage::StoredMessage>> messages) override {
    target_->onHistory(token, std::move(messages));
  }

  std::unique_ptr<storage::Storage> inner_ = storage::makeMemoryStorage({});
  storage::Results* target_{nullptr};
  std::vector<HandOut> kept_;
  std::vector<HandOut> chosen_;
};

}  // namespace kith::testing
