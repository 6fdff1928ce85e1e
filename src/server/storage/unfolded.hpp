// SPDX-License-Identifier: Apache-2.0
// What the last commits did to cursors, tokens and lists, and what is not in their tables yet. A
// message that is acknowledged soon leaves no trace there; the rest goes in together, in the order
// of the tables, which touches far fewer pages. Each commit writes what it did as one row of bytes
// (record()), from which apply() makes the same again after a crash, and on the read thread. One
// thread.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/seeded_hash.hpp"
#include "server/storage/chain.hpp"

namespace kith::storage {

class Unfolded {
 public:
  /// A row of a log, with the rows of its lists. The list of the conversation has every one.
  struct Accepted {
    Position position{0};
    std::int64_t timestamp{0};
    Seq seq{0};
    PerList<std::int64_t> lists;
    PerList<bool> linked;  ///< false = it is not in that list
  };
  /// Where the log of a conversation ends.
  struct LogEnd {
    Position newest{0};
    Seq last{0};
    std::int64_t time{0};
  };
  /// How far a peer is in a conversation.
  struct CursorChange {
    std::int64_t conversation{0};
    bool caught_up{false};
    Seq acked{0};
    std::string beyond;  ///< Cursor::pack()
    /// The table must hear of it when it is brought up to date. Otherwise the table says that
    /// nothing waits, which may be true again soon.
    bool due{true};
  };
  using Cursors = std::unordered_map<std::int64_t, std::vector<CursorChange>, base::NumberHash>;
  using AllAbsences = std::unordered_map<std::int64_t, std::string, base::NumberHash>;
  struct Used {
    Position position{0};
    std::int64_t timestamp{0};
  };
  using TokenKey = std::pair<std::int64_t, std::string>;  // sender row, token
  using TokenView = std::pair<std::int64_t, std::string_view>;
  struct TokenOrder {
    using is_transparent = void;
    template <typename A, typename B>
    bool operator()(const A& a, const B& b) const {
      return a.first != b.first ? a.first < b.first : a.second < b.second;
    }
  };
  using Tokens = std::map<TokenKey, Used, TokenOrder>;
  using Newest = std::unordered_map<std::int64_t, Position, base::NumberHash>;  // by row
  using LogEnds = std::unordered_map<std::int64_t, LogEnd, base::NumberHash>;   // by row

  void accept(const Accepted& row);
  /// Of the message accepted last.
  void useToken(std::string_view token);
  void setCursor(std::int64_t peer, CursorChange change);
  /// Absences::pack()
  void setAbsences(std::int64_t peer, std::string_view packed);

  /// By peer row, each in the order in which they were made: the last one of a conversation counts.
  const Cursors& cursors() const { return cursors_; }
  /// The changes that count of a peer, by conversation.
  std::vector<const CursorChange*> cursorsOf(std::int64_t peer) const;
  /// Null: there is none.
  const CursorChange* cursorOf(std::int64_t peer, std::int64_t conversation) const;
  const AllAbsences& absences() const { return absences_; }
  const Tokens& tokens() const { return tokens_; }
  /// Of the lists of apps and senders.
  const PerList<Newest>& newest() const { return newest_; }
  const LogEnds& logs() const { return logs_; }
  /// Null: the table says where it ends.
  const LogEnd* logEnd(std::int64_t conversation) const {
    const auto end = logs_.find(conversation);
    return end != logs_.end() ? &end->second : nullptr;
  }
  Position lastPosition() const { return last_position_; }

  /// Things done since the last clear().
  std::size_t size() const { return size_; }
  bool recorded() const { return !record_.empty(); }
  /// What was done since it was taken last.
  const std::string& record() const { return record_; }
  void startRecord();
  /// Does what a record says. The record being made must be empty, and stays so.
  void apply(std::string_view record);
  void clear();

 private:
  enum class Deed : unsigned char;
  void doAccept(const Accepted& row);
  void doSetCursor(std::int64_t peer, CursorChange change);

  Cursors cursors_;
  AllAbsences absences_;
  Tokens tokens_;
  PerList<Newest> newest_;
  LogEnds logs_;
  Accepted last_;
  Position last_position_{0};
  std::string record_;
  std::size_t size_{0};
};

}  // namespace kith::storage
