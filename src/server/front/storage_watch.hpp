// SPDX-License-Identifier: Apache-2.0
// Tells the log what an operator should know of the storage, and not too often. Pure; one thread.
#pragma once

#include <string>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "server/storage/storage.hpp"

namespace kith::front {

class StorageWatch {
 public:
  /// Call it at any time with the counters of now.
  void observe(const storage::StorageStats& stats, base::Millis mono, const base::LogFront& log) {
    if (stats.expired != told_expired_ && mono >= tell_expired_at_) {
      const std::uint64_t dropped = stats.expired - told_expired_;
      log.log(LogLevel::Info, "storage", [&] {
        return std::to_string(dropped) + " waiting messages were older than offline_age: dropped";
      });
      told_expired_ = stats.expired;
      tell_expired_at_ = mono + kPause;
    }
    if (stats.log_bytes >= tell_log_at_) {
      log.log(LogLevel::Warn, "storage", [&] {
        return "kith.db-wal has grown to " + std::to_string(stats.log_bytes >> 20) +
               " MiB: another program has kith.db open and reads; it shrinks when that ends";
      });
      tell_log_at_ = 2 * stats.log_bytes;
    } else if (stats.log_bytes < kLongLog / 2) {
      tell_log_at_ = kLongLog;
    }
  }

 private:
  static constexpr base::Millis kPause{60'000};
  static constexpr std::uint64_t kLongLog = 256u << 20;

  std::uint64_t told_expired_{0};
  base::Millis tell_expired_at_{base::Millis::min()};
  std::uint64_t tell_log_at_{kLongLog};
};

}  // namespace kith::front
