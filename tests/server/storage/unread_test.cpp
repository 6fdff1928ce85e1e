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

TEST_CASE("unread: of a time on, only conversations with newer messages are listed") {
  UnreadBench bench(anyKind());
  bench.create("g1", false, {"alice", "bob"});
  bench.create("g2", false, {"alice", "bob"});
  bench.say("g1", "m1", 100);
  bench.say("g2", "m2", 200);
  const auto since = [&](std::int64_t time) {
    const Token asked = bench.ask(ListUnread{"app", "bob", 50, 100, time});
    bench.finish();
    return bench.results.unread_lists.at(asked)->conversations.size();
  };
  CHECK(since(100) == 2);
  CHECK(since(101) == 1);
  CHECK(since(201) == 0);
}

TEST_CASE("marks: one tells of the messages whose senders want to know, the oldest first") {
  UnreadBench bench(anyKind());
  bench.create("g", false, {"alice", "bob", "carol"});
  const auto want = [&](std::string_view id, std::int64_t time, std::string_view from) {
    Append message = bench.make(id, time);
    message.conv_id = "g";
    message.kind = ConversationKind::Group;
    message.from = from;
    message.receipt_wanted = true;
    bench.append(message);
  };
  want("m1", 100, "alice");
  bench.say("g", "plain", 110);
  want("own", 120, "bob");
  want("m2", 130, "carol");
  want("m3", 140, "alice");
  want("gone", 150, "alice");
  bench.ask(DeleteMessage{"app", "g", "gone", 150});
  const auto read = [&](std::string_view peer, std::int64_t upto) {
    const Token asked = bench.ask(MarkRead{"app", "g", peer, 0, upto});
    bench.finish();
    Ids told;
    for (const ReadMessage& each : bench.results.read_marked.at(asked)->wanted) {
      told.push_back(each.id + ' ' + each.from + ' ' + std::to_string(each.timestamp));
    }
    return told;
  };
  CHECK(read("bob", 130) == Ids{"m1 alice 100", "m2 carol 130"});
  CHECK(read("bob", 120).empty());
  CHECK(read("bob", 1000) == Ids{"m3 alice 140"});
  CHECK(read("bob", 1000).empty());
  CHECK(read("eve", 1000).empty());
  // One that comes later has read nothing of before.
  bench.add("g", {"dave"});
  CHECK(read("dave", 1000).empty());
}

TEST_CASE("marks: a mark tells of the newest messages when they are many") {
  UnreadBench bench(anyKind());
  bench.create("g", false, {"alice", "bob"});
  for (int i = 1; i <= kToldRead + 5; ++i) {
    const std::string id = "m" + std::to_string(i);
    Append message = bench.make(id, 100 + i);
    message.conv_id = "g";
    message.kind = ConversationKind::Group;
    message.receipt_wanted = true;
    bench.append(message);
  }
  const Token asked = bench.ask(MarkRead{"app", "g", "bob", 0, 10'000});
  bench.finish();
  const auto& told = bench.results.read_marked.at(asked)->wanted;
  CHECK(told.size() == kToldRead);
  CHECK(told.back().id == "m" + std::to_string(kToldRead + 5));
}

TEST_CASE("marks: how far each member has acknowledged and read is known by the times of rows") {
  UnreadBench bench(anyKind());
  bench.create("g", false, {"alice", "bob", "carol"});
  const Token first = bench.say("g", "m1", 100);
  const Token second = bench.say("g", "m2", 200);
  bench.acknowledge("bob", {first});
  bench.acknowledge("carol", {first, second});
  bench.tell(MarkRead{"app", "g", "carol", 0, 150});
  const Token asked = bench.ask(ReadMarks{"app", "g"});
  const Token none = bench.ask(ReadMarks{"app", "none"});
  bench.finish();
  Ids marks;
  for (const MemberMark& each : bench.results.member_marks.at(asked)->members) {
    marks.push_back(each.peer + ' ' + std::to_string(each.acked) + ' ' + std::to_string(each.read));
  }
  REQUIRE(marks.size() == 3);
  CHECK(marks[1] == "bob 100 0");
  CHECK(marks[2] == "carol 200 100");
  CHECK(bench.results.member_marks.at(none)->members.empty());
}

TEST_CASE("edits: a peer is told of those in its conversations, the oldest edit first") {
  UnreadBench bench(anyKind());
  bench.create("g", false, {"alice", "bob"});
  bench.create("other", false, {"alice"});
  bench.say("g", "m1", 100);
  bench.say("g", "m2", 110);
  bench.say("g", "m3", 120);
  bench.say("other", "m4", 130);
  const auto edit = [&](std::string_view group, std::string_view id, std::int64_t time,
                        std::int64_t at) {
    bench.ask(EditMessage{"app", group, id, time, "new", at});
  };
  const auto list = [&](std::string_view peer, std::int64_t since, int limit = 100) {
    const Token asked = bench.ask(ListEdits{"app", peer, since, limit});
    bench.finish();
    Ids ids;
    for (const StoredMessage& each : *bench.results.history.at(asked)) {
      ids.push_back(each.id + ' ' + std::to_string(each.edited_at));
    }
    return ids;
  };
  edit("g", "m2", 110, 500);
  edit("g", "m1", 100, 600);
  edit("other", "m4", 130, 650);
  edit("g", "m2", 110, 700);
  edit("g", "m3", 120, 800);
  CHECK(list("bob", 0) == Ids{"m1 600", "m2 700", "m3 800"});
  CHECK(list("bob", 600) == Ids{"m2 700", "m3 800"});
  CHECK(list("bob", 0, 1) == Ids{"m3 800"});
  CHECK(list("bob", 800).empty());
  CHECK(list("eve", 0).empty());
  bench.ask(DeleteMessage{"app", "g", "m3", 120});
  CHECK(list("bob", 600) == Ids{"m2 700"});
  bench.remove("g", {"bob"});
  CHECK(list("bob", 0).empty());
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
