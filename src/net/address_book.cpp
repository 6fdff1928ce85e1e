// SPDX-License-Identifier: Apache-2.0
#include "net/address_book.hpp"

#include <algorithm>
#include <cstring>
#include <netinet/in.h>
#include <sys/socket.h>

namespace kith::net {
namespace {

// Connections of one address that are being refused with a reason; the others are just closed.
constexpr std::size_t kRefusedAtATime = 16;
// Addresses remembered without a connection.
constexpr std::size_t kIdleAddresses = 16384;
constexpr base::Millis kBlameTime{60000};

bool beyond(std::size_t count, std::size_t limit) { return limit != 0 && count >= limit; }

}  // namespace

AddressKey addressKey(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET6) {
    const auto& in6 = reinterpret_cast<const sockaddr_in6&>(address);
    AddressKey key = 0;
    std::memcpy(&key, in6.sin6_addr.s6_addr, sizeof key);
    return key;
  }
  return reinterpret_cast<const sockaddr_in&>(address).sin_addr.s_addr;
}

AddressBook::Verdict AddressBook::arrive(AddressKey address, bool full, base::Millis now) {
  const std::lock_guard lock(mutex_);
  if (entries_.size() >= kIdleAddresses && !entries_.contains(address)) forgetIdle(now);
  Entry& entry = entries_[address];
  if (!take(entry, now)) return Verdict::Drop;
  if (beyond(entry.blames, limits_.refused_signatures) && now < entry.blamed_until) {
    return Verdict::Drop;
  }
  full = full || beyond(entry.connections, limits_.per_address) ||
         beyond(entry.unopened, limits_.unopened_per_address);
  if (!full) {
    ++entry.connections;
    ++entry.unopened;
    return Verdict::Welcome;
  }
  if (entry.refused >= kRefusedAtATime) return Verdict::Drop;
  ++entry.refused;
  return Verdict::Refuse;
}

void AddressBook::leave(AddressKey address, bool refused, bool opened) {
  const std::lock_guard lock(mutex_);
  Entry& entry = entries_[address];
  if (refused) {
    --entry.refused;
    return;
  }
  --entry.connections;
  if (!opened) --entry.unopened;
}

void AddressBook::open(AddressKey address) {
  const std::lock_guard lock(mutex_);
  --entries_[address].unopened;
}

bool AddressBook::ask(AddressKey address, base::Millis now) {
  const std::lock_guard lock(mutex_);
  return take(entries_[address], now);
}

void AddressBook::blame(AddressKey address, base::Millis now) {
  const std::lock_guard lock(mutex_);
  Entry& entry = entries_[address];
  if (now >= entry.blamed_until) {
    entry.blames = 0;
    entry.blamed_until = now + kBlameTime;
  }
  ++entry.blames;
}

std::size_t AddressBook::size() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

bool AddressBook::take(Entry& entry, base::Millis now) const {
  if (limits_.new_per_second == 0) return true;
  const auto full = static_cast<double>(limits_.new_burst);
  if (entry.filled_at == base::kNever) {
    entry.tokens = full;
  } else {
    const auto seconds = static_cast<double>((now - entry.filled_at).count()) / 1000;
    entry.tokens =
        std::min(full, entry.tokens + seconds * static_cast<double>(limits_.new_per_second));
  }
  entry.filled_at = now;
  if (entry.tokens < 1) return false;
  entry.tokens -= 1;
  return true;
}

// Rather forgets what somebody did than to let the book grow.
void AddressBook::forgetIdle(base::Millis now) {
  const auto idle = [](const Entry& entry) { return entry.connections + entry.refused == 0; };
  std::erase_if(entries_, [&](const auto& each) {
    const Entry& entry = each.second;
    return idle(entry) && now >= entry.blamed_until && now - entry.filled_at > kBlameTime;
  });
  if (entries_.size() < kIdleAddresses) return;
  std::erase_if(entries_, [&](const auto& each) { return idle(each.second); });
}

}  // namespace kith::net
