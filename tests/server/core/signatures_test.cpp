// SPDX-License-Identifier: Apache-2.0
#include "support/hub_world.hpp"

namespace kith::testing {
namespace {

std::string open(const std::string& peer, const std::string& watch, const std::string& signature) {
  return R"({"cmd":"session","op":"open","appId":"testapp0001","peerId":")" + peer +
         R"(","sessionPeerIds":)" + watch + signature + "}";
}

std::string vector(const std::string& s, const std::string& more = "",
                   const std::string& t = "1412000000") {
  return R"(,"s":")" + s + R"(","t":)" + t + R"(,"n":"n0nce")" + more;
}

struct Vector {
  std::string name, peer, watch, signature;
};

TEST_CASE("signatures: the vectors of avos-v1 §10.2 open sessions") {
  const auto v = GENERATE(values<Vector>({
      {"V01", "alice", "[]", vector("2ec60279a4b179af09291d6dd66748ef1479ed99")},
      {"V02", "alice", R"(["bob"])", vector("363C8E9A8D142AED3611B1F26529E33E8BA37774")},
      {"V03", "alice", R"(["9","10","2"])", vector("37794f139860163caf5348c58a6d2913f8aa0783")},
      {"V06", "admin", "[]", vector("9b416a32401d4e1d86a79a24ab5161fd83a3ccb7", R"(,"sp":true)")},
      {"V07", "admin", "[]", vector("48988ebc7b635064e3b86df190b01328c582189c", R"(,"sp":1)")},
      {"V08", "admin", R"(["carol","bob"])",
       vector("9a66d1264e606109bf4be4f853752cbd74f0f7f0", R"(,"sp":true)")},
      {"V13 ms", "alice", R"(["bob"])",
       vector("9624c11d16aa672ef828407b06a3386ed6758bb3", "", "1412000000123")},
      {"t as text", "alice", R"(["bob"])",
       vector("363c8e9a8d142aed3611b1f26529e33e8ba37774", "", "\"1412000000\"")},
      {"V15 UTF-8 order", "alice", R"(["\ue000","\ud83d\ude00"])",
       vector("b1efa1fb83543f9c7037c902fef0885242f9282d")},
      {"V16 UTF-16 order", "alice", R"(["\ue000","\ud83d\ude00"])",
       vector("f500ec8f0594cb4e389771a95b30ec673b283f09")},
  }));
  INFO(v.name);
  HubWorld world(testHub(testApp(true)));
  world.send("A", open(v.peer, v.watch, v.signature));
  CHECK(textOf(world.take("A"), "op") == "opened");
}

TEST_CASE("signatures: a missing, wrong or foreign one closes an open with 4102") {
  const auto s =
      GENERATE(std::string(), std::string(R"(,"s":"no","t":1412000000,"n":"n0nce")"),
               vector("363c8e9a8d142aed3611b1f26529e33e8ba37774"),  // V02 is for another list
               vector("2ec60279a4b179af09291d6dd66748ef1479ed99", "", "1412000001"),
               vector("9b416a32401d4e1d86a79a24ab5161fd83a3ccb7"),  // super, but sp was left out
               vector("2ec60279a4b179af09291d6dd66748ef1479ed99", R"(,"sp":true)"));
  HubWorld world(testHub(testApp(true)));
  world.send("A", open("alice", "[]", s));
  world.expectClose("A", 4102, "SIGNATURE_FAILED");
  world.expectNothing("A");
}

TEST_CASE("signatures: the window is kept on both sides, 0 turns it off (Q17)") {
  const auto window = GENERATE(0, 100);
  const auto seconds = GENERATE(-101, -100, 100, 101);
  auto app = testApp(true);
  app.signature_window = std::chrono::seconds(window);
  HubWorld world(testHub(app));
  const auto then = std::to_string(world.seconds() + seconds);
  sign::Signer signer(kMasterKey);
  const auto text = sign::sessionText("testapp0001", "alice", {}, then, "n");
  world.send("A", open("alice", "[]",
                       R"(,"s":")" + signer.sign(text) + R"(","t":)" + then + R"(,"n":"n")"));
  const bool good = window == 0 || (seconds >= -window && seconds <= window);
  CHECK(world.closed("A") == !good);
}

TEST_CASE("signatures: each refusal is told with its cause") {
  using Fault = core::SignatureFault;
  struct Row {
    std::string more;
    Fault fault;
    base::Millis beyond{0};
  };
  auto app = testApp(true);
  app.signature_window = std::chrono::seconds(100);
  const std::string hex(40, 'a');
  const auto row = GENERATE_COPY(values<Row>(
      {{"", Fault::Missing},
       {R"(,"s":")" + hex + R"(","t":1412000000)", Fault::Missing},
       {R"(,"s":"no","t":1412000000,"n":"n")", Fault::Malformed},
       {R"(,"s":")" + hex + R"(","t":-5,"n":"n")", Fault::Malformed},
       {vector(hex), Fault::Wrong},
       {vector("2ec60279a4b179af09291d6dd66748ef1479ed99", R"(,"sp":true)"), Fault::Wrong},
       {vector(hex, "", "1411999800"), Fault::Old, base::Millis(105 * 1000)},
       {vector(hex, "", "1412000200"), Fault::Future, base::Millis(95 * 1000)},
       {R"(,"s":")" + hex + R"(","t":1412000000,"n":"a:b")", Fault::Colon}}));
  HubWorld world(testHub(app));
  world.send("A", open("alice", "[]", row.more));
  CHECK(world.closed("A"));
  const auto refusal = world.takeRefusal();
  CHECK(refusal.app == "testapp0001");
  CHECK(refusal.peer == "alice");
  CHECK(refusal.action == "open");
  CHECK(refusal.fault == row.fault);
  CHECK(refusal.beyond == row.beyond);
}

TEST_CASE("signatures: a replay, an add, a group command and a vain super peer are told, too") {
  using Fault = core::SignatureFault;
  HubWorld world(testHub(testApp(true)));
  const auto s = world.sessionSignature("alice", {});
  world.open("A", "alice", "[]", s);
  CHECK_FALSE(world.anyRefusal());
  world.send("B", open("alice", "[]", s));
  CHECK(world.takeRefusal().fault == Fault::Replayed);
  world.send("A", R"({"cmd":"session","op":"add","peerId":"alice","sessionPeerIds":["carol"]})");
  CHECK(world.takeRefusal().action == "add");
  for (const std::string op : {"join", "invite", "kick"}) {
    world.send("A", R"({"cmd":"room","peerId":"alice","roomId":"g","op":")" + op + "\"}");
    const auto refusal = world.takeRefusal();
    CHECK(refusal.action == op);
    CHECK(refusal.fault == Fault::Missing);
  }
  HubWorld unsigned_world;
  unsigned_world.send("A", open("alice", "[]", R"(,"sp":true)"));
  CHECK(unsigned_world.takeRefusal().fault == Fault::NoSuper);
}

TEST_CASE("signatures: one that was used is refused, unless the cache is off") {
  const bool cached = GENERATE(true, false);
  auto app = testApp(true);
  if (!cached) app.nonce_cache = 0;
  HubWorld world(testHub(app));
  const auto s = world.sessionSignature("alice", {});
  world.send("A", open("alice", "[]", s));
  CHECK(textOf(world.take("A"), "op") == "opened");
  world.send("B", open("alice", "[]", s));
  CHECK(world.closed("B") == cached);
}

TEST_CASE("signatures: a bad add is a session error with the serial and adds nothing (Q19)") {
  HubWorld world(testHub(testApp(true)));
  world.open("C", "carol", "[]", world.sessionSignature("carol", {}));
  world.open("A", "alice", "[]", world.sessionSignature("alice", {}));
  world.send("A", R"({"cmd":"session","op":"add","peerId":"alice",
                      "sessionPeerIds":["carol"],"i":4})");
  world.expect("A", R"({"cmd":"session","op":"error","peerId":"alice","i":4,"code":4102,
                        "reason":"SIGNATURE_FAILED"})");
  world.drop("C");
  world.expectNothing("A");
  world.send("A", R"({"cmd":"session","op":"add","peerId":"alice","sessionPeerIds":["carol"])" +
                      world.sessionSignature("alice", {"carol"}) + "}");
  CHECK(textOf(world.take("A"), "op") == "added");
}

TEST_CASE("signatures: join, create, invite and kick need one, leave and messages do not") {
  HubWorld world(testHub(testApp(true)));
  world.open("A", "alice", "[]", world.sessionSignature("alice", {}));
  const auto room = [&](const std::string& op, const std::string& group, const std::string& ids,
                        const std::string& signature) {
    world.send("A", R"({"cmd":"room","peerId":"alice","op":")" + op + R"(","roomId":")" + group +
                        R"(","roomPeerIds":)" + ids + signature + R"(,"i":"k"})");
    const Frame reply(world.take("A"));
    CHECK(reply["i"] == "k");
    return reply["op"] == "reject" ? reply["code"] : reply["roomId"];
  };
  CHECK(room("join", "", "[]", "") == "4302");
  const auto id = room("join", "", "[]", world.roomSignature("alice", "", {}, "join"));
  world.takeAll("A");
  CHECK(id.size() == 24);
  CHECK(room("invite", id, R"(["dave","carol"])", "") == "4302");
  CHECK(room("invite", id, R"(["dave","carol"])",
             world.roomSignature("alice", id, {"carol", "dave"}, "kick")) == "4302");
  CHECK(room("invite", id, R"(["dave","carol"])",
             world.roomSignature("alice", id, {"carol", "dave"}, "invite")) == id);
  world.takeAll("A");
  CHECK(room("kick", id, R"(["dave"])", "") == "4302");
  CHECK(room("kick", id, R"(["dave"])", world.roomSignature("alice", id, {"dave"}, "kick")) == id);
  world.takeAll("A");
  CHECK(room("join", id, "[]", "") == "4302");
  CHECK(room("leave", id, "[]", "") == id);
}

TEST_CASE("signatures: the legacy way is silence now and 4108 later (Q4)") {
  auto app = testApp(true);
  app.legacy_silent = true;
  HubWorld world(testHub(app));
  world.open("A", "anna", "[]", world.sessionSignature("anna", {}));
  world.send("A", open("alice", "[]", ""));
  world.send("A", R"({"cmd":"session","op":"add","peerId":"alice","sessionPeerIds":["x"]})");
  world.expectNothing("A");
  CHECK_FALSE(world.closed("A"));
  world.advance(base::Millis(60000));
  world.expectClose("A", 4108, "LOGIN_TIMEOUT");
}

TEST_CASE("signatures: the legacy way is silent only until a good open") {
  auto app = testApp(true);
  app.legacy_silent = true;
  HubWorld world(testHub(app));
  world.send("A", open("alice", "[]", ""));
  world.expectNothing("A");
  world.open("A", "anna", "[]", world.sessionSignature("anna", {}));
  world.send("A", R"({"cmd":"session","op":"query","peerId":"alice","sessionPeerIds":["x"]})");
  world.expectClose("A", 4105, "SESSION_REQUIRED");
}

TEST_CASE("signatures: a super peer that opens again without sp is one like others") {
  HubWorld world(testHub(testApp(true)));
  const std::string direct = R"({"cmd":"direct","peerId":"admin","toPeerIds":["alice"],"msg":"x"})";
  world.open("S", "admin", "[]", world.sessionSignature("admin", {}, "sp") + R"(,"sp":true)");
  world.send("S", direct);
  CHECK_FALSE(Frame(world.take("S")).has("code"));
  world.open("S", "admin", "[]", world.sessionSignature("admin", {}));
  world.send("S", direct);
  CHECK(Frame(world.take("S"))["code"] == "4401");
}

TEST_CASE("signatures: when they are not required they are not looked at, but nobody is super") {
  HubWorld world;
  world.open("A", "alice", "[]", R"(,"s":"no","t":1,"n":"x")");
  world.send("B", open("admin", "[]", R"(,"sp":true)"));
  world.expectClose("B", 4102, "SIGNATURE_FAILED");
}

TEST_CASE("signatures: a super peer sends without watching and manages groups from outside") {
  HubWorld world(testHub(testApp(true)));
  world.open("A", "alice", "[]", world.sessionSignature("alice", {}));
  world.send("A", R"({"cmd":"room","op":"join","peerId":"alice")" +
                      world.roomSignature("alice", "", {}, "join") + "}");
  const auto id = textOf(world.take("A"), "roomId");
  world.takeAll("A");
  world.open("S", "admin", "[]", world.sessionSignature("admin", {}, "sp") + R"(,"sp":true)");
  world.send("S", R"({"cmd":"direct","peerId":"admin","roomId":")" + id + R"(","msg":"notice"})");
  CHECK_FALSE(Frame(world.take("S")).has("code"));
  CHECK(textOf(world.take("A"), "msg") == "notice");
  world.send("S", R"({"cmd":"room","op":"kick","peerId":"admin","roomPeerIds":["alice"],
                      "roomId":")" +
                      id + "\"" + world.roomSignature("admin", id, {"alice"}, "kick") + "}");
  CHECK(textOf(world.take("S"), "op") == "kicked");
  CHECK(textOf(world.take("A"), "op") == "left");
}

}  // namespace
}  // namespace kith::testing
