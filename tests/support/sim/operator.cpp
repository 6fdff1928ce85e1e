// SPDX-License-Identifier: Apache-2.0
#include "support/sim/operator.hpp"

#include <algorithm>
#include <iterator>

namespace kith::sim {

void Operator::start() {
  if (plan_.operator_pace == 0) return;
  time_.in<&Operator::act>(dice_.between(1, 2 * plan_.operator_pace), *this);
}

void Operator::act(std::uint64_t) {
  if (calm_) return;
  start();
  const LogBook::Logs& logs = ledger_.logs().logs();
  if (!server_.running() || logs.empty()) return;
  const auto& [conversation, log] =
      *std::next(logs.begin(), static_cast<std::ptrdiff_t>(dice_.below(logs.size())));
  const std::size_t what = dice_.below(10);
  if (what < 5) return readLog(conversation, log);
  if (what < 7) return readHistory(conversation, log);
  change(conversation, log);
}

/// Mostly a late one.
const LogBook::Row& Operator::someRow(const LogBook::Rows& log) {
  const std::size_t among = dice_.chance(0.7) ? std::min<std::size_t>(log.size(), 20) : log.size();
  return log[log.size() - 1 - dice_.below(among)];
}

void Operator::readLog(const std::string& conversation, const LogBook::Rows& log) {
  ++tally_[Count::LogRead];
  storage::ReadLog read;
  read.app_id = "app";
  read.conv_id = conversation;
  read.forward = dice_.chance(0.5);
  read.exclusive = dice_.chance(0.5);
  read.with_changes = dice_.chance(0.5);
  read.limit = static_cast<int>(dice_.between(1, 30));
  const LogBook::Row& row = someRow(log);
  switch (dice_.below(4)) {
    case 0: break;
    case 1: read.from_seq = row.seq + (dice_.chance(0.1) ? 5 : 0); break;
    case 2: read.from_time = row.timestamp + dice_.between(-1, 1); break;
    default: read.from_time = row.timestamp; read.from_id = row.id;
  }
  server_.disk().operate(read);
}

void Operator::readHistory(const std::string& conversation, const LogBook::Rows& log) {
  ++tally_[Count::LogRead];
  const LogBook::Row& row = someRow(log);
  storage::ReadHistory read;
  read.app_id = "app";
  if (dice_.chance(0.6)) read.conv_id = conversation;
  if (dice_.chance(0.3)) read.from = row.from;
  if (dice_.chance(0.7)) read.before = row.timestamp;
  if (dice_.chance(0.5)) read.before_id = row.id;
  read.before_exclusive = dice_.chance(0.5);
  read.limit = static_cast<int>(dice_.between(1, 30));
  server_.disk().operate(read);
}

void Operator::change(const std::string& conversation, const LogBook::Rows& log) {
  const LogBook::Row& row = someRow(log);
  // Another time names no message.
  const std::int64_t timestamp = row.timestamp + (dice_.chance(0.03) ? 1 : 0);
  if (dice_.chance(0.4)) {
    server_.disk().operate(storage::DeleteMessage{"app", conversation, row.id, timestamp});
    return;
  }
  const std::string text = LogBook::edit(row.text, ++edits_);
  server_.disk().operate(
      storage::EditMessage{"app", conversation, row.id, timestamp, text, kEpoch + time_.now()});
}

}  // namespace kith::sim
