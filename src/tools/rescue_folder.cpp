// SPDX-License-Identifier: Apache-2.0
#include "tools/rescue_folder.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace kith::tools {
namespace {

constexpr mode_t kOwnerOnly = 0600;
constexpr std::size_t kPiece = std::size_t{64} * 1024;

Result<void> writeAll(int fd, std::string_view bytes, const Error& failed) {
  while (!bytes.empty()) {
    const ssize_t size = ::write(fd, bytes.data(), bytes.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) {
      Error error = failed;
      error.detail += std::strerror(errno);
      if (errno == ENOSPC || errno == EFBIG || errno == EDQUOT) {
        error.detail += "; make room, and the same command goes on";
      }
      return error;
    }
    bytes.remove_prefix(static_cast<std::size_t>(size));
  }
  return {};
}

}  // namespace

OpenFile::~OpenFile() {
  if (fd_ >= 0) close(fd_);
}
OpenFile::OpenFile(OpenFile&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
OpenFile& OpenFile::operator=(OpenFile&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

Error RescueFolder::failed(const std::string& name, const std::string& what) const {
  return {Errc::StoreFailed, 0, path_ + "/" + name + ": " + what, false};
}

Result<RescueFolder> RescueFolder::open(const std::string& path, bool make) {
  RescueFolder folder;
  folder.path_ = path;
  const auto fail = [&path](const std::string& why) {
    return Error{Errc::StoreFailed, 0, path + ": " + why, false};
  };
  if (make && mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return fail(std::strerror(errno));
  folder.fd_ = OpenFile(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.fd() < 0) return fail(std::strerror(errno));
  if (make && flock(folder.fd(), LOCK_EX | LOCK_NB) != 0) {
    return fail(errno == EWOULDBLOCK ? "another export is writing into it" : std::strerror(errno));
  }
  return folder;
}

Result<OpenFile> RescueFolder::openToRead(const std::string& name) const {
  OpenFile file(openat(fd(), name.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return failed(name, std::strerror(errno));
  return file;
}

Result<void> RescueFolder::readPieces(const std::string& name,
                                      const std::function<bool(std::string_view)>& take) const {
  const auto file = openToRead(name);
  return file ? readPieces(*file, name, take) : file.error();
}

Result<void> RescueFolder::readPieces(const OpenFile& file, const std::string& name,
                                      const std::function<bool(std::string_view)>& take) const {
  std::string piece(kPiece, '\0');
  for (;;) {
    const ssize_t size = ::read(file.get(), piece.data(), piece.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return failed(name, std::strerror(errno));
    const auto bytes = static_cast<std::size_t>(size);
    if (bytes == 0 || !take(std::string_view(piece).substr(0, bytes))) return {};
  }
}

Result<std::optional<std::string>> RescueFolder::read(const std::string& name) const {
  const OpenFile file(openat(fd(), name.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0 && errno == ENOENT) return std::optional<std::string>();
  if (file.get() < 0) return failed(name, std::strerror(errno));
  std::string text;
  auto done = readPieces(file, name, [&text](std::string_view piece) {
    text += piece;
    return true;
  });
  if (!done) return done.error();
  return std::optional<std::string>(std::move(text));
}

Result<void> RescueFolder::replace(const std::string& name, std::string_view text) const {
  const std::string draft = name + ".new";
  {
    const OpenFile file(
        openat(fd(), draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, kOwnerOnly));
    if (file.get() < 0) return failed(draft, std::strerror(errno));
    auto written = writeAll(file.get(), text, failed(draft, ""));
    if (!written) return written;
    if (fsync(file.get()) != 0) return failed(draft, std::strerror(errno));
  }
  return rename(draft, name);
}

Result<void> RescueFolder::makeFolder(const std::string& name) const {
  if (mkdirat(fd(), name.c_str(), 0700) == 0 || errno == EEXIST) return {};
  return failed(name, std::strerror(errno));
}

Result<void> RescueFolder::rename(const std::string& from, const std::string& to) const {
  if (renameat(fd(), from.c_str(), fd(), to.c_str()) != 0) return failed(to, std::strerror(errno));
  // The name, too, has to outlast the machine.
  if (fsync(fd()) != 0) return failed(to, std::strerror(errno));
  return {};
}

Result<void> RescueFolder::remove(const std::string& name) const {
  if (unlinkat(fd(), name.c_str(), 0) == 0 || errno == ENOENT) return {};
  return failed(name, std::strerror(errno));
}

Result<std::vector<std::string>> RescueFolder::namesIn(const std::string& name) const {
  const std::unique_ptr<DIR, int (*)(DIR*)> entries(
      fdopendir(openat(fd(), name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)), &closedir);
  if (!entries) return failed(name, std::strerror(errno));
  std::vector<std::string> names;
  while (const dirent* entry = readdir(entries.get())) {
    const std::string_view found = entry->d_name;
    if (found != "." && found != "..") names.emplace_back(found);
  }
  return names;
}

Result<std::string> RescueFolder::firstBut(std::string_view name) const {
  const auto names = namesIn(".");
  if (!names) return names.error();
  const auto other = std::find_if(names->begin(), names->end(),
                                  [&](const std::string& each) { return each != name; });
  return other != names->end() ? *other : std::string();
}

std::optional<std::int64_t> RescueFolder::sizeOf(const std::string& name) const {
  struct stat status {};
  if (fstatat(fd(), name.c_str(), &status, 0) != 0) return std::nullopt;
  return std::int64_t{status.st_size};
}

Result<GrowingFile> GrowingFile::open(const RescueFolder& folder, const std::string& name,
                                      std::int64_t whole) {
  OpenFile file(
      openat(folder.fd(), name.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, kOwnerOnly));
  if (file.get() < 0) return folder.failed(name, std::strerror(errno));
  struct stat status {};
  if (fstat(file.get(), &status) != 0) return folder.failed(name, std::strerror(errno));
  if (status.st_size < whole) {
    return folder.failed(name, "has " + std::to_string(status.st_size) + " bytes of the " +
                                   std::to_string(whole) +
                                   " that were written; export into another folder");
  }
  GrowingFile growing(folder, name, std::move(file), status.st_size);
  const auto done = growing.cut(whole);
  if (!done) return done.error();
  return growing;
}

Result<void> GrowingFile::cut(std::int64_t whole) {
  if (ftruncate(file_.get(), whole) != 0) return folder_->failed(name_, std::strerror(errno));
  size_ = whole;
  return {};
}

Result<void> GrowingFile::write(std::string_view bytes) {
  auto written = writeAll(file_.get(), bytes, folder_->failed(name_, ""));
  if (written) {
    size_ += static_cast<std::int64_t>(bytes.size());
    return {};
  }
  // Gives back what a full disk has taken of it.
  static_cast<void>(cut(size_));
  return written;
}

Result<void> GrowingFile::sync() {
  if (fdatasync(file_.get()) != 0) return folder_->failed(name_, std::strerror(errno));
  return {};
}

Result<void> GrowingFile::append(std::string_view bytes) {
  auto written = write(bytes);
  return written ? sync() : written;
}

std::optional<std::string_view> LineFile::next() {
  for (;;) {
    const std::size_t end = buffer_.find('\n', from_);
    if (end != std::string::npos) {
      const std::string_view line(buffer_.data() + from_, end - from_);
      position_ += static_cast<std::int64_t>(line.size() + 1);
      from_ = end + 1;
      return line;
    }
    buffer_.erase(0, from_);
    from_ = 0;
    const std::size_t before = buffer_.size();
    buffer_.resize(before + kPiece);
    const ssize_t size = pread(file_.get(), buffer_.data() + before, kPiece,
                               position_ + static_cast<std::int64_t>(before));
    buffer_.resize(before + (size > 0 ? static_cast<std::size_t>(size) : 0));
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) error_ = errno;
    if (size <= 0) return std::nullopt;
  }
}

}  // namespace kith::tools
