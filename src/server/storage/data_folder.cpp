// SPDX-License-Identifier: Apache-2.0
#include "server/storage/data_folder.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace kith::storage {
namespace {

namespace fs = std::filesystem;

Error cannotUse(const std::string& what, const std::string& why) {
  return {Errc::InvalidArgument, 0, "storage: " + what + ' ' + why, false};
}

Result<fs::path> prepareFolder(const std::string& folder) {
  fs::path path(folder);
  if (path.has_parent_path() && path.filename().empty()) path = path.parent_path();
  std::error_code problem;
  if (path.has_parent_path()) fs::create_directories(path.parent_path(), problem);
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
    return cannotUse("data folder " + folder,
                     std::string("cannot be used: ") + std::strerror(errno));
  }
  if (!fs::is_directory(path, problem)) {
    const std::string why = problem ? problem.message() : "it is not a folder";
    return cannotUse("data folder " + folder, "cannot be used: " + why);
  }
  path = fs::canonical(path, problem);
  if (problem) return cannotUse("data folder " + folder, "cannot be used: " + problem.message());
  return path;
}

}  // namespace

Result<std::string> prepareDataFile(const std::string& folder, const std::string& name) {
  const Result<fs::path> home = prepareFolder(folder);
  if (!home) return home.error();
  const std::string file = (*home / name).string();
  // SQLite would give it the mode of the umask. One that is there must not even be opened: closing
  // it would drop the locks that another connection of this process has on it.
  const int made = ::open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (made >= 0) {
    ::close(made);
    return file;
  }
  const int why = errno;
  struct stat there {};
  if (why != EEXIST || ::lstat(file.c_str(), &there) != 0) {
    return cannotUse(file, std::string("cannot be used: ") + std::strerror(why));
  }
  if (!S_ISREG(there.st_mode)) {
    return cannotUse(file, "cannot be used: it is a link or no file; move it away");
  }
  return file;
}

// A file that had a log says so in byte 18 of its header, before the log is there.
Result<void> checkLogBelongs(const std::string& file) {
  constexpr int kWriteVersion = 18;
  constexpr char kWithoutLog = 1;
  struct stat log {};
  if (::stat((file + "-wal").c_str(), &log) != 0 || log.st_size == 0) return {};
  const int fd = ::open(file.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return {};  // SQLite is going to say why
  char version = 0;
  const bool read = ::pread(fd, &version, 1, kWriteVersion) == 1;
  ::close(fd);
  if (!read || version != kWithoutLog) return {};
  return cannotUse(file,
                   "cannot be used: it is a copy, and kith.db-wal beside it is the log of "
                   "another file; move kith.db-wal and kith.db-shm away");
}

}  // namespace kith::storage
