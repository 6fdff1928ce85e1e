// SPDX-License-Identifier: Apache-2.0
// What the last commits did to queues, tokens and lists, and what is not in their tables yet. A
// message that is acknowledged soon never gets there; the rest goes in together, in the order of
// the tables, which touches far fewer pages. Each commit writes what it did as one row of bytes
// (takeRecord()), from which apply() makes the same again after a crash. The storage's thread.
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
  /// A message, with the rows of its lists.
  struct Accepted {
    Position position{0};
    std::int64_t timestamp{0};
    PerList<std::int64_t> lists;
    PerList<bool> linked;  ///< false = a stray
  };
  struct Queued {
    Position position{0};
    std::int64_t timestamp{0};
    bool offline{false};
    bool taken{false};  ///< off the queue again
  };
  using Queues =
      std::unordered_map<std::int64_t, std::vector<Queued>, base::NumberHash>;  // by peer row
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

  void accept(const Accepted& message);
  /// Of the message accepted last.
  void useToken(std::string_view token);
  /// False: the peer has it already.
  bool enqueue(std::int64_t peer, bool offline);
  enum class Taken { NotHere, Online, Offline };
  Taken take(std::int64_t peer, Position position);

  /// Oldest first, also those that were taken.
  const Queues& queues() const { return queues_; }
  std::span<const Queued> queueOf(std::int64_t peer) const;
  const Tokens& tokens() const { return tokens_; }
  const PerList<Newest>& newest() const { return newest_; }

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
  void doAccept(const Accepted& message);
  bool doEnqueue(std::int64_t peer, bool offline);
  Taken doTake(std::int64_t peer, Position position);

  Queues queues_;
  Tokens tokens_;
  PerList<Newest> newest_;
  Accepted last_;
  std::string record_;
  std::size_t size_{0};
};

}  // namespace kith::storage
