// SPDX-License-Identifier: Apache-2.0
// openFileFolder(): uploads, limits and quotas over a FileFolder.
#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <map>
#include <optional>
#include <sys/stat.h>
#include <utility>

#include "base/sync.hpp"
#include "server/files/file_folder.hpp"
#include "server/files/files.hpp"
#include "sign/sha256.hpp"

namespace kith::files {
namespace {

Error refuse(int number, const std::string& detail) {
  return {Errc::Rejected, number, "files: " + detail, false};
}

Result<void> checkBoth(std::string_view app, std::string_view id) {
  if (Result<void> checked = FileFolder::checkApp(app); !checked) return checked;
  return FileFolder::checkId(id);
}

/// The bytes of a file; nothing for what is none, or has gone meanwhile.
std::optional<std::uint64_t> bytesOf(const Descriptor& part, const std::string& name) {
  struct stat about {};
  const bool there = ::fstatat(part.get(), name.c_str(), &about, AT_SYMLINK_NOFOLLOW) == 0;
  if (!there || !S_ISREG(about.st_mode)) return std::nullopt;
  return static_cast<std::uint64_t>(about.st_size);
}

/// What the store and its uploads share: the folder, and what the apps have used of it. Whatever
/// changes both does so under the lock, so that a sum never runs away from the folder.
class Account {
 public:
  Account(FileFolder opened, const FileLimits& its_limits)
      : folder(std::move(opened)), limits(its_limits) {}

  const FileFolder folder;
  const FileLimits limits;

  /// The name of a new upload, which counts until endUpload().
  Result<std::string> beginUpload(std::string_view app, std::uint64_t announced) {
    const base::Lock lock(mutex_);
    if (uploads_ >= limits.uploads) {
      return Error{Errc::ServerBusy, 0, "files: too many are on their way", false};
    }
    const Result<std::uint64_t*> used = find(app);
    if (!used) return used.error();
    if (!fits(**used, announced)) return full();
    ++uploads_;
    return std::to_string(++begun_);
  }
  /// Of an upload that was not kept, the bytes that it took.
  void endUpload(std::string_view app, std::uint64_t bytes) {
    const base::Lock lock(mutex_);
    --uploads_;
    giveBack(app, bytes);
  }
  Result<void> take(std::string_view app, std::uint64_t bytes) {
    const base::Lock lock(mutex_);
    const Result<std::uint64_t*> used = find(app);
    if (!used) return used.error();
    if (!fits(**used, bytes)) return full();
    **used += bytes;
    return {};
  }
  Result<std::uint64_t> usedBytes(std::string_view app) {
    const base::Lock lock(mutex_);
    const Result<std::uint64_t*> used = find(app);
    if (!used) return used.error();
    return **used;
  }
  Result<void> place(const std::string& temporary, std::string_view app, std::string_view id) {
    const base::Lock lock(mutex_);
    return folder.place(temporary, app, id);
  }
  Result<void> remove(std::string_view app, std::string_view id) {
    const base::Lock lock(mutex_);
    std::uint64_t bytes = 0;
    if (const auto file = folder.openFile(app, id, bytes); !file) return file.error();
    if (Result<void> removed = folder.remove(app, id); !removed) return removed;
    giveBack(app, bytes);
    return {};
  }

 private:
  bool fits(std::uint64_t used, std::uint64_t more) const {
    return used <= limits.app_bytes && more <= limits.app_bytes - used;
  }
  Error full() const {
    return refuse(kQuotaExceeded, "the app has used its " + std::to_string(limits.app_bytes) +
                                      " bytes; remove some files");
  }
  void giveBack(std::string_view app, std::uint64_t bytes) KITH_REQUIRES(mutex_) {
    const auto used = used_.find(app);
    if (used != used_.end()) used->second -= std::min(used->second, bytes);
  }
  /// Looks through the folder when the app is asked for the first time.
  Result<std::uint64_t*> find(std::string_view app) KITH_REQUIRES(mutex_) {
    if (const auto known = used_.find(app); known != used_.end()) return &known->second;
    std::uint64_t sum = 0;
    const auto add = [&](const Descriptor& part, const std::vector<std::string>& names) {
      for (const std::string& name : names) sum += bytesOf(part, name).value_or(0);
      return true;
    };
    if (const Result<void> read = folder.eachPart(app, {}, add); !read) return read.error();
    return &used_.emplace(app, sum).first->second;
  }

  base::Mutex mutex_;
  /// Bytes of each app that was asked for since the start, with those on their way.
  std::map<std::string, std::uint64_t, std::less<>> used_ KITH_GUARDED_BY(mutex_);
  std::size_t uploads_ KITH_GUARDED_BY(mutex_){0};
  std::uint64_t begun_ KITH_GUARDED_BY(mutex_){0};
};

class FolderUpload final : public Upload {
 public:
  FolderUpload(std::shared_ptr<Account> account, std::string_view app, std::string_view id,
               const UploadPlan& plan, std::string temporary)
      : account_(std::move(account)),
        app_(app),
        id_(id),
        announced_(plan.bytes),
        expected_(plan.sha256),
        temporary_(std::move(temporary)) {}
  ~FolderUpload() override {
    if (file_) account_->folder.drop(temporary_);
    account_->endUpload(app_, kept_ ? 0 : bytes_);
  }

  Result<void> open() {
    Result<Descriptor> file = account_->folder.make(temporary_);
    if (!file) return file.error();
    file_ = std::move(file).value();
    return {};
  }

  Result<void> write(std::string_view bytes) override {
    if (failure_) return *failure_;
    const std::uint64_t most = announced_ != 0 ? std::min(announced_, account_->limits.file_bytes)
                                               : account_->limits.file_bytes;
    if (bytes.size() > most - bytes_) return fail(tooLong());
    if (Result<void> taken = account_->take(app_, bytes.size()); !taken) return fail(taken.error());
    bytes_ += bytes.size();
    digest_.add(bytes);
    while (!bytes.empty()) {
      const ssize_t written = ::write(file_.get(), bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) return fail(diskError("nothing was kept of a file"));
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
  }

  Result<WrittenFile> finish() override {
    if (failure_) return *failure_;
    std::string sha256 = digest_.finish();
    if (sha256.empty()) {
      return fail({Errc::Internal, 0, "files: there is no SHA-256 on this system", false});
    }
    if (announced_ != 0 && bytes_ != announced_) {
      return fail(refuse(kFileDamaged, "of " + std::to_string(announced_) + " bytes " +
                                           std::to_string(bytes_) + " came"));
    }
    if (!expected_.empty() && sha256 != expected_) {
      return fail(refuse(kFileDamaged, "the bytes have another SHA-256 than was announced"));
    }
    if (::fsync(file_.get()) != 0) return fail(diskError("nothing was kept of a file"));
    if (Result<void> placed = account_->place(temporary_, app_, id_); !placed) {
      return fail(placed.error());
    }
    file_.close();
    kept_ = true;
    failure_ = refuse(kFileExists, "the upload has ended");
    return WrittenFile{bytes_, std::move(sha256)};
  }

 private:
  Error tooLong() const {
    if (announced_ != 0 && announced_ <= account_->limits.file_bytes) {
      return refuse(kFileDamaged,
                    "more than the announced " + std::to_string(announced_) + " bytes came");
    }
    return refuse(kFileTooLarge,
                  "a file may have " + std::to_string(account_->limits.file_bytes) + " bytes");
  }
  Error fail(const Error& error) {
    failure_ = error;
    return error;
  }

  const std::shared_ptr<Account> account_;
  const std::string app_;
  const std::string id_;
  const std::uint64_t announced_;
  const std::string expected_;
  const std::string temporary_;
  Descriptor file_;
  sign::Sha256 digest_;
  std::uint64_t bytes_{0};
  bool kept_{false};
  std::optional<Error> failure_;
};

class FolderFiles final : public Files {
 public:
  explicit FolderFiles(std::shared_ptr<Account> account) : account_(std::move(account)) {}

  Result<std::unique_ptr<Upload>> begin(std::string_view app, std::string_view id,
                                        const UploadPlan& plan) override {
    if (Result<void> checked = checkBoth(app, id); !checked) return checked.error();
    if (plan.bytes > account_->limits.file_bytes) {
      return refuse(kFileTooLarge,
                    "a file may have " + std::to_string(account_->limits.file_bytes) + " bytes");
    }
    std::uint64_t ignored = 0;
    if (account_->folder.openFile(app, id, ignored)) {
      return refuse(kFileExists, "the app has a file with this id already");
    }
    Result<std::string> temporary = account_->beginUpload(app, plan.bytes);
    if (!temporary) return temporary.error();
    auto upload =
        std::make_unique<FolderUpload>(account_, app, id, plan, std::move(temporary).value());
    if (Result<void> opened = upload->open(); !opened) return opened.error();
    return std::unique_ptr<Upload>(std::move(upload));
  }

  Result<FileInfo> stat(std::string_view app, std::string_view id) override {
    const Result<StoredFile> file = open(app, id);
    if (!file) return file.error();
    return FileInfo{std::string(id), file->size()};
  }

  Result<StoredFile> open(std::string_view app, std::string_view id) override {
    if (Result<void> checked = checkBoth(app, id); !checked) return checked.error();
    std::uint64_t bytes = 0;
    Result<Descriptor> file = account_->folder.openFile(app, id, bytes);
    if (!file) return file.error();
    return StoredFile(std::move(file).value(), bytes);
  }

  Result<void> remove(std::string_view app, std::string_view id) override {
    if (Result<void> checked = checkBoth(app, id); !checked) return checked;
    return account_->remove(app, id);
  }

  Result<FilePage> list(std::string_view app, std::string_view after, std::size_t limit) override {
    Result<void> checked = FileFolder::checkApp(app);
    if (checked && !after.empty()) checked = FileFolder::checkId(after);
    if (!checked) return checked.error();
    FilePage page;
    limit = std::min(limit, kListedFiles);
    const auto add = [&](const Descriptor& part, const std::vector<std::string>& names) {
      const bool is_first = !names.empty() && FileFolder::isSamePart(names.front(), after);
      for (const std::string& name : names) {
        if (is_first && name <= after) continue;
        const std::optional<std::uint64_t> bytes = bytesOf(part, name);
        if (!bytes) continue;
        page.complete = page.files.size() < limit;
        if (!page.complete) return false;
        page.files.push_back({name, *bytes});
      }
      return true;
    };
    if (Result<void> read = account_->folder.eachPart(app, after, add); !read) return read.error();
    return page;
  }

  Result<std::uint64_t> usedBytes(std::string_view app) override {
    if (Result<void> checked = FileFolder::checkApp(app); !checked) return checked.error();
    return account_->usedBytes(app);
  }

 private:
  const std::shared_ptr<Account> account_;
};

}  // namespace

bool StoredFile::read(std::uint64_t at, std::size_t room, std::string& out) const {
  const std::size_t before = out.size();
  out.resize(before + room);
  ssize_t got = -1;
  do {
    got = ::pread(file_.get(), out.data() + before, room, static_cast<off_t>(at));
  } while (got < 0 && errno == EINTR);
  out.resize(before + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  return got > 0;
}

Result<std::unique_ptr<Files>> openFileFolder(const std::string& folder, const FileLimits& limits) {
  Result<FileFolder> opened = FileFolder::open(folder);
  if (!opened) return opened.error();
  auto account = std::make_shared<Account>(std::move(opened).value(), limits);
  return std::unique_ptr<Files>(std::make_unique<FolderFiles>(std::move(account)));
}

}  // namespace kith::files
