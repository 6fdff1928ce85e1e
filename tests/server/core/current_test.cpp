// SPDX-License-Identifier: Apache-2.0
// Clients of the current protocol on the hub (leancloud-current §4, §5), and beside those of v1.
#include "server/core/session_token.hpp"
#include "support/current_world.hpp"

namespace kith::testing {
namespace {

const std::string kOpen = R"("cmd":"session","op":"open","appId":"testapp0001","peerId":"alice")";

std::string tokenField(const std::string& token) { return R"(,"r":true,"st":")" + token + "\""; }

TEST_CASE("current: a session opens with a token that opens it again without a signature") {
  CurrentWorld world(testHub(testApp(true)));
  world.connectCurrent("A");
  const std::string refused = world.ask("A", kOpen);
  CHECK(textOf(refused, "cmd") == "error");
  CHECK(numberOf(refused, "code") == 4102);
  CHECK(textOf(refused, "reason") == "SIGNATURE_FAILED");
  const std::string opened = world.ask("A", kOpen + world.sessionSignature("alice", {}));
  CHECK(textOf(opened, "op") == "opened");
  CHECK(numberOf(opened, "stTtl") == 30 * 24 * 3600);
  const std::string token = textOf(opened, "st");
  world.connectCurrent("A2");
  CHECK(textOf(world.ask("A2", kOpen + tokenField(token)), "op") == "opened");
  // Of another peer, changed, or too old.
  for (const std::string& other :
       {R"("cmd":"session","op":"open","appId":"testapp0001","peerId":"bob")" + tokenField(token),
        kOpen + tokenField(token + "A"), kOpen + tokenField("x")}) {
    world.connectCurrent("B");
    CHECK(numberOf(world.ask("B", other), "code") == 4112);
  }
  world.setClock(std::chrono::hours(24 * 31));
  world.connectCurrent("C");
  CHECK(numberOf(world.ask("C", kOpen + tokenField(token)), "code") == 4112);
}

TEST_CASE("current: a token of the time before signatures were required opens nothing") {
  CurrentWorld world;
  const std::string token = world.openCurrent("A", "alice");
  world.apps.front().require_signature = true;
  world.setApps();
  world.connectCurrent("A2");
  CHECK(numberOf(world.ask("A2", kOpen + tokenField(token)), "code") == 4112);
}

TEST_CASE("current: a session is refreshed by its token, and by no other") {
  CurrentWorld world;
  const std::string token = world.openCurrent("A", "alice");
  const std::string mine = R"("cmd":"session","op":"refresh","peerId":"alice","st":")";
  const std::string refreshed = world.ask("A", mine + token + "\"");
  CHECK(textOf(refreshed, "op") == "refreshed");
  CHECK_FALSE(textOf(refreshed, "st").empty());
  const std::string of_bob = world.openCurrent("B", "bob");
  CHECK(numberOf(world.ask("A", mine + of_bob + "\""), "code") == 4112);
}

TEST_CASE("current: of each tag a peer has one session, and the token keeps it") {
  CurrentWorld world;
  const std::string token = world.openCurrent("A", "alice", R"(,"tag":"phone","deviceId":"d1")");
  world.openCurrent("T", "alice", R"(,"tag":"tablet","deviceId":"d2")");
  world.openCurrent("N", "alice", R"(,"deviceId":"d3")");
  world.expectNothing("A");
  // A new login ends the one before.
  world.openCurrent("B", "alice", R"(,"tag":"phone","deviceId":"d4")");
  world.expect(
      "A", R"({"cmd":"session","op":"closed","appId":"testapp0001","peerId":"alice","service":2,)"
           R"("code":4111,"reason":"SESSION_CONFLICT"})");
  // One that comes back does not, and its token alone says which tag it had.
  world.connectCurrent("A2");
  const std::string conflict = world.ask("A2", kOpen + tokenField(token));
  CHECK(textOf(conflict, "op") == "closed");
  CHECK(numberOf(conflict, "code") == 4111);
  world.expectNothing("B");
}

TEST_CASE("current: a tag or a device with too long a name opens nothing") {
  CurrentWorld world;
  for (const auto& [field, most] :
       {std::pair("tag", core::kTagBytes), std::pair("deviceId", core::kDeviceBytes)}) {
    const auto named = [&, name = field](std::size_t size) {
      return kOpen + ",\"" + name + R"(":")" + std::string(size, 'x') + "\"";
    };
    world.connectCurrent(field);
    CHECK(numberOf(world.ask(field, named(most + 1)), "code") == 4103);
    CHECK(textOf(world.ask(field, named(most)), "op") == "opened");
  }
}

TEST_CASE("current: an unknown app is answered before the connection is closed") {
  CurrentWorld world;
  world.connectCurrent("A");
  const std::string refused =
      world.ask("A", R"("cmd":"session","op":"open","appId":"other","peerId":"alice")");
  CHECK(numberOf(refused, "code") == 4100);
  world.expectClose("A", 4100, "APP_NOT_AVAILABLE");
}

TEST_CASE("current: a command that names no peer is about the connection's first one") {
  CurrentWorld world;
  world.openCurrent("A", "alice");
  world.openCurrent("B", "bob");
  const std::string online =
      world.ask("A", R"("cmd":"session","op":"query","sessionPeerIds":["bob","carol"])");
  CHECK(textOf(online, "op") == "query-result");
  CHECK(textOf(online, "peerId") == "alice");
  CHECK(listOf(online, "onlineSessionPeerIds") == std::vector<std::string>{"bob"});
  const std::string closed = world.ask("A", R"("cmd":"session","op":"close")");
  CHECK(textOf(closed, "op") == "closed");
  CHECK(numberOf(world.ask("A", R"("cmd":"session","op":"query","sessionPeerIds":["bob"])"),
                 "code") == 4105);
}

TEST_CASE("current: a message reaches the members, and the sender's other devices") {
  TwoPeers world;
  world.openCurrent("A2", "alice");
  const std::string ack = world.say("A", world.id, "hello", R"(,"r":true)");
  CHECK(textOf(ack, "cmd") == "ack");
  CHECK(textOf(ack, "cid") == world.id);
  const std::string id = textOf(ack, "uid");
  for (const char* receiver : {"B", "A2"}) {
    const std::string direct = world.take(receiver);
    CHECK(textOf(direct, "cmd") == "direct");
    CHECK(textOf(direct, "cid") == world.id);
    CHECK(textOf(direct, "fromPeerId") == "alice");
    CHECK(textOf(direct, "msg") == "hello");
    CHECK(textOf(direct, "id") == id);
    CHECK(numberOf(direct, "timestamp") == numberOf(ack, "t"));
  }
  const std::string time = std::to_string(numberOf(ack, "t"));
  const bool by_range = GENERATE(true, false);
  world.send("B", R"({"cmd":"ack","cid":")" + world.id +
                      (by_range ? R"(","fromts":)" + time + R"(,"tots":)" + time
                                : R"(","mid":")" + id + "\"") +
                      "}");
  const std::string receipt = world.take("A");
  CHECK(textOf(receipt, "cmd") == "rcp");
  CHECK(textOf(receipt, "id") == id);
  CHECK(textOf(receipt, "cid") == world.id);
  CHECK(textOf(receipt, "from") == "bob");
}

TEST_CASE("current: a repeat is acknowledged as the first one was, and reaches nobody again") {
  TwoPeers world;
  const std::string first = world.say("A", world.id, "once", R"(,"dt":"token-1")");
  world.take("B");
  const std::string again = world.say("A", world.id, "once", R"(,"dt":"token-1")");
  CHECK(textOf(again, "uid") == textOf(first, "uid"));
  CHECK(numberOf(again, "t") == numberOf(first, "t"));
  world.expectNothing("B");
}

TEST_CASE("current: a message that is not kept is acknowledged, too") {
  TwoPeers world;
  CHECK(textOf(world.say("A", world.id, "typing", R"(,"transient":true)"), "cmd") == "ack");
  CHECK(textOf(world.take("B"), "msg") == "typing");
}

TEST_CASE("current: who is no member sends nothing, reads nothing, and adds nobody") {
  TwoPeers world;
  world.openCurrent("E", "eve");
  const std::string ack = world.say("E", world.id, "spam");
  CHECK(textOf(ack, "cmd") == "ack");
  CHECK(numberOf(ack, "code") == 4401);
  const std::string cid = R"(,"cid":")" + world.id + "\"";
  CHECK(numberOf(world.ask("E", R"("cmd":"logs")" + cid), "code") == 4312);
  CHECK(numberOf(world.ask("E", R"("cmd":"conv","op":"add","m":["mallory"])" + cid), "code") ==
        4317);
  CHECK(numberOf(world.ask("E", R"("cmd":"logs","cid":"none")"), "code") == 4303);
  CHECK(numberOf(world.say("E", "none", "spam"), "code") == 4401);
  world.expectNothing("A");
  world.expectNothing("B");
}

TEST_CASE("current: members hear what the matrix of events says") {
  TwoPeers world;
  world.openCurrent("C", "carol");
  const std::string cid = R"(,"cid":")" + world.id + "\"";
  const std::string added = world.ask("A", R"("cmd":"conv","op":"add","m":["carol"])" + cid);
  CHECK(textOf(added, "op") == "added");
  CHECK(listOf(added, "allowedPids") == std::vector<std::string>{"carol"});
  for (const char* other : {"A", "B"}) {
    const std::string event = world.take(other);
    CHECK(textOf(event, "op") == "members-joined");
    CHECK(listOf(event, "m") == std::vector<std::string>{"carol"});
    CHECK(textOf(event, "initBy") == "alice");
  }
  CHECK(textOf(world.take("C"), "op") == "joined");
  world.expectNothing("C");
  // It leaves, and joins again, by itself.
  CHECK(textOf(world.ask("C", R"("cmd":"conv","op":"remove","m":["carol"])" + cid), "op") ==
        "removed");
  for (const char* other : {"A", "B"}) CHECK(textOf(world.take(other), "op") == "members-left");
  CHECK(textOf(world.ask("C", R"("cmd":"conv","op":"add","m":["carol"])" + cid), "op") == "added");
  for (const char* each : {"A", "B", "C"}) {
    CHECK(textOf(world.take(each), "op") == "members-joined");
  }
  CHECK(textOf(world.ask("A", R"("cmd":"conv","op":"remove","m":["carol"])" + cid), "op") ==
        "removed");
  CHECK(textOf(world.take("C"), "op") == "left");
  for (const char* other : {"A", "B"}) CHECK(textOf(world.take(other), "op") == "members-left");
  world.expectNothing("C");
}

TEST_CASE("current: when a peer leaves, its other devices hear that it has left") {
  CurrentWorld world;
  world.openCurrent("A", "alice");
  world.openCurrent("B", "bob");
  world.openCurrent("C", "bob");
  net::Accepted kith;
  kith.subprotocol = "kith.json.1";
  world.connectAs("D", kith);
  world.open("D", "bob");
  world.open("E", "bob");
  const std::string id = world.start("A", R"(["bob"])");
  for (const char* each : {"B", "C", "D", "E"}) CHECK(textOf(world.take(each), "op") == "joined");
  const std::string removed =
      world.ask("B", R"("cmd":"conv","op":"remove","m":["bob"],"cid":")" + id + "\"");
  CHECK(textOf(removed, "op") == "removed");
  world.expectNothing("B");
  const std::string left = world.take("C");
  CHECK(textOf(left, "op") == "left");
  CHECK(textOf(left, "cid") == id);
  CHECK(textOf(left, "initBy") == "bob");
  const std::string told = world.take("D");
  CHECK(textOf(told, "op") == "left");
  CHECK(textOf(told, "byPeerId") == "bob");
  // v1 knows of one that its peer was kicked (avos-v1 §5.6).
  world.expectNothing("E");
  CHECK(textOf(world.take("A"), "op") == "members-left");
}

TEST_CASE("current: a unique conversation is the one that its members have") {
  TwoPeers world;
  const std::string reply = world.ask(
      "B",
      R"("cmd":"conv","op":"start","m":["alice","bob"],"unique":true,"attr":{"name":"other"})");
  CHECK(textOf(reply, "cid") == world.id);
  CHECK(textOf(reply, "uniqueId").size() == 32);
  world.expectNothing("A");
  // Another one, that is not unique, is another one.
  CHECK(world.start("B", R"(["alice"])") != world.id);
  CHECK(textOf(world.take("A"), "op") == "joined");
}

TEST_CASE("current: conversations are found by their members and attributes") {
  TwoPeers world;
  const std::string other = world.start("A", R"(["carol"])", R"(,"attr":{"attr":{"color":"red"}})");
  const auto found = [&](const char* name, const std::string& query) {
    const std::string reply = world.ask(name, R"("cmd":"conv","op":"query")" + query);
    INFO(reply);
    CHECK(textOf(reply, "op") == "results");
    std::vector<std::string> ids;
    for (const std::string& id : {world.id, other}) {
      if (reply.find(R"("objectId":")" + id) != std::string::npos) ids.push_back(id);
    }
    return ids;
  };
  using Ids = std::vector<std::string>;
  CHECK(found("A", "") == Ids{world.id, other});
  CHECK(found("B", R"(,"where":{})") == Ids{world.id});
  CHECK(found("B", R"(,"where":{"attr.color":"red"})") == Ids{other});
  CHECK(found("B", R"(,"where":{"objectId":{"$in":[")" + world.id + R"("]}})") == Ids{world.id});
  CHECK(found("A", R"(,"limit":0)").empty());
  const std::string without = world.ask("A", R"("cmd":"conv","op":"query","flag":1)");
  CHECK(without.find(R"("m":)") == std::string::npos);
  CHECK(numberOf(world.ask("A", R"("cmd":"conv","op":"query","where":{"a":{"$odd":1}})"), "code") ==
        4310);
}

TEST_CASE("current: conversations are found with their last messages, the latest first") {
  TwoPeers world;
  const std::string other = world.start("A", R"(["carol"])");
  world.say("A", other, "before");
  world.advance(base::Millis(10));
  world.say("A", world.id, "after");
  world.takeAll("B");
  const std::string reply =
      world.ask("A", R"("cmd":"conv","op":"query","sort":"-lm","flag":2,"where":{"m":"alice"})");
  INFO(reply);
  const std::size_t first = reply.find(R"("msg":"after","bin":false,"msg_mid":")");
  const std::size_t second = reply.find(R"("msg":"before","bin":false)");
  CHECK(first != std::string::npos);
  CHECK(second != std::string::npos);
  CHECK(first < second);
  CHECK(reply.find(R"("msg_from":"alice")") != std::string::npos);
  const std::string plain = world.ask("A", R"("cmd":"conv","op":"query","sort":"-lm")");
  CHECK(plain.find(R"("lm":{"__type":"Date","iso":")") != std::string::npos);
  CHECK(plain.find("msg_mid") == std::string::npos);
}

TEST_CASE("current: in a chat room all may speak, and those inside hear it") {
  CurrentWorld world;
  world.openCurrent("A", "alice");
  world.openCurrent("B", "bob");
  const std::string id = world.start("A", "[]", R"(,"transient":true,"attr":{"name":"lobby"})");
  const std::string cid = R"(,"cid":")" + id + "\"";
  CHECK(textOf(world.ask("B", R"("cmd":"conv","op":"add","m":["bob"])" + cid), "op") == "added");
  CHECK(textOf(world.say("A", id, "hello all"), "cmd") == "ack");
  const std::string direct = world.take("B");
  CHECK(textOf(direct, "msg") == "hello all");
  CHECK(numberOf(direct, "convType") == 2);
  CHECK(numberOf(world.ask("A", R"("cmd":"conv","op":"count")" + cid), "count") == 1);
  CHECK(world.ask("A", R"("cmd":"logs")" + cid).find("hello all") != std::string::npos);
}

TEST_CASE("current: wrong attributes make no conversation") {
  CurrentWorld world;
  world.openCurrent("A", "alice");
  const std::string refused =
      world.ask("A", R"("cmd":"conv","op":"start","m":["bob"],"attr":{"m":["eve"]})");
  CHECK(numberOf(refused, "code") == 4306);
  CHECK(textOf(refused, "reason") == "CONVERSATION_UPDATE_FAILED");
  for (const char* attr : {R"({"sys":true})", R"({"ACL":{}})", R"({"mu":["bob"]})",
                           R"({"tr":true})", R"({"lm.iso":1})", R"({"name":{"__op":"Odd"}})"}) {
    CHECK(numberOf(world.ask(
                       "A", std::string(R"("cmd":"conv","op":"start","m":["bob"],"attr":)") + attr),
                   "code") == 4306);
  }
  const std::string found = world.ask("A", R"("cmd":"conv","op":"query")");
  CHECK(found.find("objectId") == std::string::npos);
}

TEST_CASE("current: what was said is read both ways, the oldest first, up to a bound") {
  TwoPeers world;
  std::vector<std::string> times;
  for (const char* text : {"one", "two", "three", "four"}) {
    world.pass(base::Millis(10));
    times.push_back(std::to_string(numberOf(world.say("A", world.id, text), "t")));
  }
  const auto read = [&](const std::string& bounds) {
    const std::string reply = world.ask("B", R"("cmd":"logs","cid":")" + world.id + "\"" + bounds);
    std::vector<std::string> said;
    for (std::size_t at = 0; (at = reply.find(R"("data":")", at)) != std::string::npos;) {
      at += 8;
      said.push_back(reply.substr(at, reply.find('"', at) - at));
    }
    return said;
  };
  world.takeAll("B");
  using Texts = std::vector<std::string>;
  CHECK(read("") == Texts{"one", "two", "three", "four"});
  CHECK(read(R"(,"l":2)") == Texts{"three", "four"});
  CHECK(read(R"(,"limit":0)").empty());
  CHECK(read(R"(,"t":)" + times[2]) == Texts{"one", "two"});
  CHECK(read(R"(,"tIncluded":true,"t":)" + times[2]) == Texts{"one", "two", "three"});
  CHECK(read(R"(,"tt":)" + times[1]) == Texts{"three", "four"});
  CHECK(read(R"(,"ttIncluded":true,"tt":)" + times[1]) == Texts{"two", "three", "four"});
  CHECK(read(R"(,"direction":"NEW","l":2,"t":)" + times[0]) == Texts{"two", "three"});
  CHECK(read(R"(,"direction":"NEW","tt":)" + times[2]) == Texts{"one", "two"});
}

TEST_CASE("current: what came while a peer was away is counted when it comes back") {
  TwoPeers world;
  world.drop("B");
  world.say("A", world.id, "one");
  const std::string last = world.say("A", world.id, "two", R"(,"mentionPids":["bob"])");
  world.openCurrent("B", "bob");
  const std::string unread = world.take("B");
  CHECK(textOf(unread, "cmd") == "unread");
  const auto document = parseJson(unread);
  const auto& conversations = document["convs"];
  REQUIRE(conversations.Size() == 1);
  CHECK(textOf(conversations[0], "cid") == world.id);
  CHECK(conversations[0]["unread"].GetInt() == 2);
  CHECK(textOf(conversations[0], "mid") == textOf(last, "uid"));
  CHECK(textOf(conversations[0], "data") == "two");
  CHECK(conversations[0]["mentioned"].GetBool());
  world.expectNothing("B");
  // What comes from now on comes by itself.
  world.say("A", world.id, "three");
  CHECK(textOf(world.take("B"), "msg") == "three");
}

TEST_CASE(
    "current: what was accepted before a session is counted, what comes after it is live and "
    "counted") {
  TwoPeers world;
  world.say("A", world.id, "long before");
  world.drop("B");
  world.connectCurrent("B2");
  world.storage.keep = true;
  world.feed("A", R"({"cmd":"direct","cid":")" + world.id + R"(","msg":"just before","i":1})");
  world.send("B2", R"({"cmd":"session","op":"open","appId":"testapp0001","peerId":"bob","i":2})");
  world.feed("A", R"({"cmd":"direct","cid":")" + world.id + R"(","msg":"just after","i":3})");
  world.settle();
  world.storage.keep = false;
  // The answers come in any order; here the count comes last.
  REQUIRE(world.storage.kept() >= 3);
  world.storage.answer(0);
  world.settle();
  world.storage.answer(1);
  world.settle();
  while (world.storage.kept() > 0) {
    world.storage.answer(0);
    world.settle();
  }
  CHECK(textOf(world.take("B2"), "op") == "opened");
  CHECK(textOf(world.take("B2"), "msg") == "just after");
  const std::string unread = world.take("B2");
  INFO(unread);
  CHECK(textOf(unread, "cmd") == "unread");
  CHECK(parseJson(unread)["convs"][0]["unread"].GetInt() == 3);
  world.expectNothing("B2");
}

TEST_CASE("current: to read a conversation empties its count, on other devices, too") {
  TwoPeers world;
  world.openCurrent("B2", "bob");
  const std::string ack = world.say("A", world.id, "hello");
  world.takeAll("B");
  world.takeAll("B2");
  world.send("B", R"({"cmd":"read","convs":[{"cid":")" + world.id + R"(","timestamp":)" +
                      std::to_string(numberOf(ack, "t")) + "}]}");
  const std::string other = world.take("B2");
  CHECK(textOf(other, "cmd") == "unread");
  CHECK(parseJson(other)["convs"][0]["unread"].GetInt() == 0);
  world.expectNothing("B");
  world.openCurrent("B3", "bob");
  world.expectNothing("B3");
}

TEST_CASE("current: a message is edited and taken back by its sender, and by no other") {
  TwoPeers world;
  world.openCurrent("A2", "alice");
  const std::string ack = world.say("A", world.id, "mistkae");
  world.takeAll("B");
  world.takeAll("A2");
  const std::string item = R"({"cid":")" + world.id + R"(","mid":")" + textOf(ack, "uid") +
                           R"(","timestamp":)" + std::to_string(numberOf(ack, "t"));
  const auto patch = [&](const char* name, const std::string& what) {
    return world.ask(name, R"("cmd":"patch","op":"modify","patches":[)" + item + what + "}]");
  };
  CHECK(numberOf(patch("B", R"(,"data":"forged")"), "code") == 4403);
  world.expectNothing("A");
  world.pass(base::Millis(50));
  const std::string done = patch("A", R"(,"data":"mistake")");
  CHECK(textOf(done, "op") == "modified");
  CHECK(numberOf(done, "lastPatchTime") > 0);
  for (const char* other : {"B", "A2"}) {
    const std::string event = world.take(other);
    CHECK(textOf(event, "op") == "modify");
    const auto document = parseJson(event);
    CHECK(textOf(document["patches"][0], "data") == "mistake");
    CHECK(textOf(document["patches"][0], "from") == "alice");
    CHECK(textOf(document["patches"][0], "mid") == textOf(ack, "uid"));
    CHECK(document["patches"][0]["patchTimestamp"].GetInt64() == numberOf(done, "lastPatchTime"));
  }
  CHECK(world.ask("B", R"("cmd":"logs","cid":")" + world.id + "\"").find("mistake") !=
        std::string::npos);
  CHECK(textOf(patch("A", R"(,"recall":true)"), "op") == "modified");
  const auto recalled = parseJson(world.take("B"));
  CHECK(recalled["patches"][0]["recall"].GetBool());
  CHECK(textOf(recalled["patches"][0], "data") == R"({"_lctype":-127})");
  CHECK(numberOf(world.ask("A", R"("cmd":"patch","op":"modify","patches":[{"cid":")" + world.id +
                                    R"(","mid":"none","timestamp":1,"data":"x"}])"),
                 "code") == 4404);
}

TEST_CASE("current: attributes are changed for all members, and nobody else changes them") {
  TwoPeers world;
  const std::string cid = R"(,"cid":")" + world.id + "\"";
  const std::string done = world.ask(
      "A", R"("cmd":"conv","op":"update","attr":{"name":"new","attr.color":"red"})" + cid);
  CHECK(textOf(done, "op") == "updated");
  CHECK_FALSE(textOf(done, "udate").empty());
  const std::string event = world.take("B");
  CHECK(textOf(event, "op") == "updated");
  CHECK(textOf(event, "initBy") == "alice");
  CHECK(textOf(parseJson(event)["attrModified"], "name") == "new");
  const std::string found =
      world.ask("B", R"("cmd":"conv","op":"query","where":{"attr.color":"red"})");
  CHECK(found.find(R"("name":"new")") != std::string::npos);
  CHECK(numberOf(world.ask("A", R"("cmd":"conv","op":"update","attr":{"m":["eve"]})" + cid),
                 "code") == 4306);
  world.openCurrent("E", "eve");
  CHECK(numberOf(world.ask("E", R"("cmd":"conv","op":"update","attr":{"name":"x"})" + cid),
                 "code") == 4317);
  world.expectNothing("B");
}

TEST_CASE("current: a conversation is muted for the peer alone, and counted") {
  TwoPeers world;
  const std::string cid = R"(,"cid":")" + world.id + "\"";
  CHECK(textOf(world.ask("A", R"("cmd":"conv","op":"mute")" + cid), "op") == "updated");
  world.expectNothing("B");
  const std::string mine = world.ask("A", R"("cmd":"conv","op":"query")");
  CHECK(mine.find(R"("mu":["alice"])") != std::string::npos);
  CHECK(mine.find(R"("muted":true)") != std::string::npos);
  CHECK(world.ask("B", R"("cmd":"conv","op":"query")").find("muted") == std::string::npos);
  CHECK(textOf(world.ask("A", R"("cmd":"conv","op":"unmute")" + cid), "op") == "updated");
  CHECK(world.ask("A", R"("cmd":"conv","op":"query")").find(R"("mu":[])") != std::string::npos);
  CHECK(numberOf(world.ask("B", R"("cmd":"conv","op":"count")" + cid), "count") == 2);
}

TEST_CASE(
    "current: a frame may be as long as 5,120 bytes are in base64, and no longer than its limit") {
  TwoPeers world;
  const std::string base64(6828, 'A');  // of 5,121 bytes
  CHECK(textOf(world.ask("A", R"("cmd":"direct","binaryMsg":")" + base64 + R"(","cid":")" +
                                  world.id + "\""),
               "cmd") == "ack");
  CHECK(textOf(world.take("B"), "binaryMsg").size() == base64.size());
  const std::size_t most = core::currentFrameBytes(5120);
  CHECK(most == 8872);
  const std::string head = R"({"cmd":"echo","x":")";
  world.send("A", head + std::string(most - head.size() - 2, 'x') + "\"}");
  world.take("A");
  world.send("A", head + std::string(most - head.size() - 1, 'x') + "\"}");
  world.expectClose("A", 4109, "FRAME_TOO_LONG");
}

TEST_CASE("current: bytes and mentions reach the receivers, and stay in the history") {
  TwoPeers world;
  world.ask("A",
            R"("cmd":"direct","binaryMsg":"AAEC/w==","mentionAll":true,"cid":")" + world.id + "\"");
  const std::string direct = world.take("B");
  CHECK(textOf(direct, "binaryMsg") == "AAEC/w==");
  CHECK(textOf(direct, "msg").empty());
  CHECK(parseJson(direct)["mentionAll"].GetBool());
  const auto logs = parseJson(world.ask("B", R"("cmd":"logs","cid":")" + world.id + "\""));
  CHECK(textOf(logs["logs"][0], "data") == "AAEC/w==");
  CHECK(logs["logs"][0]["bin"].GetBool());
  CHECK(logs["logs"][0]["mentionAll"].GetBool());
}

TEST_CASE("current: a page of what was said has a hundred messages at most") {
  TwoPeers world;
  for (int i = 0; i < 101; ++i) world.say("A", world.id, "m" + std::to_string(i));
  const auto logs =
      parseJson(world.ask("A", R"("cmd":"logs","limit":1000,"cid":")" + world.id + "\""));
  REQUIRE(logs["logs"].Size() == 100);
  CHECK(textOf(logs["logs"][0], "data") == "m1");
}

// --- beside v1 -----------------------------------------------------------------------------------

TEST_CASE("current and v1: a pair is one conversation, whichever of them speaks first") {
  CurrentWorld world;
  world.openCurrent("A", "alice");
  world.open("B", "bob", R"(["alice"])");
  world.send("B", R"({"cmd":"direct","appId":"testapp0001","peerId":"bob","toPeerIds":["alice"],)"
                  R"("msg":"from v1"})");
  CHECK(textOf(world.take("B"), "cmd") == "ack");
  const std::string direct = world.take("A");
  CHECK(textOf(direct, "msg") == "from v1");
  CHECK(textOf(direct, "fromPeerId") == "bob");
  const std::string id = textOf(direct, "cid");
  CHECK(id.size() == 24);
  CHECK(world.start("A", R"(["bob"])", R"(,"unique":true)") == id);
  world.expectNothing("B");
  const std::string ack = world.say("A", id, "from current", R"(,"r":true)");
  const std::string got = world.take("B");
  CHECK(textOf(got, "msg") == "from current");
  CHECK(textOf(got, "roomId").empty());
  CHECK(textOf(got, "fromPeerId") == "alice");
  world.send("B", R"({"cmd":"ack","appId":"testapp0001","peerId":"bob","ids":[")" +
                      textOf(got, "id") + R"("]})");
  CHECK(textOf(world.take("A"), "id") == textOf(ack, "uid"));
  const std::string logs = world.ask("A", R"("cmd":"logs","cid":")" + id + "\"");
  CHECK(logs.find("from v1") < logs.find("from current"));
  CHECK(logs.find("from current") != std::string::npos);
}

TEST_CASE("current and v1: in a group they hear each other and of each other") {
  CurrentWorld world;
  world.openCurrent("A", "alice");
  world.open("B", "bob");
  const std::string id = world.start("A", R"(["bob"])");
  CHECK(textOf(world.take("B"), "op") == "joined");
  world.say("A", id, "hello");
  const std::string got = world.take("B");
  CHECK(textOf(got, "roomId") == id);
  CHECK(textOf(got, "msg") == "hello");
  world.send("B", R"({"cmd":"direct","appId":"testapp0001","peerId":"bob","roomId":")" + id +
                      R"(","msg":"and back"})");
  world.take("B");
  CHECK(textOf(world.take("A"), "cid") == id);
  world.send("B", R"({"cmd":"room","op":"invite","appId":"testapp0001","peerId":"bob","roomId":")" +
                      id + R"(","roomPeerIds":["carol"]})");
  const std::string event = world.take("A");
  CHECK(textOf(event, "op") == "members-joined");
  CHECK(listOf(event, "m") == std::vector<std::string>{"carol"});
  CHECK(textOf(event, "initBy") == "bob");
}

TEST_CASE(
    "current: a session that is sent its backlog gets it, one that counts is told how much it is") {
  TwoPeers world;
  world.drop("B");
  world.say("A", world.id, "while away");
  const int mode = GENERATE(1, 3);
  world.openCurrent("B", "bob", "", mode);
  if (mode == 3) {
    CHECK(textOf(world.take("B"), "cmd") == "unread");
    return;
  }
  const std::string direct = world.take("B");
  CHECK(textOf(direct, "cid") == world.id);
  CHECK(textOf(direct, "msg") == "while away");
}

}  // namespace
}  // namespace kith::testing
