// SPDX-License-Identifier: Apache-2.0
// What each network address has open and how fast it comes: who is let in, who is refused with a
// reason, who is dropped. The time comes in. Any thread: one book is for all that listen on a port.
#pragma once

#include <kith/server_limits.hpp>

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <unordered_map>

#include "base/clock.hpp"

struct sockaddr_storage;

namespace kith::net {

/// An IPv4 address, or the first half of an IPv6 one: the other half costs its owner nothing.
using AddressKey = std::uint64_t;
AddressKey addressKey(const sockaddr_storage& address);

class AddressBook {
 public:
  explicit AddressBook(const ConnectionLimits& limits) : limits_(limits) {}

  enum class Verdict {
    Welcome,
    Refuse,  ///< it counts, but is to be answered with 503 and closed
    Drop,    ///< it does not count: close it at once
  };
  /// A connection was accepted; `full`: there is room for nobody.
  Verdict arrive(AddressKey address, bool full, base::Millis now);
  /// One that was welcome or refused is gone; `opened`: it had a session.
  void leave(AddressKey address, bool refused, bool opened);
  /// It has its first session.
  void open(AddressKey address);
  /// It asks for something over HTTP: false when it does so too often.
  bool ask(AddressKey address, base::Millis now);
  /// It showed a bad signature.
  void blame(AddressKey address, base::Millis now);

  /// Addresses that are known.
  std::size_t size() const;

 private:
  struct Entry {
    std::size_t connections{0};
    std::size_t unopened{0};
    std::size_t refused{0};
    double tokens{0};
    base::Millis filled_at{base::kNever};
    std::size_t blames{0};
    base::Millis blamed_until{0};
  };
  bool take(Entry& entry, base::Millis now) const;
  void forgetIdle(base::Millis now);

  const ConnectionLimits limits_;
  mutable std::mutex mutex_;  // guards the rest
  std::unordered_map<AddressKey, Entry> entries_;
};

}  // namespace kith::net
