// SPDX-License-Identifier: Apache-2.0
// What the driver has of each session: itself, and what is on its way to its strand. Part of
// Driver; loop thread only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/clock.hpp"
#include "base/hash_index.hpp"
#include "client/item.hpp"
#include "client/submission.hpp"

namespace kith::client {

class SessionSlots {
 public:
  SessionSlots() = default;
  ~SessionSlots();
  SessionSlots(const SessionSlots&) = delete;
  SessionSlots& operator=(const SessionSlots&) = delete;

  void add(const std::shared_ptr<SessionImpl>& session);
  /// What is staged for it has been handed over.
  void remove(SessionRef ref);
  void clear();

  /// Where what comes next for the session's strand goes; null when the session is not there.
  std::vector<Item>* staging(SessionRef ref);
  /// Adds an event, made where it stays.
  void stageEvent(SessionRef ref, Event&& event);
  /// The application closed the session: later events are of its next epoch.
  void nextEpoch(SessionRef ref);
  /// Hands over all that is staged. False: more events wait than some session may have.
  bool deliver(base::Millis now);
  /// Gives memory back where nothing came for a while. True: nothing is busy any more.
  bool trim(base::Millis now);
  /// All there are, and those that were dropped and may still have completions to run.
  std::vector<std::shared_ptr<SessionImpl>> strands();

 private:
  struct Slot {
    std::shared_ptr<SessionImpl> session;
    std::vector<Item> staged{};
    base::Millis last_delivery{base::Millis::min() / 2};
    std::uint32_t epoch{0};   // as SessionView counts them
    bool keeps_items{false};  // is in busy_
    bool touched{false};      // is in touched_
  };

  Slot* find(SessionRef ref);
  bool isBusy(SessionRef ref, Slot& slot, base::Millis now);

  base::HashIndex<Slot> slots_;  // by SessionRef; owns them
  Slot* latest_{nullptr};        // in slots_: most often asked for again
  /// Dropped sessions whose completions may still be on their strands.
  std::vector<std::weak_ptr<SessionImpl>> dropped_;
  std::vector<SessionRef> touched_;
  std::vector<SessionRef> spare_;  // memory for the next touched_
  std::vector<SessionRef> busy_;   // have memory for the next items
};

}  // namespace kith::client
