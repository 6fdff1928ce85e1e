// SPDX-License-Identifier: Apache-2.0
// Keeps what a storage hands out, and waits for it. Test thread only, but for wake().
#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "server/storage/storage.hpp"
#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

namespace kith::storage {

struct RecordedPending {
  Result<std::vector<StoredMessage>> messages;
  bool complete;
};

class RecordedResults final : public Results {
 public:
  void onAppended(Token token, Result<Appended> result) override {
    order.push_back(token);
    appended.insert_or_assign(token, std::move(result));
  }
  void onPending(Token token, Result<std::vector<StoredMessage>> messages, bool complete) override {
    order.push_back(token);
    pending.insert_or_assign(token, RecordedPending{std::move(messages), complete});
  }
  void onGroup(Token token, Result<std::optional<GroupRecord>> group) override {
    order.push_back(token);
    groups.insert_or_assign(token, std::move(group));
  }
  void onChanged(Token token, Result<void> result) override {
    order.push_back(token);
    changed.insert_or_assign(token, std::move(result));
  }
  void onHistory(Token token, Result<std::vector<StoredMessage>> messages) override {
    order.push_back(token);
    history.insert_or_assign(token, std::move(messages));
  }

  std::vector<Token> order;
  std::map<Token, Result<Appended>> appended;
  std::map<Token, RecordedPending> pending;
  std::map<Token, Result<std::optional<GroupRecord>>> groups;
  std::map<Token, Result<void>> changed;
  std::map<Token, Result<std::vector<StoredMessage>>> history;
};

/// Lets one thread wait for another's wake().
class Bell {
 public:
  void ring() {
    const std::lock_guard lock(mutex_);
    rung_ = true;
    changed_.notify_all();
  }
  bool wait() {
    std::unique_lock lock(mutex_);
    const bool in_time =
        changed_.wait_for(lock, std::chrono::seconds(60), [this] { return rung_; });
    rung_ = false;
    return in_time;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool rung_{false};
};

using testing::TemporaryFolder;

}  // namespace kith::storage
