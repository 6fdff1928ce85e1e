// SPDX-License-Identifier: Apache-2.0
// The tables on disk. A change here is a new entry of kMigrations, never an edit of an old one.
#include <array>

#include "server/storage/sqlite_tables.hpp"

namespace kith::storage {
namespace {

// messages: all that was accepted, in its order; nothing deletes from it, so seq never comes twice.
// inbox: who still has to acknowledge what. dedupe: tokens of senders (issue 2, item 4).
constexpr const char* kFirst = R"sql(
CREATE TABLE apps(row INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE peers(row INTEGER PRIMARY KEY, app INTEGER NOT NULL, name TEXT NOT NULL,
  UNIQUE(app, name)) STRICT;
CREATE TABLE messages(seq INTEGER PRIMARY KEY, app INTEGER NOT NULL, id TEXT NOT NULL,
  ts INTEGER NOT NULL, sender INTEGER NOT NULL, conv TEXT NOT NULL, grp TEXT, text TEXT NOT NULL,
  receipt INTEGER NOT NULL, addressed BLOB) STRICT;
CREATE INDEX messages_conv ON messages(app, conv, ts);
CREATE INDEX messages_time ON messages(app, ts, seq, sender);
CREATE TABLE inbox(peer INTEGER NOT NULL, seq INTEGER NOT NULL, ts INTEGER NOT NULL,
  offline INTEGER NOT NULL, PRIMARY KEY(peer, seq)) STRICT, WITHOUT ROWID;
CREATE TABLE dedupe(sender INTEGER NOT NULL, token TEXT NOT NULL, seq INTEGER NOT NULL,
  ts INTEGER NOT NULL, PRIMARY KEY(sender, token)) STRICT, WITHOUT ROWID;
CREATE TABLE groups(row INTEGER PRIMARY KEY, app INTEGER NOT NULL, id TEXT NOT NULL,
  open INTEGER NOT NULL, created INTEGER NOT NULL, UNIQUE(app, id)) STRICT;
CREATE TABLE group_members(grp INTEGER NOT NULL, pos INTEGER NOT NULL, peer TEXT NOT NULL,
  PRIMARY KEY(grp, pos), UNIQUE(grp, peer)) STRICT, WITHOUT ROWID;
)sql";

constexpr std::array kMigrations{kFirst};

}  // namespace

bool SqliteTables::migrate(Database& database, std::string& why) {
  const std::int64_t version = database.pragmaNumber("PRAGMA user_version");
  const auto newest = static_cast<std::int64_t>(kMigrations.size());
  if (version > newest) {
    why = "is from a newer version of kithd (schema " + std::to_string(version) +
          ", this one knows " + std::to_string(newest) + "); use that version or another folder";
    return false;
  }
  if (version < newest) {
    database.run("BEGIN IMMEDIATE");
    for (std::int64_t next = version; next < newest; ++next) {
      database.run(kMigrations[static_cast<std::size_t>(next)]);
    }
    database.run(("PRAGMA user_version=" + std::to_string(newest)).c_str());
    database.run("COMMIT");
  }
  if (database.failed()) why = "can not be used: " + database.failure();
  return !database.failed();
}

}  // namespace kith::storage
