// SPDX-License-Identifier: Apache-2.0
#include "support/hub_world.hpp"

namespace kith::testing {
namespace {

TEST_CASE("errors: what may not come before open closes with 4105 (§6.3)") {
  const auto frame = GENERATE(
      R"({"cmd":"direct","peerId":"alice","appId":"testapp0001","msg":"x","toPeerIds":["bob"]})",
      R"({"cmd":"room","op":"join","peerId":"alice","appId":"testapp0001"})",
      R"({"cmd":"session","op":"add","peerId":"alice","appId":"testapp0001"})",
      R"({"cmd":"direct","msg":"x","toPeerIds":["bob"]})");
  HubWorld world;
  world.send("A", frame);
  world.expectClose("A", 4105, "SESSION_REQUIRED");
}

TEST_CASE("errors: an app that is not here closes with 4100") {
  HubWorld world;
  world.send("A", R"({"cmd":"session","op":"open","appId":"nope","peerId":"alice"})");
  world.expectClose("A", 4100, "APP_NOT_AVAILABLE");
  world.send("B", R"({"cmd":"session","op":"open","peerId":"alice"})");
  world.expectClose("B", 4100, "APP_NOT_AVAILABLE");
  world.send("C", R"({"cmd":"direct","appId":"nope","peerId":"alice","msg":"x"})");
  world.expectClose("C", 4100, "APP_NOT_AVAILABLE");
}

TEST_CASE("errors: a peer id that cannot be one closes with 4103 (Q7)") {
  const std::string id = GENERATE(std::string(), std::string(65, 'x'), std::string("a\\u0007"));
  HubWorld world;
  world.send("A", R"({"cmd":"session","op":"open","appId":"testapp0001","peerId":")" + id + "\"}");
  world.expectClose("A", 4103, "INVALID_LOGIN");
}

TEST_CASE("errors: a peer id that cannot be one in a list is refused, the connection goes on") {
  const std::string id = GENERATE(std::string(), std::string(65, 'x'), std::string("a\\u0007"));
  HubWorld world;
  world.open("A", "anna");  // shares the connection
  world.open("A", "alice");
  world.send("A", R"({"cmd":"room","op":"join","peerId":"alice"})");
  const std::string group = textOf(world.take("A"), "roomId");
  world.takeAll("A");
  const std::string list = R"(["dave",")" + id + "\"]";
  world.send("A",
             R"({"cmd":"session","op":"open","peerId":"bob","i":1,"sessionPeerIds":)" + list + "}");
  world.expect("A", R"({"cmd":"session","op":"error","peerId":"bob","i":1,"code":4103,
                        "reason":"INVALID_LOGIN"})");
  world.send(
      "A", R"({"cmd":"session","op":"add","peerId":"alice","i":2,"sessionPeerIds":)" + list + "}");
  world.expect("A", R"({"cmd":"session","op":"error","peerId":"alice","i":2,"code":4103,
                        "reason":"INVALID_LOGIN"})");
  world.send("A", R"({"cmd":"room","op":"invite","peerId":"alice","i":3,"roomId":")" + group +
                      R"(","roomPeerIds":)" + list + "}");
  const Frame rejected(world.take("A"));
  CHECK(rejected["op"] == "reject");
  CHECK(rejected["i"] == "3");
  CHECK(rejected["code"] == "4103");
  // Nothing of them took effect.
  CHECK(world.hub.stats().sessions == 2);
  world.open("D", "dave");
  world.expectNothing("A");
  world.send("A", R"({"cmd":"direct","peerId":"alice","roomId":")" + group + R"(","msg":"x"})");
  CHECK(textOf(world.take("A"), "cmd") == "ack");
  world.expectNothing("D");
  CHECK_FALSE(world.closed("A"));
}

TEST_CASE("errors: half an emoji in a message disturbs nobody on its connection") {
  const std::string text = GENERATE(R"(nice \ud83d)", R"(\udf38 x)", R"(\ud83d\ud83d\ude00)");
  HubWorld world;
  world.open("A", "anna");
  world.open("A", "alice", R"(["bob"])");
  world.open("B", "bob");
  world.takeAll("A");
  world.send(
      "A", R"({"cmd":"direct","peerId":"alice","toPeerIds":["bob"],"i":1,"msg":")" + text + "\"}");
  CHECK(textOf(world.take("A"), "cmd") == "ack");
  CHECK(textOf(world.take("B"), "msg").find("\xEF\xBF\xBD") != std::string::npos);
  CHECK_FALSE(world.closed("A"));
  // An id is another matter: it is what it is, or nothing.
  world.send("A", R"({"cmd":"direct","peerId":"alice","toPeerIds":["bob\ud83d"],"msg":"x"})");
  world.expectClose("A", 4114, "UNPARSEABLE_RAW_MESSAGE");
}

TEST_CASE("errors: 64 characters of any script are a peer id") {
  HubWorld world;
  std::string id;
  for (int i = 0; i < 64; ++i) id += "明";
  world.open("A", id);
  world.send("B", R"({"cmd":"session","op":"open","appId":"testapp0001"})");
  world.expectClose("B", 4103, "INVALID_LOGIN");
}

TEST_CASE("errors: what is not one JSON object closes with 4114") {
  const auto frame = GENERATE("", "hello", "[1]", "{\"cmd\":", "{} {}", "\"x\"", "{\"cmd\":1}");
  HubWorld world;
  world.send("A", frame);
  world.expectClose("A", 4114, "UNPARSEABLE_RAW_MESSAGE");
}

TEST_CASE("errors: a frame may have 5120 bytes and not one more") {
  HubWorld world;
  world.open("A", "alice", R"(["bob"])");
  const std::string start = R"({"cmd":"direct","peerId":"alice","toPeerIds":["bob"],"msg":")";
  const std::size_t room = 5120 - start.size() - 2;
  world.send("A", start + std::string(room, 'x') + "\"}");
  CHECK(textOf(world.take("A"), "cmd") == "ack");
  world.send("A", start + std::string(room + 1, 'x') + "\"}");
  world.expectClose("A", 4109, "FRAME_TOO_LONG");
}

TEST_CASE("errors: unknown commands are answered in order and keep the connection") {
  HubWorld world;
  world.open("A", "alice", R"(["bob"])");
  world.storage.held = true;
  world.send("A", R"({"cmd":"direct","peerId":"alice","toPeerIds":["bob"],"msg":"x"})");
  world.send("A", R"({"cmd":"dance","peerId":"alice","i":"q"})");
  world.send("A", R"({"cmd":"session","op":"fly","peerId":"alice"})");
  world.send("A", R"({"cmd":"room","op":"joined","peerId":"alice"})");
  world.expectNothing("A");
  world.storage.held = false;
  world.settle();
  CHECK(textOf(world.take("A"), "cmd") == "ack");
  world.expect("A", R"({"cmd":"error","peerId":"alice","i":"q","code":4114,
                        "reason":"UNPARSEABLE_RAW_MESSAGE"})");
  CHECK(textOf(world.take("A"), "cmd") == "error");
  CHECK(textOf(world.take("A"), "cmd") == "error");
  CHECK_FALSE(world.closed("A"));
}

TEST_CASE("errors: a close ends all sessions at once and later frames are not read") {
  HubWorld world;
  world.open("W", "walter", R"(["alice","anna"])");
  world.open("A", "alice");
  world.open("A", "anna");
  world.takeAll("W");
  world.send("A", "no json");
  CHECK(world.takeAll("W").size() == 1);  // names both
  CHECK(world.hub.stats().sessions == 1);
  world.send("A", R"({"cmd":"session","op":"open","appId":"testapp0001","peerId":"alice"})");
  world.expectNothing("A");
  world.drop("A");
  world.expectNothing("W");
}

TEST_CASE("errors: a queue that cannot be read closes with 4200") {
  HubWorld world;
  world.storage.fail_next = true;
  world.send("A", R"({"cmd":"session","op":"open","appId":"testapp0001","peerId":"alice"})");
  CHECK(textOf(world.take("A"), "op") == "opened");
  world.expectClose("A", 4200, "INTERNAL_ERROR");
}

}  // namespace
}  // namespace kith::testing
