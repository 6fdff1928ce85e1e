// SPDX-License-Identifier: Apache-2.0
#include "support/sim/disk.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace kith::sim {
namespace {

constexpr std::string_view kApp = "app";

/// Tokens with this bit are of operate(), the others the hub's (as in front/storage_mux.hpp).
constexpr storage::Token kOperated = storage::Token{1} << 63;

}  // namespace

// --- what a commit does, and what the ledger hears of it ----------------------------------------

namespace {

std::vector<std::string> namesOf(std::span<const storage::PeerRef> peers) {
  std::vector<std::string> names;
  for (const auto& peer : peers) names.emplace_back(peer.peer_id);
  return names;
}
std::vector<std::string> namesOf(std::span<const std::string_view> peers) {
  return {peers.begin(), peers.end()};
}

}  // namespace

/// A change that is answered, and does not happen.
template <typename Change>
bool Disk::unstored(Token token, const Change& request, std::vector<std::string> whom) {
  if (plan_.bug != Bug::GroupChangeNotStored || dice_.chance(0.5)) return false;
  storage::MembersChanged lie;
  lie.seq = 1;
  lie.changed = std::move(whom);
  storage::answer(request, token, std::move(lie), answers_);
  return true;
}

/// What the tables have just answered; null: an error.
template <typename Reply>
const Reply* Disk::latest() const {
  const auto* result = std::get_if<Result<Reply>>(&answers_.back().value);
  return result != nullptr && *result ? &**result : nullptr;
}

template <typename AnyRequest>
void Disk::execute(Token token, const AnyRequest& request) {
  tables_.execute(token, request);
}

void Disk::execute(Token token, const storage::Append& request) {
  storage::Append stored = request;
  if (plan_.bug == Bug::DedupeForgotten) stored.dedupe = {};
  if (plan_.bug == Bug::MentionNotStored) stored.extra = {};
  if (plan_.bug == Bug::ReceiverLeftOut && stored.receivers.size() > 1) {
    stored.receivers = stored.receivers.first(stored.receivers.size() - 1);
  }
  tables_.execute(token, stored);
  if (const auto* result = latest<storage::Appended>()) ledger_.stored(stored, *result);
}

void Disk::execute(Token token, const storage::PeerOnline& request) {
  tables_.execute(token, request);
  ledger_.came(request.peer_id);
}

void Disk::execute(Token token, const storage::PeerOffline& request) {
  tables_.execute(token, request);
  ledger_.went(request.peer_id);
}

void Disk::execute(Token token, const storage::ReadPending& request) {
  tables_.execute(token, request);
  if (const auto* page = latest<storage::PendingPage>()) ledger_.pageRead(request, *page);
}

void Disk::execute(Token token, const storage::Acknowledge& request) {
  std::vector<storage::SeqRange> ranges(request.ranges.begin(), request.ranges.end());
  if (plan_.bug == Bug::CursorRunsAhead) {
    for (storage::SeqRange& range : ranges) range.first = 1;
  }
  storage::Acknowledge stored = request;
  stored.ranges = ranges;
  tables_.execute(token, stored);
  ledger_.acknowledged(request);
}

void Disk::execute(Token token, const storage::CreateGroup& request) {
  tables_.execute(token, request);
  if (const auto* made = latest<storage::MembersChanged>()) ledger_.groupMade(request, *made);
}

void Disk::execute(Token token, const storage::AddMembers& request) {
  if (unstored(token, request, namesOf(request.peers))) return;
  tables_.execute(token, request);
  if (const auto* result = latest<storage::MembersChanged>()) {
    ledger_.membersAdded(request, *result);
  }
}

void Disk::execute(Token token, const storage::RemoveMembers& request) {
  if (unstored(token, request, namesOf(request.peer_ids))) return;
  tables_.execute(token, request);
  if (const auto* result = latest<storage::MembersChanged>()) {
    ledger_.membersRemoved(request, *result);
  }
}

void Disk::execute(Token token, const storage::EditMessage& request) {
  // The operator's have no sender.
  if (plan_.bug == Bug::EditNotStored && !request.by.empty() && dice_.chance(0.5)) {
    storage::answer(request, token, storage::Changed{}, answers_);
  } else {
    tables_.execute(token, request);
  }
  ledger_.edited(request, latest<storage::Changed>() != nullptr);
}

void Disk::execute(Token token, const storage::MarkRead& request) {
  if (plan_.bug == Bug::MarkNotStored && dice_.chance(0.5)) {
    return storage::answer(request, token, storage::ReadMarked{}, answers_);
  }
  tables_.execute(token, request);
}

void Disk::execute(Token token, const storage::DeleteMessage& request) {
  tables_.execute(token, request);
  ledger_.deleted(request, latest<storage::Changed>() != nullptr);
}

void Disk::execute(Token token, const storage::ReadLog& request) {
  tables_.execute(token, request);
  if (plan_.bug == Bug::TombstoneCutsLog) cutAtTombstone(request);
  if (const auto* page = latest<storage::HistoryPage>()) ledger_.read(request, *page);
}

void Disk::execute(Token token, const storage::ReadHistory& request) {
  tables_.execute(token, request);
  if (const auto* page = latest<storage::HistoryPage>()) ledger_.read(request, *page);
}

void Disk::cutAtTombstone(const storage::ReadLog& request) {
  auto& page = std::get<Result<storage::HistoryPage>>(answers_.back().value);
  if (!page) return;
  auto& rows = page->messages;
  const auto cut = [&](const storage::StoredMessage& a, const storage::StoredMessage& b) {
    storage::Seq between = std::min(a.seq, b.seq) + 1;
    const storage::Seq end = std::max(a.seq, b.seq);
    while (between < end && !ledger_.logs().isDeleted(request.conv_id, between)) ++between;
    return between < end;
  };
  const auto last = std::adjacent_find(rows.begin(), rows.end(), cut);
  if (last != rows.end()) rows.erase(last + 1, rows.end());
}

/// The transaction fails: nothing happens, and every answer says so. Presence is no part of it.
template <typename AnyRequest>
void Disk::rollBack(Token token, const AnyRequest& request) {
  using namespace storage;
  if constexpr (std::is_same_v<AnyRequest, PeerOnline> || std::is_same_v<AnyRequest, PeerOffline>) {
    return execute(token, request);
  }
  if constexpr (std::is_same_v<AnyRequest, Append>) ledger_.lost(request);
  if constexpr (std::is_same_v<AnyRequest, Acknowledge>) ledger_.acknowledgementLost(request);
  const Error error{Errc::ServerBusy, 0, "storage: nothing was kept", false};
  storage::answer(request, token, error, answers_);
}

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

void Disk::submit(Token token, const storage::Request& request) {
  if (const auto* app = std::get_if<storage::ConfigureApp>(&request)) {
    storage::ConfigureApp kept = *app;
    if (plan_.bug == Bug::OfflineLimitIgnored) kept.limits.offline_messages = 1000000;
    // A setting, not a change: it holds at once and survives nothing.
    tables_.execute(token, kept);
    if (believed_) believed_->execute(token, kept);
    return;
  }
  if (storage::isAnswered(request)) ++outstanding_;
  noteAsk(token, request);
  const auto* message = std::get_if<storage::Append>(&request);
  if (message != nullptr) ledger_.asked(*message);
  const bool hasty = message != nullptr && !calm_ && dice_.chance(plan_.hasty_edits);
  if (hasty && plan_.bug == Bug::PatchBeforeMessage) editHastily(*message);
  current_.add(token, request);
  if (hasty && plan_.bug != Bug::PatchBeforeMessage) editHastily(*message);
}

void Disk::operate(const storage::Request& request) {
  submit(kOperated | ++operations_, request);
  flush();
}

/// Of a message that is not committed yet, so that it follows that at once.
void Disk::editHastily(const storage::Append& message) {
  const std::string text = LogBook::edit(message.text, 1000000 + operations_);
  submit(kOperated | ++operations_,
         storage::EditMessage{message.app_id, message.conv_id, message.id, message.timestamp, text,
                              message.timestamp});
}

void Disk::noteAsk(Token token, const storage::Request& request) {
  if (const auto* message = std::get_if<storage::Append>(&request)) {
    if (plan_.bug == Bug::AnswerOutOfOrder) appends_[token] = Ledger::numberOf(message->text);
    // A transient one is kept for the history of an open group, and not acknowledged.
    return asks_.asked(token, true, message->kind != storage::ConversationKind::OpenGroup);
  }
  const bool changes = std::holds_alternative<storage::CreateGroup>(request) ||
                       std::holds_alternative<storage::AddMembers>(request) ||
                       std::holds_alternative<storage::RemoveMembers>(request);
  const bool about_conversations = std::holds_alternative<storage::EditMessage>(request) ||
                                   std::holds_alternative<storage::MarkRead>(request) ||
                                   std::holds_alternative<storage::ReadLog>(request) ||
                                   std::holds_alternative<storage::ReadChanges>(request) ||
                                   std::holds_alternative<storage::ListEdits>(request) ||
                                   std::holds_alternative<storage::FindObjects>(request) ||
                                   std::holds_alternative<storage::ListUnread>(request);
  const bool of_hub = (token & kOperated) == 0;
  if (changes || (about_conversations && of_hub)) return asks_.asked(token, true, true);
  if (std::holds_alternative<storage::LoadGroup>(request)) asks_.asked(token, false, false);
}

void Disk::flush() {
  if (current_.empty()) return;
  if (believed_) answerEarly(current_);
  waiting_.push_back(std::exchange(current_, {}));
  begin();
}

void Disk::answerEarly(storage::Batch& batch) {
  storage::Batch copy = batch;
  copy.replay([this](Token token, const auto& request) { believed_->execute(token, request); });
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
  const bool fails = !calm_ && !believed_ && dice_.chance(plan_.failed_commit);
  story_.tell("disk", fails ? "a commit fails" : "commits");
  if (fails) ++tally_[Count::FailedCommit];
  for (storage::Batch& batch : batches) {
    storage::Batch copy;
    if (believed_) copy = batch;
    batch.replay([&](Token token, const auto& request) {
      if (fails) return rollBack(token, request);
      execute(token, request);
    });
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

std::size_t Disk::drain(storage::AnswerSink& sink) {
  storage::Answers draining;
  draining.swap(ready_);
  if (plan_.answer_high > 0) {
    for (std::size_t i = draining.size(); i > 1; --i) {
      std::swap(draining[i - 1], draining[dice_.below(i)]);
    }
  }
  for (storage::Answer& answer : draining) {
    if ((answer.token & kOperated) != 0) continue;
    const AskBook::Due due = asks_.answering(answer.token);
    if (const auto append = appends_.find(answer.token); append != appends_.end()) {
      ranks_.emplace(append->second, ranks_.size());
      appends_.erase(append);
    }
    user_.answering(due);
    sink.onAnswer(answer);
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
  under_way_.clear();
  waiting_.clear();
  current_ = {};
  answers_.clear();
  committed_.clear();
  ready_.clear();
  asks_.forgetAll();
  ledger_.allLost();
  appends_.clear();
  outstanding_ = 0;
  everybodyIsAway();
  if (!believed_) return;
  believed_ = std::make_unique<storage::MemoryTables>(lies_);
  believed_->execute(storage::kNoToken,
                     storage::ConfigureApp{kApp, {1000000, 7ll * 24 * 3600 * 1000, 10000}});
  for (const storage::Batch& batch : journal_) {
    storage::Batch copy = batch;
    copy.replay([this](Token token, const auto& request) { believed_->execute(token, request); });
  }
  lies_.clear();
}

/// No session outlives the server.
void Disk::everybodyIsAway() {
  for (std::size_t peer = 0; peer < kMostPeers; ++peer) {
    const std::string name = peerName(peer);
    execute(storage::kNoToken, storage::PeerOffline{kApp, name});
  }
}

bool Disk::idle() const {
  return !busy_ && waiting_.empty() && current_.empty() && committed_.empty() && ready_.empty();
}

std::size_t Disk::rankOf(std::size_t message) const {
  const auto rank = ranks_.find(message);
  return rank == ranks_.end() ? 0 : rank->second;
}

storage::HistoryPage Disk::readLog(const storage::ReadLog& request) {
  storage::Answers before = std::exchange(answers_, {});
  execute(storage::kNoToken, request);
  auto& page = std::get<Result<storage::HistoryPage>>(answers_.back().value);
  storage::HistoryPage read;
  if (page) read = std::move(page).value();
  answers_ = std::move(before);
  return read;
}

std::vector<storage::Position> Disk::queueOf(std::size_t peer) {
  storage::Answers before = std::exchange(answers_, {});
  tables_.execute(storage::kNoToken, storage::ReadPending{kApp, peerName(peer), 0, 1000000, 0});
  std::vector<storage::Position> positions;
  const auto& page = std::get<Result<storage::PendingPage>>(answers_.back().value);
  if (page) {
    for (const auto& message : page->messages) positions.push_back(message.position);
  }
  answers_ = std::move(before);
  return positions;
}

}  // namespace kith::sim
