// SPDX-License-Identifier: Apache-2.0
#include "net/server/ip_limiter.hpp"

#include <algorithm>
#include <limits>

#include "net/server/fair_share.hpp"

namespace kith::net {
namespace {

// Connections of one address that are being refused with a reason; the others are just closed.
constexpr std::size_t kRefusedAtATime = 16;
// Addresses remembered without a connection.
constexpr std::size_t kIdleAddresses = 16384;
constexpr base::Millis kBlameTime{60000};
// Idle addresses of each kind that are looked at when a new one comes: more than one, so that they
// become fewer.
constexpr int kLooks = 2;

bool beyond(std::size_t count, std::size_t limit) { return limit != 0 && count >= limit; }

}  // namespace

IpLimiter::Verdict IpLimiter::arrive(AddressKey address, bool full, base::Millis now) {
  const base::Lock lock(mutex_);
  forgetWhatIsOver(now);
  Entry& entry = find(address);
  auto verdict = Verdict::Drop;
  const bool proxy = address == kProxyKey;
  if (take(entry, now) &&
      (!beyond(entry.blames, limits_.refused_signatures) || now >= entry.blamed_until)) {
    full = full || (!proxy && (beyond(entry.connections, limits_.per_address) ||
                               beyond(entry.unopened, limits_.unopened_per_address)));
    if (!full) {
      ++entry.connections;
      ++entry.unopened;
      verdict = Verdict::Admit;
    } else if (entry.refused < kRefusedAtATime) {
      ++entry.refused;
      verdict = Verdict::Refuse;
    }
  }
  settle(entry);
  return verdict;
}

void IpLimiter::leave(AddressKey address, bool refused, bool opened) {
  const base::Lock lock(mutex_);
  Entry& entry = find(address);
  if (refused) {
    --entry.refused;
  } else {
    --entry.connections;
    if (!opened) --entry.unopened;
  }
  settle(entry);
}

void IpLimiter::open(AddressKey address) {
  const base::Lock lock(mutex_);
  --find(address).unopened;
}

bool IpLimiter::ask(AddressKey address, base::Millis now) {
  const base::Lock lock(mutex_);
  Entry& entry = find(address);
  const bool asked = take(entry, now);
  settle(entry);
  return asked;
}

void IpLimiter::recordAbuse(AddressKey address, base::Millis now) {
  if (address == kProxyKey) return;
  const base::Lock lock(mutex_);
  Entry& entry = find(address);
  if (now >= entry.blamed_until) {
    entry.blames = 0;
    entry.blamed_until = now + kBlameTime;
  }
  ++entry.blames;
  settle(entry);
}

bool IpLimiter::keep(AddressKey address, std::size_t before, std::size_t after) {
  const base::Lock lock(mutex_);
  Entry& entry = find(address);
  entry.output -= before;
  output_ -= before;
  const bool fit = after <= before || fits(address, entry.output, after);
  entry.output += after;
  output_ += after;
  return fit;
}

bool IpLimiter::hasRoom(AddressKey address, std::size_t bytes) const {
  const base::Lock lock(mutex_);
  const auto found = entries_.find(address);
  return fits(address, found == entries_.end() ? 0 : found->second.output, bytes);
}

std::size_t IpLimiter::kept() const {
  const base::Lock lock(mutex_);
  return output_;
}

// The first answer of an address may be longer than its limit: a lone reader gets its page.
bool IpLimiter::fits(AddressKey address, std::size_t has, std::size_t more) const {
  const std::size_t free = limits_.output_in_all - std::min(output_, limits_.output_in_all);
  const std::size_t limit = limits_.output_per_address;
  if (limit == 0 || address == kProxyKey) return more <= free;
  if (has == 0) return more <= fairShare(std::numeric_limits<std::size_t>::max(), free);
  return has + more <= fairShare(limit, free);
}

std::size_t IpLimiter::size() const {
  const base::Lock lock(mutex_);
  return entries_.size();
}

std::uint64_t IpLimiter::looks() const {
  const base::Lock lock(mutex_);
  return looks_;
}

IpLimiter::Entry& IpLimiter::find(AddressKey address) {
  Entry& entry = entries_[address];
  entry.address = address;
  return entry;
}

bool IpLimiter::take(Entry& entry, base::Millis now) const {
  return entry.address == kProxyKey || entry.requests.takeOne(rate_, now);
}

IpLimiter::Worth IpLimiter::worthOf(const Entry& entry) const {
  if (entry.blames > 0) {
    return beyond(entry.blames, limits_.refused_signatures) ? kShutOut : kBlamed;
  }
  return entry.requests.wasSpent(rate_) ? kSpent : kPassing;
}

/// Forgetting it changes nothing.
bool IpLimiter::isLikeNew(const Entry& entry, base::Millis now) const {
  if (entry.blames > 0 && now < entry.blamed_until) return false;
  return entry.requests.isFull(rate_, now);
}

// After each change of an entry. An idle one stands last in the list of its worth. Beyond the bound
// the longest idle of those that are worth least goes, which may be this one: an address that is
// shut out is forgotten only for as many others that are.
void IpLimiter::settle(Entry& entry) {
  unlink(entry);
  if (entry.connections + entry.refused > 0) return;
  entry.worth = worthOf(entry);
  List& list = idle_[entry.worth];
  entry.idle = true;
  entry.before = list.last;
  (list.last != nullptr ? list.last->behind : list.first) = &entry;
  list.last = &entry;
  if (++idle_count_ <= kIdleAddresses) return;
  for (const List& each : idle_) {
    ++looks_;
    if (each.first != nullptr) return forget(*each.first);
  }
}

void IpLimiter::unlink(Entry& entry) {
  if (!entry.idle) return;
  List& list = idle_[entry.worth];
  (entry.before != nullptr ? entry.before->behind : list.first) = entry.behind;
  (entry.behind != nullptr ? entry.behind->before : list.last) = entry.before;
  entry.before = entry.behind = nullptr;
  entry.idle = false;
  --idle_count_;
}

void IpLimiter::forget(Entry& entry) {
  unlink(entry);
  entries_.erase(entry.address);
}

void IpLimiter::forgetWhatIsOver(base::Millis now) {
  for (List& list : idle_) {
    for (int i = 0; i < kLooks && list.first != nullptr; ++i) {
      ++looks_;
      if (!isLikeNew(*list.first, now)) break;
      forget(*list.first);
    }
  }
}

}  // namespace kith::net
