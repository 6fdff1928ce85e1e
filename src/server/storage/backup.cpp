// SPDX-License-Identifier: Apache-2.0
#include "server/storage/backup.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

#include "sqlite/backup.hpp"
#include "sqlite/database.hpp"

namespace kith::storage {
namespace {

namespace fs = std::filesystem;

Error refuse(const std::string& what, Errc code = Errc::InvalidArgument) {
  return {code, 0, "backup: " + what, false};
}

Error refuseWithReason(const std::string& what) {
  return refuse(what + ": " + std::strerror(errno));
}

/// The path of a file without links, so that SQLite may be told to follow none.
Result<std::string> locate(const fs::path& file) {
  const fs::path parent = file.has_parent_path() ? file.parent_path() : fs::path(".");
  std::error_code problem;
  const fs::path home = fs::canonical(parent, problem);
  if (problem) return refuse(parent.string() + " cannot be used: " + problem.message());
  return (home / file.filename()).string();
}

Result<std::string> findDatabase(const std::string& folder) {
  Result<std::string> file = locate(fs::path(folder) / "kith.db");
  if (!file) return file;
  struct stat there {};
  if (::lstat(file->c_str(), &there) != 0) return refuseWithReason(*file + " cannot be read");
  if (!S_ISREG(there.st_mode)) return refuse(*file + " cannot be read: it is a link or no file");
  return file;
}

/// A new file with a mode of its own, which goes again unless it is published.
class Part {
 public:
  explicit Part(const std::string& file) : file_(file), part_(file + ".part") {}
  ~Part() {
    if (made_) ::unlink(part_.c_str());
  }
  Part(const Part&) = delete;
  Part& operator=(const Part&) = delete;

  const std::string& name() const { return part_; }

  Result<void> make() {
    struct stat there {};
    if (::lstat(file_.c_str(), &there) == 0) return taken();
    const int fd = ::open(part_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    made_ = fd >= 0;
    if (made_) ::close(fd);
    if (made_) return {};
    if (errno != EEXIST) return refuseWithReason(part_ + " cannot be made");
    return refuse(part_ +
                  " exists: another backup is at work, or was ended before its time; then "
                  "remove it");
  }

  /// SQLite has brought the bytes to stable storage, so only the name is left to be written.
  Result<void> publish() {
    if (!rename()) {
      return errno == EEXIST ? taken() : refuseWithReason(file_ + " cannot be made");
    }
    made_ = false;
    const int folder = ::open(fs::path(file_).parent_path().c_str(), O_RDONLY | O_CLOEXEC);
    const bool kept = folder >= 0 && ::fsync(folder) == 0;
    const int problem = errno;
    if (folder >= 0) ::close(folder);
    errno = problem;
    if (!kept) return refuseWithReason("the folder of " + file_ + " cannot be written");
    return {};
  }

 private:
  Error taken() const { return refuse(file_ + " exists; choose another name"); }

  bool rename() {
    if (::renameat2(AT_FDCWD, part_.c_str(), AT_FDCWD, file_.c_str(), RENAME_NOREPLACE) == 0) {
      return true;
    }
    // Some file systems cannot do it in one step.
    struct stat there {};
    if (errno != EINVAL && errno != ENOSYS) return false;
    if (::lstat(file_.c_str(), &there) == 0) errno = EEXIST;
    return errno != EEXIST && std::rename(part_.c_str(), file_.c_str()) == 0;
  }

  const std::string file_;
  const std::string part_;
  bool made_{false};
};

/// What the copy holds; nothing when it is no database of ours.
Result<BackupReport> inspect(const std::string& copy) {
  sqlite::Database database;
  if (!database.openExisting(copy)) return refuse(copy + ": " + database.failure());
  const bool ours = database.pragmaNumber("PRAGMA user_version") > 0;
  const std::int64_t messages = ours ? database.pragmaNumber("SELECT COUNT(*) FROM messages") : 0;
  if (!ours || database.failed()) return refuse("the data folder holds no database of Kith");
  std::error_code problem;
  const auto bytes = fs::file_size(copy, problem);
  return BackupReport{static_cast<std::uint64_t>(messages), problem ? 0 : bytes};
}

}  // namespace

Result<BackupReport> backUp(const std::string& folder, const std::string& file) {
  const Result<std::string> from = findDatabase(folder);
  if (!from) return from.error();
  const Result<std::string> to = locate(file);
  if (!to) return to.error();
  if (to->rfind(*from, 0) == 0) return refuse(*to + " would be taken for a part of the database");
  Part part(*to);
  if (Result<void> made = part.make(); !made) return made.error();
  std::string why;
  bool damaged = false;
  if (!sqlite::copyDatabase(*from, part.name(), why, damaged)) {
    return refuse(why, damaged ? Errc::Internal : Errc::InvalidArgument);
  }
  Result<BackupReport> report = inspect(part.name());
  if (!report) return report;
  if (Result<void> published = part.publish(); !published) return published.error();
  return report;
}

}  // namespace kith::storage
