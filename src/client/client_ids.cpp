// SPDX-License-Identifier: Apache-2.0
#include "client/client_ids.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace kith::client {
namespace {

// Names sort like what they count: the server keeps them in order. Those of the first 14 million
// messages fit into a std::string without an allocation.
constexpr std::string_view kDigits =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
constexpr std::size_t kFewDigits = 4;
constexpr std::size_t kManyDigits = 11;
constexpr std::uint64_t kFewNames = 62u * 62 * 62 * 62;

}  // namespace

std::string ClientIds::next() {
  std::array<char, 32> name{};
  char* at = std::copy(head_.begin(), head_.end(), name.begin());
  std::uint64_t number = count_.fetch_add(1, std::memory_order_relaxed);
  const std::size_t width = number < kFewNames ? kFewDigits : kManyDigits;
  if (width == kManyDigits) *at++ = '~';  // behind every digit
  for (char* digit = at + width; digit > at; number /= kDigits.size()) {
    *--digit = kDigits[number % kDigits.size()];
  }
  return {name.data(), at + width};
}

}  // namespace kith::client
