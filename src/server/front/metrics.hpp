// SPDX-License-Identifier: Apache-2.0
// What a server counts, in the words of Prometheus (text format 0.0.4). Written on the loop's
// thread, read on any.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>

#include "server/core/hub.hpp"
#include "server/storage/storage.hpp"

namespace kith {
struct ServerStats;
}
namespace kith::net {
struct SharedPort;
}

namespace kith::front {

/// Times, sorted into buckets that double from 100 us to about 3 s.
class Histogram {
 public:
  void observe(std::uint64_t nanoseconds);
  /// Appends its lines.
  void write(std::string& out, const char* name, const char* help) const;

 private:
  static constexpr std::size_t kBuckets = 16;
  static constexpr std::uint64_t kFirst = 100'000;

  std::array<std::atomic<std::uint64_t>, kBuckets + 1> counts_{};
  std::atomic<std::uint64_t> sum_{0};
};

class Metrics {
 public:
  // Loop thread.
  /// A message went to the storage. One at a time is timed: how long until it is durable, and until
  /// its deliveries were handed to the sockets. The others cost a comparison.
  void asked(storage::Token token);
  /// The storage has answered.
  void answered(storage::Token token, bool ok);
  /// All that the results so far led to was handed to the sockets.
  void flushed();
  void refusedSignature(core::SignatureFault fault);
  void replied(int status);
  void closed(std::uint16_t code);
  void publish(const core::HubStats& hub, const storage::StorageStats& storage,
               std::size_t outstanding, std::size_t backlogs);

  // Any thread.
  ServerStats stats() const;
  std::string text(const net::SharedPort& port) const;

 private:
  using Counter = std::atomic<std::uint64_t>;

  static constexpr std::size_t kFaults = 8;
  static constexpr std::size_t kStatuses = 600;
  // Close codes: those of RFC 6455 and those of avos-v1 §6.2; the last one counts all others.
  static constexpr std::uint16_t kFirstCode = 1000, kCodes = 16, kFirstOwn = 4100, kOwn = 20;

  void writeRefusals(std::string& out, const net::SharedPort& port) const;

  Counter connections_{0}, sessions_{0}, frames_in_{0}, frames_out_{0}, messages_{0};
  Counter commits_{0}, expired_{0}, log_bytes_{0};
  Counter outstanding_{0}, backlogs_{0}, storage_failures_{0};
  std::array<Counter, kFaults> faults_{};
  std::array<Counter, kStatuses> statuses_{};
  std::array<Counter, kCodes + kOwn + 1> codes_{};
  Histogram commit_, delivery_;

  storage::Token timed_{0};  // loop thread; 0 = none
  bool durable_{false};
  std::uint64_t since_{0};
};

}  // namespace kith::front
