// SPDX-License-Identifier: Apache-2.0
// The store's tables on disk. A change here is a new entry of kSteps, never an edit of an old one.
#include <array>

#include "sqlite/migrate.hpp"
#include "store/sqlite_rows.hpp"

namespace kith::store {
namespace {

// "Kith" in ASCII: tells a store from other people's SQLite files.
constexpr std::int64_t kApplicationId = 0x4b697468;

// messages: what waits. side 0 goes out (key: its client id), side 1 came in (key: its id).
// shown: what was shown; seq counts from 1 without gaps, per peer.
constexpr const char* kFirst = R"sql(
CREATE TABLE peers(row INTEGER PRIMARY KEY, app TEXT NOT NULL, name TEXT NOT NULL,
  seen INTEGER NOT NULL, watched BLOB NOT NULL, UNIQUE(app, name)) STRICT;
CREATE TABLE messages(seq INTEGER PRIMARY KEY, peer INTEGER NOT NULL, side INTEGER NOT NULL,
  key TEXT NOT NULL, queued INTEGER NOT NULL, text TEXT NOT NULL, receivers BLOB NOT NULL,
  grp TEXT NOT NULL, id TEXT NOT NULL, sender TEXT NOT NULL, ts INTEGER NOT NULL,
  flags INTEGER NOT NULL, UNIQUE(peer, side, key)) STRICT;
CREATE TABLE shown(peer INTEGER NOT NULL, seq INTEGER NOT NULL, id TEXT NOT NULL,
  PRIMARY KEY(peer, seq), UNIQUE(peer, id)) STRICT, WITHOUT ROWID;
PRAGMA application_id=1265202280;
)sql";
static_assert(kApplicationId == 1265202280);

// When a message was kept by a clock that is never set: which run of the machine, and how far into
// it in milliseconds. What was kept before has no run.
constexpr const char* kUptime = R"sql(
ALTER TABLE messages ADD COLUMN boot TEXT NOT NULL DEFAULT '';
ALTER TABLE messages ADD COLUMN uptime INTEGER NOT NULL DEFAULT 0;
)sql";

// The peers that a message mentions. The text of one that is bytes, as its flags say, is base64.
constexpr const char* kMentions = R"sql(
ALTER TABLE messages ADD COLUMN mentions BLOB NOT NULL DEFAULT x'';
)sql";

constexpr std::array kSteps{kFirst, kUptime, kMentions};

}  // namespace

bool migrateStore(Database& database, std::string& why) {
  const bool ours = database.pragmaNumber("PRAGMA application_id") == kApplicationId;
  const bool empty = database.pragmaNumber("SELECT COUNT(*) FROM sqlite_master") == 0 &&
                     database.pragmaNumber("PRAGMA user_version") == 0;
  if (!database.failed() && !ours && !empty) {
    why = "is another program's database; name another file";
    return false;
  }
  // Counts only before the first table.
  if (empty) database.run("PRAGMA auto_vacuum=INCREMENTAL");
  return sqlite::migrate(database, kSteps, why);
}

}  // namespace kith::store
