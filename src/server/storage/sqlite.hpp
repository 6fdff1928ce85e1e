// SPDX-License-Identifier: Apache-2.0
// A thin layer of ownership over the SQLite C API. Owned by one thread, the storage's. Failure is
// sticky: after the first one every statement is a no-op until clearFailure(), so that code in
// between needs no checks of its own; the owner looks once, at the end of a transaction.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace kith::storage {

class Database {
 public:
  Database() = default;
  ~Database() { close(); }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  bool open(const std::string& path);
  /// Every statement must be gone.
  void close();
  /// Runs statements that return nothing. False and a failure when one does not work.
  bool run(const char* sql);
  std::int64_t pragmaNumber(const char* pragma);
  /// Rows that the last statement inserted, changed or deleted.
  std::int64_t changes() const;
  std::int64_t lastRowId() const;
  bool inTransaction() const;

  bool failed() const { return failed_; }
  const std::string& failure() const { return failure_; }
  void fail(std::string why);
  void clearFailure();
  sqlite3* handle() const { return handle_; }

 private:
  sqlite3* handle_{nullptr};
  bool failed_{false};
  std::string failure_;
};

/// A prepared statement, made at its first use and kept. The views given to text() and blob() must
/// live until the next bind or reset; those that textAt() and blobAt() return, until the next
/// step().
class Statement {
 public:
  Statement(Database& database, std::string_view sql) : database_(database), sql_(sql) {}
  ~Statement() { finish(); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  /// Makes it ready for new values, which are given in order.
  Statement& start();
  Statement& number(std::int64_t value);
  Statement& text(std::string_view value);
  Statement& blob(std::string_view value);
  Statement& null();
  /// True: a row is there. False: no more, or a failure.
  bool step();
  /// Runs to the end; returns the number of rows changed.
  std::int64_t run();
  void finish();

  std::int64_t numberAt(int column) const;
  std::string_view textAt(int column) const;
  std::string_view blobAt(int column) const;
  bool nullAt(int column) const;

 private:
  Database& database_;
  std::string_view sql_;
  sqlite3_stmt* handle_{nullptr};
  int bound_{0};
};

}  // namespace kith::storage
