// SPDX-License-Identifier: Apache-2.0
// The tables on disk. A change here is a new entry of kMigrations, never an edit of an old one.
#include <array>
#include <cstdint>
#include <string>

#include "server/storage/sqlite_tables.hpp"
#include "sqlite/migrate.hpp"

namespace kith::storage {
namespace {

// Files of schema 1 and 2 had queues instead of cursors; no release has written them.
constexpr std::int64_t kOldest = 3;
constexpr const char* kRetired = "";

// docs/disk-format.md says what is in them.
constexpr const char* kFirst = R"sql(
CREATE TABLE apps(row INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,
  age INTEGER NOT NULL, newest INTEGER NOT NULL DEFAULT 0,
  swept INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE TABLE peers(row INTEGER PRIMARY KEY, app INTEGER NOT NULL, name TEXT NOT NULL,
  newest INTEGER NOT NULL DEFAULT 0, here INTEGER NOT NULL, absences BLOB NOT NULL,
  UNIQUE(app, name)) STRICT;
CREATE INDEX peers_here ON peers(row) WHERE here=1;
CREATE TABLE conversations(row INTEGER PRIMARY KEY, app INTEGER NOT NULL, name TEXT NOT NULL,
  kind INTEGER NOT NULL, created INTEGER NOT NULL, newest INTEGER NOT NULL DEFAULT 0,
  last INTEGER NOT NULL DEFAULT 0, time INTEGER NOT NULL DEFAULT 0, UNIQUE(app, name)) STRICT;
CREATE TABLE members(conv INTEGER NOT NULL, peer INTEGER NOT NULL, joined INTEGER NOT NULL,
  place INTEGER NOT NULL, until INTEGER NOT NULL DEFAULT 0, gone INTEGER NOT NULL DEFAULT 0,
  behind INTEGER NOT NULL, acked INTEGER NOT NULL, beyond BLOB, read INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY(conv, peer)) STRICT, WITHOUT ROWID;
CREATE INDEX members_behind ON members(peer) WHERE behind=1;
CREATE INDEX members_gone ON members(gone) WHERE gone>0;
CREATE TABLE messages(position INTEGER PRIMARY KEY, conv INTEGER NOT NULL, seq INTEGER NOT NULL,
  kind INTEGER NOT NULL, ts INTEGER NOT NULL, sender INTEGER NOT NULL, links BLOB NOT NULL,
  receipt INTEGER NOT NULL, self INTEGER NOT NULL, id TEXT NOT NULL, addressed BLOB,
  text TEXT NOT NULL, edited INTEGER NOT NULL DEFAULT 0,
  deleted INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE TABLE strays(kind INTEGER NOT NULL, list INTEGER NOT NULL, ts INTEGER NOT NULL,
  position INTEGER NOT NULL, PRIMARY KEY(kind, list, ts, position)) STRICT, WITHOUT ROWID;
CREATE TABLE dedupe(sender INTEGER NOT NULL, token TEXT NOT NULL, position INTEGER NOT NULL,
  ts INTEGER NOT NULL, PRIMARY KEY(sender, token)) STRICT, WITHOUT ROWID;
CREATE TABLE clock_jumps(number INTEGER PRIMARY KEY, after INTEGER NOT NULL, upto INTEGER NOT NULL,
  by INTEGER NOT NULL) STRICT;
CREATE TABLE unfolded(number INTEGER PRIMARY KEY, record BLOB NOT NULL) STRICT;
)sql";

// Objects of classes. fields and acl are JSON; acl is NULL where there is none. Both indexes are
// orders in which searches walk.
constexpr const char* kSecond = R"sql(
CREATE TABLE classes(row INTEGER PRIMARY KEY, app INTEGER NOT NULL, name TEXT NOT NULL,
  UNIQUE(app, name)) STRICT;
CREATE TABLE objects(row INTEGER PRIMARY KEY, class INTEGER NOT NULL, id TEXT NOT NULL,
  created INTEGER NOT NULL, updated INTEGER NOT NULL, version INTEGER NOT NULL, acl TEXT,
  fields TEXT NOT NULL, UNIQUE(class, id)) STRICT;
CREATE INDEX objects_created ON objects(class, created, id);
CREATE INDEX objects_updated ON objects(class, updated, id);
)sql";

// Pairs in the lists of their members: `pair` is the id as a pair of one that is there, `lists` is
// 1 for a peer that looks for its pairs in a list. Groups are objects of the class _Conversation
// now.
constexpr const char* kThird = R"sql(
ALTER TABLE conversations ADD COLUMN pair TEXT;
CREATE UNIQUE INDEX conversations_pair ON conversations(app, pair) WHERE pair IS NOT NULL;
ALTER TABLE peers ADD COLUMN lists INTEGER NOT NULL DEFAULT 0;
ALTER TABLE messages ADD COLUMN extra BLOB;
UPDATE classes SET name='_Conversation' WHERE name='AVOSRealtimeGroups';
)sql";

// Edits for members that were away, and what peers are in conversations. What was said elsewhere:
// rows of a log up to `history` wait for no member.
constexpr const char* kFourth = R"sql(
CREATE TABLE standings(conv INTEGER NOT NULL, name TEXT NOT NULL, kinds INTEGER NOT NULL,
  PRIMARY KEY(conv, name)) STRICT, WITHOUT ROWID;
CREATE INDEX messages_edited ON messages(conv, edited) WHERE edited>0;
ALTER TABLE conversations ADD COLUMN history INTEGER NOT NULL DEFAULT 0;
)sql";

// What a peer is in a conversation until a time.
constexpr const char* kFifth = R"sql(
ALTER TABLE standings ADD COLUMN until INTEGER NOT NULL DEFAULT 0;
)sql";

// Conversations that were removed, and have rows that are to be emptied.
constexpr const char* kSixth = R"sql(
CREATE INDEX conversations_removed ON conversations(newest) WHERE kind=4 AND newest<>0;
)sql";

// Those that decline a conversation (standing.hpp), by themselves.
constexpr const char* kSeventh = R"sql(
CREATE INDEX standings_declining ON standings(name) WHERE (kinds&16)<>0;
)sql";

constexpr std::array kMigrations{kRetired, kRetired, kFirst, kSecond, kThird,
                                 kFourth,  kFifth,   kSixth, kSeventh};

}  // namespace

bool SqliteTables::migrate(Database& database, std::string& why) {
  const std::int64_t version = database.pragmaNumber("PRAGMA user_version");
  if (version > 0 && version < kOldest) {
    why = "is from before the first release of Kith (schema " + std::to_string(version) +
          "), and cannot be read any more; use another place";
    return false;
  }
  return sqlite::migrate(database, kMigrations, why);
}

}  // namespace kith::storage
