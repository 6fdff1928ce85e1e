// SPDX-License-Identifier: Apache-2.0
#include "support/storage_results.hpp"

#include <algorithm>
#include <chrono>
#include <utility>
#include <variant>

namespace kith::storage {
namespace {

using Messages = Result<std::vector<StoredMessage>>;

template <typename Page>
Messages messagesOf(Result<Page>& page) {
  return page ? Messages(std::move(page->messages)) : Messages(page.error());
}

/// Puts an answer where its kind belongs.
struct Record {
  RecordedResults& into;
  Token token;

  void operator()(Result<Appended>& result) const { keep(into.appended, result); }
  void operator()(Result<FoundGroup>& result) const { keep(into.groups, result); }
  void operator()(Result<GroupIds>& result) const { keep(into.group_ids, result); }
  void operator()(Result<Changed>& result) const { keep(into.changed, result); }
  void operator()(Result<MembersChanged>& result) const { keep(into.members, result); }
  void operator()(Result<Unread>& result) const { keep(into.unread, result); }
  void operator()(Result<UnreadList>& result) const { keep(into.unread_lists, result); }
  void operator()(Result<ReadMarked>& result) const { keep(into.read_marked, result); }
  void operator()(Result<MemberMarks>& result) const { keep(into.member_marks, result); }
  void operator()(Result<ChangesPage>& result) const { keep(into.changes, result); }
  void operator()(Result<ObjectRecord>& result) const { keep(into.object, result); }
  void operator()(Result<objects::FoundObjects>& result) const { keep(into.found, result); }
  void operator()(Result<Imported>& result) const { keep(into.imported, result); }
  void operator()(Result<HistoryPage>& page) const {
    into.history.insert_or_assign(token, messagesOf(page));
  }
  void operator()(Result<PendingPage>& page) const {
    const bool complete = !page || page->complete;
    std::vector<SeqRange> left_out;
    if (page) left_out = page->left_out;
    into.pending.insert_or_assign(token, RecordedPending{messagesOf(page), complete, left_out});
  }

  template <typename Value>
  void keep(std::map<Token, Result<Value>>& all, Result<Value>& result) const {
    all.insert_or_assign(token, std::move(result));
  }
};

}  // namespace

RecordedResults::RecordedResults() = default;
RecordedResults::~RecordedResults() = default;

void RecordedResults::onAnswer(Answer& answer) {
  order.push_back(answer.token);
  std::visit(Record{*this, answer.token}, answer.value);
}

bool RecordedResults::has(Token token) const {
  return std::find(order.rbegin(), order.rend(), token) != order.rend();
}

void Bell::ring() {
  const std::lock_guard lock(mutex_);
  rung_ = true;
  changed_.notify_all();
}

bool Bell::wait() {
  std::unique_lock lock(mutex_);
  const bool in_time = changed_.wait_for(lock, std::chrono::seconds(60), [this] { return rung_; });
  rung_ = false;
  return in_time;
}

}  // namespace kith::storage
