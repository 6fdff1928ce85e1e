// SPDX-License-Identifier: Apache-2.0
#include "sqlite/backup.hpp"

#include <sqlite3.h>

#include "sqlite/database.hpp"
#include "sqlite/statement.hpp"

namespace kith::sqlite {
namespace {

// Others may hold the file for a moment: a server that starts brings its log into the file.
constexpr const char* kPatience = "PRAGMA busy_timeout=5000";

bool refuse(const Database& database, const std::string& what, std::string& why) {
  why = what + ": " + database.failure();
  return false;
}

// One read transaction holds the moment. Without it each commit of another connection would
// have the copy begin anew.
bool pin(Database& source) {
  source.run("BEGIN");
  source.pragmaNumber("SELECT COUNT(*) FROM sqlite_schema");
  return !source.failed();
}

bool copyPages(Database& source, Database& copy) {
  sqlite3_backup* const backup =
      sqlite3_backup_init(copy.handle(), "main", source.handle(), "main");
  if (backup == nullptr) {
    copy.fail();
    return false;
  }
  const int stepped = sqlite3_backup_step(backup, -1);
  const int finished = sqlite3_backup_finish(backup);
  if (stepped == SQLITE_DONE && finished == SQLITE_OK) return true;
  copy.fail();
  return false;
}

/// Empty when all is well, else the first thing that is not.
std::string findDamage(Database& copy) {
  Statement check(copy, "PRAGMA integrity_check(1)");
  if (!check.start().step()) return copy.failed() ? copy.failure() : "it cannot be checked";
  const std::string found(check.textAt(0));
  return found == "ok" ? std::string() : found;
}

}  // namespace

bool copyDatabase(const std::string& from, const std::string& to, std::string& why, bool& damaged) {
  Database source;
  Database copy;
  if (!source.openExisting(from) || !source.run(kPatience) || !pin(source)) {
    return refuse(source, from + " cannot be read", why);
  }
  if (!copy.open(to, Database::Links::Refuse) || !copyPages(source, copy)) {
    return refuse(copy, to + " cannot be written", why);
  }
  source.rollBack();
  // One file is all that there is of it then.
  if (!copy.run("PRAGMA journal_mode=DELETE")) return refuse(copy, to + " cannot be written", why);
  const std::string damage = findDamage(copy);
  damaged = !damage.empty();
  if (!damaged) return true;
  why = to + " is damaged, and so may be " + from + ": " + damage;
  return false;
}

}  // namespace kith::sqlite
