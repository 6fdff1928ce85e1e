// SPDX-License-Identifier: Apache-2.0
// The members of conversations as SQL, and how far each has acknowledged its log. A message to a
// group touches none of them: what waits for a member is what the log has behind its cursor. Owned
// by SqliteTables; one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "server/storage/row_cache.hpp"
#include "server/storage/sqlite_lists.hpp"
#include "server/storage/unfolded.hpp"
#include "sqlite/database.hpp"

namespace kith::storage {

class SqliteMembers {
 public:
  SqliteMembers(sqlite::Database& database, Unfolded& unfolded, SqliteLists& lists);
  ~SqliteMembers();

  /// Null: it never was one. The pointer lives until the next call.
  MemberRow* find(std::int64_t conversation, std::int64_t peer);
  bool isInside(std::int64_t conversation, std::int64_t peer);
  std::size_t count(std::int64_t conversation);
  std::vector<std::int64_t> ofPair(std::int64_t conversation);

  /// A member of a pair, for which nothing waits up to `joined`.
  void addToPair(std::int64_t conversation, std::int64_t peer, Seq joined, std::int64_t place);
  /// What it was in a pair, it is in a group that is the pair: from now on it is behind, or has
  /// acknowledged all up to `last`.
  void list(std::int64_t conversation, std::int64_t peer, Seq last);
  /// A member of a group from the row `joined` on.
  void join(std::int64_t conversation, std::int64_t peer, Seq joined, std::int64_t place);
  /// Up to the row `until`; `time` is of that row.
  void leave(std::int64_t conversation, std::int64_t peer, Seq until, std::int64_t time);

  /// A message of a pair waits for it.
  void wait(std::int64_t conversation, std::int64_t peer, Seq seq);
  /// These rows wait for it no more, or never did.
  void acknowledge(std::int64_t conversation, std::int64_t peer, SeqSpan rows);
  /// A row of a group that is no message: it waits for no member.
  void noteChange(std::int64_t conversation, Seq seq);
  /// Returns how far it had read before, or since when it is a member, if that is later; nullopt:
  /// it is none.
  std::optional<Seq> markRead(std::int64_t conversation, std::int64_t peer, Seq seq);

  /// Brings the table up to date, and gives back what it need not hear of yet: each peer with a
  /// change that is due the next time.
  using Changes = std::vector<std::pair<std::int64_t, Unfolded::CursorChange>>;
  Changes fold();
  /// Forgets members that left before this time, some of them. Returns how many.
  std::int64_t dropGone(std::int64_t before, std::int64_t most);
  /// Forgets what was learnt.
  void forget();

 private:
  struct Statements;

  void closeGaps(std::int64_t conversation, std::int64_t peer, Cursor& cursor);
  void readGap(std::int64_t conversation, std::int64_t peer, Cursor& cursor);
  void record(std::int64_t conversation, std::int64_t peer, const MemberRow& member);

  Unfolded& unfolded_;
  SqliteLists& lists_;
  MemberCache members_;
  // Of groups: their last rows that are no messages.
  HalvedCache<std::unordered_map<std::int64_t, std::vector<Seq>, base::NumberHash>> changes_;
  std::unique_ptr<Statements> sql_;
};

}  // namespace kith::storage
