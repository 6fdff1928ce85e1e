// SPDX-License-Identifier: Apache-2.0
#include "sqlite/migrate.hpp"

#include <cstdint>

namespace kith::sqlite {
namespace {

void runSteps(Database& database, std::span<const char* const> steps) {
  database.run("BEGIN IMMEDIATE");
  for (const char* step : steps) database.run(step);
}

}  // namespace

bool migrate(Database& database, std::span<const char* const> steps, std::string& why) {
  const std::int64_t version = database.pragmaNumber("PRAGMA user_version");
  const auto newest = static_cast<std::int64_t>(steps.size());
  if (version > newest || version < 0) {
    why = "is from a newer version of Kith (schema " + std::to_string(version) +
          ", this one knows " + std::to_string(newest) + "); use that version or another place";
    return false;
  }
  if (version < newest) {
    runSteps(database, steps.subspan(static_cast<std::size_t>(version)));
    database.run("PRAGMA user_version=" + std::to_string(newest));
    database.run("COMMIT");
  }
  if (!database.failed()) return true;
  why = "cannot be used: " + database.failure();
  return false;
}

}  // namespace kith::sqlite
