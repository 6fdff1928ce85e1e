// SPDX-License-Identifier: Apache-2.0
// What a peer has not read, and what messages of the current protocol have beside their text.
#include <string>
#include <string_view>
#include <vector>

#include "server/storage/errors.hpp"
#include "server/storage/message_extra.hpp"
#include "server/storage/storage_bench.hpp"

namespace kith::storage {
namespace {

struct UnreadBench : Bench {
  using Bench::Bench;

  Token say(std::string_view group, std::string_view id, std::int64_t timestamp,
            std::string_view from = "alice", const MessageExtra& extra = {}) {
    const std::string packed = extra.pack();
    Append message = make(id, timestamp);
    message.conv_id = group;
    message.kind = ConversationKind::Group;
    message.from = from;
    message.extra = packed;
    return append(message);
  }
  UnreadList list(std::string_view peer, int conversations = 50, int most = 100) {
    const Token asked = ask(ListUnread{"app", peer, conversations, most});
    finish();
    return *results.unread_lists.at(asked);
  }
  std::vector<std::string> counts(std::string_view peer, int conversations = 50, int most = 100) {
    std::vector<std::string> all;
    for (const UnreadConversation& each : list(peer, conversations, most).conversations) {
      all.push_back(each.last.conv_id + ' ' + std::to_string(each.count) + ' ' + each.last.id +
                    (each.mentioned ? " @" : ""));
    }
    return all;
  }
};

MessageExtra mentioning(std::vector<std::string_view> peers) {
  MessageExtra extra;
  extra.mentions = std::move(peers);
  return extra;
}

}  // namespace

TEST_CASE("unread: conversations with messages of others, the newest first, each counted") {
  UnreadBench bench(anyKind());
  bench.create("g1", false, {"alice", "bob"});
  bench.create("g2", false, {"alice", "bob", "carol"});
  bench.create("empty", false, {"alice", "bob"});
  bench.say("g1", "m1", 100);
  bench.say("g1", "m2", 110);
  bench.say("g1", "own", 120, "bob");
  bench.say("g2", "m3", 130, "carol");
  CHECK(bench.counts("bob") == Ids{"g2 1 m3", "g1 2 m2"});
  CHECK(bench.counts("bob", 1) == Ids{"g2 1 m3"});
  CHECK(bench.counts("bob", 50, 1) == Ids{"g2 1 m3", "g1 1 m2"});
  CHECK(bench.counts("alice") == Ids{"g2 1 m3", "g1 1 own"});
  CHECK(bench.counts("nobody").empty());
  // A member counts from where it came in, and one that left counts nothing.
  bench.add("g1", {"dave"});
  bench.remove("g2", {"bob"});
  bench.say("g1", "m4", 200);
  CHECK(bench.counts("dave") == Ids{"g1 1 m4"});
  CHECK(bench.counts("bob") == Ids{"g1 3 m4"});
}

TEST_CASE("unread: a mark of a time ends the count there, and never goes back") {
  UnreadBench bench(anyKind());
  bench.create("g", false, {"alice", "bob"});
  for (int i = 1; i <= 5; ++i) bench.say("g", "m" + std::to_string(i), 100 * i);
  bench.tell(MarkRead{"app", "g", "bob", 0, 350});
  CHECK(bench.counts("bob") == Ids{"g 2 m5"});
  bench.tell(MarkRead{"app", "g", "bob", 0, 100});
  bench.tell(MarkRead{"app", "g", "bob", 0, 1});
  CHECK(bench.counts("bob") == Ids{"g 2 m5"});
  bench.tell(MarkRead{"app", "g", "bob", 0, 10'000});
  CHECK(bench.counts("bob").empty());
}

TEST_CASE("unread: the list says up to which message it has counted") {
  UnreadBench bench(anyKind());
  bench.create("g", false, {"alice", "bob"});
  for (const char* id : {"m1", "m2"}) {
    const Token said = bench.say("g", id, 100);
    bench.finish();
    CHECK(bench.list("bob").upto == bench.positionOf(said));
  }
}

TEST_CASE("unread: a mention is told until its message is read") {
  UnreadBench bench(anyKind());
  bench.create("g", false, {"alice", "bob", "carol"});
  bench.say("g", "m1", 100, "alice", mentioning({"carol", "bob"}));
  bench.say("g", "m2", 200);
  CHECK(bench.counts("bob") == Ids{"g 2 m2 @"});
  bench.tell(MarkRead{"app", "g", "bob", 0, 100});
  CHECK(bench.counts("bob") == Ids{"g 1 m2"});
  MessageExtra all;
  all.mention_all = true;
  bench.say("g", "m3", 300, "alice", all);
  CHECK(bench.counts("bob") == Ids{"g 2 m3 @"});
}

TEST_CASE("extra: what a message has beside its text comes back, and goes with it") {
  UnreadBench bench(anyKind());
  bench.create("g", false, {"alice", "bob"});
  MessageExtra extra = mentioning({"bob", "小明"});
  extra.binary = true;
  bench.say("g", "m1", 100, "alice", extra);
  bench.say("g", "m2", 200);
  const auto read = [&](std::size_t at) {
    ReadLog range;
    range.conv_id = "g";
    range.forward = true;
    return bench.log(range).at(at);
  };
  CHECK(read(0).extra == extra.pack());
  CHECK(read(1).extra.empty());
  const std::string other = mentioning({"bob"}).pack();
  bench.ask(EditMessage{"app", "g", "m1", 100, "new", 500, other, "alice"});
  CHECK(read(0).extra == other);
  CHECK(read(0).text == "new");
  bench.ask(EditMessage{"app", "g", "m1", 100, "newer", 600, {}, "alice"});
  CHECK(read(0).extra.empty());
  bench.ask(DeleteMessage{"app", "g", "m1", 100});
  CHECK(read(0).id == "m2");
}

TEST_CASE("extra: only the sender changes a message where it must be the sender") {
  UnreadBench bench(anyKind());
  bench.create("g", false, {"alice", "bob"});
  bench.say("g", "m1", 100);
  const Token refused = bench.ask(EditMessage{"app", "g", "m1", 100, "forged", 500, {}, "bob"});
  bench.finish();
  CHECK(bench.results.changed.at(refused).error().server_code == kNotItsSender);
  const Token missing = bench.ask(EditMessage{"app", "g", "m9", 100, "none", 500, {}, "bob"});
  bench.finish();
  CHECK(bench.results.changed.at(missing).error().server_code == kNoSuchMessage);
  ReadLog range;
  range.conv_id = "g";
  CHECK(bench.log(range).at(0).text == "text");
}

}  // namespace kith::storage
