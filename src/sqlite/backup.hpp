// SPDX-License-Identifier: Apache-2.0
// A copy of a database that others write to meanwhile. Any thread.
#pragma once

#include <string>

namespace kith::sqlite {

/// Copies the database `from`, as it is at one moment, to `to`, which must be an empty file, and
/// has SQLite look the whole copy through. Writers of `from` go on meanwhile, and nothing is
/// changed there; its log grows until the copy is done. The copy is one file without a log.
/// False, with a line that says why, when it did not work; then `to` is worth nothing. `damaged`:
/// all was copied, and is not sound.
bool copyDatabase(const std::string& from, const std::string& to, std::string& why, bool& damaged);

}  // namespace kith::sqlite
