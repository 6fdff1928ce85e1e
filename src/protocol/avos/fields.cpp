// SPDX-License-Identifier: Apache-2.0
#include "protocol/avos/fields.hpp"

#include <array>
#include <cstddef>
#include <cstring>

namespace kith::avos {
namespace {

// In the order of the enumerations.
constexpr std::array<std::string_view, 34> kKeyTokens{
    R"(,"cmd":)",         R"(,"op":)",
    R"(,"i":)",           R"(,"onlineSessionPeerIds":)",
    R"(,"appId":)",       R"(,"peerId":)",
    R"(,"fromPeerId":)",  R"(,"sessionPeerIds":)",
    R"(,"roomPeerIds":)", R"(,"toPeerIds":)",
    R"(,"ids":)",         R"(,"roomId":)",
    R"(,"msg":)",         R"(,"id":)",
    R"(,"uid":)",         R"(,"byPeerId":)",
    R"(,"status":)",      R"(,"timestamp":)",
    R"(,"t":)",           R"(,"s":)",
    R"(,"n":)",           R"(,"sp":)",
    R"(,"transient":)",   R"(,"r":)",
    R"(,"offline":)",     R"(,"code":)",
    R"(,"reason":)",      R"(,"dt":)",
    R"(,"c":)",           R"(,"installationId":)",
    R"(,"mentionPids":)", R"(,"mentionAll":)",
    R"(,"binaryMsg":)",   R"(,"will":)"};
static_assert(kKeyTokens.size() == static_cast<std::size_t>(Key::None));

constexpr auto kKeyNames = [] {
  std::array<std::string_view, kKeyTokens.size()> names;
  for (std::size_t i = 0; i < names.size(); ++i) {
    names[i] = kKeyTokens[i].substr(2, kKeyTokens[i].size() - 4);
  }
  return names;
}();

constexpr std::array<std::string_view, 12> kCmdNames{"",       "session", "direct",   "ack",
                                                     "ackreq", "room",    "presence", "rcp",
                                                     "error",  "data",    "login",    "unknown"};
static_assert(kCmdNames.size() == static_cast<std::size_t>(Cmd::Unknown) + 1);

constexpr std::array<std::string_view, 23> kOpNames{
    "",        "open",   "add",     "remove",         "query",       "close",
    "opened",  "added",  "removed", "query-result",   "closed",      "error",
    "join",    "leave",  "invite",  "kick",           "joined",      "left",
    "invited", "kicked", "reject",  "members-joined", "members-left"};
static_assert(kOpNames.size() == static_cast<std::size_t>(Op::Unknown));

/// A small hash table made at compile time: about one probe for each key of each frame instead of
/// many comparisons.
template <std::size_t N>
class NameTable {
 public:
  /// Leaves out the names before `first`.
  constexpr explicit NameTable(const std::array<std::string_view, N>& names, std::size_t first)
      : names_(names) {
    slots_.fill(kFree);
    for (std::size_t i = first; i < N; ++i) {
      std::size_t slot = slotOf(names_[i]);
      while (slots_[slot] != kFree) slot = (slot + 1) % kSlots;
      slots_[slot] = static_cast<std::uint8_t>(i);
    }
  }

  /// Position of `name`, or N.
  std::size_t find(std::string_view name) const {
    if (name.empty()) return N;
    for (std::size_t slot = slotOf(name); slots_[slot] != kFree; slot = (slot + 1) % kSlots) {
      if (isSame(names_[slots_[slot]], name)) return slots_[slot];
    }
    return N;
  }

 private:
  static constexpr std::size_t kSlots = 128;  // few of them taken, so that a probe ends soon
  static constexpr std::uint8_t kFree = 255;
  static_assert(2 * N < kSlots);

  template <typename Word>
  static bool isSameAt(std::string_view a, std::string_view b, std::size_t at) {
    Word x;
    Word y;
    std::memcpy(&x, a.data() + at, sizeof x);
    std::memcpy(&y, b.data() + at, sizeof y);
    return x == y;
  }
  /// Names are so short that a call of memcmp() takes longer.
  static bool isSame(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) return false;
    if (a.size() > 16) return a == b;
    if (a.size() >= 8) {
      return isSameAt<std::uint64_t>(a, b, 0) && isSameAt<std::uint64_t>(a, b, a.size() - 8);
    }
    if (a.size() >= 4) {
      return isSameAt<std::uint32_t>(a, b, 0) && isSameAt<std::uint32_t>(a, b, a.size() - 4);
    }
    return a[0] == b[0] && a[a.size() / 2] == b[a.size() / 2] && a.back() == b.back();
  }

  static constexpr std::size_t slotOf(std::string_view name) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(name[i]); };
    const std::size_t sum = name.size() * 7u + byte(0) * 31u + byte(name.size() / 2) * 131u +
                            byte(name.size() - 1) * 17u;
    return (sum ^ sum >> 7) % kSlots;
  }

  std::array<std::string_view, N> names_;
  std::array<std::uint8_t, kSlots> slots_{};
};

constexpr NameTable kKeys(kKeyNames, 0);
constexpr NameTable kCmds(kCmdNames, 1);
constexpr NameTable kOps(kOpNames, 1);

}  // namespace

Key keyOf(std::string_view name) { return static_cast<Key>(kKeys.find(name)); }
std::string_view keyName(Key key) {
  return key == Key::None ? std::string_view{} : kKeyNames[static_cast<std::size_t>(key)];
}
std::string_view keyToken(Key key) {
  return key == Key::None ? std::string_view{} : kKeyTokens[static_cast<std::size_t>(key)];
}

Cmd cmdOf(std::string_view name) {
  const std::size_t at = kCmds.find(name);
  return at == kCmdNames.size() ? Cmd::Unknown : static_cast<Cmd>(at);
}
std::string_view cmdName(Cmd cmd) { return kCmdNames[static_cast<std::size_t>(cmd)]; }

Op opOf(std::string_view name) { return static_cast<Op>(kOps.find(name)); }
std::string_view opName(Op op) {
  return op == Op::Unknown ? "unknown" : kOpNames[static_cast<std::size_t>(op)];
}

}  // namespace kith::avos
