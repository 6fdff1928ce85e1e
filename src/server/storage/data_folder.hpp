// SPDX-License-Identifier: Apache-2.0
// The folder and the file of a database, made so that no other user can read them. Any thread.
#pragma once

#include <kith/result.hpp>

#include <string>

namespace kith::storage {

/// Makes what is missing, the folder for its owner alone (0700) and so the file (0600); what is
/// there keeps its mode. The folder may be a symbolic link, the file must be a plain one. Returns
/// the file's path without links. InvalidArgument with one clear line otherwise.
Result<std::string> prepareDataFile(const std::string& folder, const std::string& name);

/// InvalidArgument when the database at `file` was put there beside the log of another one, which
/// SQLite would write into it. Only a copy that was made as one file can be told from a crash.
/// Call it while no connection of this process has the file open.
Result<void> checkLogBelongs(const std::string& file);

}  // namespace kith::storage
