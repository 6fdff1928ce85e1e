// SPDX-License-Identifier: Apache-2.0
#include "support/hub_world.hpp"

namespace kith::testing {
namespace {

AppOptions freeApp() {
  auto app = testApp();
  app.require_watch = RequireWatch::Off;
  return app;
}

TEST_CASE("delivery: the ack waits for the storage, and so does the receiver (decision 002)") {
  HubWorld world(testHub(freeApp()));
  world.open("A", "alice");
  world.open("B", "bob");
  world.storage.held = true;
  world.send("A", R"({"cmd":"direct","peerId":"alice","toPeerIds":["bob"],"msg":"hi","i":1})");
  world.expectNothing("A");
  world.expectNothing("B");
  world.storage.held = false;
  world.settle();
  const auto ack = Frame(world.take("A"));
  const auto message = Frame(world.take("B"));
  CHECK(ack["i"] == "1");
  CHECK(ack["uid"] == message["id"]);
  CHECK(ack["t"] == message["timestamp"]);
  CHECK(ack["uid"].size() == 22);
  CHECK(ack["t"] == std::to_string(world.now().wall.count()));
  CHECK_FALSE(message.has("roomId"));
  CHECK_FALSE(message.has("offline"));
  CHECK(world.hub.stats().messages == 1);
}

TEST_CASE("delivery: every device of every receiver gets it, each receiver once (Q27)") {
  HubWorld world(testHub(freeApp()));
  world.open("A", "alice");
  world.open("B1", "bob");
  world.open("B2", "bob");
  world.open("C", "carol");
  world.send("A", R"({"cmd":"direct","peerId":"alice","toPeerIds":["bob","carol","bob"],
                      "msg":"x"})");
  for (const auto* name : {"B1", "B2", "C"}) {
    CHECK(textOf(world.take(name), "msg") == "x");
    world.expectNothing(name);
  }
  CHECK(world.takeAll("A").size() == 1);
}

TEST_CASE("delivery: a long list of receivers is freed of repeats too") {
  HubWorld world(testHub(freeApp()));
  world.open("A", "alice");
  world.open("B", "bob");
  std::string to = "\"bob\"";
  for (int i = 0; i < 40; ++i) to += ",\"p" + std::to_string(i % 20) + "\",\"bob\"";
  world.send("A", R"({"cmd":"direct","peerId":"alice","msg":"x","toPeerIds":[)" + to + "]}");
  CHECK(world.takeAll("B").size() == 1);
  CHECK_FALSE(Frame(world.take("A")).has("code"));
}

TEST_CASE("delivery: the sender's other devices get a copy that names the receivers (§5.3)") {
  HubWorld world(testHub(freeApp()));
  world.open("A", "alice");
  world.open("A2", "alice");
  world.open("B", "bob");
  world.send("A", R"({"cmd":"direct","peerId":"alice","toPeerIds":["bob"],"msg":"x"})");
  const auto copy = Frame(world.take("A2"));
  CHECK(copy["fromPeerId"] == "alice");
  CHECK(copy["peerId"] == "alice");
  CHECK(copy["toPeerIds"] == R"(["bob"])");
  world.open("A2", "alice");  // it waits for no peer
  world.drop("A2");
  world.open("A2", "alice");
  world.expectNothing("A2");
}

TEST_CASE("delivery: a message to oneself is an ordinary delivery to own devices (§8)") {
  HubWorld world;
  world.open("A", "alice");
  world.open("A2", "alice");
  world.send("A", R"({"cmd":"direct","peerId":"alice","toPeerIds":["alice"],"msg":"note"})");
  CHECK(textOf(world.take("A"), "cmd") == "ack");
  const auto own = Frame(world.take("A"));
  CHECK(own["msg"] == "note");
  CHECK_FALSE(own.has("toPeerIds"));
  CHECK(textOf(world.take("A2"), "msg") == "note");
  world.expectNothing("A2");
}

TEST_CASE("delivery: the conversation id is over all participants (§11.2)") {
  HubWorld world(testHub(freeApp()));
  world.open("A", "alice");
  world.open("B", "bob");
  const auto send = [&](const std::string& from, const std::string& peer, const std::string& to) {
    world.send(from,
               R"({"cmd":"direct","peerId":")" + peer + R"(","msg":"x","toPeerIds":)" + to + "}");
  };
  send("A", "alice", R"(["bob"])");
  send("B", "bob", R"(["alice"])");
  send("A", "alice", R"(["bob","carol"])");
  send("A", "alice", R"(["bob"])");
  CHECK(world.storage.conversations ==
        std::vector<std::string>{
            "ed9880ad9bae7f2bd9f978cf6c279fc8", "ed9880ad9bae7f2bd9f978cf6c279fc8",
            "b4885080cef7b663d07dd787a772979f", "ed9880ad9bae7f2bd9f978cf6c279fc8"});
}

TEST_CASE("delivery: an unwatched receiver is skipped and the ack says 4401 (Q2, Q3)") {
  HubWorld world;
  world.open("B", "bob");
  world.open("C", "carol");
  world.open("A", "alice", R"(["bob"])");
  world.send("A", R"({"cmd":"direct","peerId":"alice","toPeerIds":["carol","bob"],"msg":"x",
                      "i":"s1"})");
  const auto ack = Frame(world.take("A"));
  CHECK(ack["code"] == "4401");
  CHECK(ack["reason"] == "INVALID_MESSAGING_TARGET");
  CHECK(ack["i"] == "s1");
  CHECK(ack.has("uid"));
  CHECK(ack["t"].size() == 13);
  CHECK(textOf(world.take("B"), "msg") == "x");
  world.expectNothing("C");
  world.send("A", R"({"cmd":"direct","peerId":"alice","msg":"to nobody"})");
  CHECK(Frame(world.take("A"))["code"] == "4401");
}

TEST_CASE("delivery: watching is asked for as the app's setting says") {
  const auto rule = GENERATE(RequireWatch::On, RequireWatch::WithSignature, RequireWatch::Off);
  const bool with_signature = GENERATE(false, true);
  auto app = testApp(with_signature);
  app.require_watch = rule;
  HubWorld world(testHub(app));
  world.open("B", "bob", "[]", world.sessionSignature("bob", {}));
  world.open("A", "alice", "[]", world.sessionSignature("alice", {}));
  world.send("A", R"({"cmd":"direct","peerId":"alice","toPeerIds":["bob"],"msg":"x"})");
  const bool asked =
      rule == RequireWatch::On || (rule == RequireWatch::WithSignature && with_signature);
  CHECK(world.has("B") == !asked);
}

TEST_CASE("delivery: a transient message is live only: no ack, no queue, no copy (§8, Q22)") {
  HubWorld world(testHub(freeApp()));
  world.open("A", "alice");
  world.open("A2", "alice");
  world.open("B", "bob");
  world.send("A", R"({"cmd":"direct","peerId":"alice","toPeerIds":["bob","carol"],
                      "msg":"typing","transient":true,"i":3})");
  const auto message = Frame(world.take("B"));
  CHECK(message["transient"] == "true");
  CHECK(message.has("id"));
  CHECK(message["timestamp"].size() == 13);
  world.expectNothing("A");
  world.expectNothing("A2");
  world.open("C", "carol");
  world.expectNothing("C");
  CHECK(world.hub.stats().messages == 0);
}

TEST_CASE("delivery: a transient message does not overtake its connection's earlier ones") {
  HubWorld world(testHub(freeApp()));
  world.open("A", "alice");
  world.open("B", "bob");
  world.storage.held = true;
  world.send("A", R"({"cmd":"direct","peerId":"alice","toPeerIds":["bob"],"msg":"1"})");
  world.send("A", R"({"cmd":"direct","peerId":"alice","toPeerIds":["bob"],"msg":"2",
                      "transient":true})");
  world.send("B", R"({"cmd":"direct","peerId":"bob","toPeerIds":["alice"],"msg":"at once",
                      "transient":true})");
  world.expectNothing("B");
  CHECK(textOf(world.take("A"), "msg") == "at once");
  world.storage.held = false;
  world.settle();
  CHECK(textOf(world.take("B"), "msg") == "1");
  CHECK(textOf(world.take("B"), "msg") == "2");
}

TEST_CASE("delivery: a repeat with the same token gets the first answer and goes nowhere") {
  HubWorld world(testHub(freeApp()));
  world.open("A", "alice");
  world.open("B", "bob");
  const std::string frame =
      R"({"cmd":"direct","peerId":"alice","toPeerIds":["bob"],"msg":"x","dt":"tok","i":1})";
  world.storage.held = true;
  world.send("A", frame);
  world.send("A", frame);
  world.storage.held = false;
  world.settle();
  const auto first = world.take("A");
  world.expect("A", first);
  world.drop("A");
  world.advance(base::Millis(1000));
  world.open("A", "alice");
  world.send("A", frame);
  world.expect("A", first);
  CHECK(world.takeAll("B").size() == 1);
  CHECK(world.hub.stats().messages == 1);
}

TEST_CASE("delivery: when the storage fails the sender is closed with 4200, others go on") {
  HubWorld world(testHub(freeApp()));
  world.open("A", "alice");
  world.open("B", "bob", R"(["alice"])");
  world.storage.fail_next = true;
  world.send("A", R"({"cmd":"direct","peerId":"alice","toPeerIds":["bob"],"msg":"x"})");
  world.expectClose("A", 4200, "INTERNAL_ERROR");
  world.expectNothing("A");
  CHECK(textOf(world.take("B"), "status") == "off");
  world.expectNothing("B");
  world.open("C", "carol");
  world.send("C", R"({"cmd":"direct","peerId":"carol","toPeerIds":["bob"],"msg":"y"})");
  CHECK(textOf(world.take("B"), "msg") == "y");
}

TEST_CASE("delivery: a message is delivered though its sender's socket dies before the commit") {
  HubWorld world(testHub(freeApp()));
  world.open("A", "alice");
  world.open("B", "bob");
  world.storage.held = true;
  world.send("A", R"({"cmd":"direct","peerId":"alice","toPeerIds":["bob"],"msg":"x"})");
  world.drop("A");
  world.storage.held = false;
  world.settle();
  CHECK(textOf(world.take("B"), "msg") == "x");
}

TEST_CASE("delivery: the time is the storage's, so that it never falls in a conversation") {
  HubWorld world(testHub(freeApp()));
  world.open("A", "alice");
  world.open("A2", "alice");
  world.open("B", "bob");
  const std::string text = R"("msg":"a \"timestamp\":1 b")";
  const std::string frame =
      R"({"cmd":"direct","peerId":"alice","toPeerIds":["bob"],"r":1,)" + text + "}";
  const std::string first = std::to_string(world.now().wall.count());
  world.send("A", frame);
  world.forgetAll();
  world.setClock(base::Millis(-60000));
  world.send("A", frame);
  CHECK(Frame(world.take("A"))["t"] == first);
  for (const auto* name : {"A2", "B"}) {
    const std::string got = world.take(name);
    CHECK(Frame(got)["timestamp"] == first);
    CHECK(got.find(text) != std::string::npos);
  }
  // One that is not kept has the time at which it came.
  world.send("A", R"({"cmd":"direct","peerId":"alice","toPeerIds":["bob"],"msg":"x",
                      "transient":true})");
  CHECK(Frame(world.take("B"))["timestamp"] == std::to_string(world.now().wall.count()));
}

TEST_CASE("delivery: a message to oneself waits for oneself, and is in nobody else's queue") {
  HubWorld world(testHub(freeApp()));
  world.open("A", "alice");
  world.storage.named.clear();
  world.send("A", R"({"cmd":"direct","peerId":"alice","toPeerIds":["alice"],"msg":"note"})");
  CHECK(world.storage.named == std::vector<std::size_t>{0});
  CHECK(textOf(world.take("A"), "cmd") == "ack");
  CHECK(textOf(world.take("A"), "msg") == "note");
  world.drop("A");
  world.open("A", "alice");
  CHECK(textOf(world.take("A"), "msg") == "note");
}

TEST_CASE("delivery: peers on the sender's own connection are receivers like others") {
  HubWorld world(testHub(freeApp()));
  world.open("A", "p1");
  world.open("A", "p2");
  world.send("A", R"({"cmd":"direct","peerId":"p1","toPeerIds":["p2"],"msg":"x"})");
  CHECK(textOf(world.take("A"), "cmd") == "ack");
  const auto message = Frame(world.take("A"));
  CHECK(message["peerId"] == "p2");
  CHECK(message["fromPeerId"] == "p1");
}

TEST_CASE("delivery: ids and text with quotes and other scripts arrive as they were sent") {
  HubWorld world(testHub(freeApp()));
  world.send("A", R"({"cmd":"session","op":"open","appId":"testapp0001","peerId":"a\"b\\"})");
  world.send("B", R"({"cmd":"session","op":"open","appId":"testapp0001","peerId":"小明"})");
  world.forgetAll();
  world.send("B", R"({"cmd":"direct","peerId":"小明","toPeerIds":["a\"b\\"],
                      "msg":"line\n\u0001 \ud83d\ude00 é"})");
  const auto message = Frame(world.take("A"));
  CHECK(message["peerId"] == "a\"b\\");
  CHECK(message["fromPeerId"] == "小明");
  CHECK(message["msg"] == "line\n\x01 \U0001F600 é");
}

// --- acknowledgements and receipts
// ----------------------------------------------------------------

TEST_CASE("receipts: rcp goes to all online sessions of the sender, once (§5.5)") {
  HubWorld world(testHub(freeApp()));
  world.open("A", "alice");
  world.open("A2", "alice");
  world.open("B1", "bob");
  world.open("B2", "bob");
  world.send("A", R"({"cmd":"direct","peerId":"alice","toPeerIds":["bob"],"msg":"x","r":1})");
  const auto id = textOf(world.take("B1"), "id");
  world.forgetAll();
  world.advance(base::Millis(66));
  const std::string ack = R"({"cmd":"ack","peerId":"bob","ids":[")" + id + "\"]}";
  world.send("B1", ack);
  const std::string receipt = R"({"cmd":"rcp","appId":"testapp0001","peerId":"alice","id":")" + id +
                              R"(","t":)" + std::to_string(world.now().wall.count()) + "}";
  world.expect("A", receipt);
  world.expect("A2", receipt);
  world.send("B2", ack);
  world.send("B1", ack);
  world.expectNothing("A");
  world.expectNothing("B1");
}

TEST_CASE("receipts: not for several receivers, not for a message replayed to nobody's sender") {
  HubWorld world(testHub(freeApp()));
  world.open("A", "alice");
  world.open("B", "bob");
  world.send("A", R"({"cmd":"direct","peerId":"alice","toPeerIds":["bob","carol"],"msg":"x",
                      "r":true})");
  world.takeAll("A");
  world.send("B",
             R"({"cmd":"ack","peerId":"bob","ids":[")" + textOf(world.take("B"), "id") + "\"]}");
  world.expectNothing("A");
  world.send("A", R"({"cmd":"direct","peerId":"alice","toPeerIds":["bob"],"msg":"y","r":true})");
  const auto id = textOf(world.take("B"), "id");
  world.drop("A");
  world.send("B", R"({"cmd":"ack","peerId":"bob","id":")" + id + "\"}");
  world.open("A", "alice");
  world.expectNothing("A");
}

TEST_CASE("receipts: also for a message that waited in the queue") {
  HubWorld world(testHub(freeApp()));
  world.open("A", "alice");
  world.send("A", R"({"cmd":"direct","peerId":"alice","toPeerIds":["bob"],"msg":"x","r":true})");
  world.takeAll("A");
  world.open("B", "bob");
  world.send("B",
             R"({"cmd":"ack","peerId":"bob","ids":[")" + textOf(world.take("B"), "id") + "\"]}");
  CHECK(textOf(world.take("A"), "cmd") == "rcp");
}

TEST_CASE("acks: a bare one is for everything this peer got on this connection (D0, Q28)") {
  HubWorld world(testHub(freeApp()));
  world.open("A", "alice");
  world.open("B", "bob");
  world.open("B", "ben");
  for (int i = 0; i < 3; ++i) {
    world.send("A", R"({"cmd":"direct","peerId":"alice","toPeerIds":["bob","ben"],"msg":"x"})");
  }
  world.takeAll("B");
  world.send("B", R"({"cmd":"ack","appId":"testapp0001","peerId":"bob"})");
  CHECK(world.storage.acknowledged == std::vector<std::size_t>{3});
  world.drop("B");
  world.open("B", "bob");
  world.expectNothing("B");
  world.open("B", "ben");
  CHECK(world.takeAll("B").size() == 3);
}

TEST_CASE("acks: those of one frame that follow each other in a conversation are one range") {
  HubWorld world(testHub(freeApp()));
  world.open("A", "alice");
  world.open("B", "bob");
  std::vector<std::string> ids;
  for (int i = 0; i < 5; ++i) {
    world.send("A", R"({"cmd":"direct","peerId":"alice","toPeerIds":["bob"],"msg":"x"})");
    ids.push_back(textOf(world.take("B"), "id"));
  }
  world.send("A", R"({"cmd":"direct","peerId":"alice","toPeerIds":["bob","zoe"],"msg":"x"})");
  ids.push_back(textOf(world.take("B"), "id"));
  std::string list;
  for (const int i : {4, 0, 5, 1, 2}) {
    list.append(list.empty() ? "\"" : ",\"").append(ids[static_cast<std::size_t>(i)]).append("\"");
  }
  world.send("B", R"({"cmd":"ack","peerId":"bob","ids":[)" + list + "]}");
  CHECK(world.storage.acknowledged == std::vector<std::size_t>{5});
  CHECK(world.storage.ranges == 3);  // 1 to 3 and 5 of the pair, and the one of the three
  world.drop("B");
  world.open("B", "bob");
  CHECK(textOf(world.take("B"), "id") == ids[3]);
  world.expectNothing("B");
}

TEST_CASE("acks: nulls, unknown ids and repeats are ignored (§4.3)") {
  HubWorld world(testHub(freeApp()));
  world.open("A", "alice");
  world.open("B", "bob");
  world.send("A", R"({"cmd":"direct","peerId":"alice","toPeerIds":["bob"],"msg":"x"})");
  const auto id = textOf(world.take("B"), "id");
  world.send("B", R"({"cmd":"ack","peerId":"bob","ids":[null]})");
  world.send("B", R"({"cmd":"ack","peerId":"bob","ids":["nope","AAAAAAAAAAAAAAAAAAAAAA"]})");
  world.send("B", R"({"cmd":"ack","peerId":"nobody","ids":["nope"]})");
  world.send("B", R"({"cmd":"ack","appId":"testapp0001","installationId":"7d","ids":["p"]})");
  CHECK(world.storage.acknowledged.empty());
  world.send("B", R"({"cmd":"ack","peerId":"bob","ids":[")" + id + "\",\"" + id + "\"]}");
  CHECK(world.storage.acknowledged == std::vector<std::size_t>{1});
  world.expectNothing("B");
  CHECK_FALSE(world.closed("B"));
}

TEST_CASE("acks: the first device that acknowledges takes the message off the peer's queue") {
  HubWorld world(testHub(freeApp()));
  world.open("A", "alice");
  world.open("B1", "bob");
  world.open("B2", "bob");
  world.send("A", R"({"cmd":"direct","peerId":"alice","toPeerIds":["bob"],"msg":"x"})");
  const auto id = textOf(world.take("B2"), "id");
  world.send("B2", R"({"cmd":"ack","peerId":"bob","ids":[")" + id + "\"]}");
  world.drop("B1");
  world.drop("B2");
  world.open("B1", "bob");
  world.expectNothing("B1");
}

}  // namespace
}  // namespace kith::testing
