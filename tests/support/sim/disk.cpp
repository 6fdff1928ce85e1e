// SPDX-License-Identifier: Apache-2.0
#include "support/sim/disk.hpp"

#include <iterator>
#include <utility>

namespace kith::sim {
namespace {

constexpr std::string_view kApp = "app";

}  // namespace

/// Passes the verbs on to the tables, and tells the ledger what they did.
class Disk::Watched final : public storage::Verbs {
 public:
  explicit Watched(Disk& disk) : d_(disk) {}

  void configureApp(std::string_view app, const storage::QueueLimits& limits) override {
    d_.tables_.configureApp(app, limits);
  }
  void append(Token token, const storage::NewMessage& message) override {
    storage::NewMessage stored = message;
    if (d_.plan_.bug == Bug::DedupeForgotten) stored.dedupe = {};
    if (d_.plan_.bug == Bug::ReceiverLeftOut && stored.receivers.size() > 1) {
      stored.receivers = stored.receivers.first(stored.receivers.size() - 1);
    }
    d_.tables_.append(token, stored);
    const auto& result = std::get<Result<storage::Appended>>(d_.answers_.back().value);
    if (result) d_.ledger_.stored(stored, *result);
  }
  void pending(Token token, std::string_view app, std::string_view peer, storage::Sequence after,
               std::size_t limit, std::int64_t now) override {
    d_.tables_.pending(token, app, peer, after, limit, now);
  }
  void acknowledge(std::string_view app, std::string_view peer,
                   std::span<const storage::Sequence> sequences) override {
    d_.tables_.acknowledge(app, peer, sequences);
    d_.ledger_.acknowledged(peer, sequences);
  }
  void createGroup(Token token, std::string_view app, const storage::GroupRecord& group,
                   std::int64_t now) override {
    d_.tables_.createGroup(token, app, group, now);
    d_.ledger_.groupMade(group.id, group.open, group.members);
  }
  void loadGroup(Token token, std::string_view app, std::string_view group) override {
    d_.tables_.loadGroup(token, app, group);
  }
  void addMembers(Token token, std::string_view app, std::string_view group,
                  std::span<const std::string_view> peers) override {
    if (unstored(token)) return;
    d_.tables_.addMembers(token, app, group, peers);
    d_.ledger_.groupChanged(group, peers, true);
  }
  void removeMembers(Token token, std::string_view app, std::string_view group,
                     std::span<const std::string_view> peers) override {
    if (unstored(token)) return;
    d_.tables_.removeMembers(token, app, group, peers);
    d_.ledger_.groupChanged(group, peers, false);
  }
  void history(Token token, const storage::HistoryRange& range) override {
    d_.tables_.history(token, range);
  }
  void expire(std::int64_t now) override { d_.tables_.expire(now); }
  void clockJumped(std::int64_t by) override { d_.tables_.clockJumped(by); }

 private:
  bool unstored(Token token) {
    if (d_.plan_.bug != Bug::GroupChangeNotStored || d_.dice_.chance(0.5)) return false;
    d_.answers_.push_back({token, storage::ChangedAnswer{}});
    return true;
  }
  Disk& d_;
};

/// A transaction that is rolled back: nothing happens, and everybody hears so.
class Disk::Refusing final : public storage::Verbs {
 public:
  Refusing(storage::Answers& answers, Ledger& ledger) : answers_(answers), ledger_(ledger) {}

  void configureApp(std::string_view, const storage::QueueLimits&) override {}
  void append(Token token, const storage::NewMessage&) override {
    answers_.push_back({token, Result<storage::Appended>(error())});
  }
  void pending(Token token, std::string_view, std::string_view, storage::Sequence, std::size_t,
               std::int64_t) override {
    answers_.push_back({token, storage::PendingAnswer{error(), true}});
  }
  void acknowledge(std::string_view, std::string_view peer,
                   std::span<const storage::Sequence> sequences) override {
    ledger_.acknowledgementLost(peer, sequences);
  }
  void createGroup(Token token, std::string_view, const storage::GroupRecord&,
                   std::int64_t) override {
    changed(token);
  }
  void loadGroup(Token token, std::string_view, std::string_view) override {
    answers_.push_back({token, storage::GroupAnswer{error()}});
  }
  void addMembers(Token token, std::string_view, std::string_view,
                  std::span<const std::string_view>) override {
    changed(token);
  }
  void removeMembers(Token token, std::string_view, std::string_view,
                     std::span<const std::string_view>) override {
    changed(token);
  }
  void history(Token token, const storage::HistoryRange&) override {
    answers_.push_back({token, storage::HistoryAnswer{error()}});
  }
  void expire(std::int64_t) override {}
  void clockJumped(std::int64_t) override {}

 private:
  static Error error() { return {Errc::ServerBusy, 0, "storage: nothing was kept", false}; }
  void changed(Token token) { answers_.push_back({token, storage::ChangedAnswer{error()}}); }

  storage::Answers& answers_;
  Ledger& ledger_;
};

Disk::Disk(const Plan& plan, Timeline& time, Ledger& ledger, Story& story, Tally& tally,
           DiskUser& user)
    : plan_(plan),
      time_(time),
      ledger_(ledger),
      story_(story),
      tally_(tally),
      user_(user),
      dice_(plan.seed ^ 0xd15c) {
  if (plan.bug == Bug::AckBeforeCommit) {
    believed_ = std::make_unique<storage::MemoryTables>(lies_);
  }
}

Disk::~Disk() = default;

void Disk::configureApp(std::string_view app_id, const storage::QueueLimits& limits) {
  storage::QueueLimits kept = limits;
  if (plan_.bug == Bug::OfflineLimitIgnored) kept.offline_messages = 1000000;
  // A setting, not a change: it holds at once and survives nothing.
  tables_.configureApp(app_id, kept);
  if (believed_) believed_->configureApp(app_id, kept);
}

void Disk::append(Token token, const storage::NewMessage& message) {
  ++outstanding_;
  // A transient one is kept for the history of an open group, and not acknowledged.
  asks_.asked(token, true, !message.log_only);
  current_.append(token, message);
}
void Disk::pending(Token token, std::string_view app_id, std::string_view peer_id,
                   storage::Sequence after, std::size_t limit, std::int64_t now_ms) {
  ++outstanding_;
  current_.pending(token, app_id, peer_id, after, limit, now_ms);
}
void Disk::acknowledge(std::string_view app_id, std::string_view peer_id,
                       std::span<const storage::Sequence> sequences) {
  current_.acknowledge(app_id, peer_id, sequences);
}
void Disk::createGroup(Token token, std::string_view app_id, const storage::GroupRecord& group,
                       std::int64_t now_ms) {
  ++outstanding_;
  asks_.asked(token, true, true);
  changes_asked_ = true;
  current_.createGroup(token, app_id, group, now_ms);
}
void Disk::loadGroup(Token token, std::string_view app_id, std::string_view group_id) {
  ++outstanding_;
  asks_.asked(token, false, false);
  current_.loadGroup(token, app_id, group_id);
}
void Disk::addMembers(Token token, std::string_view app_id, std::string_view group_id,
                      std::span<const std::string_view> peer_ids) {
  ++outstanding_;
  asks_.asked(token, true, true);
  changes_asked_ = true;
  current_.changeMembers(token, true, app_id, group_id, peer_ids);
}
void Disk::removeMembers(Token token, std::string_view app_id, std::string_view group_id,
                         std::span<const std::string_view> peer_ids) {
  ++outstanding_;
  asks_.asked(token, true, true);
  changes_asked_ = true;
  current_.changeMembers(token, false, app_id, group_id, peer_ids);
}
void Disk::history(Token token, const storage::HistoryRange& range) {
  ++outstanding_;
  current_.history(token, range);
}
void Disk::expire(std::int64_t now_ms) { current_.expire(now_ms); }

void Disk::clockJumped(std::int64_t by_ms) { current_.clockJumped(by_ms); }

void Disk::flush() {
  if (current_.empty()) return;
  if (believed_) answerEarly(current_);
  waiting_.push_back(std::exchange(current_, {}));
  changes_waiting_ |= std::exchange(changes_asked_, false);
  begin();
}

void Disk::answerEarly(storage::Batch& batch) {
  storage::Batch copy = batch;
  copy.replay(*believed_);
  for (storage::Answer& answer : lies_) committed_.push_back({time_.now(), std::move(answer)});
  lies_.clear();
  time_.in<&Disk::handOut>(0, *this, turn_);
}

/// Each answer goes its own way; those that take no time of their own stay together.
void Disk::handOutLater(storage::Answers& answers) {
  const Time together = time_.now() + (calm_ ? 0 : dice_.between(0, 5));
  for (storage::Answer& answer : answers) {
    Time when = together;
    if (!calm_ && plan_.answer_high > 0) when += dice_.between(0, plan_.answer_high);
    if (!calm_ && dice_.chance(plan_.late_answer)) when += dice_.between(1000, 4000);
    committed_.push_back({when, std::move(answer)});
    time_.at<&Disk::handOut>(when, *this, turn_);
  }
  answers.clear();
}

/// One transaction at a time; what comes meanwhile waits for the next, together.
void Disk::begin() {
  if (busy_ || waiting_.empty()) return;
  busy_ = true;
  under_way_.swap(waiting_);
  changes_under_way_ = std::exchange(changes_waiting_, false);
  Time delay = calm_ ? 1 : dice_.between(plan_.commit_low, plan_.commit_high);
  if (time_.now() < slow_until_) delay += dice_.between(500, 4000);
  time_.in<&Disk::commit>(delay, *this, turn_);
}

void Disk::commit(std::uint64_t turn) {
  if (turn != turn_) return;
  apply(under_way_);
  under_way_.clear();
  busy_ = false;
  if (!believed_) handOutLater(answers_);
  answers_.clear();
  begin();
}

void Disk::apply(Batches& batches) {
  ++commits_;
  const bool may_fail = !changes_under_way_ || plan_.known_gaps;
  const bool fails = !calm_ && !believed_ && may_fail && dice_.chance(plan_.failed_commit);
  story_.tell("disk", fails ? "a commit fails" : "commits");
  if (fails) ++tally_[Count::FailedCommit];
  Watched watched(*this);
  Refusing refusing(answers_, ledger_);
  for (storage::Batch& batch : batches) {
    storage::Batch copy;
    if (believed_) copy = batch;
    batch.replay(fails ? static_cast<storage::Verbs&>(refusing) : watched);
    if (believed_) journal_.push_back(std::move(copy));
  }
}

void Disk::handOut(std::uint64_t turn) {
  if (turn != turn_) return;
  const std::size_t before = ready_.size();
  std::erase_if(committed_, [&](Due& due) {
    if (due.when > time_.now()) return false;
    ready_.push_back(std::move(due.answer));
    return true;
  });
  if (ready_.size() > before) user_.diskReady();
}

std::size_t Disk::drain(storage::Results& results) {
  storage::Answers draining;
  draining.swap(ready_);
  if (plan_.answer_high > 0) {
    for (std::size_t i = draining.size(); i > 1; --i) {
      std::swap(draining[i - 1], draining[dice_.below(i)]);
    }
  }
  for (storage::Answer& answer : draining) {
    const AskBook::Due due = asks_.answering(answer.token);
    user_.answering(due);
    answer.deliver(results);
    user_.answered(due);
  }
  asks_.setAsker(0);
  outstanding_ -= draining.size();
  return draining.size();
}

void Disk::close() {
  flush();
  if (busy_) {
    ++turn_;
    busy_ = false;
    apply(under_way_);
    under_way_.clear();
  }
  if (!waiting_.empty()) {
    apply(waiting_);
    waiting_.clear();
  }
  for (Due& due : committed_) ready_.push_back(std::move(due.answer));
  committed_.clear();
  if (!believed_) std::move(answers_.begin(), answers_.end(), std::back_inserter(ready_));
  answers_.clear();
  if (!ready_.empty()) user_.diskReady();
}

void Disk::crash() {
  ++turn_;
  if (!committed_.empty() || !ready_.empty()) ++tally_[Count::CrashAfterCommit];
  if (busy_) {
    ++tally_[Count::CrashBeforeCommit];
    if (dice_.chance(0.5)) {
      apply(under_way_);
      ++tally_[Count::CrashAfterCommit];
    }
  }
  busy_ = false;
  changes_asked_ = changes_waiting_ = changes_under_way_ = false;
  under_way_.clear();
  waiting_.clear();
  current_ = {};
  answers_.clear();
  committed_.clear();
  ready_.clear();
  asks_.forgetAll();
  outstanding_ = 0;
  if (!believed_) return;
  believed_ = std::make_unique<storage::MemoryTables>(lies_);
  believed_->configureApp(kApp, {1000000, 7ll * 24 * 3600 * 1000, 10000});
  for (const storage::Batch& batch : journal_) {
    storage::Batch copy = batch;
    copy.replay(*believed_);
  }
  lies_.clear();
}

bool Disk::idle() const {
  return !busy_ && waiting_.empty() && current_.empty() && committed_.empty() && ready_.empty();
}

std::vector<storage::Sequence> Disk::queueOf(std::size_t peer) {
  storage::Answers before = std::exchange(answers_, {});
  tables_.pending(0, kApp, peerName(peer), 0, 1000000, 0);
  std::vector<storage::Sequence> sequences;
  const auto& pending = std::get<storage::PendingAnswer>(answers_.back().value);
  if (pending.messages) {
    for (const auto& message : *pending.messages) sequences.push_back(message.sequence);
  }
  answers_ = std::move(before);
  return sequences;
}

}  // namespace kith::sim
