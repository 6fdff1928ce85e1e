// SPDX-License-Identifier: Apache-2.0
// What a backend counts, where it happens. Written on the io thread, read on any.
#pragma once

#include <atomic>
#include <cstdint>

namespace kith::backends {

/// One thread counts, so that counting is no read-modify-write of the bus.
class Counter {
 public:
  void operator++() {
    value_.store(value_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }
  operator std::uint64_t() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

class Flag {
 public:
  Flag& operator=(bool value) {
    value_.store(value, std::memory_order_relaxed);
    return *this;
  }
  operator bool() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<bool> value_{false};
};

struct Counters {
  Counter connects;
  Counter disconnects;
  Counter frames_in;
  Counter frames_out;
  Counter duplicates;
  Flag knows_conversations;  ///< the server of the latest connection that was up does
};

}  // namespace kith::backends
