// SPDX-License-Identifier: Apache-2.0
// The limits of what waits (decision 003): a first page applies them to what came while the peer
// was away, and names what it leaves out. One suite for both storages.
#include <algorithm>
#include <set>

#include "server/storage/storage_bench.hpp"

namespace kith::storage {
namespace {

class Away : public Bench {
 public:
  Away(Kind kind, std::size_t offline, std::size_t all = 100, std::int64_t age = 1000000)
      : Bench(kind) {
    tell(ConfigureApp{"app", {offline, age, all}});
  }

  /// For bob, in a conversation of two.
  Token send(std::string_view id, std::int64_t time = 100, std::string_view conv = "conv",
             bool online = false) {
    Append message = make(id, time);
    message.conv_id = conv;
    const PeerRef bob{"bob", online};
    message.receivers = {&bob, 1};
    return append(message);
  }
  void sendAll(const Ids& ids) {
    for (const std::string& id : ids) send(id);
  }
  /// Whether the page names exactly those rows of the answered appends, of all that were sent.
  void checkLeftOut(const RecordedPending& page, const std::vector<Token>& left_out) {
    std::set<std::pair<ConversationKey, Seq>> named;
    for (const SeqRange& range : page.left_out) {
      CHECK(range.first <= range.last);
      for (Seq seq = range.first; seq <= range.last; ++seq) named.emplace(range.conversation, seq);
    }
    for (const auto& [asked, result] : results.appended) {
      const bool expected = std::find(left_out.begin(), left_out.end(), asked) != left_out.end();
      CAPTURE(asked);
      CHECK(named.contains({result->conversation, result->seq}) == expected);
    }
  }
};

}  // namespace

TEST_CASE("absence: of what came while a peer was away the newest wait, in all that came (Q8)") {
  Away bench(anyKind(), 3);
  bench.comes("bob");
  bench.send("h1", 100, "conv", true);
  bench.goes("bob");
  const Token a1 = bench.send("a1");
  bench.sendAll({"a2", "a3", "a4", "a5"});
  bench.comes("bob");
  bench.sendAll({"h2"});
  const RecordedPending page = bench.firstPage("bob");
  CHECK(Bench::ids(*page.messages) == Ids{"h1", "a3", "a4", "a5", "h2"});
  bench.checkLeftOut(page, {a1, a1 + 1});
  // It waits until it is acknowledged, and the history has it in any case.
  CHECK(bench.pendingIds("bob").size() == 7);
  bench.tell(Acknowledge{"app", "bob", page.left_out, true});
  CHECK(bench.pendingIds("bob") == Ids{"h1", "a3", "a4", "a5", "h2"});
  CHECK(bench.historyIds({}).size() == 7);
}

TEST_CASE("absence: what was settled waits like what was sent to one who is here") {
  Away bench(anyKind(), 2);
  bench.goes("bob");
  bench.sendAll({"a1", "a2", "a3"});
  bench.comes("bob");
  CHECK(bench.settledIds("bob") == Ids{"a2", "a3"});
  bench.goes("bob");
  bench.sendAll({"b1", "b2", "b3"});
  bench.comes("bob");
  CHECK(bench.settledIds("bob") == Ids{"a2", "a3", "b2", "b3"});
  CHECK(bench.settledIds("bob") == Ids{"a2", "a3", "b2", "b3"});
}

TEST_CASE("absence: absences that no page has settled have one limit together") {
  Away bench(anyKind(), 3);
  bench.goes("bob");
  bench.sendAll({"a1", "a2"});
  bench.comes("bob");
  bench.sendAll({"h1"});
  bench.goes("bob");
  const Token b1 = bench.send("b1");
  bench.sendAll({"b2"});
  bench.comes("bob");
  bench.sendAll({"h2"});
  const RecordedPending page = bench.firstPage("bob");
  CHECK(Bench::ids(*page.messages) == Ids{"a2", "h1", "b1", "b2", "h2"});
  bench.checkLeftOut(page, {b1 - 3});
}

TEST_CASE("absence: an acknowledgement in between makes room") {
  Away bench(anyKind(), 3);
  bench.goes("bob");
  const Token a1 = bench.send("a1");
  bench.sendAll({"a2", "a3", "a4"});
  bench.acknowledge("bob", {a1 + 1, a1 + 3});
  bench.sendAll({"a5"});
  bench.comes("bob");
  CHECK(bench.settledIds("bob") == Ids{"a1", "a3", "a5"});
}

TEST_CASE("absence: the limit is one over all conversations of the peer") {
  Away bench(anyKind(), 3);
  bench.create("g", false, {"alice", "bob", "carol"});
  std::vector<Token> asked;
  asked.push_back(bench.send("m1", 100, "c1"));
  asked.push_back(bench.appendTo("g", "m2", 100));
  asked.push_back(bench.send("m3", 100, "c2"));
  asked.push_back(bench.appendTo("g", "m4", 100));
  asked.push_back(bench.send("m5", 100, "c1"));
  const RecordedPending page = bench.firstPage("bob");
  CHECK(Bench::ids(*page.messages) == Ids{"m3", "m4", "m5"});
  bench.checkLeftOut(page, {asked[0], asked[1]});
  bench.tell(Acknowledge{"app", "bob", page.left_out, true});
  CHECK(bench.pendingIds("bob") == Ids{"m3", "m4", "m5"});
  CHECK(bench.pendingIds("carol") == Ids{"m2", "m4"});
}

TEST_CASE("absence: a peer that nobody knew was away, or here, as it is said") {
  Away bench(anyKind(), 1);
  const bool online = GENERATE(false, true);
  CAPTURE(online);
  const auto check = [&](std::string_view peer) {
    CHECK(bench.firstIds(peer) == (online ? Ids{"m1", "m2"} : Ids{"m2"}));
  };
  SECTION("as a receiver") {
    bench.send("m1", 100, "conv", online);
    bench.send("m2", 100, "conv", online);
    check("bob");
  }
  SECTION("as the sender") {
    Append message = Bench::make("m0", 100);
    const PeerRef bob{"bob", true};
    message.receivers = {&bob, 1};
    message.from_online = online;
    bench.append(message);
    message.from = "bob";
    message.id = "m1";
    bench.append(message);
    message.id = "m2";
    bench.append(message);
    check("alice");
  }
  SECTION("as a member of a new group") {
    const PeerRef bob{"bob", online};
    bench.ask(CreateGroup{"app", "g", false, {&bob, 1}, "alice", 1});
    bench.appendTo("g", "m1", 100);
    bench.appendTo("g", "m2", 100);
    check("bob");
  }
  SECTION("as one who joins") {
    bench.create("g", false, {});
    const PeerRef bob{"bob", online};
    bench.ask(AddMembers{"app", "g", {&bob, 1}, "alice", false, 0, 1});
    bench.appendTo("g", "m1", 100);
    bench.appendTo("g", "m2", 100);
    check("bob");
  }
}

TEST_CASE("absence: one who comes and goes without a message in between was away all the time") {
  Away bench(anyKind(), 2);
  bench.goes("bob");
  bench.sendAll({"a1", "a2"});
  bench.comes("bob");
  bench.goes("bob");
  bench.comes("bob");
  bench.comes("bob");
  bench.goes("bob");
  bench.goes("bob");
  bench.sendAll({"a3"});
  CHECK(bench.firstIds("bob") == Ids{"a2", "a3"});
}

TEST_CASE("absence: more absences than are remembered spare messages, and lose none") {
  Away bench(anyKind(), 2);
  Ids here;
  bench.comes("bob");
  bench.sendAll({"h"});
  for (int i = 0; i < 20; ++i) {
    bench.goes("bob");
    bench.sendAll({"a" + std::to_string(i)});
    bench.comes("bob");
    here.push_back("h" + std::to_string(i));
    bench.send(here.back());
  }
  const Ids page = bench.firstIds("bob");
  const std::set<std::string> shown(page.begin(), page.end());
  for (const std::string& id : here) CHECK(shown.contains(id));
  CHECK(shown.contains("h"));
  CHECK(shown.contains("a19"));
  CHECK(shown.contains("a18"));
  // The eight newest absences count.
  for (int i = 12; i < 18; ++i) CHECK_FALSE(shown.contains("a" + std::to_string(i)));
  CHECK(shown.contains("a0"));
}

TEST_CASE("absence: of all that waits no more than the limit of unacknowledged messages comes") {
  Away bench(anyKind(), 50, 3);
  bench.comes("bob");
  const Token first = bench.send("m1", 100, "conv", true);
  bench.sendAll({"m2", "m3", "m4"});
  bench.goes("bob");
  bench.sendAll({"m5"});
  const RecordedPending page = bench.firstPage("bob");
  CHECK(Bench::ids(*page.messages) == Ids{"m3", "m4", "m5"});
  bench.checkLeftOut(page, {first, first + 1});
  CHECK(page.complete);
}

TEST_CASE("absence: by default 10,000 messages wait, and what is beyond is left out in one piece") {
  Bench bench(anyKind());
  constexpr int kAll = 10'050;
  for (int i = 0; i < kAll; ++i) {
    bench.append('m' + std::to_string(i), 100, {&kBobHere, 1});
    if (i % 500 == 0) bench.finish();
  }
  const RecordedPending page = bench.firstPage("bob");
  REQUIRE(page.messages->size() == 10'000);
  CHECK(page.messages->front().id == "m50");
  REQUIRE(page.left_out.size() == 1);
  CHECK(page.left_out[0].first == 1);
  CHECK(page.left_out[0].last == 50);
}

TEST_CASE("absence: a limit of zero keeps nothing for peers that are away") {
  Away bench(anyKind(), 0, 3);
  const Token first = bench.send("m1");
  const RecordedPending page = bench.firstPage("bob");
  CHECK(page.messages->empty());
  CHECK(page.complete);
  bench.checkLeftOut(page, {first});
  CHECK(bench.historyIds({}) == Ids{"m1"});
}

TEST_CASE("absence: a first page may be cut, and its limits hold for all of it") {
  Away bench(anyKind(), 4);
  const Token first = bench.send("a1");
  bench.sendAll({"a2", "a3", "a4", "a5", "a6"});
  const RecordedPending page = bench.firstPage("bob", 1000, 3);
  CHECK(Bench::ids(*page.messages) == Ids{"a3", "a4", "a5"});
  CHECK_FALSE(page.complete);
  bench.checkLeftOut(page, {first, first + 1});
  bench.tell(Acknowledge{"app", "bob", page.left_out, true});
  const Token rest = bench.pending("bob", page.messages->back().position, 3);
  bench.finish();
  CHECK(Bench::ids(*bench.results.pending.at(rest).messages) == Ids{"a6"});
  CHECK(bench.results.pending.at(rest).complete);
}

TEST_CASE("absence: what is too old waits no more, and a first page says so once it is left out") {
  Away bench(anyKind(), 50, 100, 1000);
  const Token old = bench.send("old", 100);
  bench.send("new", 600);
  CHECK(bench.pendingIds("bob", 1100) == Ids{"old", "new"});
  CHECK(bench.pendingIds("bob", 1101) == Ids{"new"});
  CHECK(bench.firstIds("bob", 1100) == Ids{"old", "new"});
  CHECK(bench.storage->stats().expired == 0);
  const RecordedPending page = bench.firstPage("bob", 1101);
  CHECK(Bench::ids(*page.messages) == Ids{"new"});
  bench.checkLeftOut(page, {old});
  CHECK(bench.storage->stats().expired == 1);
  bench.tell(Acknowledge{"app", "bob", page.left_out, true});
  CHECK(bench.pendingIds("bob", 0) == Ids{"new"});
  CHECK(bench.firstIds("bob", 1101) == Ids{"new"});
  CHECK(bench.storage->stats().expired == 1);
  CHECK(bench.historyIds({}) == Ids{"new", "old"});
}

TEST_CASE("absence: too old is what is older than the age, on the millisecond, in each app") {
  Away bench(anyKind(), 50, 100, 1000);
  bench.send("m1", 100);
  bench.finish();
  bench.tell(Expire{1100});
  CHECK(bench.firstIds("bob", 1100) == Ids{"m1"});
  bench.tell(ConfigureApp{"other", {50, 10, 100}});
  bench.tell(Expire{1100});
  CHECK(bench.firstIds("bob", 1100) == Ids{"m1"});
  CHECK(bench.firstIds("bob", 1101).empty());
}

TEST_CASE("absence: own and deleted messages and changes take no place of one that waits") {
  Away bench(anyKind(), 2);
  bench.create("g", false, {"alice", "bob"});
  const Token m1 = bench.appendTo("g", "m1", 100);
  bench.appendTo("g", "m2", 100);
  bench.appendTo("g", "m3", 100);
  bench.appendTo("g", "own", 100, "bob");
  bench.appendTo("g", "deleted", 100);
  bench.add("g", {"carol"});
  bench.ask(DeleteMessage{"app", "g", "deleted", 100});
  const RecordedPending page = bench.firstPage("bob");
  CHECK(Bench::ids(*page.messages) == Ids{"m2", "m3"});
  std::set<Seq> named;
  for (const SeqRange& range : page.left_out) {
    for (Seq seq = range.first; seq <= range.last; ++seq) named.insert(seq);
  }
  CHECK(named.contains(bench.appended(m1).seq));
  CHECK_FALSE(named.contains(bench.appended(m1).seq + 1));
  CHECK_FALSE(named.contains(bench.appended(m1).seq + 2));
}

TEST_CASE("absence: limits that change in the middle hold from then on, and nothing is lost") {
  Away bench(anyKind(), 50);
  bench.sendAll({"m1", "m2", "m3", "m4", "m5"});
  bench.finish();
  bench.tell(ConfigureApp{"app", {3, 2000, 100}});
  bench.sendAll({"m6"});
  CHECK(bench.firstIds("bob") == Ids{"m4", "m5", "m6"});
  CHECK(bench.firstIds("bob", 2101).empty());
  // The lists of the history go on where they were.
  CHECK(bench.historyIds({}) == Ids{"m6", "m5", "m4", "m3", "m2", "m1"});
}

}  // namespace kith::storage
