// SPDX-License-Identifier: Apache-2.0
// Service conversations in the hub: what their subscribers acknowledge, and how many there may be
// (decision 047). What an app's server sees is in tests/server/front/rtm_services_test.cpp.
#include <string>
#include <vector>

#include "base/text_codes.hpp"
#include "server/core/rooms.hpp"
#include "support/current_world.hpp"

namespace kith::testing {
namespace {

constexpr const char* kApp = "testapp0001";

/// A service conversation, whose rows come from the storage.
struct Service : CurrentWorld {
  Service() {
    storage::CreateGroup request;
    request.app_id = kApp;
    request.group_id = id;
    request.by = "_server_";
    request.now_ms = now().wall.count();
    request.service = true;
    put(request);
  }
  void put(const storage::Request& request) {
    storage.submit(1ull << 63, request);
    storage.flush();
    settle();
  }
  /// What it says to bob alone while that peer is away.
  void whisper(const std::string& message) {
    const storage::PeerRef bob{"bob", false};
    const std::string channel = base::channelName(id, "bob");
    storage::Append request;
    request.app_id = kApp;
    request.id = message;
    request.timestamp = now().wall.count();
    request.from = "desk";
    request.conv_id = channel;
    request.kind = storage::ConversationKind::Channel;
    request.text = message;
    request.receivers = {&bob, 1};
    put(request);
  }
  const std::string id = "5a5ecde6c3422b738c8779d7";
};

}  // namespace

TEST_CASE("services: what came in a channel is acknowledged by the times of its conversation") {
  Service world;
  const bool acknowledges = GENERATE(true, false);
  world.whisper("for you");
  world.openCurrent("B", "bob", "", 1);
  const std::string direct = world.take("B");
  CHECK(textOf(direct, "msg") == "for you");
  CHECK(textOf(direct, "cid") == world.id);
  CHECK(numberOf(direct, "convType") == 3);
  if (acknowledges) {
    const std::string time = std::to_string(numberOf(direct, "timestamp"));
    world.send("B", R"({"cmd":"ack","cid":")" + world.id + R"(","fromts":)" + time + R"(,"tots":)" +
                        time + "}");
  }
  world.drop("B");
  world.openCurrent("B2", "bob", "", 1);
  const std::vector<std::string> again = world.takeAll("B2");
  CHECK(again.size() == (acknowledges ? 0 : 1));
}

TEST_CASE(
    "services: a service conversation that has all the subscribers it may have takes no more") {
  Service world;
  std::vector<std::string> names;
  for (std::size_t i = 0; i < core::kSubscribers; ++i) names.push_back("p" + std::to_string(i));
  std::vector<storage::PeerRef> peers;
  for (const std::string& name : names) peers.push_back({name, false});
  storage::AddMembers all;
  all.app_id = kApp;
  all.group_id = world.id;
  all.peers = peers;
  all.by = "_server_";
  world.put(all);
  world.openCurrent("E", "eve");
  const std::string cid = R"(,"cid":")" + world.id + "\"";
  const std::string refused = world.ask("E", R"("cmd":"conv","op":"add","m":["eve"])" + cid);
  INFO(refused);
  CHECK(refused.find("4304") != std::string::npos);
  world.openCurrent("P", "p0");
  world.ask("P", R"("cmd":"conv","op":"remove","m":["p0"])" + cid);
  const std::string joined = world.ask("E", R"("cmd":"conv","op":"add","m":["eve"])" + cid);
  CHECK(listOf(joined, "allowedPids") == std::vector<std::string>{"eve"});
}

}  // namespace kith::testing
