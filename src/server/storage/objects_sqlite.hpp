// SPDX-License-Identifier: Apache-2.0
// Objects as SQL, on the connection that writes or on the one that reads; each has its own. Used by
// the thread that uses the Database, between the beginning and the end of a transaction. When a
// statement fails the answer means nothing: the owner looks at the Database.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/storage/objects_rules.hpp"
#include "server/storage/requests.hpp"
#include "server/storage/sqlite_lists.hpp"
#include "sqlite/statement.hpp"

namespace kith::storage {

class SqliteObjects {
 public:
  /// `lists` is where conversations' last messages are found; null: none are shown.
  explicit SqliteObjects(sqlite::Database& database, SqliteLists* lists = nullptr);
  ~SqliteObjects();
  SqliteObjects(const SqliteObjects&) = delete;
  SqliteObjects& operator=(const SqliteObjects&) = delete;

  // `app`: the row of the request's app; 0 = it has none yet.
  Result<ObjectRecord> execute(std::int64_t app, const CreateObject& request);
  /// The object of a new group, in a class that does not count. An Error when its fields are wrong.
  Result<void> makeGroup(std::int64_t app, const CreateGroup& request);
  void removeGroup(std::int64_t app, std::string_view group);
  /// Up to `most` temporary groups that were made before that time.
  std::vector<std::string> temporaryBefore(std::int64_t app, std::int64_t time, std::int64_t most);
  GroupFacts factsOf(std::int64_t app, std::string_view group);
  /// The id of the last temporary group of these members; empty = there is none.
  std::string temporaryOf(std::int64_t app, std::string_view pair);
  /// What an import brings, unless it only looks.
  Result<ImportFate> import(std::int64_t app, std::string_view class_name,
                            const objects::Object& row, bool look);
  Result<ObjectRecord> execute(std::int64_t app, const UpdateObject& request);
  Result<Changed> execute(std::int64_t app, const DeleteObject& request);
  Result<ObjectRecord> execute(std::int64_t app, const GetObject& request);
  Result<objects::FoundObjects> execute(std::int64_t app, const FindObjects& request);

 private:
  struct Statements;
  /// 0: there is no such class.
  std::int64_t findClass(std::int64_t app, std::string_view name);
  Result<std::int64_t> makeClass(std::int64_t app, std::string_view name);
  std::optional<objects::Object> find(std::int64_t in_class, std::string_view id);
  void insert(std::int64_t in_class, const objects::Object& object);
  struct Scope;
  void feed(const Scope& scope, objects::Search& search);
  void feedNamed(const Scope& scope, std::string_view id, objects::Search& search);
  void look(const Scope& scope, const sqlite::Statement& row, objects::Search& search);
  /// Shows the members of a group, in its fields, and when the last message of it came.
  void showGroup(std::int64_t app, std::string_view group, std::string_view viewer, bool last_time,
                 std::string& fields);
  /// Of a service conversation `viewer` alone, if it is one.
  std::vector<std::string> membersOf(std::int64_t app, std::string_view group,
                                     std::string_view viewer);
  std::optional<StoredMessage> lastMessageOf(std::int64_t app, std::string_view group);
  std::vector<std::string> names(sqlite::Statement& rows);

  sqlite::Database& database_;
  SqliteLists* lists_;
  std::unique_ptr<Statements> sql_;
};

}  // namespace kith::storage
