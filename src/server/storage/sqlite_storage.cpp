// SPDX-License-Identifier: Apache-2.0
// openSqliteStorage(): the hub's side packs requests into batches; a thread of its own takes all
// batches that wait as one transaction, so that commits grow by themselves under load. What reads
// beside the commits goes to another thread (read_thread.hpp).
#include <atomic>
#include <system_error>
#include <utility>

#include "base/sync.hpp"
#include "base/threads.hpp"
#include "server/storage/data_folder.hpp"
#include "server/storage/errors.hpp"
#include "server/storage/folder_lock.hpp"
#include "server/storage/read_thread.hpp"
#include "server/storage/sqlite_tables.hpp"
#include "server/storage/storage.hpp"

namespace kith::storage {
namespace {

using Batches = std::vector<std::unique_ptr<Batch>>;

constexpr std::size_t kSpareBatches = 16;

// A log of so many pages is brought into the file, while no commit is waited for.
// A long one holds each page once that was written many times.
constexpr int kCheckpointPages = 4000;

// FULL: a commit is on stable storage when it returns. FAST: zeros where a row was deleted, but
// no page written for their sake. Not EXCLUSIVE: a backup reads beside us (folder_lock.hpp keeps a
// second server out). The timeout is for another program that writes.
constexpr const char* kPragmas =
    "PRAGMA busy_timeout=2000; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; "
    "PRAGMA secure_delete=FAST; PRAGMA cache_size=-32768; PRAGMA temp_store=MEMORY; "
    "PRAGMA journal_size_limit=67108864;";

class SqliteStorage final : public Storage {
 public:
  explicit SqliteStorage(Wake wake) : wake_(std::move(wake)) {}
  ~SqliteStorage() override { close(); }

  Result<void> open(const std::string& folder);

  void submit(Token token, const Request& request) override;
  void flush() override;
  std::size_t drain(AnswerSink& sink) override;
  void close() override;
  StorageStats stats() const override {
    return {commits_.load(), appended_.load(), log_bytes_.load(), reader_.expired()};
  }

 private:
  Result<void> openFile(const std::string& file);
  Result<void> startThread();
  void flushChanges();
  void flushReads(ReadThread::Lane lane, std::unique_ptr<Batch>& batch);
  void run();
  void shortenSoon();
  void shortenLog();
  void runTransaction(Batches& batches);
  template <typename Use>
  bool transact(Batches& batches, Use use);
  void foldForGood();
  Error takeFailure();
  void handOut(Answers& answers);
  void refuseAll(Batch& batch);

  Wake wake_;
  FolderLock lock_;  // goes after the database
  // The storage thread's; after it was joined, the hub's.
  Database database_;
  Answers answers_;
  SqliteTables tables_{database_, answers_};
  int checked_pages_{0};  // of the log when it was shortened last
  bool reads_paused_{false};
  std::int64_t page_bytes_{0};
  // The hub's.
  std::unique_ptr<Batch> current_{std::make_unique<Batch>()};
  std::unique_ptr<Batch> reads_{std::make_unique<Batch>()};  // of the same turn
  std::unique_ptr<Batch> pages_{
      std::make_unique<Batch>()};  // of the history, searches: may be long
  Answers draining_;
  std::uint64_t flushed_{0};  // turns that brought changes
  bool closed_{false};

  base::Mutex mutex_;
  base::Condition work_;
  Batches waiting_ KITH_GUARDED_BY(mutex_);
  Batches spare_ KITH_GUARDED_BY(mutex_);
  Answers ready_ KITH_GUARDED_BY(mutex_);
  std::uint64_t newest_ KITH_GUARDED_BY(mutex_){0};  // turn of those that wait, or were taken
  bool reads_quiet_ KITH_GUARDED_BY(mutex_){false};  // see ReadThread::Quiet
  bool closing_ KITH_GUARDED_BY(mutex_){false};

  std::atomic<std::uint64_t> commits_{0};
  std::atomic<std::uint64_t> appended_{0};
  std::atomic<std::uint64_t> log_bytes_{0};
  ReadThread reader_{[this](Answers& answers) { handOut(answers); }, [this] { shortenSoon(); }};
  base::Worker worker_;
};

Error cannotUse(const std::string& what, const std::string& why) {
  return {Errc::InvalidArgument, 0, "storage: " + what + ' ' + why, false};
}

Result<void> SqliteStorage::open(const std::string& folder) {
  const Result<std::string> prepared = prepareDataFile(folder, "kith.db");
  if (!prepared) return prepared.error();
  Result<FolderLock> lock = FolderLock::take(*prepared);
  if (!lock) return lock.error();
  lock_ = std::move(lock).value();
  if (Result<void> belongs = checkLogBelongs(*prepared); !belongs) return belongs;
  if (Result<void> opened = openFile(*prepared); !opened) return opened;
  if (Result<void> reads = reader_.start(*prepared); !reads) return reads;
  return startThread();
}

Result<void> SqliteStorage::openFile(const std::string& file) {
  const bool opened = database_.open(file, sqlite::Database::Links::Refuse);
  if (database_.readOnly()) return cannotUse(file, "cannot be used: it is read-only");
  if (!opened || !database_.run(kPragmas)) {
    const bool locked = database_.fault() == sqlite::Fault::Busy;
    return cannotUse(
        file, locked ? "is in use by another process" : "cannot be used: " + database_.failure());
  }
  if (database_.pragmaText("PRAGMA journal_mode") != "wal") {
    return cannotUse(file,
                     "cannot be used: its file system has no shared memory for a log; use "
                     "a local disk");
  }
  std::string why;
  if (!SqliteTables::migrate(database_, why)) return cannotUse(file, why);
  page_bytes_ = database_.pragmaNumber("PRAGMA page_size");
  database_.checkpointByHand();
  return {};
}

Result<void> SqliteStorage::startThread() {
  try {
    worker_ = base::startWorker("kith-sqlite", [this] { run(); });
    return {};
  } catch (const std::system_error& problem) {
    return Error{Errc::Internal, 0, std::string("storage: no thread: ") + problem.what(), false};
  }
}

void SqliteStorage::submit(Token token, const Request& request) {
  std::visit(
      [&](const auto& one) {
        using AnyRequest = std::decay_t<decltype(one)>;
        constexpr bool kIsLong = std::is_same_v<AnyRequest, ReadHistory> ||
                                 std::is_same_v<AnyRequest, ReadLog> ||
                                 std::is_same_v<AnyRequest, FindObjects>;
        if constexpr (kForReader<AnyRequest>) (kIsLong ? pages_ : reads_)->add(token, request);
        if constexpr (!kForReaderAlone<AnyRequest>) current_->add(token, request);
      },
      request);
}

// The reads of a turn see its changes, so these go first.
void SqliteStorage::flush() {
  if (closed_) {
    refuseAll(*current_);
    refuseAll(*reads_);
    refuseAll(*pages_);
    return handOut(answers_);
  }
  flushChanges();
  flushReads(ReadThread::Lane::First, reads_);
  flushReads(ReadThread::Lane::Last, pages_);
}

void SqliteStorage::flushReads(ReadThread::Lane lane, std::unique_ptr<Batch>& batch) {
  if (batch->empty()) return;
  reader_.add(lane, std::move(batch), flushed_);
  batch = std::make_unique<Batch>();
}

void SqliteStorage::refuseAll(Batch& batch) {
  batch.replay([this](Token token, const auto& request) {
    answer(request, token, storageClosed(), answers_);
  });
  batch.clear();
}

void SqliteStorage::flushChanges() {
  if (current_->empty()) return;
  {
    const base::Lock lock(mutex_);
    waiting_.push_back(std::move(current_));
    newest_ = ++flushed_;
    if (!spare_.empty()) {
      current_ = std::move(spare_.back());
      spare_.pop_back();
    }
  }
  work_.notifyOne();
  if (current_ == nullptr) current_ = std::make_unique<Batch>();
}

std::size_t SqliteStorage::drain(AnswerSink& sink) {
  {
    const base::Lock lock(mutex_);
    draining_.swap(ready_);
  }
  for (Answer& answer : draining_) sink.onAnswer(answer);
  const std::size_t count = draining_.size();
  draining_.clear();
  return count;
}

void SqliteStorage::close() {
  if (closed_) return;
  flush();
  {
    const base::Lock lock(mutex_);
    closing_ = true;
  }
  work_.notifyOne();
  if (worker_.thread.joinable()) {
    worker_.thread.join();
    foldForGood();
  }
  reader_.close();
  tables_.finish();
  database_.close();
  lock_.release();
  closed_ = true;
}

void SqliteStorage::run() {
  Batches batches;
  while (true) {
    std::uint64_t turn = 0;
    bool only_log = false;
    {
      base::Lock lock(mutex_);
      while (!closing_ && waiting_.empty() && !tables_.expiring() && !reads_quiet_) {
        work_.wait(lock);
      }
      if (closing_ && waiting_.empty()) return;
      batches.swap(waiting_);
      turn = newest_;
      only_log = batches.empty() && !tables_.expiring();
      reads_quiet_ = false;
    }
    if (only_log) {
      shortenLog();
      continue;
    }
    runTransaction(batches);
    {
      const base::Lock lock(mutex_);
      for (auto& batch : batches) {
        if (spare_.size() < kSpareBatches) spare_.push_back(std::move(batch));
      }
    }
    batches.clear();
    handOut(answers_);
    reader_.settled(turn);
    shortenLog();
  }
}

void SqliteStorage::shortenSoon() {
  {
    const base::Lock lock(mutex_);
    reads_quiet_ = true;
  }
  work_.notifyOne();
}

// The log begins anew once all of it is in the file and nothing reads it. Our own reads, one behind
// the other, would leave no such moment, so the next one begins after this. While another program
// reads for long, the log grows, and is looked at again when it has grown as much once more.
void SqliteStorage::shortenLog() {
  const int pages = database_.logPages();
  log_bytes_.store(static_cast<std::uint64_t>(pages * page_bytes_), std::memory_order_relaxed);
  if (pages < checked_pages_) checked_pages_ = 0;
  const bool is_long = pages >= checked_pages_ + kCheckpointPages;
  if (is_long) reads_paused_ = true;
  if (is_long && !reader_.pause()) return;
  if (is_long) {
    database_.checkpoint();
    checked_pages_ = pages;
  }
  if (std::exchange(reads_paused_, false)) reader_.resume();
}

void SqliteStorage::runTransaction(Batches& batches) {
  const auto execute = [this](Token token, const auto& request) {
    if constexpr (!kForReaderAlone<std::decay_t<decltype(request)>>) {
      tables_.execute(token, request);
    }
  };
  if (transact(batches, execute)) {
    commits_.fetch_add(1, std::memory_order_relaxed);
    appended_.store(tables_.appended(), std::memory_order_relaxed);
  } else {
    const Error error = takeFailure();
    answers_.clear();
    // Once more for the settings, so that an app stays declared on a full disk: the read thread
    // goes on reading for it. What changes is refused with the reason.
    const auto settingsOnly = [&](Token token, const auto& request) {
      if constexpr (std::decay_t<decltype(request)>::kWrites) {
        answer(request, token, error, answers_);
      } else {
        execute(token, request);
      }
    };
    if (!transact(batches, settingsOnly)) {
      takeFailure();
      for (Answer& answer : answers_) answer.fail(error);
    }
  }
  for (auto& batch : batches) batch->clear();
}

template <typename Use>
bool SqliteStorage::transact(Batches& batches, Use use) {
  tables_.begin();
  for (auto& batch : batches) batch->replay(use);
  tables_.end();
  return !database_.failed();
}

/// What could not be folded is read at the next start.
void SqliteStorage::foldForGood() {
  tables_.begin();
  tables_.fold();
  tables_.end();
}

/// Undoes the transaction, and says what went wrong.
Error SqliteStorage::takeFailure() {
  Error error{Errc::ServerBusy, 0, "storage: nothing was kept: " + database_.failure(), false};
  database_.rollBack();
  tables_.forget();
  return error;
}

void SqliteStorage::handOut(Answers& answers) {
  if (answers.empty()) return;
  bool was_empty = false;
  {
    const base::Lock lock(mutex_);
    was_empty = ready_.empty();
    if (was_empty) {
      ready_.swap(answers);
    } else {
      std::move(answers.begin(), answers.end(), std::back_inserter(ready_));
    }
  }
  answers.clear();
  if (was_empty && wake_) wake_();
}

}  // namespace

Result<std::unique_ptr<Storage>> openSqliteStorage(const std::string& folder, Wake wake) {
  auto storage = std::make_unique<SqliteStorage>(std::move(wake));
  if (Result<void> opened = storage->open(folder); !opened) return opened.error();
  return std::unique_ptr<Storage>(std::move(storage));
}

}  // namespace kith::storage
