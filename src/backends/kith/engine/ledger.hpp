// SPDX-License-Identifier: Apache-2.0
// What the store has of one session, and what waits until it has it. Part of Session, and there
// only with a store; one thread.
#pragma once

#include <kith/store.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "backends/kith/engine/channel.hpp"
#include "backends/kith/engine/events.hpp"
#include "base/ring.hpp"

namespace kith::engine {

/// A message is shown when it is on the disk, and whatever follows it waits behind it: the
/// application sees one order, with and without a store. Nothing waits while nothing came.
class Ledger {
 public:
  Ledger(SessionRef ref, const std::string& peer, Channel& channel)
      : ref_(ref), peer_(peer), channel_(channel) {}

  // --- what is kept ---
  /// Reads what there is; the answer counts when answered() says so.
  void ask();
  /// False: not the answer to the last ask().
  bool answered() { return asked_ != 0 && --asked_ == 0; }
  void keep(StoreChange change) { channel_.keep(ref_, peer_, std::move(change), false); }
  /// The watch list in the store, as loaded.
  void knowWatched(std::vector<std::string> peers);
  /// Keeps the watch list unless the store has it.
  void keepWatched(const std::vector<std::string>& peers);

  // --- what waits ---
  /// Keeps `message` and shows it after the commit.
  void showWhenKept(Message message);
  /// Something waits, so that everything else has to wait behind it.
  bool holds() const { return !held_.empty(); }
  void hold(Event&& event) { held_.push({0, std::move(event)}); }
  void hold(OpId op, Outcome&& outcome) { held_.push({0, Done{op, std::move(outcome)}}); }
  /// Lets out what waits for no commit any more. `silent`: completions only.
  void release(bool silent);
  /// The session ends: lets everything out but messages, which the store has, and says how many
  /// those were.
  std::size_t end(bool silent);

 private:
  struct Done {
    OpId op{0};
    Outcome outcome{};
  };
  struct Held {
    std::uint64_t until{0};  ///< the number of a change
    std::variant<Event, Done> what;
  };
  void letOut(Held held, bool silent);

  const SessionRef ref_;
  const std::string& peer_;
  Channel& channel_;
  base::Ring<Held> held_;
  std::vector<std::string> watched_;
  bool watched_known_{false};
  unsigned asked_{0};
};

}  // namespace kith::engine
