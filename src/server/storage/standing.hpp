// SPDX-License-Identifier: Apache-2.0
// What a peer is in a conversation beside a member (leancloud-current §5.2). Plain data; any
// thread.
#pragma once

#include <cstdint>
#include <string>

namespace kith {

enum class StandingKind : std::uint8_t {
  Manager,   ///< may silence members and keep peers out, as the creator may
  Silenced,  ///< sends nothing
  Blocked,   ///< cannot become a member
};

namespace storage {

struct Standing {
  std::string peer;
  std::uint8_t kinds{0};  ///< a bit of each

  static constexpr std::uint8_t bitOf(StandingKind kind) {
    return static_cast<std::uint8_t>(1u << static_cast<unsigned>(kind));
  }
  bool has(StandingKind kind) const { return (kinds & bitOf(kind)) != 0; }
  void set(StandingKind kind, bool on) {
    kinds = static_cast<std::uint8_t>(on ? kinds | bitOf(kind) : kinds & ~bitOf(kind));
  }
  bool empty() const { return kinds == 0; }
};

}  // namespace storage
}  // namespace kith
