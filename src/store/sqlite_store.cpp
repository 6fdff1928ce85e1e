// SPDX-License-Identifier: Apache-2.0
// openSqliteStore(): one connection under a lock; docs/decisions/014 says why its settings are what
// they are.
#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <optional>
#include <system_error>
#include <unistd.h>
#include <utility>

#include "base/fork.hpp"
#include "base/sync.hpp"
#include "store/make_store.hpp"
#include "store/sqlite_rows.hpp"

namespace kith::store {
namespace {

// The lock comes first; a file that is not ours must not be changed, so the rest comes after the
// look at its schema.
constexpr const char* kFirstPragmas =
    "PRAGMA busy_timeout=500; PRAGMA locking_mode=EXCLUSIVE; PRAGMA trusted_schema=OFF; "
    "PRAGMA cell_size_check=ON; PRAGMA temp_store=MEMORY; PRAGMA secure_delete=ON; "
    "PRAGMA synchronous=FULL;";

// Of what a store may take, the file gets three quarters; the rest is for the write-ahead file.
constexpr std::size_t fileBytes(std::size_t max_bytes) { return max_bytes / 4 * 3; }

// Free pages are given back when the store is opened and more of them are free than this.
constexpr std::int64_t kKeptFreeBytes = 1024 * 1024;

// What rows, indexes and half-filled pages may take besides the texts.
constexpr std::int64_t kSparePages = 16;

std::size_t bytesOf(const std::vector<PeerChange>& changes) {
  std::size_t bytes = 0;
  for (const PeerChange& one : changes) {
    if (const auto* out = std::get_if<store_change::AddOutgoing>(&one.change)) {
      bytes += out->entry.message.text.size();
    } else if (const auto* in = std::get_if<store_change::AddIncoming>(&one.change)) {
      bytes += in->entry.message.text.size();
    }
  }
  return bytes;
}

class SqliteStore final : public Store {
 public:
  SqliteStore(StoreLimits limits, Clock clock, UptimeClock uptime)
      : limits_(limits), clock_(std::move(clock)), uptime_(std::move(uptime)) {}

  Result<void> open(const std::string& file);
  Result<StoredPeer> load(const std::string& app_id, const std::string& peer_id) override;
  Result<void> commit(const std::string& app_id, const std::vector<PeerChange>& changes) override;

 private:
  Error refuse(const std::string& what) const {
    return {Errc::StoreFailed, 0, "store: " + file_ + ' ' + what, false};
  }
  Error failure() const KITH_REQUIRES(mutex_);
  Result<void> makeFile();
  void setBounds() KITH_REQUIRES(mutex_);
  std::string damage() KITH_REQUIRES(mutex_);
  void giveBackPages() KITH_REQUIRES(mutex_);

  void make(const std::string& app_id, const PeerChange& one, Timestamp now) KITH_REQUIRES(mutex_);
  bool stale(const SqliteRows::Peer& peer, Timestamp now) const {
    return peer.seen > now || peer.seen + slack() <= now;
  }
  void sweep(Timestamp now) KITH_REQUIRES(mutex_);
  void welcome(const SqliteRows::Peer& peer, Timestamp now) KITH_REQUIRES(mutex_);
  Timestamp awaySince(Timestamp now) const { return now - limits_.forget_after - slack(); }
  // The time is not written down more often than this, so that a commit need not touch the peer.
  std::chrono::milliseconds slack() const {
    return std::chrono::milliseconds(limits_.forget_after) / 64;
  }

  const StoreLimits limits_;
  const Clock clock_;
  const UptimeClock uptime_;
  std::string file_;
  base::Mutex mutex_;
  Database database_ KITH_GUARDED_BY(mutex_);
  std::optional<SqliteRows> rows_ KITH_GUARDED_BY(mutex_);  // let go before the database
  std::int64_t page_bytes_ KITH_GUARDED_BY(mutex_){4096};
  Timestamp next_sweep_ KITH_GUARDED_BY(mutex_){};
};

// --- opening -------------------------------------------------------------------------------------

// By an absolute name, so that neither a later chdir() nor a name with a meaning of its own
// (":memory:") changes which file it is.
Result<void> SqliteStore::makeFile() {
  if (file_.empty() || file_.find('\0') != std::string::npos) {
    file_ = "the file's name";
    return refuse("is empty or has a zero byte; name a file");
  }
  std::error_code problem;
  const std::filesystem::path path = std::filesystem::absolute(file_, problem);
  if (problem) return refuse("cannot be used: " + problem.message());
  file_ = path.string();
  // SQLite would let others read it.
  const int made = ::open(file_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (made < 0 && errno != EEXIST) {
    return refuse("cannot be made: " + std::generic_category().message(errno));
  }
  if (made >= 0) ::close(made);
  if (!std::filesystem::is_regular_file(path, problem)) return refuse("is not a plain file");
  return {};
}

Result<void> SqliteStore::open(const std::string& file) {
  const base::Lock lock(mutex_);
  file_ = file;
  if (Result<void> made = makeFile(); !made) return made;
  if (!database_.open(file_)) return failure();
  if (database_.readOnly()) return refuse("is read-only; a store must be writable");
  // Reading takes the lock of a file that exists; making the tables that of a new one.
  if (!database_.run(kFirstPragmas)) return failure();
  std::string why;
  if (!migrateStore(database_, why)) return database_.failed() ? failure() : refuse(why);
  if (!database_.run("PRAGMA journal_mode=WAL")) return failure();
  if (std::string found = damage(); !found.empty()) {
    return refuse("is damaged (" + found + "); move it away to start anew");
  }
  setBounds();
  if (database_.failed()) return failure();
  rows_.emplace(database_);
  giveBackPages();
  return {};
}

std::string SqliteStore::damage() {
  Statement check(database_, "PRAGMA quick_check(1)");
  if (!check.start().step()) return database_.failure();
  const std::string found(check.textAt(0));
  return found == "ok" ? std::string() : found.substr(0, found.find('\n'));
}

void SqliteStore::setBounds() {
  page_bytes_ = std::max<std::int64_t>(database_.pragmaNumber("PRAGMA page_size"), 512);
  const auto pages = [page_bytes = page_bytes_](std::size_t bytes) {
    return std::to_string(static_cast<std::int64_t>(bytes) / page_bytes);
  };
  const std::size_t wal_bytes = limits_.max_bytes / 8;
  database_.run("PRAGMA max_page_count=" + pages(fileBytes(limits_.max_bytes)));
  database_.run("PRAGMA wal_autocheckpoint=" + pages(wal_bytes));
  database_.run("PRAGMA journal_size_limit=" + std::to_string(wal_bytes));
}

// A store is small most of the time; one that was once large need not stay so for ever. A disk that
// is too full for it is no reason to stop.
void SqliteStore::giveBackPages() {
  const std::int64_t free = database_.pragmaNumber("PRAGMA freelist_count");
  if (free * page_bytes_ > kKeptFreeBytes) database_.run("PRAGMA incremental_vacuum");
  database_.rollBack();
}

// --- changes -------------------------------------------------------------------------------------

Error SqliteStore::failure() const {
  switch (database_.fault()) {
    case sqlite::Fault::Busy:
      return refuse("is in use by another process, or by another store of this one");
    case sqlite::Fault::Full:
      return refuse("cannot grow, the disk is full (" + database_.failure() +
                    "); nothing of this was kept: free some space");
    case sqlite::Fault::ReadOnly:
      return refuse("cannot be written (" + database_.failure() + "); a store must be writable");
    case sqlite::Fault::Damaged:
      return refuse("is damaged (" + database_.failure() + "); move it away to start anew");
    default: return refuse("cannot be used: " + database_.failure());
  }
}

Result<void> SqliteStore::commit(const std::string& app_id,
                                 const std::vector<PeerChange>& changes) {
  const base::Lock lock(mutex_);
  const Timestamp now = clock_();
  sweep(now);
  if (changes.empty()) return {};
  rows_->setTime(now, uptime_());
  const std::int64_t before = rows_->usedPages();
  database_.run("BEGIN IMMEDIATE");
  for (const PeerChange& one : changes) make(app_id, one, now);
  const auto most = static_cast<std::int64_t>(fileBytes(limits_.max_bytes)) / page_bytes_;
  const auto room = addsMessage(changes)
                        ? static_cast<std::int64_t>(roomForMessages(static_cast<std::size_t>(most)))
                        : most;
  const std::int64_t after = rows_->usedPages();
  const bool fits = after <= room || after <= before;
  if (fits) database_.run("COMMIT");
  if (fits && !database_.failed()) return {};
  // SQLite calls both full: its disk, and the most pages that we allow.
  const auto needed = before + static_cast<std::int64_t>(bytesOf(changes)) / page_bytes_;
  const bool ours = database_.fault() == sqlite::Fault::Full && needed + kSparePages > most;
  const Error error = ours || !database_.failed() ? full(file_ + ' ', limits_) : failure();
  database_.rollBack();
  return error;
}

void SqliteStore::make(const std::string& app_id, const PeerChange& one, Timestamp now) {
  if (database_.failed()) return;
  SqliteRows::Peer peer = rows_->find(app_id, one.peer_id);
  if (peer.row == 0) {
    if (std::holds_alternative<store_change::RemoveOutgoing>(one.change)) return;
    peer = {rows_->add(app_id, one.peer_id, now), now};
  }
  if (stale(peer, now)) rows_->setSeen(peer.row, now);
  SqliteRows& rows = *rows_;
  std::visit([&](const auto& change) { rows.make(peer.row, change); }, one.change);
}

Result<StoredPeer> SqliteStore::load(const std::string& app_id, const std::string& peer_id) {
  const base::Lock lock(mutex_);
  const Timestamp now = clock_();
  sweep(now);
  const SqliteRows::Peer peer = rows_->find(app_id, peer_id);
  StoredPeer kept;
  if (peer.row != 0) {
    welcome(peer, now);
    rows_->setTime(now, uptime_());
    rows_->readMessages(peer.row, kept);
    if (peer.seen >= awaySince(now)) {
      rows_->readShown(peer.row, kept);
      rows_->readWatched(peer.row, kept);
    }
  }
  if (database_.failed()) {
    const Error error = failure();
    database_.clearFailure();
    return error;
  }
  return kept;
}

// Neither of these two matters when there is no room for it now: what is read is right without.
void SqliteStore::welcome(const SqliteRows::Peer& peer, Timestamp now) {
  if (!stale(peer, now)) return;
  database_.run("BEGIN IMMEDIATE");
  if (peer.seen < awaySince(now)) rows_->forget(awaySince(now));
  rows_->setSeen(peer.row, now);
  database_.run("COMMIT");
  database_.rollBack();
}

void SqliteStore::sweep(Timestamp now) {
  if (now < next_sweep_) return;
  next_sweep_ = now + kSweepInterval;
  database_.run("BEGIN IMMEDIATE");
  rows_->forget(awaySince(now));
  database_.run("COMMIT");
  database_.rollBack();
}

}  // namespace

Result<std::shared_ptr<Store>> openSqliteStore(const std::string& file, StoreLimits limits,
                                               Clock clock, UptimeClock uptime) {
  // In a forked child SQLite would take the parent's locks for its own, and tidy up its file.
  const auto close = [origin = base::Origin()](SqliteStore* mine) {
    std::shared_ptr<SqliteStore> owner(mine);
    if (origin.elsewhere()) base::neverDestroy(std::move(owner));
  };
  const std::shared_ptr<SqliteStore> store(
      new SqliteStore(lifted(limits), std::move(clock), std::move(uptime)), close);
  if (Result<void> opened = store->open(file); !opened) return opened.error();
  return std::shared_ptr<Store>(store);
}

}  // namespace kith::store

namespace kith {

Result<std::shared_ptr<Store>> openSqliteStore(const std::string& file, StoreLimits limits) {
  return store::openSqliteStore(file, limits, store::systemClock());
}

}  // namespace kith
