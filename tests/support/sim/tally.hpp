// SPDX-License-Identifier: Apache-2.0
// What happened in a world, counted, so that an idle world is not taken for a tested one.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace kith::sim {

enum class Count : std::size_t {
  Sent,
  Accepted,
  Failed,
  MayHaveArrived,
  Shown,
  ShownAgain,
  Dropped,
  Transient,
  Opened,
  Resumed,
  Closed,
  GroupChanges,
  GroupMessages,
  Resent,
  Duplicates,
  Connected,
  Cut,
  CutInFrame,
  HalfOpen,
  HalfOpenOneWay,
  Refused,
  Hanging,
  SlowReader,
  ServerCrash,
  CrashAfterCommit,
  CrashBeforeCommit,
  ServerRestart,
  SlowDisk,
  FailedCommit,
  Killed,
  Quit,
  Slept,
  Frozen,
  ClientClockJump,
  ServerClockJump,
  TwoDevices,
  SignerLate,
  SignerBusy,
  RouterFailed,
  NetworkChanged,
  Paused,
  StoreRuns,
  StoreFailed,
  Restored,
  Edited,
  Deleted,
  LogRead,
  ConversationCalls,
  MembersTold,
  kCount
};

/// A fault or a piece of work, in words.
std::string_view nameOf(Count count);
/// True for what a batch of runs must contain.
bool isFault(Count count);

struct Tally {
  std::array<std::uint64_t, static_cast<std::size_t>(Count::kCount)> counts{};

  std::uint64_t& operator[](Count count) { return counts[static_cast<std::size_t>(count)]; }
  std::uint64_t operator[](Count count) const { return counts[static_cast<std::size_t>(count)]; }
  void add(const Tally& other) {
    for (std::size_t i = 0; i < counts.size(); ++i) counts[i] += other.counts[i];
  }
};

}  // namespace kith::sim
