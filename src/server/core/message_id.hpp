// SPDX-License-Identifier: Apache-2.0
// Message ids without allocation: 16 random bytes as 22 characters of base64url (avos-v1 §8), and
// the same bytes as a key. Pure; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/random.hpp"

namespace kith::core {

using MessageIdText = std::array<char, 22>;

/// An id as 128 bits: what an acknowledgement is looked up by.
struct IdKey {
  std::uint64_t high{0};
  std::uint64_t low{0};
  friend bool operator==(const IdKey&, const IdKey&) = default;
};

MessageIdText makeMessageIdText(base::Random& random);

/// Any string makes a key. The hub makes ids at random, so two of them share one as good as never.
IdKey idKey(std::string_view id);

inline std::string_view view(const MessageIdText& id) { return {id.data(), id.size()}; }

}  // namespace kith::core
