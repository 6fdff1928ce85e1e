// SPDX-License-Identifier: Apache-2.0
#include "tools/event_printer.hpp"

#include <kith/kith.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "support/catch.hpp"

using namespace kith;
using kith::tools::EventPrinter;

namespace {

/// The lines that tom's events make.
std::vector<std::string> linesOf(bool json, std::vector<Event> events) {
  std::vector<std::string> lines;
  SessionManager manager{Options{}};
  const std::shared_ptr<Session> tom = manager.session("tom");
  EventPrinter printer(json, false);
  printer.setWriter([&](const std::string& line) { lines.push_back(line); });
  for (Event& event : events) printer.onEvent(*tom, event);
  return lines;
}

}  // namespace

TEST_CASE("event printer: bytes are in hex, and mentions are named, where there are any") {
  Message bytes;
  bytes.text = std::string("\0\xff", 2);
  bytes.binary = true;
  bytes.from = "bob";
  bytes.group_id = "g";
  bytes.mentions = {"tom"};
  bytes.mention_all = true;
  bytes.mentioned = true;
  CHECK(linesOf(true, {MessageReceived{bytes}}) ==
        std::vector<std::string>{
            R"({"event":"message","peer":"tom","from":"bob","group":"g","bytes":"00ff",)"
            R"("mentions":["tom"],"mentionAll":true,"mentioned":true,"id":"","timestamp":0,)"
            R"("offline":false,"transient":false})"});
  CHECK_THAT(linesOf(false, {MessageReceived{bytes}}).at(0),
             Catch::Contains("[g] bob: (2 bytes)  (mentions you)"));
}

TEST_CASE("event printer: standings, and what was missed, are lines of their own") {
  const std::vector<Event> events{
      StandingChanged{"g", PeerStanding::Silenced, false, {"bob", "carl"}, "ann"},
      EventsMissed{Timestamp(std::chrono::milliseconds(5))}};
  CHECK(linesOf(true, events) ==
        std::vector<std::string>{
            R"({"event":"standing","peer":"tom","group":"g","standing":"silenced","on":false,)"
            R"("peers":["bob","carl"],"by":"ann"})",
            R"({"event":"eventsMissed","peer":"tom","since":5})"});
  CHECK(linesOf(false, events).at(0) == "* [g] bob, carl: not silenced any more (by ann)");
}
