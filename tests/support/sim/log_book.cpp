// SPDX-License-Identifier: Apache-2.0
#include "support/sim/log_book.hpp"

#include <algorithm>
#include <utility>

namespace kith::sim {
namespace {

constexpr std::string_view kEdited = " edit ";

std::string nameOf(std::string_view text) { return std::string(text.substr(0, text.find(' '))); }

std::string placeOf(std::string_view conversation, storage::Seq seq) {
  return "row " + std::to_string(seq) + " of " + std::string(conversation);
}

bool areSame(const LogBook::Row& row, const storage::StoredMessage& read) {
  return row.seq == read.seq && row.kind == read.row && row.id == read.id &&
         row.timestamp == read.timestamp && row.text == read.text &&
         row.edited_at == read.edited_at;
}

using Expected = std::vector<const LogBook::Row*>;

std::string compare(const Expected& expected, const storage::HistoryPage& page,
                    const std::string& what) {
  const std::size_t both = std::min(expected.size(), page.messages.size());
  for (std::size_t i = 0; i < both; ++i) {
    const auto& read = page.messages[i];
    if (areSame(*expected[i], read)) continue;
    return what + " has " + placeOf(read.conv_id, read.seq) + " (" + nameOf(read.text) +
           ") where row " + std::to_string(expected[i]->seq) + " (" + nameOf(expected[i]->text) +
           ") lies" + (read.seq == expected[i]->seq ? ", and it is not as it was kept" : "");
  }
  if (expected.size() == page.messages.size()) return {};
  return what + " has " + std::to_string(page.messages.size()) + " rows of " +
         std::to_string(expected.size());
}

bool isNamed(const LogBook::Row& row, std::int64_t time, std::string_view id) {
  return row.kind == storage::RowKind::Message && row.timestamp == time && row.id == id;
}

/// Where a row lies, seen from where a part of a log begins: below 0 before it, 0 there.
std::int64_t distance(const LogBook::Rows& log, const storage::ReadLog& asked,
                      const LogBook::Row& row) {
  if (asked.from_seq != 0) return row.seq - asked.from_seq;
  if (!asked.from_id.empty()) {
    for (const LogBook::Row& each : log) {
      if (isNamed(each, asked.from_time, asked.from_id)) return row.seq - each.seq;
    }
  }
  return row.timestamp - asked.from_time;
}

}  // namespace

std::string LogBook::edit(std::string_view text, std::uint64_t number) {
  return nameOf(text).append(kEdited).append(std::to_string(number));
}

const LogBook::Rows* LogBook::find(std::string_view conversation) const {
  const auto found = logs_.find(conversation);
  return found == logs_.end() ? nullptr : &found->second;
}

bool LogBook::isDeleted(std::string_view conversation, storage::Seq seq) const {
  const Rows* const log = find(conversation);
  const auto index = static_cast<std::size_t>(seq - 1);
  return log != nullptr && index < log->size() && (*log)[index].deleted;
}

// --- what was committed --------------------------------------------------------------------------

std::string LogBook::number(std::string_view conversation, Row row) {
  Rows& log = logs_[std::string(conversation)];
  const auto next = static_cast<storage::Seq>(log.size()) + 1;
  if (row.seq != next) {
    return placeOf(conversation, row.seq) + " is given out, the next one is " +
           std::to_string(next);
  }
  if (!log.empty() && row.timestamp < log.back().timestamp) {
    return placeOf(conversation, row.seq) + " has an earlier time than the one before it";
  }
  log.push_back(std::move(row));
  return {};
}

std::string LogBook::appended(const storage::Append& asked, const storage::Appended& result) {
  lost(asked);
  if (result.duplicate || result.refusal != storage::Refusal::None) return {};
  return number(asked.conv_id,
                {result.seq, storage::RowKind::Message, result.position, result.timestamp,
                 std::string(asked.id), std::string(asked.from), std::string(asked.text)});
}

std::string LogBook::changed(std::string_view group, storage::RowKind kind,
                             const storage::MembersChanged& result) {
  if (result.refusal != storage::Refusal::None || result.seq == 0) return {};
  return number(group, {result.seq, kind, 0, result.timestamp});
}

/// Null: there is nothing to change.
template <typename Change>
LogBook::Row* LogBook::target(const Change& asked) {
  const auto found = logs_.find(asked.conv_id);
  if (found == logs_.end()) return nullptr;
  for (Row& row : found->second) {
    if (isNamed(row, asked.timestamp, asked.id)) return row.deleted ? nullptr : &row;
  }
  return nullptr;
}

std::string LogBook::edited(const storage::EditMessage& asked, bool done) {
  Row* const row = target(asked);
  const std::string what = "an edit of " + nameOf(asked.text);
  if (asked_.find(asked.id) != asked_.end()) {
    return what + " is taken before the message, which was asked for first";
  }
  if (done && row == nullptr) return what + " is done, and there is no such message";
  if (!done && row != nullptr) return what + " is refused, and the message is there";
  if (row == nullptr) return {};
  row->text = asked.text;
  row->edited_at = asked.edited_at;
  edits_.emplace(asked.text);
  return {};
}

std::string LogBook::deleted(const storage::DeleteMessage& asked, bool done) {
  Row* const row = target(asked);
  const std::string what = "a deletion in " + std::string(asked.conv_id);
  if (done && row == nullptr) return what + " is done, and there is no such message";
  if (!done && row != nullptr) return what + " is refused, and " + nameOf(row->text) + " is there";
  if (row != nullptr) row->deleted = true;
  return {};
}

// --- what was read -------------------------------------------------------------------------------

std::string LogBook::read(const storage::ReadLog& asked, const storage::HistoryPage& page) const {
  Expected expected;
  const Rows* const log = find(asked.conv_id);
  const std::size_t rows = log != nullptr ? log->size() : 0;
  const auto limit = static_cast<std::size_t>(asked.limit);
  const bool from_end = asked.from_seq == 0 && asked.from_time == 0;
  for (std::size_t i = 0; i < rows && expected.size() < limit; ++i) {
    const Row& row = (*log)[asked.forward ? i : rows - 1 - i];
    if (row.deleted || (row.kind != storage::RowKind::Message && !asked.with_changes)) continue;
    const std::int64_t away = from_end ? 0 : distance(*log, asked, row);
    const bool inside = away == 0 ? from_end || !asked.exclusive : asked.forward == (away > 0);
    if (inside) expected.push_back(&row);
  }
  return compare(
      expected, page,
      "a page of " + std::string(asked.conv_id) + (asked.forward ? ", forwards" : ", backwards") +
          " from " +
          (from_end ? "its end"
                    : std::to_string(asked.from_seq != 0 ? asked.from_seq : asked.from_time)));
}

std::string LogBook::read(const storage::ReadHistory& asked,
                          const storage::HistoryPage& page) const {
  Expected expected;
  const Row* named = nullptr;
  for (const auto& [conversation, log] : logs_) {
    for (const Row& row : log) {
      if (asked.before != 0 && !asked.before_id.empty() &&
          isNamed(row, asked.before, asked.before_id)) {
        named = &row;
      }
      const bool wanted = row.kind == storage::RowKind::Message && !row.deleted &&
                          (asked.conv_id.empty() || asked.conv_id == conversation) &&
                          (asked.from.empty() || asked.from == row.from);
      if (wanted) expected.push_back(&row);
    }
  }
  const auto isOlder = [](const Row* a, const Row* b) {
    return std::pair(a->timestamp, a->position) < std::pair(b->timestamp, b->position);
  };
  std::erase_if(expected, [&](const Row* row) {
    if (named != nullptr) return !isOlder(row, named);
    if (asked.before == 0) return false;
    return row->timestamp > asked.before - (asked.before_exclusive ? 1 : 0);
  });
  std::sort(expected.begin(), expected.end(),
            [&](const Row* a, const Row* b) { return isOlder(b, a); });
  expected.resize(std::min(expected.size(), static_cast<std::size_t>(asked.limit)));
  return compare(expected, page, "a page of the history");
}

std::string LogBook::read(const storage::PendingPage& page) const {
  for (const storage::StoredMessage& message : page.messages) {
    const Rows* const log = find(message.conv_id);
    const auto index = static_cast<std::size_t>(message.seq - 1);
    const std::string what = placeOf(message.conv_id, message.seq) + ", which waits for a peer,";
    if (log == nullptr || index >= log->size()) return what + " was never given out";
    const Row& row = (*log)[index];
    if (row.deleted) return what + " was deleted";
    if (!areSame(row, message)) return what + " is not as it was kept";
  }
  return {};
}

std::string LogBook::shown(std::string_view text) const {
  if (text.find(kEdited) == std::string_view::npos || edits_.find(text) != edits_.end()) return {};
  return nameOf(text) + " is shown with an edit that is not committed";
}

}  // namespace kith::sim
