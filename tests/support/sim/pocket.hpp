// SPDX-License-Identifier: Apache-2.0
// What a device keeps (kith/store.hpp) on storage that takes its time: changes become real with
// their commit, together, and are answered after it. A killed process leaves what was committed.
// One thread.
#pragma once

#include <kith/store.hpp>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "backends/kith/engine/events.hpp"
#include "support/sim/dice.hpp"
#include "support/sim/ledger.hpp"

namespace kith::sim {

class PocketUser {
 public:
  virtual ~PocketUser() = default;
  virtual void pocketLoaded(engine::SessionRef session, Result<StoredPeer> peer) = 0;
  virtual void pocketKept(std::size_t count, Result<void> result) = 0;
  /// It is committed that the peer was shown this message.
  virtual void pocketNoted(const std::string& peer, std::size_t message) = 0;
  /// It could not be kept that this message came.
  virtual void pocketMissed(const std::string& peer, std::size_t message) = 0;
  /// The session begins without what is kept.
  virtual void pocketUnread(const std::string& peer) = 0;
  virtual Time pocketAsleepUntil() const = 0;
};

class Pocket {
 public:
  Pocket(std::size_t device, const Plan& plan, Timeline& time, Ledger& ledger, Story& story,
         Tally& tally, PocketUser& user);

  void load(engine::SessionRef session, const std::string& peer);
  /// `foreign`: not the engine's wish, so it is not answered.
  void keep(const std::string& peer, StoreChange change, bool foreign = false);
  void crash();
  void calm() { calm_ = true; }
  bool idle() const { return asked_.empty() && under_way_.empty(); }
  /// What is kept of a peer's messages though all should be over; empty for nothing.
  std::string leftOf(const std::string& peer) const;

 private:
  /// A change, or a question (without a change).
  struct Asked {
    std::string peer;
    engine::SessionRef load{0};
    StoreChange change;
    bool foreign{false};
  };
  void begin();
  void commit(std::uint64_t turn);
  void apply(const Asked& asked);
  void failed(const Asked& asked);
  void unread(const std::string& peer);
  void markRepeatable(const Asked& asked);
  void applyShown(const std::string& name, StoredPeer& peer, const std::vector<std::string>& ids);

  const Plan& plan_;
  Timeline& time_;
  Ledger& ledger_;
  Story& story_;
  Tally& tally_;
  PocketUser& user_;
  Dice dice_;
  std::string name_;
  std::map<std::string, StoredPeer> peers_;
  std::map<std::string, std::size_t> numbers_;  // of messages by their ids
  std::set<std::string> stale_;                 // what a commit that failed should have taken out
  std::vector<Asked> asked_;
  std::vector<Asked> under_way_;
  bool busy_{false};
  bool calm_{false};
  std::uint64_t turn_{0};
};

}  // namespace kith::sim
