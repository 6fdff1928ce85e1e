// SPDX-License-Identifier: Apache-2.0
// Keeps what a storage hands out, and waits for it. Test thread only, but for wake().
#pragma once

#include <algorithm>
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
  std::vector<SeqRange> left_out;
};

class RecordedResults final : public AnswerSink {
 public:
  void onAnswer(Answer& answer) override {
    order.push_back(answer.token);
    std::visit([&](auto& result) { record(answer.token, result); }, answer.value);
  }

  bool has(Token token) const {
    return std::find(order.rbegin(), order.rend(), token) != order.rend();
  }

  std::vector<Token> order;
  std::map<Token, Result<Appended>> appended;
  std::map<Token, RecordedPending> pending;
  std::map<Token, Result<FoundGroup>> groups;
  std::map<Token, Result<Changed>> changed;
  std::map<Token, Result<MembersChanged>> members;
  std::map<Token, Result<Unread>> unread;
  std::map<Token, Result<UnreadList>> unread_lists;
  std::map<Token, Result<ReadMarked>> read_marked;
  std::map<Token, Result<MemberMarks>> member_marks;
  std::map<Token, Result<std::vector<StoredMessage>>> history;
  std::map<Token, Result<ChangesPage>> changes;
  std::map<Token, Result<ObjectRecord>> object;
  std::map<Token, Result<objects::FoundObjects>> found;
  std::map<Token, Result<Imported>> imported;

 private:
  using Messages = Result<std::vector<StoredMessage>>;
  template <typename Page>
  static Messages messagesOf(Result<Page>& page) {
    return page ? Messages(std::move(page->messages)) : Messages(page.error());
  }

  void record(Token token, Result<Appended>& result) {
    appended.insert_or_assign(token, std::move(result));
  }
  void record(Token token, Result<PendingPage>& page) {
    const bool complete = !page || page->complete;
    std::vector<SeqRange> left_out;
    if (page) left_out = page->left_out;
    pending.insert_or_assign(token, RecordedPending{messagesOf(page), complete, left_out});
  }
  void record(Token token, Result<FoundGroup>& group) {
    groups.insert_or_assign(token, std::move(group));
  }
  void record(Token token, Result<Changed>& result) {
    changed.insert_or_assign(token, std::move(result));
  }
  void record(Token token, Result<MembersChanged>& result) {
    members.insert_or_assign(token, std::move(result));
  }
  void record(Token token, Result<UnreadList>& result) {
    unread_lists.insert_or_assign(token, std::move(result));
  }
  void record(Token token, Result<ReadMarked>& result) {
    read_marked.insert_or_assign(token, std::move(result));
  }
  void record(Token token, Result<MemberMarks>& result) {
    member_marks.insert_or_assign(token, std::move(result));
  }
  void record(Token token, Result<ChangesPage>& result) {
    changes.insert_or_assign(token, std::move(result));
  }
  void record(Token token, Result<Unread>& result) { unread.insert_or_assign(token, result); }
  void record(Token token, Result<HistoryPage>& page) {
    history.insert_or_assign(token, messagesOf(page));
  }
  void record(Token token, Result<Imported>& result) {
    imported.insert_or_assign(token, std::move(result));
  }
  void record(Token token, Result<ObjectRecord>& result) {
    object.insert_or_assign(token, std::move(result));
  }
  void record(Token token, Result<objects::FoundObjects>& result) {
    found.insert_or_assign(token, std::move(result));
  }
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
