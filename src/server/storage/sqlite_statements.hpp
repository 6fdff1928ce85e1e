// SPDX-License-Identifier: Apache-2.0
// Every statement of the storage, prepared at its first use. Owned by SqliteTables.
#pragma once

#include "server/storage/sqlite_tables.hpp"

namespace kith::storage {

// The columns that SqliteTables::readMessage() reads.
#define KITH_MESSAGE_COLUMNS \
  "SELECT m.seq, m.id, m.ts, p.name, m.conv, m.grp, m.text, m.receipt, m.addressed "
// ?1 app, ?2 ts bound, ?3 seq bound among the messages of that ts, ?4 limit, then ?5, ?6.
#define KITH_HISTORY(index, where)                                                          \
  KITH_MESSAGE_COLUMNS "FROM messages m INDEXED BY " index                                  \
                       " CROSS JOIN peers p ON p.row=m.sender WHERE m.app=?1 AND m.ts<=?2 " \
                       "AND (m.ts<?2 OR m.seq<?3) " where                                   \
                       " ORDER BY m.ts DESC, m.seq DESC LIMIT ?4"

struct SqliteTables::Statements {
  explicit Statements(Database& database) : db(database) {}
  Database& db;

  Statement insert_app{db, "INSERT OR IGNORE INTO apps(name) VALUES(?)"};
  Statement find_app{db, "SELECT row FROM apps WHERE name=?"};
  Statement find_peer{db, "SELECT row FROM peers WHERE app=? AND name=?"};
  Statement insert_peer{db, "INSERT INTO peers(app, name) VALUES(?, ?)"};

  Statement insert_message{db, "INSERT INTO messages VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"};
  Statement insert_dedupe{db, "INSERT OR IGNORE INTO dedupe VALUES(?, ?, ?, ?)"};
  Statement find_dedupe{db,
                        "SELECT d.seq, m.id, m.ts FROM dedupe d JOIN messages m ON m.seq=d.seq "
                        "WHERE d.sender=? AND d.token=?"};
  Statement find_message{
      db, "SELECT seq FROM messages INDEXED BY messages_time WHERE app=? AND ts=? AND id=?"};

  Statement insert_inbox{db, "INSERT OR IGNORE INTO inbox VALUES(?, ?, ?, ?)"};
  Statement count_inbox{db, "SELECT COUNT(*), COALESCE(SUM(offline), 0) FROM inbox WHERE peer=?"};
  Statement oldest{db,
                   "SELECT seq, offline FROM inbox WHERE peer=? AND seq>=? ORDER BY seq LIMIT 1"};
  Statement oldest_offline{db,
                           "SELECT seq, offline FROM inbox WHERE peer=? AND seq>=? AND offline=1 "
                           "ORDER BY seq LIMIT 1"};
  Statement delete_inbox{db, "DELETE FROM inbox WHERE peer=? AND seq=?"};
  Statement delete_inbox_online{db, "DELETE FROM inbox WHERE peer=? AND seq=? AND offline=0"};
  // CROSS JOIN keeps this order: a scan of one queue, then two look-ups a row.
  Statement pending{db, KITH_MESSAGE_COLUMNS
                    "FROM inbox i CROSS JOIN messages m ON m.seq=i.seq "
                    "CROSS JOIN peers p ON p.row=m.sender "
                    "WHERE i.peer=? AND i.seq>? AND i.ts>=? ORDER BY i.seq LIMIT ?"};

  Statement find_group{db, "SELECT row, open FROM groups WHERE app=? AND id=?"};
  Statement insert_group{db, "INSERT INTO groups(app, id, open, created) VALUES(?, ?, ?, ?)"};
  Statement members{db, "SELECT peer FROM group_members WHERE grp=? ORDER BY pos"};
  Statement insert_member{db,
                          "INSERT OR IGNORE INTO group_members(grp, pos, peer) VALUES(?1, "
                          "(SELECT COALESCE(MAX(pos), 0)+1 FROM group_members WHERE grp=?1), ?2)"};
  Statement delete_member{db, "DELETE FROM group_members WHERE grp=? AND peer=?"};

  Statement history_conv{db, KITH_HISTORY("messages_conv", "AND m.conv=?5")};
  Statement history_conv_from{db, KITH_HISTORY("messages_conv", "AND m.conv=?5 AND m.sender=?6")};
  Statement history_from{db, KITH_HISTORY("messages_time", "AND m.sender=?5")};
  Statement history_all{db, KITH_HISTORY("messages_time", "")};

  Statement expire_inbox{
      db, "DELETE FROM inbox WHERE ts<?2 AND peer IN (SELECT row FROM peers WHERE app=?1)"};
  Statement expire_dedupe{db, "DELETE FROM dedupe WHERE ts<?"};
};

#undef KITH_HISTORY
#undef KITH_MESSAGE_COLUMNS

}  // namespace kith::storage
