// SPDX-License-Identifier: Apache-2.0
// What only reads, as SQL on a connection of its own, so that a commit never waits for it. Each
// read sees one state of the file; what the last commits did and is not in the tables yet is taken
// from their rows of `unfolded` in the same state. Owned by the read thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "server/storage/requests.hpp"
#include "server/storage/sqlite_lists.hpp"
#include "server/storage/unfolded.hpp"
#include "sqlite/database.hpp"
#include "sqlite/statement.hpp"

namespace kith::storage {

class SqliteReader {
 public:
  explicit SqliteReader(Answers& answers);
  ~SqliteReader();
  SqliteReader(const SqliteReader&) = delete;
  SqliteReader& operator=(const SqliteReader&) = delete;

  /// A database that is there, and of this version. False with a failure when it cannot be read.
  bool open(const std::string& file) { return database_.openExisting(file) && prepare(); }
  void close();

  void execute(Token token, const ConfigureApp& request);
  void execute(Token token, const ReadHistory& range);

 private:
  bool prepare();
  void catchUp();
  std::int64_t find(sqlite::Statement& row, std::string_view name);
  std::int64_t find(sqlite::Statement& row, std::int64_t app, std::string_view name);
  void readHistory(const ReadHistory& range, HistoryPage& page);
  /// Ends the read; true: what it found holds.
  bool end();

  Answers& answers_;
  sqlite::Database database_;
  std::set<std::string, std::less<>> apps_;  // that were declared
  Unfolded unfolded_;
  std::int64_t first_record_{0};  // of those in unfolded_; 0 = none
  std::int64_t last_record_{0};

  struct Statements;
  std::unique_ptr<Statements> sql_;
  std::unique_ptr<SqliteLists> lists_;
};

/// Whether the read thread has it: what is answered goes there alone, a setting goes there too.
template <typename AnyRequest>
inline constexpr bool kForReader = requires(SqliteReader& reader, const AnyRequest& request) {
  reader.execute(kNoToken, request);
};
template <typename AnyRequest>
inline constexpr bool kForReaderAlone = kForReader<AnyRequest>&& kAnswered<AnyRequest>;

}  // namespace kith::storage
