// SPDX-License-Identifier: Apache-2.0
#include "base/fork.hpp"

#include <atomic>
#include <pthread.h>
#include <utility>

namespace kith::base {
namespace {

std::atomic<std::uint32_t> forks{0};

struct Left {
  std::shared_ptr<void> part;
  Left* next;
};

// Without a lock, which the fork could have copied while it was held.
std::atomic<Left*> left{nullptr};

}  // namespace

bool inForkedChild(void (*renew)()) { return ::pthread_atfork(nullptr, nullptr, renew) == 0; }

std::uint32_t forkCount() {
  static const bool counting = inForkedChild([] { forks.fetch_add(1, std::memory_order_relaxed); });
  static_cast<void>(counting);
  return forks.load(std::memory_order_relaxed);
}

void neverDestroy(std::shared_ptr<void> part) {
  auto* const mine = new Left{std::move(part), left.load(std::memory_order_relaxed)};
  while (!left.compare_exchange_weak(mine->next, mine, std::memory_order_acq_rel)) {
  }
}

}  // namespace kith::base
