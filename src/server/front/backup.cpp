// SPDX-License-Identifier: Apache-2.0
#include "server/storage/backup.hpp"

#include <kith/backup.hpp>

namespace kith {

Result<BackupReport> backUpData(const std::string& data, const std::string& file) {
  return storage::backUp(data, file);
}

}  // namespace kith
