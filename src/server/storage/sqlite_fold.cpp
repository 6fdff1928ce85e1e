// SPDX-License-Identifier: Apache-2.0
// The two ends of a transaction: what commits did is written down in short and brought into the
// tables now and then (unfolded.hpp). And what is too old, a part at a time.
#include <algorithm>
#include <limits>
#include <utility>

#include "server/storage/errors.hpp"
#include "server/storage/sqlite_statements.hpp"

namespace kith::storage {
namespace {

// The tables are brought up to date after so many things done: few while commits are small, so that
// none takes long, and many under load, so that many fall on one page.
constexpr std::size_t kFoldAtLeast = 1024;
constexpr std::size_t kFoldAtMost = 32768;
constexpr std::size_t kFoldCommits = 32;

// Rows that one transaction looks at for their age, in each table.
constexpr std::int64_t kExpireRows = 1000;

constexpr auto kNoBound = std::numeric_limits<std::int64_t>::max();

}  // namespace

void SqliteTables::begin() {
  sql_->begin.start().run();
  noticeStrangers();
  if (!loaded_) load();
  size_before_ = unfolded_.size();
  if (expiring_) expireSome();
}

// Nobody else is to write, but an operator may: what was learnt before that may be wrong.
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
      "SELECT MAX(0, COALESCE((SELECT MAX(seq) FROM messages), 0), "
      "COALESCE((SELECT MAX(MAX(newest, swept-1)) FROM apps), 0))");
  last_record_ = std::max(last_record_,
                          database_.pragmaNumber("SELECT COALESCE(MAX(number), 0) FROM unfolded"));
  unfolded_.clear();
  Statement& records = sql_->records.start();
  while (records.step()) unfolded_.apply(records.blobAt(0));
  for (const auto& [app, newest] : unfolded_.newest()[ListKind::App]) {
    last_position_ = std::max(last_position_, newest);
  }
  loaded_ = !database_.failed();
  if (loaded_ && !opened_at_) opened_at_ = last_position_;
}

void SqliteTables::forget() {
  loaded_ = false;
  expiring_ = false;
  peers_.clear();
  conversations_.clear();
  for (auto& [name, app] : apps_) {
    app.row = 0;
    app.list = {};
  }
}

void SqliteTables::end() {
  if (unfolded_.recorded()) {
    const std::size_t done = unfolded_.size() - size_before_;
    if (unfolded_.size() >= std::clamp(done * kFoldCommits, kFoldAtLeast, kFoldAtMost)) {
      fold();
    } else {
      sql_->insert_record.start().number(++last_record_).blob(unfolded_.record()).run();
      unfolded_.startRecord();
    }
  }
  sql_->commit.start().run();
}

void SqliteTables::fold() {
  if (unfolded_.size() == 0) return;
  for (const ListKind kind : kListKinds) {
    for (const auto& [list, newest] : unfolded_.newest()[kind]) {
      sql_->set_newest[kind].start().number(newest).number(list).run();
    }
  }
  for (const auto& [key, used] : unfolded_.tokens()) {
    Statement& row = sql_->insert_dedupe.start().number(key.first).text(key.second);
    row.number(used.position).number(used.timestamp).run();
  }
  foldQueues();
  sql_->delete_records.start().run();
  unfolded_.clear();
  size_before_ = 0;
}

// In the order of the table.
void SqliteTables::foldQueues() {
  std::vector<std::int64_t> peers;
  for (const auto& [peer, queue] : unfolded_.queues()) peers.push_back(peer);
  std::sort(peers.begin(), peers.end());
  for (const std::int64_t peer : peers) {
    for (const Unfolded::Queued& queued : unfolded_.queueOf(peer)) {
      if (queued.taken) continue;
      Statement& row = sql_->insert_inbox.start().number(peer).number(queued.position);
      row.number(queued.timestamp).number(queued.offline ? 1 : 0).run();
    }
  }
}

// The tables are gone through from their beginning. A call in the middle of it only moves the time.
void SqliteTables::execute(Token, const Expire& request) {
  fold();
  expire_now_ = request.now_ms;
  history_left_ = true;
  for (auto& [name, app] : apps_) app.sweeping = true;
  if (!expiring_) {
    expiring_ = inbox_left_ = tokens_left_ = true;
    inbox_from_ = {0, 0};
    tokens_from_ = {0, {}};
  }
  expireSome();
}

// A scan of both tables, which the tables of a server stand that once in a while finds its clock.
void SqliteTables::execute(Token, const ClockJumped& request) {
  fold();
  sql_->shift_inbox.start().number(request.by_ms).number(opened_at_.value_or(0)).run();
  sql_->shift_dedupe.start().number(request.by_ms).number(opened_at_.value_or(0)).run();
  expire_now_ += request.by_ms;
}

void SqliteTables::expireSome() {
  if (inbox_left_) inbox_left_ = expireInbox();
  if (tokens_left_) tokens_left_ = expireTokens();
  if (history_left_) history_left_ = sweepHistory();
  expiring_ = inbox_left_ || tokens_left_ || history_left_;
}

/// True: there are more.
bool SqliteTables::expireInbox() {
  std::pair<std::int64_t, Position> end{kNoBound, 0};
  Statement& after = sql_->inbox_after.start().number(inbox_from_.first);
  const bool more = after.number(inbox_from_.second).number(kExpireRows).step();
  if (more) end = {after.numberAt(0), after.numberAt(1)};
  after.start();
  Statement& old = sql_->expire_inbox.start().number(inbox_from_.first).number(inbox_from_.second);
  const std::int64_t gone = old.number(end.first).number(end.second).number(expire_now_).run();
  if (gone > 0) peers_.clear();  // the counts are of before
  expired_ += static_cast<std::uint64_t>(gone);
  inbox_from_ = end;
  return more;
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
