// SPDX-License-Identifier: Apache-2.0
// Managers, silenced members, peers that are kept out (leancloud-current §5.2) and those that
// decline a conversation, on the hub.
#include <algorithm>

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
  /// What a peer says of itself, and of a conversation.
  std::string decline(const std::string& name, const std::string& peer, const std::string& group,
                      bool on = true, const std::string& more = "") {
    return ask(name, std::string(R"("cmd":"blacklist","op":")") + (on ? "" : "un") +
                         R"(block","srcPid":")" + peer + R"(","toCids":[")" + group + "\"]" + more);
  }
  std::string declined(const std::string& name, const std::string& peer,
                       const std::string& more = "") {
    return ask(name, R"("cmd":"blacklist","op":"query","srcPid":")" + peer + "\"" + more);
  }
  std::string add(const std::string& name, const std::string& peers) {
    return ask(name, R"("cmd":"conv","op":"add","m":)" + peers + cid());
  }
  void forgetNews() {
    for (const char* name : {"A", "B", "C", "D"}) takeAll(name);
  }
  std::string id;
};

/// Where signatures are required, a conversation that alice has made with bob.
struct SignedPair : CurrentWorld {
  SignedPair() : CurrentWorld(testHub(testApp(true))) {
    connectCurrent("A");
    const std::string open =
        R"("cmd":"session","op":"open","appId":"testapp0001","peerId":"alice")";
    ask("A", open + sessionSignature("alice", {}));
    const std::string started = ask("A", R"("cmd":"conv","op":"start","m":["bob"])" +
                                             sessionSignature("alice", {"alice", "bob"}));
    id = textOf(started, "cid");
    REQUIRE_FALSE(id.empty());
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

TEST_CASE("standings: who keeps a peer out hears that it has left behind the reply") {
  FourPeers world;
  const std::string other = world.start("A", R"(["eve"])");
  world.say("A", other, "so that it is in memory");
  world.say("A", world.id, "so is this one");
  world.forgetNews();
  world.storage.keep = true;
  const std::string say = R"({"cmd":"direct","msg":"hello","i":91,"cid":")" + other + "\"}";
  world.send("A", say);
  world.send("A", R"({"cmd":"blacklist","op":"block","toPids":["carol"],"i":92,"srcCid":")" +
                      world.id + "\"}");
  REQUIRE(world.storage.kept() == 3);
  for (const std::size_t which : {1, 1}) {
    world.storage.answer(which);
    world.settle();
  }
  CHECK(textOf(world.takeAll("B").back(), "op") == "members-left");
  world.expectNothing("A");
  world.storage.answer(0);
  world.settle();
  CHECK(textOf(world.take("A"), "cmd") == "ack");
  CHECK(textOf(world.take("A"), "op") == "blocked");
  CHECK(textOf(world.take("A"), "op") == "members-left");
}

TEST_CASE("standings: once it is answered that a member is silenced it is, whatever still waits") {
  FourPeers world;
  world.openCurrent("E", "alice");
  world.say("A", world.id, "so that it is in memory");
  world.forgetNews();
  world.takeAll("E");
  world.storage.keep = true;
  const auto answer = [&](std::size_t which) {
    world.storage.answer(which);
    world.settle();
  };
  const auto silence = [&](const std::string& name, const std::string& op) {
    world.send(name, R"({"cmd":"conv","op":")" + op + R"(-shutup","m":["carol"],"i":92)" +
                         world.cid() + "}");
  };
  world.send("D", R"({"cmd":"direct","msg":"an earlier one","i":91)" + world.cid() + "}");
  silence("A", "add");
  answer(1);
  CHECK(textOf(world.take("A"), "op") == "shutup-added");
  CHECK(numberOf(world.say("C", world.id, "let me"), "code") == 4563);
  // Of two changes the later one counts, whichever is answered first.
  silence("A", "remove");
  silence("E", "add");
  answer(2);
  CHECK(textOf(world.take("E"), "op") == "shutup-added");
  answer(1);
  CHECK(textOf(world.take("A"), "op") == "shutup-removed");
  CHECK(numberOf(world.say("C", world.id, "let me"), "code") == 4563);
  answer(0);
  world.forgetNews();
  CHECK(numberOf(world.say("C", world.id, "let me"), "code") == 4563);
}

TEST_CASE("standings: where signatures are required, to keep out needs one of its own") {
  SignedPair world;
  const std::string& id = world.id;
  const std::string block =
      R"("cmd":"blacklist","op":"block","toPids":["bob"],"srcCid":")" + id + "\"";
  CHECK(numberOf(world.ask("A", block), "code") == 4546);
  CHECK(numberOf(world.ask("A", block + world.roomSignature("alice", id, {"bob"}, "kick")),
                 "code") == 4546);
  CHECK(textOf(world.ask("A", block + world.roomSignature("alice", id, {"bob"},
                                                          "conversation-block-clients")),
               "op") == "blocked");
}

TEST_CASE("standings: a peer that declines a conversation is not added by others, but by itself") {
  FourPeers world;
  world.openCurrent("E", "eve");
  const std::string done = world.decline("E", "eve", world.id);
  INFO(done);
  CHECK(textOf(done, "cmd") == "blacklist");
  CHECK(textOf(done, "op") == "blocked");
  CHECK(textOf(done, "srcPid") == "eve");
  CHECK(listOf(done, "toCids") == Texts{world.id});
  world.expectNothing("A");
  const std::string added = world.add("A", R"(["eve","frank"])");
  INFO(added);
  CHECK(listOf(added, "allowedPids") == Texts{"frank"});
  CHECK(added.find(R"("failedPids":[{"code":4548,"reason":"BLOCKED_BY_CONV","pids":["eve"]}])") !=
        std::string::npos);
  world.forgetNews();
  CHECK(textOf(world.add("A", R"(["eve"])"), "op") == "added");
  world.expectNothing("E");
  world.forgetNews();
  CHECK(textOf(world.add("E", R"(["eve"])"), "op") == "added");
  CHECK(textOf(world.take("B"), "op") == "members-joined");
  // A member stays one, whatever it says; once it has left, no other one brings it back.
  world.forgetNews();
  CHECK(textOf(world.decline("D", "dave", world.id), "op") == "blocked");
  CHECK(textOf(world.say("D", world.id, "still here"), "cmd") == "ack");
  world.ask("D", R"("cmd":"conv","op":"remove","m":["dave"])" + world.cid());
  world.forgetNews();
  CHECK(listOf(world.add("A", R"(["dave"])"), "allowedPids").empty());
  const std::string undone = world.decline("D", "dave", world.id, false);
  CHECK(textOf(undone, "op") == "unblocked");
  CHECK(textOf(undone, "srcPid") == "dave");
  world.forgetNews();
  CHECK(listOf(world.add("A", R"(["dave"])"), "allowedPids") == Texts{"dave"});
}

TEST_CASE("standings: a group that is loaded anew still knows who declines it") {
  core::HubOptions options = testHub();
  options.cached_groups = 1;
  FourPeers world(options);
  world.openCurrent("E", "eve");
  world.decline("E", "eve", world.id);
  for (const char* name : {"A", "B", "C", "D"}) world.drop(name);
  world.openCurrent("F", "frank");
  for (const char* peer : {R"(["gina"])", R"(["hugo"])"}) {
    world.say("F", world.start("F", peer), "hello");
  }
  world.openCurrent("A2", "alice");
  world.takeAll("A2");
  const std::uint64_t loads = world.storage.loads;
  CHECK(listOf(world.add("A2", R"(["eve"])"), "allowedPids").empty());
  CHECK(world.storage.loads == loads + 1);
}

TEST_CASE("standings: what a peer declines is its own to say, and to read page by page") {
  FourPeers world;
  const std::string room = world.start("A", "[]", R"(,"transient":true)");
  const std::string other = world.start("A", R"(["carol"])");
  Texts all{world.id, room, other};
  std::sort(all.begin(), all.end());
  for (const std::string& each : all) {
    CHECK(textOf(world.decline("B", "bob", each), "op") == "blocked");
    CHECK(textOf(world.decline("B", "bob", each), "op") == "blocked");
  }
  world.forgetNews();
  const std::string first = world.declined("B", "bob", R"(,"limit":2)");
  INFO(first);
  CHECK(textOf(first, "op") == "query-result");
  CHECK(textOf(first, "srcPid") == "bob");
  CHECK(listOf(first, "blockedCids") == Texts{all[0], all[1]});
  const std::string next = R"(,"limit":2,"next":")" + textOf(first, "next") + "\"";
  const std::string second = world.declined("B", "bob", next);
  CHECK(listOf(second, "blockedCids") == Texts{all[2]});
  CHECK(second.find("next") == std::string::npos);
  CHECK(listOf(world.declined("B", "bob"), "blockedCids") == all);
  CHECK(listOf(world.declined("B", "bob", R"(,"limit":-1)"), "blockedCids").empty());
  // Others neither see nor change it.
  CHECK(numberOf(world.declined("A", "bob"), "code") == 4320);
  CHECK(numberOf(world.decline("A", "bob", world.id, false), "code") == 4320);
  CHECK(listOf(world.ask("A", R"("cmd":"blacklist","op":"query","srcCid":")" + world.id + "\""),
               "blockedPids")
            .empty());
  CHECK(numberOf(world.decline("B", "bob", "none"), "code") == 4303);
  CHECK(numberOf(world.decline("B", "bob", world.id + "\",\"" + room), "code") == 4114);
  CHECK(listOf(world.declined("B", "bob"), "blockedCids") == all);
}

TEST_CASE("standings: where signatures are required, to decline needs one of its own") {
  SignedPair world;
  const std::string& id = world.id;
  const auto ask = [&](const std::string& op, const std::vector<std::string_view>& ids,
                       const std::string& word) {
    const std::string proof = word.empty() ? "" : world.roomSignature("alice", id, ids, word);
    return world.ask("A", R"("cmd":"blacklist","op":")" + op + R"(","srcPid":"alice","toCids":[")" +
                              id + "\"]" + proof);
  };
  CHECK(numberOf(ask("block", {}, ""), "code") == 4546);
  CHECK(numberOf(ask("block", {"alice"}, "conversation-block-clients"), "code") == 4546);
  CHECK(numberOf(ask("block", {}, "client-unblock-conversations"), "code") == 4546);
  CHECK(textOf(ask("block", {}, "client-block-conversations"), "op") == "blocked");
  CHECK(numberOf(ask("unblock", {}, "client-block-conversations"), "code") == 4546);
  CHECK(textOf(ask("unblock", {}, "client-unblock-conversations"), "op") == "unblocked");
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
