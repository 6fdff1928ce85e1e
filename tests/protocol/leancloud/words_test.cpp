// SPDX-License-Identifier: Apache-2.0
#include "protocol/leancloud/words.hpp"

#include <algorithm>
#include <string>
#include <string_view>

#include "support/catch.hpp"

namespace kith::leancloud {
namespace {

TEST_CASE("words: each number of the schema has its name, and is found by it") {
  int commands = 0;
  int ops = 0;
  for (int number = -3; number < 300; ++number) {
    const std::string_view cmd = nameOf(static_cast<Cmd>(number));
    if (!cmd.empty()) {
      CHECK(static_cast<int>(cmdOf(cmd)) == number);
      ++commands;
    }
    const std::string_view op = nameOf(static_cast<Op>(number));
    std::string kebab(op);
    std::replace(kebab.begin(), kebab.end(), '_', '-');
    CHECK(kebabOf(static_cast<Op>(number)) == kebab);
    if (op.empty()) continue;
    CHECK(static_cast<int>(opOf(op)) == number);
    CHECK(static_cast<int>(opOf(kebab)) == number);
    ++ops;
  }
  CHECK(commands == 22);
  CHECK(ops == 69);
}

TEST_CASE("words: numbers are those of the schema (§3)") {
  CHECK(cmdOf("session") == static_cast<Cmd>(0));
  CHECK(cmdOf("goaway") == static_cast<Cmd>(21));
  CHECK(opOf("query_result") == static_cast<Op>(8));
  CHECK(opOf("members-joined") == static_cast<Op>(33));
  CHECK(opOf("left") == static_cast<Op>(39));
  CHECK(opOf("members_left") == static_cast<Op>(40));
  CHECK(opOf("results") == static_cast<Op>(42));
  CHECK(opOf("member_info_changed") == static_cast<Op>(55));
  CHECK(opOf("kicked") == static_cast<Op>(86));
  CHECK(opOf("modified") == static_cast<Op>(151));
  CHECK(opOf("check-result") == static_cast<Op>(177));
  CHECK(opOf("check_shutup") == static_cast<Op>(190));
  CHECK(statusOf("off") == Status::Off);
  CHECK(directionOf("NEW") == Direction::Newer);
  CHECK(deviceOf("ios") == Device::Ios);
}

TEST_CASE("words: what is none is Unknown") {
  for (const std::string_view text :
       {"", "Open", "members joined", "a-word-that-is-longer-than-any-op"}) {
    CHECK(cmdOf(text) == Cmd::Unknown);
    CHECK(opOf(text) == Op::Unknown);
    CHECK(statusOf(text) == Status::Unknown);
    CHECK(directionOf(text) == Direction::Unknown);
    CHECK(deviceOf(text) == Device::Unknown);
  }
  CHECK(nameOf(Cmd::None).empty());
  CHECK(nameOf(Cmd::Unknown).empty());
  CHECK(nameOf(Op::Unknown).empty());
}

}  // namespace
}  // namespace kith::leancloud
