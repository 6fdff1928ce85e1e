// SPDX-License-Identifier: Apache-2.0
#include "server/storage/sqlite.hpp"

#include <sqlite3.h>

#include <utility>

namespace kith::storage {

bool Database::open(const std::string& path) {
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
  if (sqlite3_open_v2(path.c_str(), &handle_, flags, nullptr) == SQLITE_OK) return true;
  fail(handle_ != nullptr ? sqlite3_errmsg(handle_) : "out of memory");
  return false;
}

void Database::close() {
  if (handle_ != nullptr) sqlite3_close_v2(handle_);
  handle_ = nullptr;
}

bool Database::run(const char* sql) {
  if (handle_ == nullptr || failed_) return false;
  if (sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr) == SQLITE_OK) return true;
  fail(sqlite3_errmsg(handle_));
  return false;
}

std::int64_t Database::pragmaNumber(const char* pragma) {
  Statement statement(*this, pragma);
  return statement.start().step() ? statement.numberAt(0) : 0;
}

std::int64_t Database::changes() const {
  return handle_ != nullptr ? sqlite3_changes64(handle_) : 0;
}

std::int64_t Database::lastRowId() const {
  return handle_ != nullptr ? sqlite3_last_insert_rowid(handle_) : 0;
}

bool Database::inTransaction() const {
  return handle_ != nullptr && sqlite3_get_autocommit(handle_) == 0;
}

void Database::fail(std::string why) {
  if (failed_) return;
  failed_ = true;
  failure_ = std::move(why);
}

void Database::clearFailure() {
  failed_ = false;
  failure_.clear();
}

Statement& Statement::start() {
  bound_ = 0;
  if (database_.handle() == nullptr) return *this;
  if (handle_ != nullptr) {
    sqlite3_reset(handle_);
    return *this;
  }
  if (database_.failed()) return *this;
  if (sqlite3_prepare_v3(database_.handle(), sql_.data(), static_cast<int>(sql_.size()),
                         SQLITE_PREPARE_PERSISTENT, &handle_, nullptr) != SQLITE_OK) {
    database_.fail(sqlite3_errmsg(database_.handle()));
  }
  return *this;
}

Statement& Statement::number(std::int64_t value) {
  if (handle_ != nullptr) sqlite3_bind_int64(handle_, ++bound_, value);
  return *this;
}

// An empty view may have a null pointer, which SQLite would take for NULL.
Statement& Statement::text(std::string_view value) {
  if (handle_ != nullptr) {
    sqlite3_bind_text(handle_, ++bound_, value.data() != nullptr ? value.data() : "",
                      static_cast<int>(value.size()), SQLITE_STATIC);
  }
  return *this;
}

Statement& Statement::blob(std::string_view value) {
  if (handle_ != nullptr) {
    sqlite3_bind_blob(handle_, ++bound_, value.data() != nullptr ? value.data() : "",
                      static_cast<int>(value.size()), SQLITE_STATIC);
  }
  return *this;
}

Statement& Statement::null() {
  if (handle_ != nullptr) sqlite3_bind_null(handle_, ++bound_);
  return *this;
}

bool Statement::step() {
  if (handle_ == nullptr || database_.failed()) return false;
  const int code = sqlite3_step(handle_);
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) database_.fail(sqlite3_errmsg(database_.handle()));
  // An open read would keep the transaction from ending.
  sqlite3_reset(handle_);
  return false;
}

std::int64_t Statement::run() {
  while (step()) {
  }
  return database_.failed() ? 0 : database_.changes();
}

void Statement::finish() {
  sqlite3_finalize(handle_);
  handle_ = nullptr;
}

std::int64_t Statement::numberAt(int column) const { return sqlite3_column_int64(handle_, column); }

std::string_view Statement::textAt(int column) const {
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(handle_, column));
  if (bytes == nullptr) return {};
  return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(handle_, column))};
}

std::string_view Statement::blobAt(int column) const {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(handle_, column));
  if (bytes == nullptr) return {};
  return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(handle_, column))};
}

bool Statement::nullAt(int column) const {
  return sqlite3_column_type(handle_, column) == SQLITE_NULL;
}

}  // namespace kith::storage
