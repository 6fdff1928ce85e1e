// SPDX-License-Identifier: Apache-2.0
// Managers, silenced members and peers that are kept out (leancloud-current §5.2), on the hub.
#include "support/current_world.hpp"

namespace kith::testing {
namespace {

using Texts = std::vector<std::string>;

/// A conversation that alice has made, with bob, carol and dave.
struct FourPeers : CurrentWorld {
  explicit FourPeers(core::HubOptions options = testHub()) : CurrentWorld(std::move(options)) {
    for (const auto& [name, peer] : {std::pair("A", "alice"), std::pair("B", "bob"),
                                     std::pair("C", "carol"), std::pair("D", "dave")}) {
      openCurrent(name, peer);
    }
    id = start("A", R"(["bob","carol","dave"])");
    for (const char* name : {"B", "C", "D"}) take(name);
  }
  std::string cid() const { return R"(,"cid":")" + id + "\""; }
  std::string role(const std::string& name, const std::string& peer, const std::string& to) {
    return ask(name, R"("cmd":"conv","op":"member-info-update","targetClientId":")" + peer +
                         R"(","info":{"pid":")" + peer + R"(","role":")" + to + R"("})" + cid());
  }
  std::string silence(const std::string& name, const std::string& peers, bool on = true) {
    return ask(name, std::string(R"("cmd":"conv","op":")") + (on ? "add" : "remove") +
                         R"(-shutup","m":)" + peers + cid());
  }
  std::string block(const std::string& name, const std::string& peers, bool on = true,
                    const std::string& more = "") {
    return ask(name, std::string(R"("cmd":"blacklist","op":")") + (on ? "" : "un") +
                         R"(block","toPids":)" + peers + R"(,"srcCid":")" + id + "\"" + more);
  }
  void forgetNews() {
    for (const char* name : {"A", "B", "C", "D"}) takeAll(name);
  }
  std::string id;
};

TEST_CASE("standings: the creator makes managers, and all members hear of it") {
  FourPeers world;
  const std::string made = world.role("A", "bob", "Manager");
  CHECK(textOf(made, "op") == "member-info-updated");
  for (const char* name : {"B", "C", "D"}) {
    const std::string event = world.take(name);
    CHECK(textOf(event, "op") == "member-info-changed");
    CHECK(event.find(R"("info":{"pid":"bob","role":"Manager"})") != std::string::npos);
    CHECK(textOf(event, "initBy") == "alice");
  }
  CHECK(numberOf(world.role("B", "carol", "Manager"), "code") == 4320);
  CHECK(numberOf(world.role("A", "carol", "Emperor"), "code") == 4321);
  CHECK(numberOf(world.role("A", "stranger", "Manager"), "code") == 4320);
  CHECK(numberOf(world.role("A", "alice", "Member"), "code") == 4320);
  world.openCurrent("E", "eve");
  CHECK(numberOf(world.role("E", "bob", "Manager"), "code") == 4317);
  CHECK(textOf(world.role("A", "bob", "Member"), "op") == "member-info-updated");
  world.forgetNews();
  CHECK(numberOf(world.silence("B", R"(["carol"])"), "code") == 4320);
}

TEST_CASE("standings: a silenced member sends nothing, until it may speak again") {
  FourPeers world;
  world.role("A", "bob", "Manager");
  world.forgetNews();
  const std::string done = world.silence("B", R"(["carol","alice","stranger"])");
  INFO(done);
  CHECK(textOf(done, "op") == "shutup-added");
  CHECK(listOf(done, "allowedPids") == Texts{"carol"});
  CHECK(done.find(R"("failedPids":[{"code":4320,"reason":"CONVERSATION_OPERATION_UNAUTHORIZED",)"
                  R"("pids":["alice","stranger"]}])") != std::string::npos);
  const std::string event = world.take("A");
  CHECK(textOf(event, "op") == "members-shutuped");
  CHECK(listOf(event, "m") == Texts{"carol"});
  CHECK(textOf(event, "initBy") == "bob");
  CHECK(textOf(world.take("C"), "op") == "members-shutuped");
  CHECK(textOf(world.take("C"), "op") == "shutuped");
  const std::string ack = world.say("C", world.id, "let me");
  CHECK(textOf(ack, "cmd") == "ack");
  CHECK(numberOf(ack, "code") == 4563);
  CHECK(textOf(ack, "reason") == "SILIENCED");
  world.expectNothing("A");
  world.forgetNews();
  CHECK(textOf(world.say("D", world.id, "I may"), "cmd") == "ack");
  world.forgetNews();
  CHECK(listOf(world.silence("B", R"(["carol"])", false), "allowedPids") == Texts{"carol"});
  CHECK(textOf(world.take("C"), "op") == "members-unshutuped");
  CHECK(textOf(world.take("C"), "op") == "unshutuped");
  world.say("C", world.id, "thanks");
  CHECK(textOf(world.takeAll("D").back(), "msg") == "thanks");
}

TEST_CASE("standings: those that are silenced are listed page by page, and looked up") {
  FourPeers world;
  world.silence("A", R"(["dave","bob","carol"])");
  world.forgetNews();
  const std::string ask = R"("cmd":"conv","op":"query-shutup","limit":2)" + world.cid();
  const std::string first = world.ask("B", ask);
  CHECK(textOf(first, "op") == "shutup-result");
  CHECK(listOf(first, "m") == Texts{"bob", "carol"});
  const std::string second = world.ask("B", ask + R"(,"next":")" + textOf(first, "next") + "\"");
  CHECK(listOf(second, "m") == Texts{"dave"});
  CHECK(second.find("next") == std::string::npos);
  const std::string looked =
      world.ask("B", R"("cmd":"conv","op":"check-shutup","m":["alice","bob"])" + world.cid());
  CHECK(textOf(looked, "op") == "check-result");
  CHECK(listOf(looked, "m") == Texts{"bob"});
}

TEST_CASE("standings: a peer that is kept out leaves, and cannot come in again") {
  FourPeers world;
  const std::string done = world.block("A", R"(["carol","eve"])");
  CHECK(textOf(done, "cmd") == "blacklist");
  CHECK(textOf(done, "op") == "blocked");
  CHECK(listOf(done, "allowedPids") == Texts{"carol", "eve"});
  CHECK(textOf(world.take("B"), "op") == "members-blocked");
  CHECK(textOf(world.take("B"), "op") == "members-left");
  CHECK(textOf(world.take("C"), "op") == "members-blocked");
  CHECK(textOf(world.take("C"), "op") == "blocked");
  CHECK(textOf(world.take("C"), "op") == "left");
  CHECK(numberOf(world.say("C", world.id, "hello?"), "code") == 4401);
  const std::string join = R"("cmd":"conv","op":"add","m":["carol"])" + world.cid();
  CHECK(numberOf(world.ask("C", join), "code") == 4548);
  world.forgetNews();
  const std::string added =
      world.ask("B", R"("cmd":"conv","op":"add","m":["carol","frank"])" + world.cid());
  INFO(added);
  CHECK(listOf(added, "allowedPids") == Texts{"frank"});
  CHECK(added.find(R"("failedPids":[{"code":4548,"reason":"BLOCKED_BY_CONV","pids":["carol"]}])") !=
        std::string::npos);
  world.forgetNews();
  const std::string list =
      world.ask("A", R"("cmd":"blacklist","op":"query","srcCid":")" + world.id + "\"");
  CHECK(textOf(list, "op") == "query-result");
  CHECK(listOf(list, "blockedPids") == Texts{"carol", "eve"});
  const std::string looked =
      world.ask("A", R"("cmd":"blacklist","op":"check-block","toPids":["bob","eve"],"srcCid":")" +
                         world.id + "\"");
  CHECK(textOf(looked, "op") == "check-result");
  CHECK(listOf(looked, "blockedPids") == Texts{"eve"});
  CHECK(textOf(world.block("A", R"(["carol"])", false), "op") == "unblocked");
  world.forgetNews();
  CHECK(textOf(world.ask("C", join), "op") == "added");
}

TEST_CASE("standings: where signatures are required, to keep out needs one of its own") {
  CurrentWorld world(testHub(testApp(true)));
  world.connectCurrent("A");
  const std::string open = R"("cmd":"session","op":"open","appId":"testapp0001","peerId":"alice")";
  world.ask("A", open + world.sessionSignature("alice", {}));
  const std::string started = world.ask("A", R"("cmd":"conv","op":"start","m":["bob"])" +
                                                 world.sessionSignature("alice", {"alice", "bob"}));
  const std::string id = textOf(started, "cid");
  REQUIRE_FALSE(id.empty());
  const std::string block =
      R"("cmd":"blacklist","op":"block","toPids":["bob"],"srcCid":")" + id + "\"";
  CHECK(numberOf(world.ask("A", block), "code") == 4546);
  CHECK(numberOf(world.ask("A", block + world.roomSignature("alice", id, {"bob"}, "kick")),
                 "code") == 4546);
  CHECK(textOf(world.ask("A", block + world.roomSignature("alice", id, {"bob"},
                                                          "conversation-block-clients")),
               "op") == "blocked");
}

TEST_CASE("standings: the creator of a conversation with managers cannot leave it") {
  FourPeers world;
  const std::string leave = R"("cmd":"conv","op":"remove","m":["alice"])" + world.cid();
  world.role("A", "bob", "Manager");
  CHECK(numberOf(world.ask("A", leave), "code") == 4324);
  world.role("A", "bob", "Member");
  CHECK(textOf(world.ask("A", leave), "op") == "removed");
}

TEST_CASE("standings: in a chat room, or in none, there is nothing to be") {
  FourPeers world;
  const std::string room = world.start("A", "[]", R"(,"transient":true)");
  const std::string silence = R"("cmd":"conv","op":"add-shutup","m":["bob"],"cid":")";
  CHECK(numberOf(world.ask("A", silence + room + "\""), "code") == 4314);
  CHECK(numberOf(world.ask("A", silence + "none\""), "code") == 4303);
}

}  // namespace
}  // namespace kith::testing
