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
  Statement find_peer{db, "SELECT row, absences, lists FROM peers WHERE app=? AND name=?"};
  Statement insert_peer{db, "INSERT INTO peers(app, name, here, absences) VALUES(?, ?, ?, ?)"};
  Statement set_absences{db, "UPDATE peers SET here=?, absences=? WHERE row=?"};
  Statement peers_here{db, "SELECT row, absences FROM peers WHERE here=1"};
  Statement set_lists{db, "UPDATE peers SET lists=1 WHERE row=?"};
  Statement find_conversation{
      db,
      "SELECT row, kind, last, time, pair, history FROM conversations WHERE app=? AND name=? "
      "AND kind<>4"};
  Statement find_listed{db, "SELECT name FROM conversations WHERE app=? AND pair=?"};
  Statement insert_conversation{
      db, "INSERT INTO conversations(app, name, kind, created, pair) VALUES(?, ?, ?, ?, ?)"};
  Statement list_pair{db, "UPDATE conversations SET kind=3, name=?, pair=? WHERE row=?"};
  Statement unlist_pair{db, "UPDATE conversations SET kind=1, pair=NULL WHERE row=?"};

  Statement remove_channels{db,
                            "UPDATE conversations SET kind=4, name='removed '||row "
                            "WHERE app=? AND name>=? AND name<? AND kind=6"};
  Statement remove_conversation{
      db, "UPDATE conversations SET kind=4, name='removed '||row, pair=NULL WHERE row=?"};
  Statement removed_conversation{
      db, "SELECT row, newest FROM conversations WHERE kind=4 AND newest<>0 LIMIT 1"};
  Statement set_removed{db, "UPDATE conversations SET newest=? WHERE row=?"};
  Statement drop_standings{db, "DELETE FROM standings WHERE conv=?"};
  Statement drop_members{db,
                         "DELETE FROM members WHERE conv=?1 AND peer IN "
                         "(SELECT peer FROM members WHERE conv=?1 LIMIT ?2)"};

  // Of imports.
  Statement set_history{db, "UPDATE conversations SET history=? WHERE row=?"};
  Statement members_of{db,
                       "SELECT p.name FROM members m CROSS JOIN peers p ON p.row=m.peer "
                       "WHERE m.conv=? AND m.until=0 ORDER BY m.joined, m.place"};
  // Of those that have read all up to a row.
  Statement read_on{db, "UPDATE members SET read=? WHERE conv=? AND MAX(joined, read)>=?"};

  Statement insert_message{
      db, "INSERT INTO messages VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, ?)"};
  Statement find_first{db, "SELECT m.id, m.ts, m.conv, m.seq FROM messages m WHERE m.position=?"};

  PerList<Statement> set_newest{
      {Statement{db, "UPDATE apps SET newest=? WHERE row=?"},
       Statement{db, "UPDATE peers SET newest=? WHERE row=?"},
       Statement{db, "UPDATE conversations SET newest=?, last=?, time=? WHERE row=?"}}};
  Statement insert_stray{db, "INSERT INTO strays VALUES(?, ?, ?, ?)"};

  Statement insert_dedupe{db, "INSERT OR REPLACE INTO dedupe VALUES(?, ?, ?, ?)"};
  Statement next_token{db,
                       "SELECT token, position FROM dedupe WHERE sender=? AND token>=? "
                       "ORDER BY token LIMIT 1"};

  Statement count_standings{db, "SELECT COUNT(*) FROM standings WHERE conv=?1 AND (kinds&?2)<>0"};
  Statement find_standing{db, "SELECT kinds, until FROM standings WHERE conv=? AND name=?"};
  Statement set_standing{
      db,
      "INSERT INTO standings(conv, name, kinds, until) VALUES(?, ?, ?, ?) "
      "ON CONFLICT(conv, name) DO UPDATE SET kinds=excluded.kinds, until=excluded.until"};
  Statement ended_standings{db,
                            "SELECT name, kinds, until FROM standings "
                            "WHERE conv=? AND until<>0 AND until<=?"};
  Statement drop_standing{db, "DELETE FROM standings WHERE conv=? AND name=?"};
  Statement edit_message{
      db, "UPDATE messages SET text=?, edited=?, extra=? WHERE position=? AND deleted=0"};
  Statement delete_message{
      db,
      "UPDATE messages SET text='', addressed=NULL, extra=NULL, edited=0, deleted=1 "
      "WHERE position=? AND deleted=0"};
  // A slice of a sweep of the history.
  Statement messages_from{db,
                          "SELECT m.position, m.ts, m.links, m.sender, m.conv, c.app, m.seq "
                          "FROM messages m CROSS JOIN conversations c ON c.row=m.conv "
                          "WHERE m.position>=? ORDER BY m.position LIMIT ?"};
  Statement drop_message{db, "DELETE FROM messages WHERE position=?"};
  Statement drop_stray{db, "DELETE FROM strays WHERE kind=? AND list=? AND ts=? AND position=?"};
  Statement set_swept{db, "UPDATE apps SET swept=? WHERE row=?"};

  Statement insert_record{db, "INSERT INTO unfolded VALUES(?, ?)"};
  Statement records{db, "SELECT record FROM unfolded ORDER BY number"};
  Statement delete_records{db, "DELETE FROM unfolded"};

  Statement insert_jump{db, "INSERT INTO clock_jumps(after, upto, by) VALUES(?, ?, ?)"};
  Statement drop_jumps{db, "DELETE FROM clock_jumps WHERE number<=?-?"};
  Statement shift_dedupe{db, "UPDATE dedupe SET ts=ts+? WHERE position>?"};
  // A slice of a sweep: where it ends, and what is too old in it.
  Statement dedupe_after{db,
                         "SELECT sender, token FROM dedupe WHERE (sender, token)>=(?, ?) "
                         "ORDER BY sender, token LIMIT 1 OFFSET ?"};
  Statement expire_dedupe{
      db, "DELETE FROM dedupe WHERE (sender, token)>=(?, ?) AND (sender, token)<(?, ?) AND ts<?"};
};

}  // namespace kith::storage
