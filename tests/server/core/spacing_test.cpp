// SPDX-License-Identifier: Apache-2.0
// What a client of the current protocol may not read at once leaves in writes a moment apart
// (leancloud-current §12).
#include "server/core/topics.hpp"
#include "support/current_world.hpp"

namespace kith::testing {
namespace {

core::Topics topicsOf(const std::string& conversation) {
  core::Message message;
  message.conversation = conversation;
  return core::topicsOf({{}, {}, {}, message});
}

TEST_CASE("spacing: a reply and news leave apart from each other, in the order they were made") {
  TwoPeers world;
  // On one connection, as JavaScript's clients of one program are.
  const std::string open = R"("cmd":"session","op":"open","appId":"testapp0001","peerId":"bob2")";
  world.ask("A", open);
  const std::string cid = R"(,"cid":")" + world.id + "\"";
  world.ask("A", R"("cmd":"conv","op":"add","peerId":"alice","m":["bob2"])" + cid);
  world.takeAll("A");
  const std::string direct = R"("cmd":"direct","peerId":"alice")" + cid;
  world.feed("A", "{" + direct + R"(,"i":1001,"msg":"one"})");
  world.feed("A", "{" + direct + R"(,"i":1002,"msg":"two"})");
  world.settle();
  // The second reply stands behind the news of the first message.
  CHECK(numberOf(world.HubWorld::take("A"), "i") == 1001);
  world.HubWorld::expectNothing("A");
  std::vector<std::string> rest;
  for (int i = 0; i < 3; ++i) {
    world.advance(base::Millis(4));
    rest.push_back(world.HubWorld::take("A"));
    world.HubWorld::expectNothing("A");
  }
  CHECK(textOf(rest[0], "msg") == "one");
  CHECK(numberOf(rest[1], "i") == 1002);
  CHECK(textOf(rest[2], "msg") == "two");
}

TEST_CASE("spacing: before a close all leaves at once") {
  TwoPeers world;
  world.openCurrent("B2", "bob");
  world.takeAll("B2");
  world.feed("B2", R"({"cmd":"echo","i":1})");
  world.feed("A", R"({"cmd":"direct","cid":")" + world.id + R"(","msg":"late","i":1})");
  world.settle();
  world.send("B2", "no frame");
  CHECK(textOf(world.HubWorld::take("B2"), "cmd") == "echo");
  CHECK(textOf(world.HubWorld::take("B2"), "msg") == "late");
}

TEST_CASE("spacing: a reply and news of different conversations leave at once") {
  TwoPeers world;
  world.openCurrent("C", "carol");
  std::string other;
  do {  // Two conversations may look like one.
    other = world.start("C", R"(["alice"])");
  } while (topicsOf(other) == topicsOf(world.id));
  world.takeAll("A");
  const auto direct = [](const std::string& conversation, const std::string& text) {
    return R"({"cmd":"direct","i":1001,"cid":")" + conversation + R"(","msg":")" + text + "\"}";
  };
  world.feed("A", direct(world.id, "mine"));
  world.feed("C", direct(other, "of another one"));
  world.feed("B", direct(world.id, "of this one"));
  world.feed("C", direct(other, "behind it"));
  world.settle();
  CHECK(textOf(world.HubWorld::take("A"), "cmd") == "ack");
  CHECK(textOf(world.HubWorld::take("A"), "msg") == "of another one");
  // Nothing overtakes what waits.
  world.HubWorld::expectNothing("A");
  world.advance(base::Millis(4));
  CHECK(textOf(world.HubWorld::take("A"), "msg") == "of this one");
  CHECK(textOf(world.HubWorld::take("A"), "msg") == "behind it");
}

TEST_CASE("spacing: what is about no single conversation leaves apart from news of any") {
  TwoPeers world;
  world.takeAll("A");
  world.advance(base::Millis(4));
  world.feed("A", R"({"cmd":"conv","op":"query","i":1001,"where":{"data":"{}"}})");
  world.feed("B", R"({"cmd":"direct","i":1001,"cid":")" + world.id + R"(","msg":"hello"})");
  world.settle();
  CHECK(textOf(world.HubWorld::take("A"), "op") == "results");
  world.HubWorld::expectNothing("A");
  world.advance(base::Millis(4));
  CHECK(textOf(world.HubWorld::take("A"), "msg") == "hello");
}

TEST_CASE("spacing: each conversation is one topic, and what has none is all of them") {
  core::Message message;
  CHECK(core::topicsOf({{}, {}, {}, message}) == core::kAllTopics);
  CHECK(core::topicsOf({{}, {}, {}, core::ConversationsFound{}}) == core::kAllTopics);
  const core::Topics one = topicsOf("c1");
  CHECK(one != 0);
  CHECK((one & (one - 1)) == 0);
  core::MessageReply reply{};
  reply.group = "c1";
  CHECK(core::topicsOf({{}, {}, {}, reply}) == one);
  core::ConversationStarted started{};
  started.id = "c1";
  CHECK(core::topicsOf({{}, {}, {}, started}) == one);
}

}  // namespace
}  // namespace kith::testing
