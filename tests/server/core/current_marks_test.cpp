// SPDX-License-Identifier: Apache-2.0
// How far members of a conversation have come, and what one that was away has missed
// (leancloud-current §5.1 to §5.3): clients of the current protocol on the hub.
#include "support/current_world.hpp"

namespace kith::testing {
namespace {

using Texts = std::vector<std::string>;

std::string cid(const std::string& id) { return R"(,"cid":")" + id + "\""; }

void read(CurrentWorld& world, const std::string& name, const std::string& id, std::int64_t upto) {
  world.send(name, R"({"cmd":"read","convs":[{"cid":")" + id + R"(","timestamp":)" +
                       std::to_string(upto) + "}]}");
}

TEST_CASE("marks: a sender that wants to know hears that its message was read, once") {
  TwoPeers world;
  const std::string wanted = world.say("A", world.id, "did you see?", R"(,"r":true)");
  world.advance(base::Millis(10));
  const std::string plain = world.say("A", world.id, "no matter");
  world.takeAll("B");
  read(world, "B", world.id, numberOf(plain, "t"));
  const std::string receipt = world.take("A");
  CHECK(textOf(receipt, "cmd") == "rcp");
  CHECK(receipt.find(R"("read":true)") != std::string::npos);
  CHECK(textOf(receipt, "id") == textOf(wanted, "uid"));
  CHECK(textOf(receipt, "cid") == world.id);
  CHECK(textOf(receipt, "from") == "bob");
  read(world, "B", world.id, numberOf(plain, "t"));
  world.expectNothing("A");
  // What one reads oneself, or is no member of, is no news.
  read(world, "A", world.id, numberOf(plain, "t"));
  world.openCurrent("E", "eve");
  read(world, "E", world.id, numberOf(plain, "t"));
  world.expectNothing("A");
}

TEST_CASE("marks: a member asks how far the others have come") {
  TwoPeers world;
  world.openCurrent("C", "carol");
  world.ask("A", R"("cmd":"conv","op":"add","m":["carol"])" + cid(world.id));
  world.takeAll("A");
  const std::int64_t first = numberOf(world.say("A", world.id, "one"), "t");
  world.advance(base::Millis(10));
  const std::int64_t second = numberOf(world.say("A", world.id, "two"), "t");
  for (const char* name : {"A", "B", "C"}) world.takeAll(name);
  const std::string ask = R"("cmd":"conv","op":"max-read")" + cid(world.id);
  world.send("B",
             R"({"cmd":"ack","cid":")" + world.id + R"(","tots":)" + std::to_string(first) + "}");
  read(world, "C", world.id, second);
  const std::string marks = world.ask("A", ask);
  INFO(marks);
  CHECK(textOf(marks, "op") == "max-read");
  CHECK(numberOf(marks, "maxReadTimestamp") == second);
  CHECK(numberOf(marks, "maxAckTimestamp") == first);
  const std::string each = world.ask("A", ask + R"(,"queryAllMembers":true)");
  INFO(each);
  CHECK(each.find(R"({"pid":"bob","maxAckTimestamp":)" + std::to_string(first) +
                  R"(,"maxReadTimestamp":0})") != std::string::npos);
  CHECK(each.find(R"("pid":"carol")") != std::string::npos);
  CHECK(each.find(R"("pid":"alice")") == std::string::npos);
  world.openCurrent("E", "eve");
  CHECK(numberOf(world.ask("E", ask), "code") == 4317);
  CHECK(numberOf(world.ask("E", R"("cmd":"conv","op":"max-read","cid":"none")"), "code") == 4303);
}

TEST_CASE("marks: several conversations are read in one command, also those not in memory") {
  core::HubOptions options = testHub();
  options.cached_members = 2;
  CurrentWorld world(std::move(options));
  world.openCurrent("A", "alice");
  Texts ids;
  for (int i = 0; i < 8; ++i) {
    ids.push_back(world.start("A", R"(["bob"])"));
    world.say("A", ids.back(), "hello", R"(,"r":true)");
  }
  world.openCurrent("B", "bob");
  CHECK(world.take("B").find(R"("unread":1)") != std::string::npos);
  std::string list;
  for (const std::string& id : ids) {
    list += (list.empty() ? "" : ",") + (R"({"cid":")" + id + R"(","timestamp":9999999999999})");
  }
  world.send("B", R"({"cmd":"read","convs":[{"cid":"none","timestamp":1},)" + list + "]}");
  CHECK(world.takeAll("A").size() == ids.size());
  world.openCurrent("B2", "bob");
  world.expectNothing("B2");
}

TEST_CASE("marks: a peer asks of which conversations it is a member") {
  TwoPeers world;
  const std::string other = world.start("A", R"(["carol"])");
  const std::string asked = world.ask("B", R"("cmd":"conv","op":"is-member","cids":[")" + world.id +
                                               R"(",")" + other + R"(","none"])");
  INFO(asked);
  CHECK(textOf(asked, "op") == "result");
  CHECK(asked.find(R"("results":{")" + world.id + R"(":true,")" + other +
                   R"(":false,"none":false})") != std::string::npos);
}

TEST_CASE("marks: those inside a chat room, and the members of a group, are listed") {
  TwoPeers world;
  const std::string room = world.start("A", "[]", R"(,"transient":true)");
  world.ask("B", R"("cmd":"conv","op":"add","m":["bob"])" + cid(room));
  const std::string inside = world.ask("A", R"("cmd":"conv","op":"members")" + cid(room));
  CHECK(textOf(inside, "op") == "result");
  CHECK(listOf(inside, "m") == Texts{"bob"});
  CHECK(
      listOf(world.ask("A", R"("cmd":"conv","op":"members","limit":0)" + cid(room)), "m").empty());
  CHECK(listOf(world.ask("A", R"("cmd":"conv","op":"members")" + cid(world.id)), "m").size() == 2);
  world.openCurrent("E", "eve");
  CHECK(numberOf(world.ask("E", R"("cmd":"conv","op":"members")" + cid(world.id)), "code") == 4317);
}

TEST_CASE("marks: a client that comes back hears of the edits that it has missed") {
  TwoPeers world;
  const std::string token = world.openCurrent("B2", "bob");
  const std::string said = world.say("A", world.id, "teh");
  const std::string taken = world.say("A", world.id, "oops");
  world.drop("B2");
  const auto edit = [&](const std::string& of, const std::string& more) {
    world.advance(base::Millis(10));
    return numberOf(world.ask("A", R"("cmd":"patch","op":"modify","patches":[{"cid":")" + world.id +
                                       R"(","mid":")" + textOf(of, "uid") + R"(","timestamp":)" +
                                       std::to_string(numberOf(of, "t")) + more + "}]"),
                    "lastPatchTime");
  };
  const std::int64_t before = edit(said, R"(,"data":"hte")");
  edit(said, R"(,"data":"the")");
  edit(taken, R"(,"recall":true)");
  const auto reopen = [&](const std::string& name, const std::string& more) {
    world.openCurrent(name, "bob", more);
    Texts patches;
    for (const std::string& frame : world.takeAll(name)) {
      if (textOf(frame, "cmd") == "patch") patches.push_back(frame);
    }
    return patches;
  };
  const std::string since = R"(,"lastPatchTime":)" + std::to_string(before);
  const Texts missed = reopen("B3", R"(,"r":true)" + since);
  REQUIRE(missed.size() == 2);
  CHECK(missed[0].find(R"("data":"the")") != std::string::npos);
  CHECK(missed[0].find(R"("from":"alice")") != std::string::npos);
  CHECK(missed[1].find(R"("recall":true)") != std::string::npos);
  // The time of a first open is the client's own. Strangers hear nothing.
  CHECK(reopen("B4", since).empty());
  world.openCurrent("E", "eve", R"(,"r":true)" + since);
  world.expectNothing("E");
}

TEST_CASE("marks: a client that has counted up to a time hears of what came since then") {
  TwoPeers world;
  const std::string other = world.start("A", R"(["bob"])");
  world.drop("B");
  world.say("A", world.id, "old");
  world.advance(base::Millis(50));
  const std::int64_t time = numberOf(world.say("A", other, "new"), "t");
  world.openCurrent("B1", "bob");
  CHECK(world.take("B1").find(world.id) != std::string::npos);
  world.openCurrent("B2", "bob", R"(,"lastUnreadNotifTime":)" + std::to_string(time));
  const std::string counts = world.take("B2");
  CHECK(counts.find(other) != std::string::npos);
  CHECK(counts.find(world.id) == std::string::npos);
}

TEST_CASE("will: what a client left to be said is said when its connection is lost") {
  TwoPeers world;
  CHECK(textOf(world.say("A", world.id, "first wish", R"(,"will":true)"), "cmd") == "ack");
  CHECK(textOf(world.say("A", world.id, "I am gone", R"(,"will":true)"), "cmd") == "ack");
  world.expectNothing("B");
  world.drop("A");
  const std::string last = world.take("B");
  CHECK(textOf(last, "msg") == "I am gone");
  CHECK(textOf(last, "fromPeerId") == "alice");
  world.expectNothing("B");
  CHECK(world.ask("B", R"("cmd":"logs")" + cid(world.id)).find("gone") == std::string::npos);
}

TEST_CASE("will: a client that says goodbye, or has left by then, leaves nothing to be said") {
  TwoPeers world;
  world.say("A", world.id, "I am gone", R"(,"will":true)");
  SECTION("goodbye") { world.ask("A", R"("cmd":"session","op":"close")"); }
  SECTION("no member any more") {
    world.ask("A", R"("cmd":"conv","op":"remove","m":["alice"])" + cid(world.id));
    world.take("B");
  }
  world.drop("A");
  world.expectNothing("B");
  world.openCurrent("E", "eve");
  CHECK(numberOf(world.say("E", world.id, "spam", R"(,"will":true)"), "code") == 4401);
}

TEST_CASE("will: wills have their share of the memory together, and give it back") {
  core::HubOptions options = testHub();
  options.will_bytes = 3000;
  CurrentWorld world(std::move(options));
  world.openCurrent("A", "alice");
  world.openCurrent("B", "bob");
  const std::string id = world.start("A", R"(["bob"])");
  world.take("B");
  const auto leave = [&](const std::string& name) {
    const std::string ack = world.say(name, id, std::string(1500, 'x'), R"(,"will":true)");
    return ack.find(R"("code":)") != std::string::npos ? numberOf(ack, "code") : 0;
  };
  CHECK(leave("A") == 0);
  CHECK(leave("A") == 0);  // in the place of the one before
  CHECK(leave("B") == 4116);
  world.drop("A");
  world.takeAll("B");
  CHECK(leave("B") == 0);
}

TEST_CASE("current: before the server stops its clients are told to connect anew") {
  CurrentWorld world;
  world.openCurrent("A", "alice");
  world.connect("V");
  world.hub.goAway(world.now());
  CHECK(world.take("A") == R"({"cmd":"goaway"})");
  world.expectNothing("V");
}

TEST_CASE("current: the login of a push or of LiveQuery is answered as that of its service") {
  CurrentWorld world;
  world.connectCurrent("A");
  const std::string reply = world.ask(
      "A", R"("cmd":"login","appId":"testapp0001","service":1,"installationId":"device-1")");
  CHECK(textOf(reply, "cmd") == "loggedin");
  CHECK(numberOf(reply, "service") == 1);
  CHECK(textOf(reply, "installationId") == "device-1");
}

}  // namespace
}  // namespace kith::testing
