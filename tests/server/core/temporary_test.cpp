// SPDX-License-Identifier: Apache-2.0
// Temporary conversations (leancloud-current §4, §5.2).
#include "support/current_world.hpp"

namespace kith::testing {
namespace {

constexpr int kNotFound = 4303;

/// Alice and bob are here; alice has made a temporary conversation with bob.
struct Temporary : CurrentWorld {
  explicit Temporary(const std::string& more = R"(,"tempConvTTL":60)") {
    openCurrent("A", "alice");
    openCurrent("B", "bob");
    started = make("A", more);
    id = textOf(started, "cid");
    joined = take("B");
  }
  std::string make(const std::string& name, const std::string& more) {
    const std::string reply =
        ask(name, R"("cmd":"conv","op":"start","m":["alice","bob"],"tempConv":true)" + more);
    INFO(reply);
    REQUIRE(textOf(reply, "op") == "started");
    return reply;
  }
  /// What a query for the conversation brings, without the brackets of the list.
  std::string find(const std::string& name, const std::string& which) {
    const std::string reply =
        ask(name, R"("cmd":"conv","op":"query","tempConvIds":[")" + which + "\"]");
    const std::string list = Frame(reply)["results"];
    return list.substr(1, list.size() - 2);
  }
  std::string started, joined, id;
};

TEST_CASE("temporary: its members hear of it, and find it by its id alone, with the time left") {
  Temporary world;
  CHECK(world.id.starts_with("_tmp:"));
  CHECK(numberOf(world.started, "tempConvTTL") == 60);
  const std::int64_t since = world.now().wall.count() - numberOf(world.started, "serverTs");
  CHECK((since >= 0 && since < 1000));
  CHECK(textOf(world.joined, "op") == "joined");
  CHECK(textOf(world.joined, "cid") == world.id);
  world.advance(std::chrono::seconds(20));
  const std::string found = world.find("B", world.id);
  CHECK(textOf(found, "objectId") == world.id);
  CHECK(textOf(found, "c") == "alice");
  CHECK(Frame(found)["temp"] == "true");
  CHECK(numberOf(found, "ttl") == 40);
  CHECK(listOf(found, "m") == std::vector<std::string>{"alice", "bob"});
  const std::string named = R"("tempConvIds":[")" + world.id + "\"]";
  CHECK(numberOf(world.ask("B", R"("cmd":"conv","op":"query",)" + named), "serverTs") ==
        world.now().wall.count());
  const std::string mine =
      world.ask("B", R"("cmd":"conv","op":"query","where":{"m":"bob"},"limit":100)");
  CHECK(Frame(mine)["results"] == "[]");
  CHECK_FALSE(Frame(mine).has("serverTs"));
}

TEST_CASE("temporary: what is said in it comes as of its type, and is in the history") {
  Temporary world;
  CHECK(textOf(world.say("A", world.id, "hello"), "cmd") == "ack");
  const std::string heard = world.take("B");
  CHECK(textOf(heard, "msg") == "hello");
  CHECK(numberOf(heard, "convType") == 4);
  const std::string logs = world.ask("B", R"("cmd":"logs","cid":")" + world.id + "\"");
  CHECK(Frame(logs)["logs"].find(R"("data":"hello")") != std::string::npos);
  world.drop("B");
  world.say("A", world.id, "are you there");
  world.openCurrent("B2", "bob");
  const std::string unread = world.take("B2");
  CHECK(Frame(unread)["convs"].find(R"("convType":4)") != std::string::npos);
}

TEST_CASE("temporary: when its time has passed there is no such conversation") {
  Temporary world;
  world.say("A", world.id, "hello");
  world.forgetAll();
  world.advance(std::chrono::milliseconds(59000));
  CHECK_FALSE(world.find("A", world.id).empty());
  world.advance(std::chrono::milliseconds(1000));
  CHECK(world.find("A", world.id).empty());
  CHECK(numberOf(world.say("A", world.id, "late"), "code") == kNotFound);
  CHECK(numberOf(world.say("A", world.id, "late", R"(,"will":true)"), "code") == kNotFound);
  world.expectNothing("B");
  const std::string named = R"("cid":")" + world.id + "\"";
  for (const std::string& command :
       {R"("cmd":"conv","op":"count",)" + named,
        R"("cmd":"conv","op":"add","m":["carol"],)" + named, R"("cmd":"logs",)" + named,
        R"("cmd":"conv","op":"update","attr":{"x":1},)" + named}) {
    INFO(command);
    CHECK(numberOf(world.ask("A", command), "code") == kNotFound);
  }
}

TEST_CASE("temporary: a unique one is the same for its members until it is over") {
  Temporary world(R"(,"tempConvTTL":60,"unique":true)");
  world.advance(std::chrono::seconds(10));
  const std::string again = world.make("B", R"(,"unique":true)");
  CHECK(textOf(again, "cid") == world.id);
  CHECK(Frame(again)["existing"] == "true");
  CHECK(numberOf(again, "tempConvTTL") == 50);
  CHECK(textOf(world.make("B", ""), "cid") != world.id);
  world.advance(std::chrono::seconds(50));
  const std::string anew = world.make("B", R"(,"unique":true)");
  CHECK(textOf(anew, "cid") != world.id);
  CHECK_FALSE(Frame(anew).has("existing"));
  world.takeAll("A");  // it was invited
  // Nor is it the one that stays.
  const std::string stays = world.start("A", R"(["bob"])", R"(,"unique":true)");
  CHECK_FALSE(stays.starts_with("_tmp:"));
}

TEST_CASE("temporary: it lasts a day at most, and takes ten members") {
  Temporary world("");
  CHECK(numberOf(world.started, "tempConvTTL") == 86400);
  CHECK(numberOf(world.make("A", R"(,"tempConvTTL":90000)"), "tempConvTTL") == 86400);
  CHECK(numberOf(world.make("A", R"(,"tempConvTTL":-1)"), "tempConvTTL") == 86400);
  CHECK(numberOf(world.ask("A", R"("cmd":"conv","op":"start","tempConv":true,)"
                                R"("m":["1","2","3","4","5","6","7","8","9","10"])"),
                 "code") == 4304);
  const std::string eight = R"("m":["1","2","3","4","5","6","7","8"],"cid":")" + world.id + "\"";
  CHECK(textOf(world.ask("A", R"("cmd":"conv","op":"add",)" + eight), "op") == "added");
  world.takeAll("A");
  CHECK(numberOf(world.ask("A", R"("cmd":"conv","op":"add","m":["9"],"cid":")" + world.id + "\""),
                 "code") == 4304);
}

TEST_CASE("temporary: a client of v1 is a member of one as of a group") {
  CurrentWorld world;
  world.openCurrent("A", "alice");
  world.open("V", "bob");
  const std::string id =
      world.start("A", R"(["bob"])", R"(,"tempConv":true,"tempConvTTL":60,"unique":true)");
  CHECK(textOf(world.take("V"), "roomId") == id);
  world.say("A", id, "hello");
  const std::string heard = world.take("V");
  CHECK(textOf(heard, "msg") == "hello");
  CHECK(textOf(heard, "roomId") == id);
}

}  // namespace
}  // namespace kith::testing
