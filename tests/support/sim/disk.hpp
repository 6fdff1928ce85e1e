// SPDX-License-Identifier: Apache-2.0
// The server's storage on a disk that takes its time: what was asked is applied when its commit
// happens, and answered after that, in any order. A crash forgets what was not committed, and the
// answers. The tables are the product's own (memory_tables.hpp). One thread.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "server/storage/batch.hpp"
#include "server/storage/memory_tables.hpp"
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
  /// Whose frame the hub works on; 0 = nobody's.
  void setAsker(AskBook::Asker asker) { asks_.setAsker(asker); }
  /// Asked for and not answered.
  std::size_t outstanding() const { return outstanding_; }
  /// What the real tables keep for a peer.
  std::vector<storage::Sequence> queueOf(std::size_t peer);

  void configureApp(std::string_view app_id, const storage::QueueLimits& limits) override;
  void append(Token token, const storage::NewMessage& message) override;
  void pending(Token token, std::string_view app_id, std::string_view peer_id,
               storage::Sequence after, std::size_t limit, std::int64_t now_ms) override;
  void acknowledge(std::string_view app_id, std::string_view peer_id,
                   std::span<const storage::Sequence> sequences) override;
  void createGroup(Token token, std::string_view app_id, const storage::GroupRecord& group,
                   std::int64_t now_ms) override;
  void loadGroup(Token token, std::string_view app_id, std::string_view group_id) override;
  void addMembers(Token token, std::string_view app_id, std::string_view group_id,
                  std::span<const std::string_view> peer_ids) override;
  void removeMembers(Token token, std::string_view app_id, std::string_view group_id,
                     std::span<const std::string_view> peer_ids) override;
  void history(Token token, const storage::HistoryRange& range) override;
  void expire(std::int64_t now_ms) override;
  void clockJumped(std::int64_t by_ms) override;
  void flush() override;
  std::size_t drain(storage::Results& results) override;
  void close() override;
  storage::StorageStats stats() const override { return {commits_, tables_.appended()}; }

 private:
  class Watched;
  class Refusing;
  using Batches = std::vector<storage::Batch>;

  void begin();
  void commit(std::uint64_t turn);
  void handOutLater(storage::Answers& answers);
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
  // Whether there are changes of groups among them (Plan::known_gaps).
  bool changes_asked_{false}, changes_waiting_{false}, changes_under_way_{false};
  bool calm_{false};
  std::uint64_t turn_{0};  // what belongs to a crashed process is told by its number
  Time slow_until_{0};
  std::size_t outstanding_{0};
  std::uint64_t commits_{0};
  // Bug::AckBeforeCommit: the tables as the lying process believes them to be.
  std::unique_ptr<storage::MemoryTables> believed_;
  storage::Answers lies_;
  Batches journal_;
};

}  // namespace kith::sim
