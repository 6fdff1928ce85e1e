// SPDX-License-Identifier: Apache-2.0
// A copy of the database in a data folder, for an operator. Any thread.
#pragma once

#include <kith/backup.hpp>

#include <string>

namespace kith::storage {

/// See kith::backUpData().
Result<BackupReport> backUp(const std::string& folder, const std::string& file);

}  // namespace kith::storage
