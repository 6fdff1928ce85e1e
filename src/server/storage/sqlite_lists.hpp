// SPDX-License-Identifier: Apache-2.0
// The lists of the history (chain.hpp) as one connection sees them, each read from the newest back.
// Where a list ends is in its table, or, since the tables were brought up to date last, in an
// Unfolded that has what the connection sees. One thread.
#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "server/storage/chain.hpp"
#include "server/storage/requests.hpp"
#include "server/storage/unfolded.hpp"
#include "sqlite/database.hpp"

namespace kith::storage {

class SqliteLists {
 public:
  /// A place in the history: what comes before it is older.
  struct Place {
    std::int64_t timestamp{0};
    Position position{0};
    auto operator<=>(const Place&) const = default;  // NOLINT(modernize-use-nullptr): its own zero
  };

  SqliteLists(sqlite::Database& database, const Unfolded& unfolded);
  ~SqliteLists();

  /// The end of a list, for a message that is going to be appended to it.
  void readEnd(ListKind kind, std::int64_t list, ListEnd& end);
  /// Rows of `app` that come before what the range names go behind `messages`, newest first.
  void read(ListKind kind, std::int64_t list, std::int64_t app, const ReadHistory& range,
            std::vector<StoredMessage>& messages);
  /// nullopt: it is gone, or deleted.
  std::optional<StoredMessage> message(Position position);
  /// The message of a list with this time and id; 0 = there is none.
  Position find(ListKind kind, std::int64_t list, std::int64_t timestamp, std::string_view id);

 private:
  struct Statements;
  struct Row;

  Position newestOf(ListKind kind, std::int64_t list);
  bool readLinks(Position position, std::int64_t& timestamp, Links& links);
  Position seek(ListKind kind, std::int64_t list, const Place& before);
  Place findStray(ListKind kind, std::int64_t list, const Place& before);
  std::optional<Row> readRow(Position position);
  Place placeBefore(std::int64_t app, const ReadHistory& range);

  const Unfolded& unfolded_;
  std::unique_ptr<Statements> sql_;
};

}  // namespace kith::storage
