// SPDX-License-Identifier: Apache-2.0
// Ownership over a prepared statement. Used by the thread that uses its Database.
#pragma once

#include <cstdint>
#include <string_view>

#include "sqlite/database.hpp"

struct sqlite3_stmt;

namespace kith::sqlite {

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
  void check(int code);

  Database& database_;
  std::string_view sql_;
  sqlite3_stmt* handle_{nullptr};
  int bound_{0};
};

}  // namespace kith::sqlite
