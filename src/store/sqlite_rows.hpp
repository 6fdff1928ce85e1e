// SPDX-License-Identifier: Apache-2.0
// What is kept of peers as rows. Owned by the SQLite store, under its lock. Writes belong to the
// transaction that the owner began; failures stay in the Database until the owner looks.
#pragma once

#include <kith/store.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "sqlite/database.hpp"
#include "sqlite/statement.hpp"
#include "store/make_store.hpp"

namespace kith::store {

using sqlite::Database;
using sqlite::Statement;

/// Brings the file to this version's schema, once it is sure that the file is a store. False when
/// it cannot be done, with what to say behind the file's name.
bool migrateStore(Database& database, std::string& why);

class SqliteRows {
 public:
  struct Peer {
    std::int64_t row{0};  ///< 0: not known
    Timestamp seen{};     ///< the last time that was written down
  };

  explicit SqliteRows(Database& database) : db_(database) {}

  Peer find(std::string_view app_id, std::string_view peer_id);
  std::int64_t add(std::string_view app_id, std::string_view peer_id, Timestamp now);
  void setSeen(std::int64_t peer, Timestamp now);

  /// Comes before make() and readMessages(), and counts for both.
  void setTime(Timestamp now, Uptime uptime) {
    now_ = now;
    uptime_ = std::move(uptime);
  }
  void make(std::int64_t peer, const store_change::AddOutgoing& change);
  void make(std::int64_t peer, const store_change::RemoveOutgoing& change);
  void make(std::int64_t peer, const store_change::AddIncoming& change);
  void make(std::int64_t peer, const store_change::Shown& change);
  void make(std::int64_t peer, const store_change::SetWatched& change);

  void readMessages(std::int64_t peer, StoredPeer& into);
  void readShown(std::int64_t peer, StoredPeer& into);
  void readWatched(std::int64_t peer, StoredPeer& into);

  /// Takes ids and watch lists from peers that were last seen before `cutoff`, and the peers
  /// themselves when no message waits.
  void forget(Timestamp cutoff);

  /// Pages of the file that hold something.
  std::int64_t usedPages();

 private:
  enum class Side : std::int64_t { Outgoing = 0, Incoming = 1 };

  void insert(std::int64_t peer, Side side, std::string_view key, Timestamp queued,
              const Message& message, std::int64_t flags);
  void remove(std::int64_t peer, Side side, std::string_view key);

  Database& db_;
  std::string packed_;  // scratch
  // Scratch, too: a statement has what it is given until it has run.
  std::string base64_;
  std::string packed_mentions_;
  Timestamp now_{};
  Uptime uptime_;

  Statement find_{db_, "SELECT row, seen FROM peers WHERE app=? AND name=?"};
  Statement add_{db_, "INSERT INTO peers(app, name, seen, watched) VALUES(?, ?, ?, x'')"};
  Statement set_seen_{db_, "UPDATE peers SET seen=?2 WHERE row=?1"};
  Statement insert_{db_,
                    "INSERT OR IGNORE INTO messages(peer, side, key, queued, text, receivers, grp, "
                    "id, sender, ts, flags, boot, uptime, mentions) "
                    "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"};
  Statement remove_{db_, "DELETE FROM messages WHERE peer=? AND side=? AND key=?"};
  Statement messages_{db_,
                      "SELECT side, key, queued, text, receivers, grp, id, sender, ts, flags, "
                      "boot, uptime, mentions "
                      "FROM messages WHERE peer=? ORDER BY seq"};
  // No gaps, so that seq alone says how many there are.
  Statement insert_shown_{db_,
                          "INSERT OR IGNORE INTO shown(peer, seq, id) VALUES(?1, "
                          "(SELECT COALESCE(MAX(seq), 0)+1 FROM shown WHERE peer=?1), ?2)"};
  Statement trim_shown_{db_,
                        "DELETE FROM shown WHERE peer=?1 AND "
                        "seq<=(SELECT MAX(seq) FROM shown WHERE peer=?1)-?2"};
  Statement shown_{db_, "SELECT id FROM shown WHERE peer=? ORDER BY seq"};
  Statement set_watched_{db_, "UPDATE peers SET watched=?2 WHERE row=?1"};
  Statement watched_{db_, "SELECT watched FROM peers WHERE row=?"};
  Statement forget_shown_{db_,
                          "DELETE FROM shown WHERE peer IN (SELECT row FROM peers WHERE seen<?)"};
  Statement forget_watched_{db_, "UPDATE peers SET watched=x'' WHERE seen<? AND watched<>x''"};
  Statement forget_peers_{db_,
                          "DELETE FROM peers WHERE seen<? AND NOT EXISTS "
                          "(SELECT 1 FROM messages WHERE messages.peer=peers.row)"};
  Statement pages_{db_, "PRAGMA page_count"};
  Statement free_pages_{db_, "PRAGMA freelist_count"};
};

}  // namespace kith::store
