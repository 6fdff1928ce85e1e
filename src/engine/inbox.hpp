// SPDX-License-Identifier: Apache-2.0
// Messages of one session that came in: which were here before, and which the application has not
// had yet. Part of Session; one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/ring.hpp"

namespace kith::engine {

/// The last limits::kRememberedIds message ids, and beyond them all that wait, as 128-bit
/// fingerprints in a hash table that grows as needed: no allocation per message, nothing at all for
/// a session without messages.
class RememberedIds {
 public:
  enum class Seen { Never, Waiting, Delivered };

  Seen look(std::string_view id) const;
  /// Remembers a new id as Waiting. The oldest one makes room, unless it waits: the server repeats
  /// it with the next connection.
  void add(std::string_view id);
  void markDelivered(std::string_view id);
  void forget(std::string_view id);
  /// Nothing waits: back to the last limits::kRememberedIds.
  void shrink();

 private:
  struct Key {
    std::uint64_t a{0};
    std::uint64_t b{0};
    bool used{false};
    bool delivered{false};
  };
  static constexpr std::uint32_t kNone = 0xffffffff;

  static Key keyOf(std::string_view id);
  std::size_t slotOf(const Key& key) const;  // where it is, or the free slot where it would be
  void unlink(std::size_t slot);
  void resize(std::size_t size);

  std::vector<Key> keys_;             // a ring; keys_[next_] is the oldest once it is full
  std::vector<std::uint32_t> table_;  // open addressing, twice as long as keys_; index or kNone
  std::size_t next_{0};
};

/// Says of each message whether it is new, and keeps what is to be acknowledged once the
/// application's callback has run (contract 2): a crash before that brings the message again.
class Inbox {
 public:
  enum class Verdict {
    New,       ///< give it to the application
    Waiting,   ///< the application is about to have it: drop it, the acknowledgement comes later
    Repeated,  ///< the application had it: drop it and acknowledge again
  };

  /// Takes in a message. `wants_ack` is false for what the server does not store.
  Verdict arrived(std::string_view id, bool wants_ack);
  /// The application had the oldest `count`; adds the ids to acknowledge to `acks`.
  void delivered(std::size_t count, std::vector<std::string>& acks);
  /// The application closed the session, so that nothing is shown any more: what it has not had it
  /// may get in the session's next life. (After a final refusal what is on its way is still shown.)
  void forgetWaiting();
  std::size_t waiting() const { return waiting_.size(); }

 private:
  struct Waiting {
    std::string id;
    bool wants_ack{false};
  };
  RememberedIds seen_;
  Ring<Waiting> waiting_;
};

}  // namespace kith::engine
