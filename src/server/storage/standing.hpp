// SPDX-License-Identifier: Apache-2.0
// What a peer is in a conversation beside a member (leancloud-current §5.2). Plain data; any
// thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace kith {

enum class StandingKind : std::uint8_t {
  Manager,    ///< may silence members and keep peers out, as the creator may
  Silenced,   ///< sends nothing
  Blocked,    ///< cannot become a member
  Paused,     ///< sends nothing until a time, which is of the server's wall clock
  Declining,  ///< others cannot make it a member: it says so itself
};

namespace storage {

struct Standing {
  std::string peer;
  std::uint8_t kinds{0};  ///< a bit of each
  std::int64_t until{0};  ///< ms: Paused ends then; 0 = it is not that

  static constexpr std::uint8_t bitOf(StandingKind kind) {
    return static_cast<std::uint8_t>(1u << static_cast<unsigned>(kind));
  }
  bool has(StandingKind kind) const { return (kinds & bitOf(kind)) != 0; }
  void set(StandingKind kind, bool on) {
    kinds = static_cast<std::uint8_t>(on ? kinds | bitOf(kind) : kinds & ~bitOf(kind));
  }
  void pause(std::int64_t end) {
    set(StandingKind::Paused, end != 0);
    until = end;
  }
  /// What has had its end is there no more.
  void passTime(std::int64_t now_ms) {
    if (has(StandingKind::Paused) && until <= now_ms) pause(0);
  }
  /// Whether the peer may not speak.
  bool silences(std::int64_t now_ms) const {
    return has(StandingKind::Silenced) || (has(StandingKind::Paused) && now_ms < until);
  }
  /// Whether the peer does not become a member when `by` says so.
  bool keepsOut(std::string_view by) const {
    return has(StandingKind::Blocked) || (has(StandingKind::Declining) && peer != by);
  }
  bool empty() const { return kinds == 0; }
};

}  // namespace storage
}  // namespace kith
