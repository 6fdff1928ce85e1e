// SPDX-License-Identifier: Apache-2.0
// Messages of one session that came in: which were here before, and which the application has not
// had yet. Part of Session; one thread.
#pragma once

#include <kith/options.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "backends/kith/engine/ack_barrier.hpp"
#include "base/hash_index.hpp"
#include "base/ring.hpp"
#include "base/text_hash.hpp"

namespace kith::engine {

/// Which ids of a session the server does not repeat any more: their acknowledgement is confirmed.
struct Confirmed {
  const AckBarrier& barrier;
  bool replayed{false};  ///< it has repeated all that it wanted to on this connection

  bool covers(std::uint64_t number) const {
    return barrier.isOld(number) ? replayed || number == AckBarrier::kNothing
                                 : number <= barrier.answered();
  }
};

/// The last limits::kRememberedIds message ids, and beyond them all that wait and up to
/// limits::kUnconfirmedIds that the server may repeat, as 64-bit fingerprints in a hash table that
/// grows as needed: no allocation per message, nothing at all for a session without messages.
/// (That a new message is taken for one of 16384 remembered ones happens once in 10^15.)
class RememberedIds {
 public:
  enum class Seen { Never, Waiting, Delivered };
  /// An id's fingerprint: made once, because that is most of the work.
  using Print = std::uint64_t;

  static Print printOf(std::string_view id) { return base::hashText(id, 0); }

  Seen look(Print print) const;
  /// Remembers a new id as Waiting. The oldest one makes room, unless it waits or is not confirmed:
  /// the server repeats it with the next connection.
  void add(Print print, Confirmed confirmed);
  /// `number`: of the acknowledgement, see AckBarrier.
  void markDelivered(Print print, std::uint64_t number);
  void forget(Print print);
  /// Nothing waits: back to the last limits::kRememberedIds, or as far as is confirmed.
  void shrink(Confirmed confirmed);
  /// More than usual: to be shrunk when acknowledgements are confirmed.
  bool isLarge() const;

 private:
  struct Key {
    Print print{0};
    std::uint64_t number : 62 {0};  // of its acknowledgement
    std::uint64_t used : 1 {0};
    std::uint64_t delivered : 1 {0};
  };
  static constexpr std::uint32_t kNone = 0xffffffff;
  /// Half of the fingerprint stands beside the place, and says where the slot would like to be:
  /// going through the table touches no key but the one that is looked for.
  struct Slot {
    std::uint32_t place{kNone};  // in keys_
    std::uint32_t half{0};

    bool isFree() const { return place == kNone; }
    std::uint64_t hash() const { return half; }
  };

  static std::uint32_t halfOf(Print print) { return static_cast<std::uint32_t>(print >> 32); }
  std::size_t slotOf(Print print) const;  // where it is, or the free slot where it would be
  void dropOldest();
  bool mayGo(const Key& oldest, Confirmed confirmed) const;
  std::size_t needed(Confirmed confirmed) const;
  void resize(std::size_t size);

  std::vector<Key> keys_;         // a ring; keys_[next_] is the oldest once it is full
  base::ProbeTable<Slot> table_;  // twice as long as keys_
  std::size_t next_{0};
  std::uint64_t shrunk_at_{0};  // what was answered then: before the next answer it is no use
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

  /// `options` and `barrier` outlive it.
  Inbox(const InboxOptions& options, const AckBarrier& barrier)
      : options_(options), ack_barrier_(barrier) {}

  /// What a message counts against InboxOptions::max_bytes.
  static std::size_t bytesOf(std::string_view text, std::string_view from, std::string_view id) {
    return text.size() + from.size() + id.size();
  }

  /// The session opened: the server repeats what it has no acknowledgement for.
  void opened() { replay_end_ = kNoReplayEnd; }
  /// Takes in a message. `wants_ack` is false for what the server does not store.
  Verdict arrived(std::string_view id, bool wants_ack, std::size_t bytes);
  /// As arrived(), for what was stored here in an earlier life: it is here, so it has room.
  Verdict restored(std::string_view id, bool wants_ack, std::size_t bytes);
  /// The application had this one in an earlier life.
  void restoreShown(std::string_view id);
  /// The application had the oldest `most`; adds the ids to acknowledge to `acks`, valid until
  /// letGo(), which must follow. `acknowledged`: they are sent now, not at some later time.
  void delivered(std::size_t most, std::vector<std::string_view>& acks, bool acknowledged);
  /// What was delivered() has been acknowledged, or will be some other time.
  void letGo();
  /// This Repeated one is acknowledged again now.
  void acknowledgedAgain(std::string_view id);
  /// So many acknowledgements went out that it is time for a heartbeat.
  bool wantsBarrier() const;
  /// More is remembered than usual: call acksConfirmed() when a heartbeat was answered.
  bool isLarge() const { return seen_ != nullptr && seen_->isLarge(); }
  void acksConfirmed();
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
    RememberedIds::Print print{0};
    std::size_t bytes{0};
    bool wants_ack{false};
  };
  Verdict take(std::string_view id, bool wants_ack, std::size_t bytes, bool bounded);
  bool hasRoomFor(std::size_t bytes) const;
  Confirmed whatIsConfirmed() const;
  RememberedIds::Seen look(RememberedIds::Print print) const;
  void remember(RememberedIds::Print print);
  void shrink();
  void noteReplayEnd(Verdict verdict);
  void count(std::size_t acks);

  static constexpr std::uint64_t kNoReplayEnd = UINT64_MAX;

  const InboxOptions& options_;
  const AckBarrier& ack_barrier_;
  std::unique_ptr<RememberedIds> seen_;  // from the first message on
  base::Ring<Waiting> waiting_;
  std::size_t bytes_{0};
  std::uint32_t shown_{0};  // of waiting_, until letGo()
  bool missed_{false};
  std::uint32_t acks_{0};  // that the heartbeat `acks_for_` is to confirm
  std::uint64_t acks_for_{0};
  std::uint64_t replay_end_{
      kNoReplayEnd};  // the heartbeat after the first new message behind the repeats
};

}  // namespace kith::engine
