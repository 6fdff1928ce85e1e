// SPDX-License-Identifier: Apache-2.0
// Service conversations: what they say to all, and in a channel to one peer alone, is one log.
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "base/text_codes.hpp"
#include "server/storage/storage_bench.hpp"

namespace kith::storage {
namespace {

constexpr std::string_view kNews = "news";

/// A service conversation that bob has subscribed to.
struct ServiceBench : Bench {
  explicit ServiceBench(Kind kind) : Bench(kind) {
    CreateGroup request;
    request.app_id = "app";
    request.group_id = kNews;
    request.by = "_server_";
    request.now_ms = 1;
    request.service = true;
    ask(request);
    add(kNews, {"bob"});
    finish();
  }
  /// From the service, unless `from` says otherwise, in the channel of that peer.
  Token whisper(std::string_view peer, std::string_view id, std::int64_t timestamp,
                std::string_view from = "desk") {
    const std::string channel = base::channelName(kNews, peer);
    const PeerRef receiver{peer, false};
    Append message = make(id, timestamp);
    message.from = from;
    message.conv_id = channel;
    message.kind = ConversationKind::Channel;
    message.receivers = {&receiver, 1};
    return ask(message);
  }
  Token announce(std::string_view id, std::int64_t timestamp) {
    return appendTo(kNews, id, timestamp, "desk");
  }
  Ids page(std::string_view peer, ReadLog range) {
    const std::string channel = base::channelName(kNews, peer);
    range.conv_id = kNews;
    range.channel = channel;
    return ids(log(range));
  }
  UnreadList unreadOf(std::string_view peer) {
    const Token asked = ask(ListUnread{"app", peer});
    finish();
    return *results.unread_lists.at(asked);
  }
  std::int64_t countUnread(std::string_view peer) {
    const std::string channel = base::channelName(kNews, peer);
    const Token asked = ask(CountUnread{"app", kNews, peer, 100, channel});
    finish();
    return results.unread.at(asked)->count;
  }
  /// What peers see of it in a query for their conversations.
  Ids seenBy(std::string_view peer) {
    const std::string where = R"({"m":")" + std::string(peer) + "\"}";
    return found(where, peer);
  }
};

}  // namespace

TEST_CASE("service: what it says to one peer waits for that peer, subscribed or not") {
  ServiceBench bench(anyKind());
  bench.announce("all", 10);
  bench.whisper("bob", "to bob", 11);
  bench.whisper("carol", "to carol", 12);
  bench.finish();
  CHECK(bench.pendingIds("bob") == Ids{"all", "to bob"});
  CHECK(bench.pendingIds("carol") == Ids{"to carol"});
  const RecordedPending first = bench.firstPage("carol");
  REQUIRE(first.messages->size() == 1);
  CHECK((*first.messages)[0].conv_id == kNews);
  CHECK((*first.messages)[0].kind == ConversationKind::Channel);
}

TEST_CASE("service: what a peer said to it waits for nobody") {
  ServiceBench bench(anyKind());
  bench.whisper("bob", "question", 10, "bob");
  bench.finish();
  CHECK(bench.pendingIds("bob").empty());
  CHECK(bench.countUnread("bob") == 0);
}

TEST_CASE("service: a page has what was said to all and to the peer, in the order of time") {
  ServiceBench bench(anyKind());
  bench.whisper("bob", "b1", 10);
  bench.announce("a1", 11);
  bench.whisper("carol", "c1", 12);
  bench.whisper("bob", "b2", 13);
  bench.announce("a2", 14);
  bench.finish();
  ReadLog newest;
  newest.limit = 3;
  CHECK(bench.page("bob", newest) == Ids{"a2", "b2", "a1"});
  ReadLog oldest;
  oldest.forward = true;
  CHECK(bench.page("bob", oldest) == Ids{"b1", "a1", "b2", "a2"});
  CHECK(bench.page("carol", oldest) == Ids{"a1", "c1", "a2"});
  CHECK(bench.page("dave", oldest) == Ids{"a1", "a2"});
}

TEST_CASE("service: a page goes on at a message of either log, also within its millisecond") {
  ServiceBench bench(anyKind());
  for (const int round : {1, 2, 3}) {
    bench.announce("a" + std::to_string(round), 10);
    bench.whisper("bob", "b" + std::to_string(round), 10);
  }
  bench.finish();
  const Ids all{"a1", "b1", "a2", "b2", "a3", "b3"};
  for (const bool forward : {true, false}) {
    Ids expected = all;
    if (!forward) std::reverse(expected.begin(), expected.end());
    ReadLog range;
    range.forward = forward;
    range.limit = 1;
    Ids seen;
    for (Ids page = bench.page("bob", range); !page.empty() && seen.size() < all.size();
         page = bench.page("bob", range)) {
      seen.push_back(page.front());
      range.from_time = 10;
      range.from_id = seen.back();
      range.exclusive = true;
    }
    CHECK(seen == expected);
    CHECK(bench.page("bob", range).empty());
  }
}

TEST_CASE("service: both logs count as one conversation, and one mark reads both") {
  ServiceBench bench(anyKind());
  bench.announce("a1", 10);
  bench.whisper("bob", "b1", 11);
  bench.announce("a2", 12);
  bench.finish();
  const UnreadList list = bench.unreadOf("bob");
  REQUIRE(list.conversations.size() == 1);
  CHECK(list.conversations[0].count == 3);
  CHECK(list.conversations[0].last.conv_id == kNews);
  CHECK(list.conversations[0].last.id == "a2");
  CHECK(bench.countUnread("bob") == 3);
  const std::string channel = base::channelName(kNews, "bob");
  bench.ask(MarkRead{"app", kNews, "bob", 0, 11, channel});
  bench.finish();
  CHECK(bench.countUnread("bob") == 1);
  CHECK(bench.unreadOf("bob").conversations.at(0).count == 1);
}

TEST_CASE("service: a repeat in a channel is known by its token") {
  ServiceBench bench(anyKind());
  const std::string channel = base::channelName(kNews, "bob");
  const auto ask = [&](std::string_view id) {
    Append message = Bench::make(id, 10);
    message.from = "bob";
    message.conv_id = channel;
    message.kind = ConversationKind::Channel;
    message.receivers = {&kBobHere, 1};
    message.dedupe = "token";
    return bench.ask(message);
  };
  const Token first = ask("m1");
  const Token again = ask("m2");
  bench.finish();
  CHECK_FALSE(bench.appended(first).duplicate);
  CHECK(bench.appended(again).duplicate);
  CHECK(bench.appended(again).id == "m1");
}

TEST_CASE("service: no command about groups finds a channel, and no message makes one of a group") {
  ServiceBench bench(anyKind());
  bench.create("group", false, {"bob"});
  bench.whisper("bob", "b1", 10);
  bench.finish();
  const std::string channel = base::channelName(kNews, "bob");
  const Token added = bench.add(channel, {"eve"});
  const Token removed = bench.remove(channel, {"bob"});
  const Token said = bench.appendTo(channel, "x", 11, "eve");
  Append message = Bench::make("y", 12);
  message.conv_id = "group";
  message.kind = ConversationKind::Channel;
  message.receivers = {&kBobAway, 1};
  const Token misplaced = bench.ask(message);
  bench.finish();
  CHECK_FALSE(bench.load(channel).has_value());
  CHECK(bench.changed(added).refusal == Refusal::NoGroup);
  CHECK(bench.changed(removed).refusal == Refusal::NoGroup);
  CHECK(bench.appended(said).refusal == Refusal::NoGroup);
  CHECK(bench.appended(misplaced).refusal == Refusal::NoGroup);
}

TEST_CASE("service: a query shows a subscriber itself, and no other one") {
  ServiceBench bench(anyKind());
  bench.add(kNews, {"carol"});
  bench.finish();
  CHECK(bench.seenBy("bob") == Ids{R"(news {"c":"_server_","sys":true,"m":["bob"]})"});
  CHECK(bench.seenBy("dave").empty());
  const FoundGroup news = bench.load(kNews);
  REQUIRE(news.has_value());
  CHECK(news->service);
  CHECK(news->members == Ids{"bob", "carol"});
}

TEST_CASE("service: its subscribers are not told of each other when they come back") {
  ServiceBench bench(anyKind());
  bench.create("group", false, {"bob"});
  bench.add(kNews, {"carol"}, 5);
  bench.add("group", {"carol"}, 6);
  bench.remove(kNews, {"bob"}, 7);
  bench.whisper("bob", "b1", 8);
  bench.finish();
  const Token asked = bench.ask(ReadChanges{"app", "bob", 2, 100});
  bench.finish();
  Ids seen;
  for (const StoredMessage& row : bench.results.changes.at(asked)->changes) {
    seen.push_back(row.conv_id);
  }
  CHECK(seen == Ids{"group"});
}

TEST_CASE("service: it is removed with its channels, and not with those of another one") {
  ServiceBench bench(anyKind());
  bench.announce("a1", 10);
  bench.whisper("bob", "b1", 11);
  const std::string other = base::channelName("newspaper", "bob");
  Append message = Bench::make("n1", 12);
  message.conv_id = other;
  message.kind = ConversationKind::Channel;
  message.receivers = {&kBobAway, 1};
  bench.ask(message);
  bench.finish();
  bench.ask(RemoveConversation{"app", kNews});
  bench.finish();
  CHECK(bench.pendingIds("bob") == Ids{"n1"});
  CHECK(bench.page("bob", {}).empty());
  CHECK(bench.unreadOf("bob").conversations.size() == 1);
  // Its id and those of its channels are free.
  bench.whisper("bob", "b2", 13);
  bench.finish();
  CHECK(bench.pendingIds("bob") == Ids{"n1", "b2"});
}

TEST_CASE("service: an edit in a channel is told to its peer when it comes back") {
  ServiceBench bench(anyKind());
  bench.whisper("bob", "b1", 10);
  bench.finish();
  const std::string channel = base::channelName(kNews, "bob");
  EditMessage edit;
  edit.app_id = "app";
  edit.conv_id = channel;
  edit.id = "b1";
  edit.timestamp = 10;
  edit.text = "other";
  edit.edited_at = 20;
  edit.by = "desk";
  bench.ask(edit);
  const Token asked = bench.ask(ListEdits{"app", "bob", 5, 100});
  bench.finish();
  const auto& page = *bench.results.history.at(asked);
  REQUIRE(page.size() == 1);
  CHECK(page[0].conv_id == kNews);
  CHECK(page[0].text == "other");
}

TEST_CASE(
    "service: what is imported of one is for its server alone, and known when it comes again") {
  ServiceBench bench(anyKind());
  ImportedMessage row;
  row.line = 1;
  row.conv_id = kNews;
  row.id = "old";
  row.from = {"desk", false};
  row.timestamp = 5;
  row.text = "for bob, or for all";
  std::string rows;
  row.pack(rows);
  const auto bring = [&] {
    const Token asked = bench.ask(ImportMessages{"app", rows, false});
    bench.finish();
    return *bench.results.imported.at(asked);
  };
  CHECK(bring().added == 1);
  CHECK(bring().present == 1);
  CHECK(bench.page("bob", {}).empty());
  CHECK(bench.pendingIds("bob").empty());
  CHECK(bench.countUnread("bob") == 0);
  CHECK(bench.page("", {}) == Ids{"old"});
}

TEST_CASE("service: it is as before when the file is opened again") {
  ServiceBench bench(Kind::Sqlite);
  bench.announce("a1", 10);
  bench.whisper("carol", "c1", 11);
  bench.finish();
  bench.storage->close();
  bench.open();
  bench.tell(ConfigureApp{"app", {}});
  bench.whisper("carol", "c2", 12);
  bench.finish();
  CHECK(bench.page("carol", {}) == Ids{"c2", "c1", "a1"});
  CHECK(bench.countUnread("carol") == 2);
}

}  // namespace kith::storage
