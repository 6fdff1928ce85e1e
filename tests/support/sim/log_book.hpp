// SPDX-License-Identifier: Apache-2.0
// The logs of all conversations as they must be by what was committed, to hold what is read against
// them. Knows the contract (requests.hpp) and nothing of how it is kept. What is wrong is returned
// as a sentence; empty = nothing. One thread.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "server/storage/storage.hpp"

namespace kith::sim {

class LogBook {
 public:
  struct Row {
    storage::Seq seq{0};
    storage::RowKind kind{storage::RowKind::Message};
    storage::Position position{0};  ///< of a message
    std::int64_t timestamp{0};
    std::string id{};
    std::string from{};
    std::string text{};
    std::int64_t edited_at{0};
    bool deleted{false};
  };
  using Rows = std::vector<Row>;
  using Logs = std::map<std::string, Rows, std::less<>>;

  // --- what was asked for ---
  void asked(const storage::Append& message) { asked_.emplace(message.id); }
  /// Its commit failed.
  void lost(const storage::Append& message) { asked_.erase(std::string(message.id)); }
  /// The server crashed.
  void allLost() { asked_.clear(); }

  // --- what was committed ---
  std::string appended(const storage::Append& asked, const storage::Appended& result);
  std::string changed(std::string_view group, storage::RowKind kind,
                      const storage::MembersChanged& result);
  /// `done`: it was not refused.
  std::string edited(const storage::EditMessage& asked, bool done);
  std::string deleted(const storage::DeleteMessage& asked, bool done);

  // --- what was read, at the moment that it was ---
  std::string read(const storage::ReadLog& asked, const storage::HistoryPage& page) const;
  std::string read(const storage::ReadHistory& asked, const storage::HistoryPage& page) const;
  std::string read(const storage::PendingPage& page) const;
  /// Some receiver is shown this.
  std::string shown(std::string_view text) const;

  // --- looking in ---
  const Logs& logs() const { return logs_; }
  bool isDeleted(std::string_view conversation, storage::Seq seq) const;
  /// A message has, or had, this text by an edit.
  bool isEdited(std::string_view text) const { return edits_.find(text) != edits_.end(); }
  /// What a message is changed to: its own beginning, and the number of the edit.
  static std::string edit(std::string_view text, std::uint64_t number);

 private:
  const Rows* find(std::string_view conversation) const;
  template <typename Change>
  Row* target(const Change& asked);
  std::string number(std::string_view conversation, Row row);

  Logs logs_;
  std::set<std::string, std::less<>> asked_;  // ids of messages that have no commit yet
  std::set<std::string, std::less<>> edits_;  // the texts of those that are committed
};

}  // namespace kith::sim
