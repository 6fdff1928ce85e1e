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

std::string inQuotes(const std::string& text) { return "\"" + text + "\""; }

struct KithWorld : CurrentWorld {
  explicit KithWorld(core::HubOptions options = testHub()) : CurrentWorld(std::move(options)) {}

  std::string openKith(const std::string& name, const std::string& peer,
                       const std::string& watch = "[]", const std::string& more = "") {
    connectAs(name, kithHandshake());
    return open(name, peer, watch, more);
  }
  /// A request of `peer`, whose reply is the next frame.
  std::string askAs(const std::string& name, const std::string& peer, const std::string& fields) {
    return ask(name, fields + R"(,"peerId":)" + inQuotes(peer));
  }
  /// A group of v1 of `name`'s peer and others.
  std::string makeGroup(const std::string& name, const std::string& peer,
                        const std::string& others) {
    const std::string joined = askAs(name, peer, R"("cmd":"room","op":"join")");
    const std::string id = textOf(joined, "roomId");
    REQUIRE_FALSE(id.empty());
    takeAll(name);
    askAs(name, peer,
          R"("cmd":"room","op":"invite","roomId":)" + inQuotes(id) + R"(,"roomPeerIds":)" + others);
    takeAll(name);
    return id;
  }
  /// A message of `peer` to a group. Returns its acknowledgement.
  std::string sayTo(const std::string& name, const std::string& peer, const std::string& group,
                    const std::string& text) {
    return askAs(name, peer,
                 R"("cmd":"direct","roomId":)" + inQuotes(group) + R"(,"msg":)" + inQuotes(text));
  }
  std::string read(const std::string& name, const std::string& peer, const std::string& group,
                   const std::string& more = "") {
    return askAs(name, peer, R"("cmd":"logs","cid":)" + inQuotes(group) + more);
  }
  std::string edit(const std::string& name, const std::string& peer, const std::string& group,
                   const std::string& ack, const std::string& change) {
    return askAs(name, peer,
                 R"("cmd":"patch","op":"modify","patches":[{"cid":)" + inQuotes(group) +
                     R"(,"mid":)" + inQuotes(textOf(ack, "uid")) + R"(,"timestamp":)" +
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
                           inQuotes(textOf(second, "uid"));
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
                       R"("cmd":"read","convs":[{"cid":)" + inQuotes(world.group) +
                           R"(,"timestamp":)" + std::to_string(numberOf(ack, "t")) + "}]");
  };
  const auto unread = [&] {
    const std::string counts = world.askAs("B", "bob", R"("cmd":"unread")");
    return Frame(counts).has("convs") ? parseJson(counts)["convs"][0]["unread"].GetInt() : 0;
  };
  world.storage.held = true;
  world.send("B", R"({"cmd":"read","peerId":"bob","i":9001,"convs":[{"cid":)" +
                      inQuotes(world.group) + R"(,"timestamp":)" +
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

TEST_CASE("kith: bytes and mentions reach those that know them, and v1 gets base64") {
  FourPeers world;
  const std::string ack =
      world.askAs("A", "alice",
                  R"("cmd":"direct","roomId":)" + inQuotes(world.group) +
                      R"(,"binaryMsg":"aGk=","mentionPids":["bob","x"],"mentionAll":true)");
  CHECK(textOf(ack, "cmd") == "ack");
  const std::string bobs = world.take("B");
  CHECK(textOf(bobs, "binaryMsg") == "aGk=");
  CHECK(listOf(bobs, "mentionPids") == Texts{"bob", "x"});
  CHECK(Frame(bobs)["mentionAll"] == "true");
  CHECK_FALSE(Frame(bobs).has("msg"));
  const std::string carls = world.take("C");
  CHECK(textOf(carls, "msg") == "aGk=");
  for (const char* key : {"binaryMsg", "mentionPids", "mentionAll"}) {
    CHECK_FALSE(Frame(carls).has(key));
  }
  const std::string doras = world.take("D");
  CHECK(textOf(doras, "binaryMsg") == "aGk=");
  CHECK(listOf(doras, "mentionPids") == Texts{"bob", "x"});
  // Those that were away, the history and the counts have them, too.
  world.drop("B");
  world.openKith("B", "bob");
  CHECK(textOf(world.take("B"), "binaryMsg") == "aGk=");
  const auto row = parseJson(world.read("B", "bob", world.group));
  CHECK(row["logs"][0]["bin"].GetBool());
  CHECK(row["logs"][0]["mentionPids"].Size() == 2);
  const auto counts = parseJson(world.askAs("B", "bob", R"("cmd":"unread")"));
  CHECK(counts["convs"][0]["mentioned"].GetBool());
}

TEST_CASE("kith: a message to peers may be bytes and mention them; what is no base64 is no frame") {
  KithWorld world;
  world.openKith("A", "alice", R"(["bob"])");
  world.openKith("B", "bob");
  world.forgetAll();
  world.ask("A", R"("cmd":"direct","peerId":"alice","toPeerIds":["bob"],"binaryMsg":"aGk=",)"
                 R"("mentionPids":["bob"])");
  const std::string message = world.take("B");
  CHECK(textOf(message, "binaryMsg") == "aGk=");
  CHECK(listOf(message, "mentionPids") == Texts{"bob"});
  world.send("A", R"({"cmd":"direct","peerId":"alice","toPeerIds":["bob"],"binaryMsg":"aGk*"})");
  CHECK(world.closed("A"));
  world.expectNothing("B");
}

TEST_CASE("kith: to v1 the fields of Kith's own clients say nothing") {
  KithWorld world;
  world.open("A", "alice", R"(["bob"])");
  world.openKith("B", "bob");
  world.forgetAll();
  world.ask("A", R"("cmd":"direct","peerId":"alice","toPeerIds":["bob"],"msg":"hi",)"
                 R"("mentionAll":true,"mentionPids":["bob"],"will":true)");
  const std::string message = world.take("B");
  CHECK(textOf(message, "msg") == "hi");
  CHECK_FALSE(Frame(message).has("mentionAll"));
  CHECK_FALSE(Frame(message).has("mentionPids"));
}

TEST_CASE("kith: a will is said when the connection is lost, unless it was taken back") {
  FourPeers world;
  const std::string will = R"("cmd":"direct","will":true,"roomId":)" + inQuotes(world.group);
  CHECK(textOf(world.askAs("A", "alice", will + R"(,"msg":"first","mentionPids":["bob"])"),
               "cmd") == "ack");
  world.expectNothing("B");
  SECTION("said") {
    world.drop("A");
    const std::string said = world.take("B");
    CHECK(textOf(said, "msg") == "first");
    CHECK(Frame(said)["transient"] == "true");
    CHECK(listOf(said, "mentionPids") == Texts{"bob"});
    CHECK(textOf(world.take("C"), "msg") == "first");
  }
  SECTION("replaced") {
    world.askAs("A", "alice", will + R"(,"msg":"second")");
    world.drop("A");
    CHECK(textOf(world.take("B"), "msg") == "second");
  }
  SECTION("taken back") {
    CHECK(textOf(world.askAs("A", "alice", R"("cmd":"direct","will":true,"msg":"")"), "cmd") ==
          "ack");
    world.drop("A");
  }
  SECTION("closed") {
    world.askAs("A", "alice", R"("cmd":"session","op":"close")");
    world.drop("A");
  }
  world.expectNothing("B");
  CHECK_FALSE(Frame(world.read("B", "bob", world.group)).has("logs"));  // of nothing
}

TEST_CASE(
    "kith: managers, silenced and blocked peers are made and listed, and members hear of it") {
  FourPeers world;
  const std::string cid = R"(,"cid":)" + inQuotes(world.group);
  const std::string made = world.askAs(
      "A", "alice",
      R"("cmd":"conv","op":"member-info-update","targetClientId":"bob","info":{"pid":"bob",)"
      R"("role":"Manager"})" +
          cid);
  CHECK(textOf(made, "op") == "member-info-updated");
  CHECK(textOf(world.take("B"), "op") == "member-info-changed");
  CHECK(textOf(world.take("D"), "op") == "member-info-changed");
  const std::string managers =
      world.askAs("B", "bob", R"("cmd":"conv","op":"members","info":{"role":"Manager"})" + cid);
  CHECK(textOf(managers, "op") == "result");
  CHECK(listOf(managers, "m") == Texts{"bob"});
  const std::string silenced =
      world.askAs("B", "bob", R"("cmd":"conv","op":"add-shutup","m":["dora","carl"])" + cid);
  CHECK(listOf(silenced, "allowedPids") == Texts{"dora", "carl"});
  CHECK(listOf(world.take("A"), "m") == Texts{"dora", "carl"});
  world.takeAll("D");
  const std::string blocked = world.askAs(
      "A", "alice",
      R"("cmd":"blacklist","op":"block","toPids":["bob"],"srcCid":)" + inQuotes(world.group));
  CHECK(textOf(blocked, "op") == "blocked");
  CHECK(textOf(world.take("B"), "op") == "members-blocked");
  CHECK(textOf(world.take("B"), "op") == "blocked");
  CHECK(textOf(world.take("B"), "op") == "left");
  world.takeAll("A");  // members-left
  const std::string listed = world.askAs(
      "A", "alice", R"("cmd":"blacklist","op":"query","srcCid":)" + inQuotes(world.group));
  CHECK(textOf(listed, "op") == "query-result");
  CHECK(listOf(listed, "blockedPids") == Texts{"bob"});
  CHECK(textOf(world.take("C"), "op") == "members-left");  // v1 has words for nothing else of it
  world.expectNothing("C");
}

TEST_CASE("kith: an opening and changes of members have their times") {
  KithWorld world;
  const std::string opened = world.openKith("A", "alice");
  const std::int64_t now = world.now().wall.count();
  CHECK(numberOf(opened, "t") == now);
  world.openKith("B", "bob");
  world.pass(base::Millis(10));
  const std::string joined = world.askAs("A", "alice", R"("cmd":"room","op":"join")");
  CHECK(numberOf(joined, "t") == now + 10);
  CHECK(numberOf(world.take("A"), "t") == now + 10);  // members-joined
  const std::string group = textOf(joined, "roomId");
  world.askAs("A", "alice",
              R"("cmd":"room","op":"invite","roomPeerIds":["bob"],"roomId":)" + inQuotes(group));
  CHECK(numberOf(world.take("B"), "t") == now + 10);  // joined
  CHECK(numberOf(world.take("B"), "t") == now + 10);  // members-joined
}

TEST_CASE("kith: what happened since a time is told when it is asked for, with the server's time") {
  FourPeers world;
  const std::string ack = world.sayTo("A", "alice", world.group, "mistkae");
  world.drop("B");
  world.pass(base::Millis(10));
  const std::int64_t since = world.now().wall.count();
  world.pass(base::Millis(10));
  world.askAs(
      "A", "alice",
      R"("cmd":"room","op":"invite","roomPeerIds":["eve"],"roomId":)" + inQuotes(world.group));
  world.takeAll("A");
  world.pass(base::Millis(10));
  world.askAs("A", "alice",
              R"("cmd":"conv","op":"update","attr":{"a":1},"cid":)" + inQuotes(world.group));
  const std::int64_t edited_at = world.now().wall.count();
  world.edit("A", "alice", world.group, ack, R"("data":"mistake")");
  world.pass(base::Millis(10));
  world.openKith("B", "bob");
  world.takeAll("B");
  const std::int64_t now = world.now().wall.count();
  const auto askFrom = [&](std::int64_t time) {
    return world.askAs("B", "bob", R"("cmd":"conv","op":"status","t":)" + std::to_string(time));
  };
  const std::string told = askFrom(since);
  CHECK(textOf(told, "op") == "status");
  CHECK(numberOf(told, "t") == now);
  CHECK_FALSE(Frame(told).has("flag"));
  const auto parsed = parseJson(told);
  const auto changes = parsed["results"].GetArray();
  REQUIRE(changes.Size() == 2);
  CHECK(changes[0]["op"].GetString() == std::string("members-joined"));
  CHECK(changes[0]["m"][0].GetString() == std::string("eve"));
  CHECK(changes[0]["initBy"].GetString() == std::string("alice"));
  CHECK(changes[0]["cid"].GetString() == world.group);
  CHECK(changes[0]["serverTs"].GetInt64() == since + 10);
  CHECK(changes[1]["op"].GetString() == std::string("updated"));
  CHECK(changes[1]["attr"]["a"].GetInt() == 1);
  CHECK(parseJson(askFrom(edited_at))["results"].Size() == 0);
  const auto edits = parseJson(
      world.askAs("B", "bob", R"("cmd":"patch","lastPatchTime":)" + std::to_string(since)));
  CHECK(edits["op"].GetString() == std::string("modified"));
  CHECK(edits["lastPatchTime"].GetInt64() == now);
  REQUIRE(edits["patches"].Size() == 1);
  CHECK(edits["patches"][0]["data"].GetString() == std::string("mistake"));
  CHECK(edits["patches"][0]["patchTimestamp"].GetInt64() == edited_at);
}

TEST_CASE(
    "kith: of more changes than a page has, and of older edits than are told, it is said so") {
  FourPeers world;
  const std::int64_t since = world.now().wall.count();
  const std::string update =
      R"("cmd":"conv","op":"update","cid":)" + inQuotes(world.group) + R"(,"attr":{"a":)";
  for (int i = 0; i < 101; ++i) {
    world.pass(base::Millis(1));
    world.askAs("A", "alice", update + std::to_string(i) + "}");
  }
  world.takeAll("B");
  const auto first = parseJson(
      world.askAs("B", "bob", R"("cmd":"conv","op":"status","t":)" + std::to_string(since)));
  CHECK(first["results"].Size() == 100);
  CHECK(first["flag"].GetInt() == 1);
  const std::string week_ago = std::to_string(since - 8LL * 24 * 3600 * 1000);
  CHECK_FALSE(Frame(world.askAs("B", "bob", R"("cmd":"patch","lastPatchTime":)" + week_ago))
                  .has("lastPatchTime"));
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
                  R"("cmd":"read","convs":[{"cid":)" + inQuotes(textOf(joined, "roomId")) +
                      R"(,"timestamp":1}])");
  CHECK(numberOf(mark, "code") == 4314);
}

TEST_CASE("kith: whatever is asked in the current protocol's words is answered in them") {
  FourPeers world;
  const auto askOf = [&](const std::string& op, const std::string& more = "") {
    const std::string reply = world.askAs(
        "A", "alice", R"("cmd":"conv","op":")" + op + R"(","cid":)" + inQuotes(world.group) + more);
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
      "A", "alice", R"("cmd":"conv","op":"update","attr":{"color":"red2"},"cid":)" + inQuotes(id));
  CHECK(textOf(updated, "op") == "updated");
  const std::string event = world.take("B");
  CHECK(textOf(event, "op") == "updated");
  CHECK(textOf(event, "initBy") == "alice");
  CHECK(textOf(event, "peerId") == "bob");
  CHECK(textOf(world.askAs("B", "bob", R"("cmd":"conv","op":"mute","cid":)" + inQuotes(id)),
               "op") == "updated");
  CHECK(numberOf(world.askAs("B", "bob", R"("cmd":"conv","op":"count","cid":)" + inQuotes(id)),
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

TEST_CASE("kith: where signatures are required, to keep out is signed with its own word") {
  KithWorld world(testHub(testApp(true)));
  world.openKith("A", "alice", "[]", world.sessionSignature("alice", {}));
  const std::string started = world.askAs("A", "alice",
                                          R"("cmd":"conv","op":"start","m":["bob"])" +
                                              world.sessionSignature("alice", {"alice", "bob"}));
  const std::string id = textOf(started, "cid");
  const std::string block =
      R"("cmd":"blacklist","op":"block","toPids":["bob"],"srcCid":)" + inQuotes(id);
  const auto with = [&](const std::string& word) {
    return world.askAs("A", "alice", block + world.roomSignature("alice", id, {"bob"}, word));
  };
  CHECK(numberOf(with("join"), "code") == 4546);
  CHECK(textOf(with("conversation-block-clients"), "op") == "blocked");
  const std::string own = R"("cmd":"blacklist","op":"block","srcPid":"alice","toCids":[)" +
                          inQuotes(id) + "]" +
                          world.roomSignature("alice", id, {}, "client-block-conversations");
  world.takeAll("A");
  CHECK(textOf(world.askAs("A", "alice", own), "op") == "blocked");
  const std::string list = R"("cmd":"blacklist","op":"query","srcPid":"alice")";
  CHECK(listOf(world.askAs("A", "alice", list), "blockedCids") == std::vector<std::string>{id});
}

}  // namespace
}  // namespace kith::testing
