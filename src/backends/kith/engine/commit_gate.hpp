// SPDX-License-Identifier: Apache-2.0
// What the store has of one session, and what waits until that is committed. Part of Session, and
// there only with a store; one thread.
#pragma once

#include <kith/store.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "backends/kith/engine/events.hpp"
#include "backends/kith/engine/request_mux.hpp"
#include "base/ring.hpp"

namespace kith::engine {

/// A message is shown when it is on the disk, and every event and completion behind it waits, too:
/// the application sees one order, with and without a store. Nothing waits while no message does.
class CommitGate {
 public:
  CommitGate(SessionRef ref, const std::string& peer, RequestMux& mux)
      : ref_(ref), peer_(peer), mux_(mux) {}

  // --- what is kept ---
  /// Reads what there is; the answer counts when loaded() says so.
  void load();
  /// False: not the answer to the last load().
  bool loaded() { return loads_ != 0 && --loads_ == 0; }
  void keep(StoreChange change) { mux_.keep(ref_, peer_, std::move(change), false); }
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
  void emit(Held held, bool silent);

  const SessionRef ref_;
  const std::string& peer_;
  RequestMux& mux_;
  base::Ring<Held> held_;
  std::vector<std::string> watched_;
  bool watched_known_{false};
  unsigned loads_{0};
};

}  // namespace kith::engine
