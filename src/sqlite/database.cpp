// SPDX-License-Identifier: Apache-2.0
#include "sqlite/database.hpp"

#include <sqlite3.h>

#include <cerrno>
#include <system_error>

#include "sqlite/statement.hpp"

namespace kith::sqlite {
namespace {

// A quota and a limit on the size of files come as input/output errors.
bool meansFull(int system_error) {
  return system_error == ENOSPC || system_error == EDQUOT || system_error == EFBIG;
}

Fault classify(int code, int system_error) {
  switch (code) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return Fault::Busy;
    case SQLITE_FULL: return Fault::Full;
    case SQLITE_READONLY: return Fault::ReadOnly;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return Fault::Damaged;
    case SQLITE_IOERR: return meansFull(system_error) ? Fault::Full : Fault::Other;
    default: return Fault::Other;
  }
}

// What the system said. SQLite keeps it for these two only, and forgets it when a COMMIT fails;
// then errno still has it. Call it before anything else.
int systemError(sqlite3* database) {
  const int last = errno;
  const int code = sqlite3_errcode(database) & 0xff;
  if (code != SQLITE_IOERR && code != SQLITE_CANTOPEN) return 0;
  const int kept = sqlite3_system_errno(database);
  return kept != 0 ? kept : last;
}

}  // namespace

bool Database::open(const std::string& path, Links links) {
  int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
  if (links == Links::Refuse) flags |= SQLITE_OPEN_NOFOLLOW;
  if (sqlite3_open_v2(path.c_str(), &handle_, flags, nullptr) == SQLITE_OK) return true;
  fail();
  return false;
}

bool Database::openExisting(const std::string& path) {
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW;
  if (sqlite3_open_v2(path.c_str(), &handle_, flags, nullptr) != SQLITE_OK ||
      sqlite3_db_config(handle_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr) != SQLITE_OK) {
    fail();
  }
  return !failed();
}

void Database::close() {
  if (handle_ != nullptr) sqlite3_close_v2(handle_);
  handle_ = nullptr;
}

bool Database::run(const char* sql) {
  if (handle_ == nullptr || failed()) return false;
  if (sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr) == SQLITE_OK) return true;
  fail();
  return false;
}

void Database::checkpointByHand() {
  const auto count = [](void* database, sqlite3*, const char*, int pages) {
    static_cast<Database*>(database)->log_pages_ = pages;
    return SQLITE_OK;
  };
  if (handle_ != nullptr) sqlite3_wal_hook(handle_, count, this);
}

void Database::checkpoint() {
  if (handle_ == nullptr || failed()) return;
  sqlite3_wal_checkpoint_v2(handle_, nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
}

std::int64_t Database::pragmaNumber(const char* pragma) {
  Statement statement(*this, pragma);
  return statement.start().step() ? statement.numberAt(0) : 0;
}

std::string Database::pragmaText(const char* pragma) {
  Statement statement(*this, pragma);
  return statement.start().step() ? std::string(statement.textAt(0)) : std::string();
}

void Database::rollBack() {
  clearFailure();
  if (inTransaction()) run("ROLLBACK");
  clearFailure();
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

bool Database::readOnly() const {
  return handle_ != nullptr && sqlite3_db_readonly(handle_, "main") == 1;
}

void Database::fail() {
  if (failed()) return;
  if (handle_ == nullptr) {
    fault_ = Fault::Other;
    failure_ = "out of memory";
    return;
  }
  const int system_error = systemError(handle_);
  const int code = sqlite3_errcode(handle_) & 0xff;
  fault_ = classify(code, system_error);
  failure_ = sqlite3_errmsg(handle_);
  if (system_error != 0) {
    failure_ += " (" + std::error_code(system_error, std::generic_category()).message() + ')';
  }
}

void Database::clearFailure() {
  fault_ = Fault::None;
  failure_.clear();
}

}  // namespace kith::sqlite
