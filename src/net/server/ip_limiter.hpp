// SPDX-License-Identifier: Apache-2.0
// What each network address has open and how often it connects: whether the next is admitted,
// refused with a reason, or dropped. The time comes in. Any thread: one is for all that listen on a
// port.
#pragma once

#include <kith/server_limits.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <unordered_map>

#include "base/clock.hpp"
#include "base/seeded_hash.hpp"
#include "base/sync.hpp"
#include "base/token_bucket.hpp"
#include "net/server/address_key.hpp"

namespace kith::net {

class IpLimiter {
 public:
  explicit IpLimiter(const ConnectionLimits& limits)
      : limits_(limits), rate_{limits.new_per_second, limits.new_burst} {}

  enum class Verdict {
    Admit,
    Refuse,  ///< it counts, but is to be answered with 503 and closed
    Drop,    ///< it does not count: close it at once
  };
  /// A connection was accepted; `full`: there is no room for any.
  Verdict arrive(AddressKey address, bool full, base::Millis now);
  /// One that was admitted or refused is gone; `opened`: it had a session.
  void leave(AddressKey address, bool refused, bool opened);
  /// It has its first session.
  void open(AddressKey address);
  /// It asks for something over HTTP: false when it does so too often.
  bool ask(AddressKey address, base::Millis now);
  /// It showed a bad signature.
  void recordAbuse(AddressKey address, base::Millis now);

  /// A connection that is there keeps `after` bytes of output for it instead of `before`. False:
  /// it is counted, but more than the address may have.
  bool keep(AddressKey address, std::size_t before, std::size_t after);
  /// It may have so many bytes of output more.
  bool hasRoom(AddressKey address, std::size_t bytes) const;
  /// Bytes of output that are kept for all.
  std::size_t kept() const;

  /// Addresses that are known.
  std::size_t size() const;
  /// Addresses that were looked at so far to find one to forget: what accepted cost beside the
  /// look-up of their own.
  std::uint64_t looks() const;

 private:
  /// What is lost when an idle address is forgotten, the least first.
  enum Worth : std::uint8_t { kPassing, kSpent, kBlamed, kShutOut, kWorths };

  struct Entry {
    AddressKey address{0};
    std::size_t connections{0};
    std::size_t unopened{0};
    std::size_t refused{0};
    std::size_t output{0};
    base::TokenBucket requests;  // new connections and calls of HTTP
    std::size_t blames{0};
    base::Millis blamed_until{0};
    bool idle{false};  ///< it is in the list of its worth
    Worth worth{kPassing};
    Entry* before{nullptr};
    Entry* behind{nullptr};
  };
  struct List {
    Entry* first{nullptr};  ///< idle for longest
    Entry* last{nullptr};
  };

  Entry& find(AddressKey address) KITH_REQUIRES(mutex_);
  bool fits(AddressKey address, std::size_t has, std::size_t more) const KITH_REQUIRES(mutex_);
  bool take(Entry& entry, base::Millis now) const;
  Worth worthOf(const Entry& entry) const;
  bool isLikeNew(const Entry& entry, base::Millis now) const;
  void settle(Entry& entry) KITH_REQUIRES(mutex_);
  void unlink(Entry& entry) KITH_REQUIRES(mutex_);
  void forget(Entry& entry) KITH_REQUIRES(mutex_);
  void forgetWhatIsOver(base::Millis now) KITH_REQUIRES(mutex_);

  const ConnectionLimits limits_;
  const base::Rate rate_;
  mutable base::Mutex mutex_;
  // The keys of IPv6 are chosen by strangers.
  std::unordered_map<AddressKey, Entry, base::NumberHash> entries_ KITH_GUARDED_BY(mutex_);
  // Those without a connection, by what they are worth.
  std::array<List, kWorths> idle_ KITH_GUARDED_BY(mutex_);
  std::size_t idle_count_ KITH_GUARDED_BY(mutex_){0};
  std::size_t output_ KITH_GUARDED_BY(mutex_){0};
  std::uint64_t looks_ KITH_GUARDED_BY(mutex_){0};
};

}  // namespace kith::net
