// SPDX-License-Identifier: Apache-2.0
#include "server/apps/apps_file.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace kith::apps {
namespace {

constexpr std::size_t kMostAppsBytes = 16u * 1024 * 1024;

Error cannot(const std::string& path, const std::string& why) {
  return {Errc::InvalidArgument, 0, path + " cannot be used: " + why, false};
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

bool writeAll(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

bool writeNew(const std::string& path, std::string_view text) {
  constexpr int kHow = O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC;
  const Descriptor file(::open(path.c_str(), kHow, 0600));
  // One that was left behind has the mode that it has.
  return file.get() >= 0 && ::fchmod(file.get(), 0600) == 0 && writeAll(file.get(), text) &&
         ::fsync(file.get()) == 0;
}

// A name is on stable storage when its folder is.
bool syncFolder(const std::string& path) {
  const Descriptor folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  // Where a file system has no such call, its names need none.
  return folder.get() >= 0 && (::fsync(folder.get()) == 0 || errno == EINVAL);
}

}  // namespace

AppsFile::AppsFile(std::string folder)
    : folder_(std::move(folder)), path_(folder_ + "/apps.json") {}

// The whole path, as the host of an embedded server may change its working folder.
Result<AppsFile> AppsFile::in(const std::string& folder) {
  std::error_code problem;
  const std::filesystem::path whole = std::filesystem::canonical(folder, problem);
  if (problem) return cannot(folder, problem.message());
  return AppsFile(whole.string());
}

Result<std::string> AppsFile::read() const {
  const Descriptor file(::open(path_.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
  if (file.get() < 0 && errno == ENOENT) return std::string();
  if (file.get() < 0 && errno == ELOOP) return cannot(path_, "it is a link");
  struct stat there {};
  if (file.get() < 0 || ::fstat(file.get(), &there) != 0) {
    return cannot(path_, std::strerror(errno));
  }
  if (!S_ISREG(there.st_mode)) return cannot(path_, "it is no file");
  std::string text;
  char piece[65536];
  for (;;) {
    const ssize_t size = ::read(file.get(), piece, sizeof piece);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return cannot(path_, std::strerror(errno));
    if (size == 0) return text;
    text.append(piece, static_cast<std::size_t>(size));
    if (text.size() > kMostAppsBytes) return cannot(path_, "it is longer than 16 MiB");
  }
}

Result<void> AppsFile::write(std::string_view text) const {
  if (text.size() > kMostAppsBytes) return cannot(path_, "it would be longer than 16 MiB");
  const std::string fresh = path_ + ".new";
  if (writeNew(fresh, text) && ::rename(fresh.c_str(), path_.c_str()) == 0 && syncFolder(folder_)) {
    return {};
  }
  const Error error = cannot(path_, std::strerror(errno));
  ::unlink(fresh.c_str());
  return error;
}

}  // namespace kith::apps
