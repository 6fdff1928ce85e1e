// SPDX-License-Identifier: Apache-2.0
// What only reads, as SQL on a connection of its own, so that a commit never waits for it. The
// reads between a begin() and an end() see one state of the file; what the last commits did and is
// not in the tables yet is taken from their rows of `unfolded` in the same state. Owned by the read
// thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "server/storage/objects_sqlite.hpp"
#include "server/storage/requests.hpp"
#include "server/storage/sqlite_lists.hpp"
#include "server/storage/sqlite_pending.hpp"
#include "server/storage/text_map.hpp"
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

  void begin();
  void end();

  // A setting, at any time.
  void execute(Token token, const ConfigureApp& request);
  // Between begin() and end().
  void execute(Token token, const ReadPending& request) { answerRead(token, request); }
  void execute(Token token, const LoadGroup& request) { answerRead(token, request); }
  void execute(Token token, const ListDeclined& request) { answerRead(token, request); }
  void execute(Token token, const ReadHistory& request) { answerRead(token, request); }
  void execute(Token token, const GetObject& request) { answerRead(token, request); }
  void execute(Token token, const FindObjects& request) { answerRead(token, request); }
  void execute(Token token, const ReadLog& request) { answerRead(token, request); }
  void execute(Token token, const ReadMarks& request) { answerRead(token, request); }
  void execute(Token token, const ListEdits& request) { answerRead(token, request); }
  void execute(Token token, const ReadChanges& request) { answerRead(token, request); }
  void execute(Token token, const CountUnread& request) { answerRead(token, request); }
  void execute(Token token, const ListUnread& request) { answerRead(token, request); }

  /// Messages that first pages left out for their age. Any thread.
  std::uint64_t expired() const { return expired_.load(std::memory_order_relaxed); }

 private:
  bool prepare();
  void catchUp();
  template <typename AnyRequest>
  void answerRead(Token token, const AnyRequest& request);
  PendingPage read(const ReadPending& request);
  FoundGroup read(const LoadGroup& request);
  GroupIds read(const ListDeclined& request);
  HistoryPage read(const ReadHistory& range);
  Result<ObjectRecord> read(const GetObject& request);
  Result<objects::FoundObjects> read(const FindObjects& request);
  HistoryPage read(const ReadLog& range);
  MemberMarks read(const ReadMarks& request);
  HistoryPage read(const ListEdits& request);
  ChangesPage read(const ReadChanges& request);
  Unread read(const CountUnread& request);
  UnreadList read(const ListUnread& request);
  template <typename AnyRequest, typename Reply>
  void finish(Token token, const AnyRequest& request, Reply&& reply);
  std::int64_t find(sqlite::Statement& row, std::string_view name);
  std::int64_t find(sqlite::Statement& row, std::int64_t app, std::string_view name);
  std::int64_t findConversation(std::string_view app_id, std::string_view conv_id);
  std::int64_t timeOf(std::int64_t conversation, Seq seq);
  bool mentions(const RowHead& head, std::string_view peer);
  /// Messages of others in a log behind a row, the newest first, as long as `use` says so.
  template <typename Use>
  void eachUnread(std::int64_t conversation, std::int64_t peer, Seq read, Seq until, Use use);

  Answers& answers_;
  sqlite::Database database_;
  TextMap<AppLimits> apps_;  // that were declared
  Unfolded unfolded_;
  std::int64_t first_record_{0};  // of those in unfolded_; 0 = none
  std::int64_t last_record_{0};

  struct Statements;
  std::unique_ptr<Statements> sql_;
  std::unique_ptr<SqliteLists> lists_;
  std::unique_ptr<SqlitePending> pending_;
  std::unique_ptr<SqliteObjects> objects_;
  std::atomic<std::uint64_t> expired_{0};
};

/// Whether the read thread has it: what is answered goes there alone, a setting goes there too.
template <typename AnyRequest>
inline constexpr bool kForReader = requires(SqliteReader& reader, const AnyRequest& request) {
  reader.execute(kNoToken, request);
};
template <typename AnyRequest>
inline constexpr bool kForReaderAlone = kForReader<AnyRequest>&& kAnswered<AnyRequest>;

}  // namespace kith::storage
