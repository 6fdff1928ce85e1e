// SPDX-License-Identifier: Apache-2.0
// The storage's verbs as SQL. Owned by the storage's thread; every call belongs to the transaction
// that the owner began, and pushes exactly one answer when the verb has a token.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "server/storage/answers.hpp"
#include "server/storage/batch.hpp"
#include "server/storage/peer_cache.hpp"
#include "server/storage/text_hash.hpp"
#include "sqlite/statement.hpp"

namespace kith::storage {

using sqlite::Database;
using sqlite::Statement;

class SqliteTables final : public Verbs {
 public:
  SqliteTables(Database& database, Answers& answers);
  ~SqliteTables() override;

  /// Brings the file to this version of the schema. False when it can not, with a line that says
  /// why.
  static bool migrate(Database& database, std::string& why);

  /// After the database was opened: where the order of messages goes on.
  void load();
  /// After a rollback: forgets what was learnt in the transaction.
  void forget();
  /// Lets go of all statements, so that the database can be closed.
  void finish();
  std::uint64_t appended() const { return appended_; }

  void configureApp(std::string_view app_id, const QueueLimits& limits) override;
  void append(Token token, const NewMessage& message) override;
  void pending(Token token, std::string_view app_id, std::string_view peer_id, Sequence after,
               std::size_t limit, std::int64_t now_ms) override;
  void acknowledge(std::string_view app_id, std::string_view peer_id,
                   std::span<const Sequence> sequences) override;
  void createGroup(Token token, std::string_view app_id, const GroupRecord& group,
                   std::int64_t now_ms) override;
  void loadGroup(Token token, std::string_view app_id, std::string_view group_id) override;
  void addMembers(Token token, std::string_view app_id, std::string_view group_id,
                  std::span<const std::string_view> peer_ids) override;
  void removeMembers(Token token, std::string_view app_id, std::string_view group_id,
                     std::span<const std::string_view> peer_ids) override;
  void history(Token token, const HistoryRange& range) override;
  void expire(std::int64_t now_ms) override;

 private:
  struct App {
    std::int64_t row{0};
    QueueLimits limits;
  };
  struct Statements;

  template <typename Value>
  void answer(Token token, Value value) {
    answers_.push_back({token, std::move(value)});
  }
  const App* findApp(std::string_view app_id);
  /// Null: the peer is not known and `make` was false.
  Peer* findPeer(const App& app, std::string_view name, bool make);
  void count(Peer& peer);
  bool isRepeat(Token token, std::int64_t sender, const NewMessage& message, Sequence sequence);
  void insertMessage(const App& app, std::int64_t sender, const NewMessage& message,
                     Sequence sequence);
  void enqueue(const App& app, const ReceiverRef& receiver, Sequence sequence,
               std::int64_t timestamp);
  void dropOldest(Peer& peer, bool offline_only);
  /// 0: no such group.
  std::int64_t findGroup(const App& app, std::string_view group_id);
  void insertMember(std::int64_t group, std::string_view peer_id);
  Sequence sequenceOf(const App& app, const HistoryRange& range);
  static StoredMessage readMessage(const Statement& row);

  Database& database_;
  Answers& answers_;
  TextMap<App> apps_;
  PeerCache peers_;
  Sequence last_sequence_{0};
  std::uint64_t appended_{0};
  std::string addressed_;  // scratch

  std::unique_ptr<Statements> sql_;
};

}  // namespace kith::storage
