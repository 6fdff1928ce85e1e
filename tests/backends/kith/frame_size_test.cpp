// SPDX-License-Identifier: Apache-2.0
#include "backends/kith/frame_size.hpp"

#include <kith/limits.hpp>

#include <string>

#include "support/catch.hpp"

using namespace kith;
using namespace kith::backends;

TEST_CASE("frame size: a message is measured as the whole frame, escapes included") {
  const auto fits = [](std::string text) {
    return checkFrameSize({std::move(text), {"bob"}, ""}, "demo", "tom", "0123456789a-1");
  };
  CHECK(fits(std::string(100, 'x')).ok());
  CHECK(fits(std::string(4800, 'x')).ok());
  CHECK_FALSE(fits(std::string(5000, 'x')).ok());
  CHECK(fits(std::string(5000, 'x')).error().code == Errc::MessageTooLong);
  // A quote takes two bytes on the wire, a control character six.
  CHECK_FALSE(fits(std::string(2500, '"')).ok());
  CHECK_FALSE(fits(std::string(830, '\x01')).ok());
  // The limit is sharp: one byte more does not fit.
  std::size_t longest = 4800;
  while (fits(std::string(longest + 1, 'x')).ok()) ++longest;
  CHECK(longest < limits::kFrameBytes);
  CHECK_FALSE(fits(std::string(longest + 1, 'x')).ok());
}

TEST_CASE("frame size: bytes are measured by their base64, and mentions count") {
  const auto fits = [](std::size_t bytes, std::vector<std::string> mentions) {
    Message message{std::string(bytes, '\xff'), {"bob"}, ""};
    message.binary = true;
    message.mentions = std::move(mentions);
    return checkFrameSize(message, "demo", "tom", "0123456789a-1").ok();
  };
  std::size_t longest = 3600;
  while (fits(longest + 3, {})) longest += 3;
  // Three bytes take four.
  CHECK(longest > limits::kFrameBytes * 3 / 4 - 150);
  CHECK(longest < limits::kFrameBytes * 3 / 4);
  CHECK_FALSE(fits(longest, {std::string(64, 'x')}));
}
