// SPDX-License-Identifier: Apache-2.0
// Messages of one session that came in: which were here before, and which the application has not
// had yet. Part of Session; one thread.
#pragma once

#include <kith/options.hpp>

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
///
/// Bounded by InboxOptions: what does not fit is not taken, and so is everything behind it until
/// nothing waits, or the order would be wrong. The server has it and repeats it when asked.
class Inbox {
 public:
  enum class Verdict {
    New,       ///< give it to the application
    Waiting,   ///< the application is about to have it: drop it, the acknowledgement comes later
    Repeated,  ///< the application had it: drop it and acknowledge again
    NoRoom,    ///< drop it, do not acknowledge
  };

  explicit Inbox(const InboxOptions& options) : options_(options) {}

  /// What a message counts against InboxOptions::max_bytes.
  static std::size_t bytesOf(std::string_view text, std::string_view from, std::string_view id) {
    return text.size() + from.size() + id.size();
  }

  /// Takes in a message. `wants_ack` is false for what the server does not store.
  Verdict arrived(std::string_view id, bool wants_ack, std::size_t bytes);
  /// As arrived(), for what was stored here in an earlier life: it is here, so it has room.
  Verdict restored(std::string_view id, bool wants_ack, std::size_t bytes);
  /// The application had this one in an earlier life.
  void restoreShown(std::string_view id);
  /// The application had the oldest `count`; adds the ids to acknowledge to `acks`.
  void delivered(std::size_t count, std::vector<std::string>& acks);
  /// True once after messages were not taken and nothing waits any more: time to ask for them.
  bool takeMissed();
  /// The application closed the session, so that nothing is shown any more: what it has not had it
  /// may get in the session's next life. (After a final refusal what is on its way is still shown.)
  void forgetWaiting() { forgetNewest(waiting_.size()); }
  /// The same for the last `count` that came.
  void forgetNewest(std::size_t count);
  std::size_t waiting() const { return waiting_.size(); }

 private:
  struct Waiting {
    std::string id;
    std::size_t bytes{0};
    bool wants_ack{false};
  };
  Verdict take(std::string_view id, bool wants_ack, std::size_t bytes, bool bounded);
  bool hasRoomFor(std::size_t bytes) const;

  const InboxOptions& options_;
  RememberedIds seen_;
  Ring<Waiting> waiting_;
  std::size_t bytes_{0};
  bool missed_{false};
};

}  // namespace kith::engine
