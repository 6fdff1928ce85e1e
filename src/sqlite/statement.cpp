// SPDX-License-Identifier: Apache-2.0
#include "sqlite/statement.hpp"

#include <sqlite3.h>

namespace kith::sqlite {

void Statement::check(int code) {
  if (code != SQLITE_OK) database_.fail();
}

Statement& Statement::start() {
  bound_ = 0;
  if (database_.handle() == nullptr) return *this;
  if (handle_ != nullptr) {
    sqlite3_reset(handle_);
    return *this;
  }
  if (database_.failed()) return *this;
  check(sqlite3_prepare_v3(database_.handle(), sql_.data(), static_cast<int>(sql_.size()),
                           SQLITE_PREPARE_PERSISTENT, &handle_, nullptr));
  return *this;
}

Statement& Statement::number(std::int64_t value) {
  if (handle_ != nullptr) check(sqlite3_bind_int64(handle_, ++bound_, value));
  return *this;
}

// An empty view may have a null pointer, which SQLite would take for NULL.
Statement& Statement::text(std::string_view value) {
  if (handle_ != nullptr) {
    check(sqlite3_bind_text64(handle_, ++bound_, value.data() != nullptr ? value.data() : "",
                              value.size(), SQLITE_STATIC, SQLITE_UTF8));
  }
  return *this;
}

Statement& Statement::blob(std::string_view value) {
  if (handle_ != nullptr) {
    check(sqlite3_bind_blob64(handle_, ++bound_, value.data() != nullptr ? value.data() : "",
                              value.size(), SQLITE_STATIC));
  }
  return *this;
}

Statement& Statement::null() {
  if (handle_ != nullptr) check(sqlite3_bind_null(handle_, ++bound_));
  return *this;
}

bool Statement::step() {
  if (handle_ == nullptr || database_.failed()) return false;
  const int code = sqlite3_step(handle_);
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) database_.fail();
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

}  // namespace kith::sqlite
