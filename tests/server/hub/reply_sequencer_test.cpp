// SPDX-License-Identifier: Apache-2.0
#include "server/hub/reply_sequencer.hpp"

#include "support/hub_world.hpp"

namespace kith::testing {
namespace {

TEST_CASE("sequencer: replies leave in the order of the requests (§3.2 R2)") {
  HubWorld world;
  world.open("A", "alice", R"(["bob"])");
  world.storage.held = true;
  world.send("A", R"({"cmd":"direct","peerId":"alice","toPeerIds":["bob"],"msg":"1","i":1})");
  world.send("A", "{}");
  world.send("A", R"({"cmd":"session","op":"query","peerId":"alice","sessionPeerIds":[],"i":2})");
  world.send("A", R"({"cmd":"direct","peerId":"alice","toPeerIds":["bob"],"msg":"2","i":3})");
  world.send("A", R"({"cmd":"direct","peerId":"alice","toPeerIds":["carol"],"msg":"3","i":4})");
  world.send("A", R"({"cmd":"room","op":"join","peerId":"alice","i":5})");
  world.send("A", R"({"cmd":"session","op":"close","peerId":"alice","i":6})");
  world.send("A", "{}");
  world.expectNothing("A");
  world.storage.held = false;
  world.settle();
  std::vector<std::string> order;
  for (const auto& frame : world.takeAll("A")) {
    order.push_back(frame == "{}" ? frame : Frame(frame)["i"]);
  }
  CHECK(order == std::vector<std::string>{"1", "{}", "2", "3", "4", "5", "6", "{}"});
}

TEST_CASE("sequencer: a connection with nothing pending is answered at once") {
  HubWorld world;
  world.open("A", "alice", R"(["bob"])");
  world.open("B", "bob");
  world.storage.held = true;
  world.send("A", R"({"cmd":"direct","peerId":"alice","toPeerIds":["bob"],"msg":"x"})");
  world.takeAll("A");
  world.send("B", "{}");
  world.expect("B", "{}");
}

TEST_CASE("sequencer: frames that nobody asked for pass a waiting reply (R4)") {
  HubWorld world;
  world.open("A", "alice", R"(["bob"])");
  world.storage.held = true;
  world.send("A", R"({"cmd":"direct","peerId":"alice","toPeerIds":["bob"],"msg":"x"})");
  world.open("B", "bob");
  CHECK(textOf(world.take("A"), "cmd") == "presence");
  world.expectNothing("A");
}

TEST_CASE("sequencer: heartbeats are the two bytes, in order (§16.14)") {
  HubWorld world;
  world.connect("A");
  world.send("A", "{}");
  CHECK(world.take("A") == "{}");
}

TEST_CASE("sequencer: it grows, keeps its order and reuses its entries") {
  hub::ReplySequencer sequencer;
  hub::Ref<hub::Connection> connection(new hub::Connection(1));
  std::uint64_t out = 0;
  std::uint64_t in = 0;
  for (int round = 0; round < 50; ++round) {
    for (int i = 0; i < round * 3; ++i) {
      auto& entry = sequencer.push(hub::Entry::Kind::Append, connection);
      CHECK(entry.token == in);
      CHECK(entry.text.empty());
      entry.text = std::to_string(in++);
    }
    CHECK(connection->pending == in - out);
    while (in - out > static_cast<std::uint64_t>(round)) {
      CHECK(sequencer.front().text == std::to_string(out++));
      sequencer.pop();
    }
  }
  const auto* place = &sequencer.push(hub::Entry::Kind::Frame, connection);
  while (!sequencer.empty()) sequencer.pop();
  CHECK(connection->pending == 0);
  bool reused = false;
  for (int i = 0; i < 256; ++i) {
    reused |= place == &sequencer.push(hub::Entry::Kind::Frame, connection);
    sequencer.pop();
  }
  CHECK(reused);
}

TEST_CASE("sequencer: a turn is one flush of the storage, an idle turn none") {
  HubWorld world;
  world.open("A", "alice", R"(["bob"])");
  const auto before = world.storage.flushes;
  world.settle();
  CHECK(world.storage.flushes == before);
  for (int i = 0; i < 10; ++i) {
    world.feed("A", R"({"cmd":"direct","peerId":"alice","toPeerIds":["bob"],"msg":"x"})");
  }
  world.settle();
  CHECK(world.storage.flushes == before + 1);
}

}  // namespace
}  // namespace kith::testing
