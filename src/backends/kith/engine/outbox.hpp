// SPDX-License-Identifier: Apache-2.0
// Messages of one session on their way to the server: queued, in flight, then out of here with a
// receipt or an error. Part of Session; one thread.
#pragma once

#include <kith/message.hpp>
#include <kith/options.hpp>
#include <kith/store.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "backends/kith/engine/events.hpp"
#include "base/clock.hpp"
#include "base/ring.hpp"

namespace kith::engine {

/// One queue in the order of send(). A cursor divides it: before it everything is on the way, from
/// it on everything waits, so that order per conversation needs no further care: after a lost
/// connection the cursor goes back to the front and all go out again as they first did.
/// All wait equally long, so the front is the first to expire; answers find their message by its
/// number; both are O(1).
class Outbox {
 public:
  struct Entry {
    OpId op{0};
    Message message;
    std::string client_id;
    std::size_t bytes{0};
    base::Millis due{base::kNever};
    bool written{false};  ///< was on a connection at least once: it may have arrived
    bool resent{false};   ///< was on an earlier connection, too
    bool gone{false};
  };

  explicit Outbox(const OutboxOptions& options) : options_(options) {}

  bool hasRoomFor(const Message& message) const;
  void add(Message&& message, std::string&& client_id, OpId op, base::Instant now);

  /// Puts messages of an earlier life in front, however many there are: they had room then, and may
  /// have arrived. While nothing is on the way only.
  void restore(std::vector<StoredOutgoing> messages, base::Instant now);

  /// The message to write now, or null: none waits, or enough are in flight. It counts as in flight
  /// from here on; `number` names it.
  Entry* next(std::uint64_t& number);
  /// A message by its number; null if it has left before.
  Entry* find(std::uint64_t number);
  /// Takes out what find() found. It is there until the next add() or restore().
  void drop(std::uint64_t number);
  /// Takes a message out by its number; nothing if it has left before.
  std::optional<Entry> take(std::uint64_t number);
  std::optional<Entry> takeFirst();
  std::optional<Entry> takeExpired(base::Instant now);
  std::optional<Entry> takeTransient();
  /// Whether `copy`, which came from the server as sent by this peer, may be a message of ours: one
  /// like it was written on an earlier connection and is not answered.
  bool mayBeOurs(const Message& copy) const;
  /// The connection is gone: what was in flight waits again.
  void rewind();

  base::Millis deadline() const { return ring_.empty() ? base::kNever : ring_.front().due; }
  std::size_t count() const { return count_; }
  std::size_t bytes() const { return bytes_; }
  std::size_t inFlight() const { return in_flight_; }

 private:
  Entry leave(std::size_t at);
  void dropAt(std::size_t at);
  base::Millis dueOf(const StoredOutgoing& message, base::Instant now) const;

  const OutboxOptions& options_;
  base::Ring<Entry>
      ring_;  // those that left from the middle stay as `gone` until they are in front
  std::uint64_t first_{1};  // number of the front
  std::size_t bytes_{0};
  std::uint32_t cursor_{0};
  std::uint32_t in_flight_{0};
  std::uint32_t count_{0};
  std::uint32_t transient_{0};
};

}  // namespace kith::engine
