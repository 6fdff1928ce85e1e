// SPDX-License-Identifier: Apache-2.0
#include "server/core/pending_command.hpp"

#include <set>
#include <string>
#include <vector>

#include "support/hub_world.hpp"

namespace kith::testing {
namespace {

TEST_CASE("pending: replies leave in the order of the requests (§3.2 R2)") {
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

TEST_CASE("pending: a connection with nothing pending is answered at once") {
  HubWorld world;
  world.open("A", "alice", R"(["bob"])");
  world.open("B", "bob");
  world.storage.held = true;
  world.send("A", R"({"cmd":"direct","peerId":"alice","toPeerIds":["bob"],"msg":"x"})");
  world.takeAll("A");
  world.send("B", "{}");
  world.expect("B", "{}");
}

TEST_CASE("pending: frames that nobody asked for pass a waiting reply (R4)") {
  HubWorld world;
  world.open("A", "alice", R"(["bob"])");
  world.storage.held = true;
  world.send("A", R"({"cmd":"direct","peerId":"alice","toPeerIds":["bob"],"msg":"x"})");
  world.open("B", "bob");
  CHECK(textOf(world.take("A"), "cmd") == "presence");
  world.expectNothing("A");
}

TEST_CASE("pending: heartbeats are the two bytes, in order (§16.14)") {
  HubWorld world;
  world.connect("A");
  world.send("A", "{}");
  CHECK(world.take("A") == "{}");
}

TEST_CASE("pending: tokens name one command each, and commands are used again") {
  core::PendingCommands pending;
  dialects::AvosDialect dialect(0);
  core::Ref<core::Connection> connection(new core::Connection(1, dialect));
  using Kind = core::PendingCommand::Kind;
  std::set<storage::Token> tokens;
  std::set<const core::PendingCommand*> places;
  for (int round = 0; round < 50; ++round) {
    std::vector<core::PendingCommand*> begun;
    for (int i = 0; i <= round; ++i) {
      auto& command = pending.begin(Kind::Append, connection);
      CHECK(tokens.insert(command.token).second);
      CHECK(command.text.empty());
      command.text = "x";
      places.insert(&command);
      begun.push_back(&command);
    }
    for (auto* command : begun) {
      const auto token = command->token;
      CHECK(pending.find(token, Kind::Change) == nullptr);
      CHECK(pending.find(token, Kind::Append) == command);
      pending.end(*command);
      CHECK(pending.find(token, Kind::Append) == nullptr);
    }
  }
  CHECK(places.size() == 50);
  CHECK((*tokens.rbegin() >> 63) == 0);  // the front's tokens have it
}

TEST_CASE("pending: a burst gives its memory back") {
  core::PendingCommands pending;
  dialects::AvosDialect dialect(0);
  core::Ref<core::Connection> connection(new core::Connection(1, dialect));
  std::vector<core::PendingCommand*> burst;
  for (int i = 0; i < 5000; ++i) {
    burst.push_back(&pending.begin(core::PendingCommand::Kind::Append, connection));
  }
  const auto old = burst.front()->token;
  for (auto* command : burst) pending.end(*command);
  CHECK(pending.size() == 0);
  auto& command = pending.begin(core::PendingCommand::Kind::Append, connection);
  CHECK(pending.find(old, core::PendingCommand::Kind::Append) == nullptr);
  pending.end(command);
}

TEST_CASE("pending: a turn is one flush of the storage, an idle turn none") {
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
