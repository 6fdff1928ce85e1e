// SPDX-License-Identifier: Apache-2.0
// A copy of a server's data folder, made while the server runs. Systems API: source-stable within a
// minor version.
#pragma once

#include <kith/export.hpp>
#include <kith/result.hpp>

#include <cstdint>
#include <string>

namespace kith {

/// What a backup holds.
struct BackupReport {
  /// Messages, all that were ever accepted.
  std::uint64_t messages{0};
  /// Size of the file.
  std::uint64_t bytes{0};
};

/// Copies the database in the data folder `data`, as it is at one moment, to the new file `file`,
/// and checks the whole copy. A server may run on the folder, in any process; it goes on meanwhile.
/// The copy is for its owner alone (0600), and is there under its name only when it is whole and on
/// stable storage; until then it is `file`.part. To restore it: empty the folder, then put the copy
/// there as `kith.db`. Errors: InvalidArgument with one clear line when there is no database, when
/// `file` or its `.part` exists, or when a file cannot be read or written; Internal when the copy
/// is damaged.
/// Thread: any. Blocks: on the disk, for as long as reading the whole database twice takes.
/// Callback: none. Lifetime: copies its arguments.
KITH_EXPORT Result<BackupReport> backUpData(const std::string& data, const std::string& file);

}  // namespace kith
