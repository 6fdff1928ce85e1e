// SPDX-License-Identifier: Apache-2.0
// Ownership over a connection of the SQLite C API. Used by one thread at a time. Failure is sticky:
// after the first one every statement is a no-op until clearFailure(), so that code in between
// needs no checks of its own; the owner looks once, at the end of a transaction.
#pragma once

#include <cstdint>
#include <string>

struct sqlite3;

namespace kith::sqlite {

/// Why something failed, as far as an owner can do something about it.
enum class Fault {
  None,
  Busy,      ///< another connection holds the file
  Full,      ///< no room: on the disk, or below max_page_count
  ReadOnly,  ///< no right to write
  Damaged,   ///< not a database, or not a whole one
  Other,
};

class Database {
 public:
  Database() = default;
  ~Database() { close(); }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  /// Whether a symbolic link may be part of a path.
  enum class Links { Follow, Refuse };
  bool open(const std::string& path, Links links = Links::Follow);
  /// One that is there, no link in its path, to read it. Its log is left as it is.
  bool openExisting(const std::string& path);
  /// Every statement must be gone.
  void close();
  /// Runs statements that return nothing. False and a failure when one does not work.
  bool run(const char* sql);
  bool run(const std::string& sql) { return run(sql.c_str()); }
  /// From now on commits only write the log, and the owner chooses when checkpoint() brings it into
  /// the file.
  void checkpointByHand();
  /// Pages in the log after the last commit. Only with checkpointByHand().
  int logPages() const { return log_pages_; }
  /// What cannot be done now is left for the next time: a reader needs what it began with.
  void checkpoint();
  /// The first column of the first row; 0 without one.
  std::int64_t pragmaNumber(const char* pragma);
  /// The same as a text.
  std::string pragmaText(const char* pragma);
  /// Ends an open transaction without its changes, and clears the failure.
  void rollBack();
  /// Rows that the last statement inserted, changed or deleted.
  std::int64_t changes() const;
  std::int64_t lastRowId() const;
  bool inTransaction() const;
  /// The file was opened, but without the right to write.
  bool readOnly() const;

  bool failed() const { return fault_ != Fault::None; }
  Fault fault() const { return fault_; }
  const std::string& failure() const { return failure_; }
  /// Takes the connection's last error for the failure, unless there is one already.
  void fail();
  void clearFailure();
  sqlite3* handle() const { return handle_; }

 private:
  sqlite3* handle_{nullptr};
  int log_pages_{0};
  Fault fault_{Fault::None};
  std::string failure_;
};

}  // namespace kith::sqlite
