// SPDX-License-Identifier: Apache-2.0
// Every statement of the storage, prepared at its first use. Owned by SqliteTables.
#pragma once

#include "server/storage/sqlite_tables.hpp"

namespace kith::storage {

struct SqliteTables::Statements {
  explicit Statements(Database& database) : db(database) {}
  Database& db;

  Statement begin{db, "BEGIN"};
  Statement commit{db, "COMMIT"};
  Statement data_version{db, "PRAGMA data_version"};

  // Writes only what is new, so that a full disk does not refuse a known app.
  Statement insert_app{db,
                       "INSERT INTO apps(name, age) VALUES(?, ?) ON CONFLICT(name) DO UPDATE "
                       "SET age=excluded.age WHERE age<>excluded.age"};
  Statement find_app{db, "SELECT row, swept FROM apps WHERE name=?"};
  Statement find_peer{db, "SELECT row FROM peers WHERE app=? AND name=?"};
  Statement insert_peer{db, "INSERT INTO peers(app, name) VALUES(?, ?)"};
  Statement find_conversation{db, "SELECT row FROM conversations WHERE app=? AND name=?"};
  Statement insert_conversation{db, "INSERT INTO conversations(app, name) VALUES(?, ?)"};

  Statement insert_message{db, "INSERT INTO messages VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0)"};
  Statement find_id{db, "SELECT id, ts FROM messages WHERE seq=?"};

  PerList<Statement> set_newest{{Statement{db, "UPDATE apps SET newest=? WHERE row=?"},
                                 Statement{db, "UPDATE peers SET newest=? WHERE row=?"},
                                 Statement{db, "UPDATE conversations SET newest=? WHERE row=?"}}};
  Statement insert_stray{db, "INSERT INTO strays VALUES(?, ?, ?, ?)"};

  Statement insert_dedupe{db, "INSERT OR REPLACE INTO dedupe VALUES(?, ?, ?, ?)"};
  Statement next_token{db,
                       "SELECT token, seq FROM dedupe WHERE sender=? AND token>=? "
                       "ORDER BY token LIMIT 1"};
  Statement insert_inbox{db, "INSERT OR IGNORE INTO inbox VALUES(?, ?, ?, ?)"};
  Statement count_inbox{db, "SELECT COUNT(*), COALESCE(SUM(offline), 0) FROM inbox WHERE peer=?"};
  Statement oldest{db,
                   "SELECT seq, offline FROM inbox WHERE peer=? AND seq>=? ORDER BY seq LIMIT 1"};
  Statement oldest_offline{db,
                           "SELECT seq, offline FROM inbox WHERE peer=? AND seq>=? AND offline=1 "
                           "ORDER BY seq LIMIT 1"};
  Statement delete_inbox{db, "DELETE FROM inbox WHERE peer=? AND seq=? RETURNING offline"};
  Statement edit_message{db, "UPDATE messages SET text=?, edited=? WHERE seq=? AND deleted=0"};
  Statement delete_message{db,
                           "UPDATE messages SET text='', addressed=NULL, edited=0, deleted=1 "
                           "WHERE seq=? AND deleted=0"};
  // A slice of a sweep of the history.
  Statement messages_from{db,
                          "SELECT m.seq, m.ts, m.links, m.sender, m.conv, c.app FROM messages m "
                          "CROSS JOIN conversations c ON c.row=m.conv WHERE m.seq>=? "
                          "ORDER BY m.seq LIMIT ?"};
  Statement drop_message{db, "DELETE FROM messages WHERE seq=?"};
  Statement drop_stray{db, "DELETE FROM strays WHERE kind=? AND list=? AND ts=? AND seq=?"};
  Statement set_swept{db, "UPDATE apps SET swept=? WHERE row=?"};

  Statement insert_record{db, "INSERT INTO unfolded VALUES(?, ?)"};
  Statement records{db, "SELECT record FROM unfolded ORDER BY number"};
  Statement delete_records{db, "DELETE FROM unfolded"};

  Statement find_group{db, "SELECT row FROM groups WHERE app=? AND id=?"};
  Statement insert_group{db, "INSERT INTO groups(app, id, open, created) VALUES(?, ?, ?, ?)"};
  Statement insert_member{db,
                          "INSERT OR IGNORE INTO group_members(grp, pos, peer) VALUES(?1, "
                          "(SELECT COALESCE(MAX(pos), 0)+1 FROM group_members WHERE grp=?1), ?2)"};
  Statement delete_member{db, "DELETE FROM group_members WHERE grp=? AND peer=?"};

  // A slice of a sweep: where it ends, and what is too old in it.
  Statement inbox_after{db,
                        "SELECT peer, seq FROM inbox WHERE (peer, seq)>=(?, ?) "
                        "ORDER BY peer, seq LIMIT 1 OFFSET ?"};
  Statement expire_inbox{db,
                         "DELETE FROM inbox WHERE (peer, seq)>=(?, ?) AND (peer, seq)<(?, ?) "
                         "AND ts<?-(SELECT a.age FROM peers p JOIN apps a ON a.row=p.app "
                         "WHERE p.row=inbox.peer)"};
  Statement shift_inbox{db, "UPDATE inbox SET ts=ts+? WHERE seq>?"};
  Statement shift_dedupe{db, "UPDATE dedupe SET ts=ts+? WHERE seq>?"};
  Statement dedupe_after{db,
                         "SELECT sender, token FROM dedupe WHERE (sender, token)>=(?, ?) "
                         "ORDER BY sender, token LIMIT 1 OFFSET ?"};
  Statement expire_dedupe{
      db, "DELETE FROM dedupe WHERE (sender, token)>=(?, ?) AND (sender, token)<(?, ?) AND ts<?"};
};

}  // namespace kith::storage
