// SPDX-License-Identifier: Apache-2.0
#include "base/ascii.hpp"

#include <algorithm>
#include <cstdint>
#include <string>

#include "support/catch.hpp"

namespace kith::base {
namespace {

TEST_CASE("ascii: a number is the whole text, and fits") {
  CHECK(readNumber<std::uint16_t>("65535") == 65535);
  CHECK(readNumber<std::int64_t>("-12") == -12);
  CHECK(readNumber<std::uint64_t>("fF", 16) == 255);
  for (const char* text : {"", " 1", "1 ", "+1", "1x", "0x1", "65536", "-1"}) {
    INFO(text);
    CHECK_FALSE(readNumber<std::uint16_t>(text));
  }
}

TEST_CASE("ascii: lower case is of the 26 letters and of nothing else") {
  std::string all = "@AZ[`az{\xC4";
  std::transform(all.begin(), all.end(), all.begin(), lowerCase);
  CHECK(all == "@az[`az{\xC4");
}

}  // namespace
}  // namespace kith::base
