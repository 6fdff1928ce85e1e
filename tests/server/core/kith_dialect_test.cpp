// SPDX-License-Identifier: Apache-2.0
// Kith's own client on the hub (decision 038), beside those of v1 and of the current protocol.
#include <kith/limits.hpp>

#include "support/current_world.hpp"

namespace kith::testing {
namespace {

net::Accepted kithHandshake() {
  net::Accepted how;
  how.subprotocol = "kith.json.1";
  return how;
}

std::string quoted(const std::string& text) { return "\"" + text + "\""; }

struct KithWorld : CurrentWorld {
  explicit KithWorld(core::HubOptions options = testHub()) : CurrentWorld(std::move(options)) {}

  std::string openKith(const std::string& name, const std::string& peer,
                       const std::string& watch = "[]", const std::string& more = "") {
    connectAs(name, kithHandshake());
    return open(name, peer, watch, more);
  }
  /// A request of `peer`, whose reply is the next frame.
  std::string askAs(const std::string& name, const std::string& peer, const std::string& fields) {
    return ask(name, fields + R"(,"peerId":)" + quoted(peer));
  }
  /// A group of v1 of `name`'s peer and others.
  std::string makeGroup(const std::string& name, const std::string& peer,
                        const std::string& others) {
    const std::string joined = askAs(name, peer, R"("cmd":"room","op":"join")");
    const std::string id = textOf(joined, "roomId");
    REQUIRE_FALSE(id.empty());
    takeAll(name);
    askAs(name, peer,
          R"("cmd":"room","op":"invite","roomId":)" + quoted(id) + R"(,"roomPeerIds":)" + others);
    takeAll(name);
    return id;
  }
  /// A message of `peer` to a group. Returns its acknowledgement.
  std::string sayTo(const std::string& name, const std::string& peer, const std::string& group,
                    const std::string& text) {
    return askAs(name, peer,
                 R"("cmd":"direct","roomId":)" + quoted(group) + R"(,"msg":)" + quoted(text));
  }
  std::string read(const std::string& name, const std::string& peer, const std::string& group,
                   const std::string& more = "") {
    return askAs(name, peer, R"("cmd":"logs","cid":)" + quoted(group) + more);
  }
  std::string edit(const std::string& name, const std::string& peer, const std::string& group,
                   const std::string& ack, const std::string& change) {
    return askAs(name, peer,
                 R"("cmd":"patch","op":"modify","patches":[{"cid":)" + quoted(group) +
                     R"(,"mid":)" + quoted(textOf(ack, "uid")) + R"(,"timestamp":)" +
                     std::to_string(numberOf(ack, "t")) + "," + change + "}]");
  }
};

/// alice and bob with Kith's own client, in a group with carl of v1 and dora of the current
/// protocol.
struct FourPeers : KithWorld {
  FourPeers() {
    openKith("A", "alice");
    openKith("B", "bob");
    open("C", "carl");
    openCurrent("D", "dora");
    group = makeGroup("A", "alice", R"(["bob","carl","dora"])");
    forgetAll();
    takeAll("D");
  }
  std::string group;
};

std::vector<std::string> textsIn(const std::string& logs) {
  std::vector<std::string> texts;
  const auto parsed = parseJson(logs);
  REQUIRE(parsed.HasMember("logs"));
  for (const auto& each : parsed["logs"].GetArray()) texts.emplace_back(each["data"].GetString());
  return texts;
}

using Texts = std::vector<std::string>;

TEST_CASE("kith: sessions, presence, messages and groups are v1's, byte by byte") {
  KithWorld world;
  HubWorld plain;
  world.openKith("A", "alice", R"(["bob"])");
  plain.open("A", "alice", R"(["bob"])");
  world.openKith("B", "bob");
  plain.open("B", "bob");
  CHECK(world.take("A") == plain.take("A"));  // bob is online
  const auto both = [&](const std::string& frame) {
    world.send("A", frame);
    plain.send("A", frame);
  };
  both(R"({"cmd":"session","op":"query","peerId":"alice","sessionPeerIds":["bob"],"i":1})");
  CHECK(world.take("A") == plain.take("A"));
  both(R"({"cmd":"direct","peerId":"alice","toPeerIds":["bob"],"msg":"hi","i":2})");
  CHECK(sameFrame(plain.take("A"), world.take("A")));
  CHECK(sameFrame(plain.take("B"), world.take("B")));
  both(R"({"cmd":"room","op":"leave","peerId":"alice","roomId":"0123456789abcdef01234567","i":3})");
  CHECK(world.take("A") == plain.take("A"));
  both(R"({"cmd":"nothing","i":4})");
  CHECK(world.take("A") == plain.take("A"));
  both("{}");
  CHECK(world.take("A") == "{}");
}

TEST_CASE("kith: messages that came while a peer was away are sent at its login, as in v1") {
  FourPeers world;
  world.drop("B");
  world.sayTo("A", "alice", world.group, "while you were away");
  world.openKith("B", "bob");
  const std::string message = world.take("B");
  CHECK(textOf(message, "cmd") == "direct");
  CHECK(textOf(message, "roomId") == world.group);
  CHECK(Frame(message)["offline"] == "true");
  world.expectNothing("B");  // nothing is counted that is not asked for
}

TEST_CASE("kith: what was said is read both ways over the socket") {
  FourPeers world;
  std::string second;
  for (const char* text : {"one", "two", "three"}) {
    const std::string ack = world.sayTo("A", "alice", world.group, text);
    if (std::string(text) == "two") second = ack;
    world.pass(base::Millis(10));
  }
  world.forgetAll();
  CHECK(textsIn(world.read("B", "bob", world.group)) == Texts{"one", "two", "three"});
  CHECK(textsIn(world.read("B", "bob", world.group, R"(,"limit":2)")) == Texts{"two", "three"});
  const std::string from = R"(,"t":)" + std::to_string(numberOf(second, "t")) + R"(,"mid":)" +
                           quoted(textOf(second, "uid"));
  CHECK(textsIn(world.read("B", "bob", world.group, from)) == Texts{"one"});
  CHECK(textsIn(world.read("B", "bob", world.group, from + R"(,"direction":"NEW")")) ==
        Texts{"three"});
  const std::string page = world.read("B", "bob", world.group, R"(,"limit":1)");
  CHECK(textOf(page, "cid") == world.group);
  const auto parsed = parseJson(page);
  const auto row = parsed["logs"][0].GetObject();
  CHECK(row["from"].GetString() == std::string("alice"));
  CHECK(row["timestamp"].GetInt64() > 0);
}

TEST_CASE("kith: edits and recalls are told to those whose protocol knows them, and kept") {
  FourPeers world;
  world.openKith("A2", "alice");
  const std::string ack = world.sayTo("A", "alice", world.group, "mistkae");
  world.forgetAll();
  world.takeAll("D");
  const bool recall = GENERATE(false, true);
  const std::string done = world.edit("A", "alice", world.group, ack,
                                      recall ? R"("recall":true)" : R"("data":"mistake")");
  CHECK(textOf(done, "op") == "modified");
  for (const auto& [name, peer] : {std::pair("A2", "alice"), std::pair("B", "bob")}) {
    const std::string event = world.take(name);
    INFO(event);
    CHECK(textOf(event, "cmd") == "patch");
    CHECK(textOf(event, "peerId") == peer);
    const auto parsed = parseJson(event);
    const auto item = parsed["patches"][0].GetObject();
    CHECK(item["cid"].GetString() == world.group);
    CHECK(item["mid"].GetString() == textOf(ack, "uid"));
    CHECK(item["from"].GetString() == std::string("alice"));
    CHECK(item.HasMember("recall") == recall);
    if (!recall) CHECK(item["data"].GetString() == std::string("mistake"));
  }
  CHECK(textOf(world.take("D"), "cmd") == "patch");
  world.expectNothing("C");
  const std::string kept = recall ? R"({"_lctype":-127})" : "mistake";
  CHECK(textsIn(world.read("B", "bob", world.group)) == Texts{kept});
}

TEST_CASE("kith: only the sender edits, and a request that is refused has a code and its serial") {
  FourPeers world;
  const std::string ack = world.sayTo("A", "alice", world.group, "mine");
  world.openKith("E", "eve");
  world.forgetAll();
  CHECK(numberOf(world.edit("B", "bob", world.group, ack, R"("data":"x")"), "code") == 4403);
  CHECK(numberOf(world.edit("E", "eve", world.group, ack, R"("data":"x")"), "code") == 4317);
  const std::string refused = world.read("E", "eve", world.group);
  CHECK(textOf(refused, "cmd") == "error");
  CHECK(numberOf(refused, "code") == 4312);
  CHECK(textOf(refused, "peerId") == "eve");
  CHECK(numberOf(world.read("E", "eve", "0123456789abcdef01234567"), "code") == 4303);
  world.expectNothing("A");
}

TEST_CASE("kith: unread counts are told when they are asked for") {
  FourPeers world;
  const std::string empty = world.askAs("B", "bob", R"("cmd":"unread")");
  CHECK(textOf(empty, "cmd") == "unread");
  CHECK_FALSE(Frame(empty).has("convs"));
  world.sayTo("A", "alice", world.group, "one");
  const std::string last = world.sayTo("A", "alice", world.group, "two");
  world.forgetAll();
  const std::string counts = world.askAs("B", "bob", R"("cmd":"unread")");
  const auto parsed = parseJson(counts);
  const auto tuple = parsed["convs"][0].GetObject();
  CHECK(tuple["cid"].GetString() == world.group);
  CHECK(tuple["unread"].GetInt() == 2);
  CHECK(tuple["mid"].GetString() == textOf(last, "uid"));
  CHECK(tuple["data"].GetString() == std::string("two"));
}

TEST_CASE("kith: a read mark is answered when it is kept, and other devices hear of it") {
  FourPeers world;
  world.openKith("B2", "bob");
  const std::string first = world.sayTo("A", "alice", world.group, "one");
  world.pass(base::Millis(10));
  const std::string last = world.sayTo("A", "alice", world.group, "two");
  world.forgetAll();
  const auto mark = [&](const std::string& name, const std::string& peer, const std::string& ack) {
    return world.askAs(name, peer,
                       R"("cmd":"read","convs":[{"cid":)" + quoted(world.group) +
                           R"(,"timestamp":)" + std::to_string(numberOf(ack, "t")) + "}]");
  };
  const auto unread = [&] {
    const std::string counts = world.askAs("B", "bob", R"("cmd":"unread")");
    return Frame(counts).has("convs") ? parseJson(counts)["convs"][0]["unread"].GetInt() : 0;
  };
  world.storage.held = true;
  world.send("B", R"({"cmd":"read","peerId":"bob","i":9001,"convs":[{"cid":)" +
                      quoted(world.group) + R"(,"timestamp":)" +
                      std::to_string(numberOf(first, "t")) + "}]}");
  world.expectNothing("B");
  world.expectNothing("B2");
  world.storage.held = false;
  world.settle();
  const std::string reply = world.take("B");
  CHECK(numberOf(reply, "i") == 9001);
  CHECK(textOf(reply, "cmd") == "unread");
  CHECK(textOf(world.take("B2"), "cmd") == "unread");
  CHECK(unread() == 1);
  mark("B", "bob", last);
  CHECK(unread() == 0);
  world.openKith("E", "eve");
  CHECK(numberOf(mark("E", "eve", last), "code") == 4317);
}

TEST_CASE("kith: an answer ends where its client would not take a longer frame") {
  core::HubOptions options = testHub();
  options.frame_bytes = 64 * 1024;
  KithWorld world(options);
  world.openKith("A", "alice");
  world.openKith("B", "bob");
  const std::string group = world.makeGroup("A", "alice", R"(["bob"])");
  const std::string text(60'000, 'x');
  for (int i = 0; i < 20; ++i) {
    world.sayTo("A", "alice", group, text + std::to_string(i));
    world.pass(base::Millis(1));
  }
  world.forgetAll();
  const std::string page = world.read("B", "bob", group, R"(,"limit":100)");
  CHECK(page.size() < limits::kClientFrameBytes);
  const Texts texts = textsIn(page);
  CHECK(texts.size() == 12);
  CHECK(texts.back() == text + "19");  // read back from the newest
  const Texts first = textsIn(world.read("B", "bob", group, R"(,"limit":100,"direction":"NEW")"));
  CHECK(first.size() == 12);
  CHECK(first.front() == text + "0");
}

TEST_CASE("kith: an open group has no read marks, and says so") {
  KithWorld world;
  world.openKith("A", "alice");
  const std::string joined =
      world.askAs("A", "alice", R"("cmd":"room","op":"join","transient":true)");
  const std::string mark =
      world.askAs("A", "alice",
                  R"("cmd":"read","convs":[{"cid":)" + quoted(textOf(joined, "roomId")) +
                      R"(,"timestamp":1}])");
  CHECK(numberOf(mark, "code") == 4314);
}

TEST_CASE("kith: whatever is asked in the current protocol's words is answered in them") {
  FourPeers world;
  const auto askOf = [&](const std::string& op, const std::string& more = "") {
    const std::string reply = world.askAs(
        "A", "alice", R"("cmd":"conv","op":")" + op + R"(","cid":)" + quoted(world.group) + more);
    CHECK(textOf(reply, "cmd") == "conv");
    return textOf(reply, "op");
  };
  CHECK(askOf("max-read") == "max-read");
  CHECK(askOf("members") == "result");
  CHECK(askOf("is-member", R"(,"cids":["none"])") == "result");
  CHECK(askOf("add-shutup", R"(,"m":["bob"])") == "shutup-added");
  CHECK(askOf("query-shutup") == "shutup-result");
}

TEST_CASE("kith: conversations are made, found, changed, muted and counted") {
  KithWorld world;
  world.openKith("A", "alice", R"(["bob"])");
  world.openKith("B", "bob");
  world.forgetAll();
  const std::string started = world.askAs(
      "A", "alice",
      R"("cmd":"conv","op":"start","m":["bob"],"unique":true,"attr":{"name":"two","color":"red"})");
  const std::string id = textOf(started, "cid");
  CHECK(textOf(started, "op") == "started");
  world.expectNothing("B");  // it knows a pair by its peers
  const auto find = [&](const std::string& name, const std::string& peer) {
    const auto found =
        parseJson(world.askAs(name, peer, R"("cmd":"conv","op":"query","where":{"color":"red"})"));
    REQUIRE(found["results"].Size() == 1);
    return std::string(found["results"][0]["objectId"].GetString());
  };
  CHECK(find("B", "bob") == id);
  const std::string again =
      world.askAs("B", "bob", R"("cmd":"conv","op":"start","m":["alice"],"unique":true)");
  CHECK(textOf(again, "cid") == id);
  // What the two say in v1's way is in it.
  world.ask("A", R"("cmd":"direct","peerId":"alice","toPeerIds":["bob"],"msg":"hi")");
  CHECK(textOf(world.take("B"), "msg") == "hi");
  CHECK(textsIn(world.read("B", "bob", id)) == Texts{"hi"});
  const std::string updated = world.askAs(
      "A", "alice", R"("cmd":"conv","op":"update","attr":{"color":"red2"},"cid":)" + quoted(id));
  CHECK(textOf(updated, "op") == "updated");
  const std::string event = world.take("B");
  CHECK(textOf(event, "op") == "updated");
  CHECK(textOf(event, "initBy") == "alice");
  CHECK(textOf(event, "peerId") == "bob");
  CHECK(textOf(world.askAs("B", "bob", R"("cmd":"conv","op":"mute","cid":)" + quoted(id)), "op") ==
        "updated");
  CHECK(numberOf(world.askAs("B", "bob", R"("cmd":"conv","op":"count","cid":)" + quoted(id)),
                 "count") == 2);
}

TEST_CASE(
    "kith: where signatures are required a login is signed as in v1, a creation as the "
    "current protocol has it") {
  KithWorld world(testHub(testApp(true)));
  world.openKith("A", "alice", R"(["bob"])", world.sessionSignature("alice", {"bob"}));
  const std::string start = R"("cmd":"conv","op":"start","m":["bob"])";
  CHECK(numberOf(world.askAs("A", "alice", start), "code") == 4302);
  const std::string proof = world.sessionSignature("alice", {"alice", "bob"});
  CHECK(textOf(world.askAs("A", "alice", start + proof), "op") == "started");
  CHECK(textOf(world.askAs("A", "alice",
                           R"("cmd":"room","op":"join","roomId":"")" +
                               world.roomSignature("alice", "", {}, "join")),
               "op") == "joined");
}

}  // namespace
}  // namespace kith::testing
