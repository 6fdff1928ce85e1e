// SPDX-License-Identifier: Apache-2.0
#include "server/files/file_folder.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <sys/stat.h>
#include <utility>

#include "base/redact.hpp"
#include "base/text_codes.hpp"

namespace kith::files {
namespace {

constexpr const char* kIncoming = "incoming";
constexpr std::size_t kPartChars = 2;
constexpr std::size_t kShownBytes = 100;
constexpr int kFolderFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

bool isIdCharacter(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

bool isId(std::string_view id) {
  return id.size() >= kShortestId && id.size() <= kLongestId &&
         std::all_of(id.begin(), id.end(), isIdCharacter);
}

std::string partOf(std::string_view id) { return std::string(id.substr(id.size() - kPartChars)); }

std::string folderOf(std::string_view app) {
  return base::hex({reinterpret_cast<const unsigned char*>(app.data()), app.size()});
}

Error cannotUse(const std::string& folder, std::string_view why) {
  return {Errc::InvalidArgument, 0, "files: " + folder + " cannot be used: " + std::string(why),
          false};
}

// A host may have closed its standard streams; what it prints is not for a file.
Descriptor aboveStandard(int fd) {
  if (fd < 0 || fd > STDERR_FILENO) return Descriptor(fd);
  const Descriptor low(fd);
  return Descriptor(::fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
}

Descriptor openAt(const Descriptor& folder, const std::string& name, int flags, mode_t mode = 0) {
  return aboveStandard(::openat(folder.get(), name.c_str(), flags, mode));
}

/// A folder in a folder; made when it is not there, and then on stable storage.
Descriptor openFolder(const Descriptor& in, const std::string& name, bool make) {
  Descriptor folder = openAt(in, name, kFolderFlags);
  if (folder || !make || errno != ENOENT) return folder;
  if (::mkdirat(in.get(), name.c_str(), 0700) != 0 && errno != EEXIST) return folder;
  if (::fsync(in.get()) != 0) return folder;
  return openAt(in, name, kFolderFlags);
}

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};

/// What is in a folder, but for itself and its parent. False with errno when it cannot be read.
bool readNames(const Descriptor& folder, std::vector<std::string>& names) {
  names.clear();
  // A descriptor of its own: reading moves it.
  Descriptor own = openAt(folder, ".", kFolderFlags);
  if (!own) return false;
  const std::unique_ptr<DIR, CloseFolder> open(::fdopendir(own.get()));
  if (open == nullptr) return false;
  static_cast<void>(own.release());
  errno = 0;
  while (const dirent* const entry = ::readdir(open.get())) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
    errno = 0;
  }
  return errno == 0;
}

Error noSuchFile() {
  return {Errc::Rejected, kNoSuchFile, "files: the app has no file with this id", false};
}

}  // namespace

Error diskError(std::string_view what) {
  const int why = errno;
  const bool is_full = why == ENOSPC || why == EDQUOT || why == EFBIG || why == EMFILE ||
                       why == ENFILE || why == ENOMEM;
  return {is_full ? Errc::ServerBusy : Errc::Internal, 0,
          "files: " + std::string(what) + ": " + std::strerror(why), false};
}

Result<FileFolder> FileFolder::open(const std::string& folder) {
  if (folder.empty() || folder.back() == '/') return cannotUse(folder, "it has no name");
  FileFolder made;
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
    return cannotUse(folder, std::strerror(errno));
  }
  made.root_ = aboveStandard(::open(folder.c_str(), kFolderFlags));
  if (!made.root_) {
    const bool is_link = errno == ELOOP || errno == ENOTDIR;
    return cannotUse(folder, is_link ? "it is a link or no folder" : std::strerror(errno));
  }
  Result<storage::FolderLock> lock = storage::FolderLock::take(folder);
  if (!lock) return lock.error();
  made.lock_ = std::move(lock).value();
  made.incoming_ = openFolder(made.root_, kIncoming, true);
  if (!made.incoming_) return cannotUse(folder, std::strerror(errno));
  if (const Result<void> swept = made.sweep(); !swept) return swept.error();
  return made;
}

Result<void> FileFolder::sweep() const {
  std::vector<std::string> names;
  if (!readNames(incoming_, names)) return diskError("what is left of uploads cannot be read");
  for (const std::string& name : names) drop(name);
  return {};
}

Result<void> FileFolder::checkId(std::string_view id) {
  if (isId(id)) return {};
  return Error{Errc::InvalidArgument, 0,
               "files: " + base::cleanWords(id.substr(0, kShownBytes)) +
                   " is no id: it has 2 to 64 lower-case letters and digits",
               false};
}

Result<void> FileFolder::checkApp(std::string_view app) {
  if (!app.empty() && app.size() <= kAppBytes) return {};
  return Error{Errc::InvalidArgument, 0,
               "files: an app's id has 1 to " + std::to_string(kAppBytes) + " bytes", false};
}

bool FileFolder::isSamePart(std::string_view a, std::string_view b) {
  return isId(a) && isId(b) && partOf(a) == partOf(b);
}

Result<Descriptor> FileFolder::make(const std::string& temporary) const {
  Descriptor file =
      openAt(incoming_, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (!file) return diskError("a file cannot be made");
  return file;
}

void FileFolder::drop(const std::string& temporary) const {
  ::unlinkat(incoming_.get(), temporary.c_str(), 0);
}

Result<Descriptor> FileFolder::openPart(std::string_view app, std::string_view id,
                                        bool make) const {
  const Descriptor own = openFolder(root_, folderOf(app), make);
  Descriptor part = own ? openFolder(own, partOf(id), make) : Descriptor();
  if (part || (!make && errno == ENOENT)) return part;
  return diskError("an app's folder cannot be opened");
}

Result<void> FileFolder::place(const std::string& temporary, std::string_view app,
                               std::string_view id) const {
  const Result<Descriptor> part = openPart(app, id, true);
  if (!part) return part.error();
  const std::string name(id);
  struct stat there {};
  if (::fstatat(part->get(), name.c_str(), &there, AT_SYMLINK_NOFOLLOW) == 0) {
    return Error{Errc::Rejected, kFileExists, "files: the app has a file with this id already",
                 false};
  }
  if (::renameat(incoming_.get(), temporary.c_str(), part->get(), name.c_str()) != 0) {
    return diskError("a file cannot be given its place");
  }
  if (::fsync(part->get()) == 0) return {};
  // The place may be lost in a crash, so it was never taken.
  const Error error = diskError("a file's place cannot be kept");
  ::unlinkat(part->get(), name.c_str(), 0);
  return error;
}

Result<Descriptor> FileFolder::openFile(std::string_view app, std::string_view id,
                                        std::uint64_t& bytes) const {
  const Result<Descriptor> part = openPart(app, id, false);
  if (!part) return part.error();
  if (!*part) return noSuchFile();
  // NONBLOCK: a pipe in its place would wait for a writer.
  Descriptor file = openAt(*part, std::string(id), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  struct stat about {};
  if (!file && errno != ENOENT && errno != ELOOP) return diskError("a file cannot be opened");
  if (!file || ::fstat(file.get(), &about) != 0 || !S_ISREG(about.st_mode)) return noSuchFile();
  bytes = static_cast<std::uint64_t>(about.st_size);
  return file;
}

Result<void> FileFolder::remove(std::string_view app, std::string_view id) const {
  const Result<Descriptor> part = openPart(app, id, false);
  if (!part) return part.error();
  if (!*part || ::unlinkat(part->get(), std::string(id).c_str(), 0) != 0) {
    return !*part || errno == ENOENT ? noSuchFile() : diskError("a file cannot be removed");
  }
  if (::fsync(part->get()) != 0) return diskError("a file's removal cannot be kept");
  return {};
}

Result<void> FileFolder::eachPart(std::string_view app, std::string_view after,
                                  const UsePart& use) const {
  const Descriptor own = openFolder(root_, folderOf(app), false);
  if (!own && errno == ENOENT) return {};
  std::vector<std::string> parts;
  if (!own || !readNames(own, parts)) return diskError("an app's files cannot be listed");
  std::sort(parts.begin(), parts.end());
  std::vector<std::string> names;
  for (const std::string& name : parts) {
    if (!isId(name) || name.size() != kPartChars) continue;  // it is not ours
    if (!after.empty() && name < partOf(after)) continue;
    const Descriptor part = openFolder(own, name, false);
    if (!part || !readNames(part, names)) return diskError("an app's files cannot be listed");
    std::erase_if(names, [&](const std::string& id) { return !isId(id) || partOf(id) != name; });
    std::sort(names.begin(), names.end());
    if (!use(part, names)) return {};
  }
  return {};
}

}  // namespace kith::files
