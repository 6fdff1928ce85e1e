// SPDX-License-Identifier: Apache-2.0
// The two ends of a transaction: what commits did is written down in short and brought into the
// tables now and then (unfolded.hpp). And what is too old, a part at a time.
#include <algorithm>
#include <limits>
#include <utility>

#include "server/storage/absences.hpp"
#include "server/storage/errors.hpp"
#include "server/storage/sqlite_statements.hpp"

namespace kith::storage {
namespace {

// The tables are brought up to date after so many commits, which takes about as long as they took;
// later while commits are small, and sooner under load, when so many things done fall on each page
// that waiting for more brings little. A small commit among large ones changes nothing.
constexpr std::size_t kFoldCommits = 32;
constexpr std::size_t kFoldAtLeast = 1024;
constexpr std::size_t kFoldAtMost = 32768;

// Rows that one transaction looks at for their age, in each table.
constexpr std::int64_t kExpireRows = 1000;

// Jumps of the clock that are known; what was accepted before older ones ages as its time says.
constexpr std::int64_t kKnownJumps = 100;

constexpr auto kNoBound = std::numeric_limits<std::int64_t>::max();

}  // namespace

void SqliteTables::begin() {
  sql_->begin.start().run();
  noticeStrangers();
  if (!loaded_) load();
  if (!all_left_) leaveAll();
  for (PeerPresence& presence : std::exchange(presence_, {})) tell(std::move(presence));
  if (expiring_) expireSome();
}

// No other program is to write, but an operator's may: what was learnt before that may be wrong.
void SqliteTables::noticeStrangers() {
  Statement& statement = sql_->data_version.start();
  if (!statement.step()) return;
  const std::int64_t version = statement.numberAt(0);
  statement.start();
  if (std::exchange(data_version_, version) != version && loaded_) forget();
}

void SqliteTables::load() {
  // Also of messages that are gone: no number may come twice.
  last_position_ = database_.pragmaNumber(
      "SELECT MAX(0, COALESCE((SELECT MAX(position) FROM messages), 0), "
      "COALESCE((SELECT MAX(MAX(newest, swept-1)) FROM apps), 0))");
  last_record_ = std::max(last_record_,
                          database_.pragmaNumber("SELECT COALESCE(MAX(number), 0) FROM unfolded"));
  unfolded_.clear();
  Statement& records = sql_->records.start();
  for (records_ = 0; records.step(); ++records_) unfolded_.apply(records.blobAt(0));
  last_position_ = std::max(last_position_, unfolded_.lastPosition());
  loaded_ = !database_.failed();
  if (loaded_ && !opened_at_) opened_at_ = last_position_;
}

// A server that was killed has not told that its peers left.
void SqliteTables::leaveAll() {
  std::vector<std::pair<std::int64_t, Absences>> here;
  for (const auto& [peer, packed] : unfolded_.absences()) {
    here.emplace_back(peer, Absences::unpack(packed));
  }
  Statement& rows = sql_->peers_here.start();
  while (rows.step()) {
    const std::int64_t peer = rows.numberAt(0);
    if (unfolded_.absences().contains(peer)) continue;
    here.emplace_back(peer, Absences::unpack(rows.blobAt(1)));
  }
  for (auto& [peer, absences] : here) {
    if (absences.away()) continue;
    absences.leave(last_position_);
    scratch_.clear();
    absences.pack(scratch_);
    unfolded_.setAbsences(peer, scratch_);
  }
}

void SqliteTables::forget() {
  loaded_ = false;
  expiring_ = false;
  peers_.clear();
  conversations_.clear();
  listed_.clear();
  members_->forget();
  for (auto& [name, app] : apps_) {
    app.row = 0;
    app.list = {};
  }
}

void SqliteTables::end() {
  if (unfolded_.recorded()) {
    const std::size_t done = unfolded_.size();
    if (done >= (records_ < kFoldCommits ? kFoldAtMost : kFoldAtLeast)) foldMost();
  }
  if (unfolded_.recorded()) {
    sql_->insert_record.start().number(++last_record_).blob(unfolded_.record()).run();
    unfolded_.startRecord();
    ++records_;
  }
  sql_->commit.start().run();
  if (database_.failed()) return;
  all_left_ = true;
  presence_.clear();
}

void SqliteTables::fold() {
  while (unfolded_.size() != 0) foldMost();
}

void SqliteTables::foldMost() {
  foldLists();
  for (const auto& [key, used] : unfolded_.tokens()) {
    Statement& row = sql_->insert_dedupe.start().number(key.first).text(key.second);
    row.number(used.position).number(used.timestamp).run();
  }
  const SqliteMembers::Changes kept = members_->fold();
  for (const auto& [peer, packed] : unfolded_.absences()) {
    const bool here = !Absences::unpack(packed).away();
    sql_->set_absences.start().number(here ? 1 : 0).blob(packed).number(peer).run();
  }
  sql_->delete_records.start().run();
  unfolded_.clear();
  records_ = 0;
  for (const auto& [peer, change] : kept) unfolded_.setCursor(peer, change);
}

// Conversations in the order of their table: there are many.
void SqliteTables::foldLists() {
  for (const ListKind kind : {ListKind::App, ListKind::Sender}) {
    for (const auto& [list, newest] : unfolded_.newest()[kind]) {
      sql_->set_newest[kind].start().number(newest).number(list).run();
    }
  }
  std::vector<std::pair<std::int64_t, const Unfolded::LogEnd*>> ends;
  ends.reserve(unfolded_.logs().size());
  for (const auto& [conversation, end] : unfolded_.logs()) ends.emplace_back(conversation, &end);
  std::sort(ends.begin(), ends.end());
  for (const auto& [conversation, end] : ends) {
    Statement& row = sql_->set_newest[ListKind::Conversation].start().number(end->newest);
    row.number(end->last).number(end->time).number(conversation).run();
  }
}

// The tables are gone through from their beginning. A call in the middle of it only moves the time.
void SqliteTables::execute(Token, const Expire& request) {
  fold();
  expire_now_ = request.now_ms;
  history_left_ = true;
  for (auto& [name, app] : apps_) app.sweeping = true;
  members_left_ = true;
  ended_left_ = true;
  removed_left_ = true;  // that a server which was stopped has not finished
  if (!tokens_left_) {
    expiring_ = tokens_left_ = true;
    tokens_from_ = {0, {}};
  }
  expireSome();
}

// A scan of a table, which the tables of a server stand that once in a while finds its clock.
void SqliteTables::execute(Token, const ClockJumped& request) {
  fold();
  const Position opened_at = opened_at_.value_or(0);
  sql_->shift_dedupe.start().number(request.by_ms).number(opened_at).run();
  Statement& jump = sql_->insert_jump.start().number(opened_at).number(last_position_);
  jump.number(request.by_ms).run();
  sql_->drop_jumps.start().number(database_.lastRowId()).number(kKnownJumps).run();
  expire_now_ += request.by_ms;
}

void SqliteTables::expireSome() {
  if (tokens_left_) tokens_left_ = expireTokens();
  if (members_left_) members_left_ = expireMembers();
  if (history_left_) history_left_ = sweepHistory();
  if (ended_left_) ended_left_ = removeEnded();
  if (removed_left_) removed_left_ = emptyRemoved();
  expiring_ = tokens_left_ || members_left_ || history_left_ || ended_left_ || removed_left_;
}

/// True: there are more.
bool SqliteTables::expireMembers() {
  std::int64_t age = 0;
  for (const auto& [name, app] : apps_) age = std::max(age, app.limits.offline_age_ms);
  return members_->dropGone(expire_now_ - age, kExpireRows) == kExpireRows;
}

bool SqliteTables::expireTokens() {
  std::pair<std::int64_t, std::string> end{kNoBound, {}};
  Statement& after = sql_->dedupe_after.start().number(tokens_from_.first);
  const bool more = after.text(tokens_from_.second).number(kExpireRows).step();
  if (more) end = {after.numberAt(0), std::string(after.textAt(1))};
  after.start();
  Statement& old = sql_->expire_dedupe.start().number(tokens_from_.first);
  old.text(tokens_from_.second).number(end.first).text(end.second);
  old.number(expire_now_ - kDedupeAgeMs).run();
  tokens_from_ = std::move(end);
  return more;
}

}  // namespace kith::storage
