// SPDX-License-Identifier: Apache-2.0
// The tables on disk. A change here is a new entry of kMigrations, never an edit of an old one.
#include <array>

#include "server/storage/sqlite_tables.hpp"
#include "sqlite/migrate.hpp"

namespace kith::storage {
namespace {

// messages: what was accepted, in its order. A seq never comes twice.
// links (chain.hpp) and the columns newest make the lists of the history, strays has what came with
// an older time than its predecessor. inbox: who still has to acknowledge what. dedupe: tokens of
// senders. unfolded: what the newest commits did and is not in inbox, dedupe and newest yet.
constexpr const char* kFirst = R"sql(
CREATE TABLE apps(row INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,
  age INTEGER NOT NULL, newest INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE TABLE peers(row INTEGER PRIMARY KEY, app INTEGER NOT NULL, name TEXT NOT NULL,
  newest INTEGER NOT NULL DEFAULT 0, UNIQUE(app, name)) STRICT;
CREATE TABLE conversations(row INTEGER PRIMARY KEY, app INTEGER NOT NULL, name TEXT NOT NULL,
  newest INTEGER NOT NULL DEFAULT 0, UNIQUE(app, name)) STRICT;
CREATE TABLE messages(seq INTEGER PRIMARY KEY, ts INTEGER NOT NULL, links BLOB NOT NULL,
  sender INTEGER NOT NULL, conv INTEGER NOT NULL, receipt INTEGER NOT NULL, id TEXT NOT NULL,
  grp TEXT, addressed BLOB, text TEXT NOT NULL) STRICT;
CREATE TABLE strays(kind INTEGER NOT NULL, list INTEGER NOT NULL, ts INTEGER NOT NULL,
  seq INTEGER NOT NULL, PRIMARY KEY(kind, list, ts, seq)) STRICT, WITHOUT ROWID;
CREATE TABLE inbox(peer INTEGER NOT NULL, seq INTEGER NOT NULL, ts INTEGER NOT NULL,
  offline INTEGER NOT NULL, PRIMARY KEY(peer, seq)) STRICT, WITHOUT ROWID;
CREATE TABLE dedupe(sender INTEGER NOT NULL, token TEXT NOT NULL, seq INTEGER NOT NULL,
  ts INTEGER NOT NULL, PRIMARY KEY(sender, token)) STRICT, WITHOUT ROWID;
CREATE TABLE unfolded(number INTEGER PRIMARY KEY, record BLOB NOT NULL) STRICT;
CREATE TABLE groups(row INTEGER PRIMARY KEY, app INTEGER NOT NULL, id TEXT NOT NULL,
  open INTEGER NOT NULL, created INTEGER NOT NULL, UNIQUE(app, id)) STRICT;
CREATE TABLE group_members(grp INTEGER NOT NULL, pos INTEGER NOT NULL, peer TEXT NOT NULL,
  PRIMARY KEY(grp, pos), UNIQUE(grp, peer)) STRICT, WITHOUT ROWID;
)sql";

// Messages are edited and deleted; a deleted one keeps its row, which lists and queues lead
// through. swept: all messages of the app with a smaller seq are gone, because they were too old or
// too many.
constexpr const char* kSecond = R"sql(
ALTER TABLE messages ADD COLUMN edited INTEGER NOT NULL DEFAULT 0;
ALTER TABLE messages ADD COLUMN deleted INTEGER NOT NULL DEFAULT 0;
ALTER TABLE apps ADD COLUMN swept INTEGER NOT NULL DEFAULT 0;
)sql";

constexpr std::array kMigrations{kFirst, kSecond};

}  // namespace

bool SqliteTables::migrate(Database& database, std::string& why) {
  return sqlite::migrate(database, kMigrations, why);
}

}  // namespace kith::storage
