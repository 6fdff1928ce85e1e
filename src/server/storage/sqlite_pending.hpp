// SPDX-License-Identifier: Apache-2.0
// What waits for a peer, worked out from the logs of its conversations and its cursors. Owned by
// the read thread.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/seeded_hash.hpp"
#include "server/storage/absences.hpp"
#include "server/storage/cursor.hpp"
#include "server/storage/requests.hpp"
#include "server/storage/sqlite_lists.hpp"
#include "server/storage/unfolded.hpp"
#include "sqlite/database.hpp"

namespace kith::storage {

class SqlitePending {
 public:
  SqlitePending(sqlite::Database& database, const Unfolded& unfolded, SqliteLists& lists);
  ~SqlitePending();

  void read(std::int64_t peer, const AppLimits& limits, const ReadPending& request,
            PendingPage& page);
  /// Messages that first pages left out for their age, since the last call.
  std::uint64_t takeExpired() { return std::exchange(expired_, 0); }
  /// Forgets what was learnt.
  void forget();

  /// Of all messages that are there; 0 = there are none.
  Position newestPosition();

 private:
  struct Statements;
  class Walk;

  /// A conversation in which something may wait.
  struct Scope {
    std::int64_t conversation{0};
    Seq last{0};     ///< up to which the peer is a member
    Seq history{0};  ///< up to which rows were imported, and wait for no member
    Cursor cursor;
    Position newest{0};
    std::vector<SeqSpan> left_out;
  };
  struct Waiting {
    Position position{0};
    std::int64_t conversation{0};
    Seq seq{0};
    std::size_t row{kNotRead};  ///< among the rows of a first page
  };
  static constexpr std::size_t kNotRead = static_cast<std::size_t>(-1);
  /// What an earlier page found and had no room for.
  struct Backlog {
    std::vector<Waiting> waiting;  ///< by position
    Position from{0};              ///< what is not newer than this was left out
    Position upto{0};              ///< what is newer was not looked at
  };

  using CursorMap = std::unordered_map<std::int64_t, Cursor, base::NumberHash>;  // by conversation

  std::vector<Scope> scopesOf(std::int64_t peer);
  void addRecent(std::int64_t peer, std::vector<Scope>& scopes);
  Absences absencesOf(std::int64_t peer);
  void readJumps();
  std::int64_t agesFrom(Position position, std::int64_t timestamp) const;
  std::vector<Waiting> collect(std::int64_t peer, const AppLimits& limits,
                               const ReadPending& request, Position after,
                               std::vector<SeqRange>* left_out, std::vector<StoredMessage>* rows);
  std::vector<Waiting> collectRest(std::int64_t peer, const AppLimits& limits,
                                   const ReadPending& request);
  bool waitsStill(std::int64_t peer, const Waiting& waiting, CursorMap& cursors);
  void fill(std::int64_t peer, std::int64_t oldest, std::size_t limit,
            const std::vector<Waiting>& waiting, std::vector<StoredMessage> rows,
            PendingPage& page);
  void keep(std::int64_t peer, Backlog backlog);

  struct Jump {
    Position after;
    Position upto;
    std::int64_t by;
  };

  const Unfolded& unfolded_;
  SqliteLists& lists_;
  std::vector<Jump> jumps_;
  std::uint64_t expired_{0};
  std::unordered_map<std::int64_t, Backlog, base::NumberHash> backlogs_;
  std::deque<std::int64_t> kept_;  // peers of backlogs_, the oldest first
  std::unique_ptr<Statements> sql_;
};

}  // namespace kith::storage
