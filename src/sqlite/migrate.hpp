// SPDX-License-Identifier: Apache-2.0
// Brings a file to the newest schema. Used by the thread that uses the Database.
#pragma once

#include <span>
#include <string>

#include "sqlite/database.hpp"

namespace kith::sqlite {

/// `steps[n]` leads from schema n, which is the file's user_version, to n+1; a step that was
/// shipped is never edited. All that are missing run as one transaction. False when it cannot be
/// done, with what to say behind the file's name.
bool migrate(Database& database, std::span<const char* const> steps, std::string& why);

}  // namespace kith::sqlite
