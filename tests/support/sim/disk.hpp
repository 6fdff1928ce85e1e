// SPDX-License-Identifier: Apache-2.0
// The server's storage on a disk that takes its time: what was asked is applied when its commit
// happens, and answered after that, in any order. A crash forgets what was not committed, and the
// answers. The tables are the product's own (memory_tables.hpp). One thread.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "server/storage/batch.hpp"
#include "server/storage/memory_tables.hpp"
#include "server/storage/storage.hpp"
#include "support/sim/ask_book.hpp"
#include "support/sim/dice.hpp"
#include "support/sim/ledger.hpp"

namespace kith::sim {

/// Hears of answers.
class DiskUser {
 public:
  virtual ~DiskUser() = default;
  /// There are some.
  virtual void diskReady() = 0;
  /// One is about to be handed out.
  virtual void answering(const AskBook::Due& due) = 0;
  /// It was.
  virtual void answered(const AskBook::Due& due) = 0;
};

class Disk final : public storage::Storage {
 public:
  using Token = storage::Token;

  Disk(const Plan& plan, Timeline& time, Ledger& ledger, Story& story, Tally& tally,
       DiskUser& user);
  ~Disk() override;

  /// The process that used it is gone. What is being committed may have reached the disk or not.
  void crash();
  void calm() { calm_ = true; }
  void slowUntil(Time when) { slow_until_ = when; }
  bool idle() const;
  /// Whose frame the hub works on; 0 = no connection's.
  void setAsker(AskBook::Asker asker) { asks_.setAsker(asker); }
  /// Asks beside the hub. The answer goes nowhere: what it is to be is known to the ledger.
  void operate(const storage::Request& request);
  /// What the real tables have of a log.
  storage::HistoryPage readLog(const storage::ReadLog& request);
  /// Asked for and not answered.
  std::size_t outstanding() const { return outstanding_; }
  /// Bug::AnswerOutOfOrder: how many messages were answered before this one.
  std::size_t rankOf(std::size_t message) const;
  /// What the real tables keep for a peer.
  std::vector<storage::Position> queueOf(std::size_t peer);

  void submit(Token token, const storage::Request& request) override;
  void flush() override;
  std::size_t drain(storage::AnswerSink& sink) override;
  void close() override;
  storage::StorageStats stats() const override { return {commits_, tables_.appended()}; }

 private:
  using Batches = std::vector<storage::Batch>;

  void noteAsk(Token token, const storage::Request& request);
  void begin();
  void commit(std::uint64_t turn);
  void handOutLater(storage::Answers& answers);
  template <typename AnyRequest>
  void execute(Token token, const AnyRequest& request);
  void execute(Token token, const storage::Append& request);
  void execute(Token token, const storage::PeerOnline& request);
  void execute(Token token, const storage::PeerOffline& request);
  void execute(Token token, const storage::ReadPending& request);
  void execute(Token token, const storage::Acknowledge& request);
  void execute(Token token, const storage::CreateGroup& request);
  void execute(Token token, const storage::AddMembers& request);
  void execute(Token token, const storage::RemoveMembers& request);
  void execute(Token token, const storage::EditMessage& request);
  void execute(Token token, const storage::MarkRead& request);
  void execute(Token token, const storage::DeleteMessage& request);
  void execute(Token token, const storage::ReadLog& request);
  void execute(Token token, const storage::ReadHistory& request);
  void cutAtTombstone(const storage::ReadLog& request);
  void editHastily(const storage::Append& message);
  template <typename AnyRequest>
  void rollBack(Token token, const AnyRequest& request);
  template <typename Change>
  bool unstored(Token token, const Change& request, std::vector<std::string> whom);
  template <typename Reply>
  const Reply* latest() const;
  void everybodyIsAway();
  void apply(Batches& batches);
  void handOut(std::uint64_t turn);
  void answerEarly(storage::Batch& batch);

  const Plan& plan_;
  Timeline& time_;
  Ledger& ledger_;
  Story& story_;
  Tally& tally_;
  DiskUser& user_;
  Dice dice_;
  AskBook asks_;
  storage::Answers answers_;  // of the commit under way
  struct Due {
    Time when;
    storage::Answer answer;
  };
  std::vector<Due> committed_;  // to be handed out after a moment
  storage::Answers ready_;      // for drain()
  storage::MemoryTables tables_{answers_};
  storage::Batch current_;
  Batches waiting_;
  Batches under_way_;
  bool busy_{false};
  bool calm_{false};
  std::uint64_t turn_{0};  // what belongs to a crashed process is told by its number
  Time slow_until_{0};
  std::size_t outstanding_{0};
  std::uint64_t commits_{0};
  std::uint64_t operations_{0};
  // Bug::AnswerOutOfOrder: messages that were asked for, and when in the order of the answers.
  std::map<Token, std::size_t> appends_;
  std::map<std::size_t, std::size_t> ranks_;
  // Bug::AckBeforeCommit: the tables as the lying process believes them to be.
  std::unique_ptr<storage::MemoryTables> believed_;
  storage::Answers lies_;
  Batches journal_;
};

}  // namespace kith::sim
