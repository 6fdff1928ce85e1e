// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>

#include "server/core/model.hpp"
#include "support/catch.hpp"

namespace kith::core {
namespace {

TEST_CASE("held frames: they come out as they went in, also where there is always one more") {
  HeldFrames held;
  CHECK(held.empty());
  std::size_t added = 0;
  std::size_t taken = 0;
  const auto text = [](std::size_t number) {
    return "frame " + std::to_string(number) + std::string(number % 300, 'x');
  };
  std::size_t most = 0;
  for (int round = 0; round < 5000; ++round) {
    for (int i = 0; i < 2 - round % 2; ++i, ++added) {
      const std::string frame = text(added);
      held.add(added % 3 == 0, added, {frame.substr(0, 4), "", frame.substr(4)});
    }
    while (added - taken > 5) {
      CHECK(held.frames[held.next].reply == (taken % 3 == 0));
      CHECK(held.frames[held.next].topics == taken);
      REQUIRE(held.take() == text(taken));
      ++taken;
    }
    most = std::max(most, held.bytes.size());
  }
  CHECK_FALSE(held.empty());
  CHECK(most < 16 * 1024);
}

}  // namespace
}  // namespace kith::core
