// SPDX-License-Identifier: Apache-2.0
// Pairs in the lists of their members: one log under two ids, until its members change.
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "server/storage/storage_bench.hpp"

namespace kith::storage {
namespace {

constexpr std::string_view kPair = "0123456789abcdef0123456789abcdef";
constexpr std::string_view kListed = "0123456789abcdef01234567";

struct PairBench : Bench {
  using Bench::Bench;

  Token say(std::string_view id, std::int64_t timestamp, bool listed = false) {
    Append message = make(id, timestamp);
    message.conv_id = kPair;
    message.receivers = {&kBobAway, 1};
    message.listed = listed;
    return ask(message);
  }
  std::string listedAs(Token asked) {
    finish();
    return appended(asked).listed;
  }
  MembersChanged createPair(std::string_view id, std::string_view fields = {}) {
    const std::array<PeerRef, 2> both{PeerRef{"alice", true}, kBobAway};
    const Token asked = ask(CreateGroup{"app", id, false, both, "alice", 5, fields, kPair});
    finish();
    return changed(asked);
  }
  std::vector<std::string> foundBy(std::string_view peer) {
    const std::string where = R"({"m":")" + std::string(peer) + "\"}";
    std::vector<std::string> all = found(where);
    for (std::string& each : all) {
      // Without the time of the last message, which is the last field.
      const std::size_t time = each.find(R"(,"lm":)");
      if (time != std::string::npos) each = each.substr(0, time) + '}';
    }
    return all;
  }
  std::vector<std::string> logIds(std::string_view conversation) {
    ReadLog range;
    range.conv_id = conversation;
    range.forward = true;
    return ids(log(range));
  }
};

const std::string kShown = std::string(kListed) + R"( {"c":"alice","unique":true,"uniqueId":")" +
                           std::string(kPair) + R"(","m":["alice","bob"]})";

}  // namespace

TEST_CASE("listed pair: it keeps its log and what waits, under its own id and that of the pair") {
  PairBench bench(anyKind());
  CHECK(bench.listedAs(bench.say("m1", 100)).empty());
  CHECK(bench.foundBy("bob").empty());
  const Token second = bench.say("m2", 200, true);
  CHECK(bench.listedAs(second) == kListed);
  CHECK(bench.appended(second).seq == 2);
  CHECK(bench.foundBy("alice") == Ids{kShown});
  CHECK(bench.foundBy("bob") == Ids{kShown});
  // From now on it stays so, without a word of it.
  CHECK(bench.listedAs(bench.say("m3", 300)) == kListed);
  CHECK(bench.listedAs(bench.appendTo(kListed, "m4", 400)).empty());  // it was named
  CHECK(bench.logIds(kPair) == Ids{"m1", "m2", "m3", "m4"});
  CHECK(bench.logIds(kListed) == Ids{"m1", "m2", "m3", "m4"});
  CHECK(bench.pendingIds("bob") == Ids{"m1", "m2", "m3", "m4"});
  CHECK(bench.pendingIds("alice").empty());
  bench.acknowledge("bob", {second});
  CHECK(bench.pendingIds("bob") == Ids{"m1", "m3", "m4"});
  CHECK(bench.unread(kListed, "bob") == 4);
}

TEST_CASE("listed pair: what was acknowledged before does not wait again") {
  PairBench bench(anyKind());
  bench.acknowledge("bob", {bench.say("m1", 100)});
  CHECK(bench.listedAs(bench.say("m2", 200, true)) == kListed);
  CHECK(bench.pendingIds("bob") == Ids{"m2"});
}

TEST_CASE("listed pair: when its members change it is a group, and the pair begins anew") {
  PairBench bench(anyKind());
  bench.say("m1", 100, true);
  const bool grows = GENERATE(true, false);
  if (grows) {
    bench.add(kListed, {"carol"});
  } else {
    bench.remove(kListed, {"bob"});
  }
  const Token again = bench.say("m2", 200);
  CHECK(bench.listedAs(again).empty());
  CHECK(bench.appended(again).seq == 1);
  CHECK(bench.logIds(kPair) == Ids{"m2"});
  CHECK(bench.logIds(kListed).front() == "m1");
  // The next one that is listed needs another id.
  CHECK(bench.listedAs(bench.say("m3", 300, true)) == std::string(kListed) + "-2");
  CHECK(bench.logIds(kPair) == Ids{"m2", "m3"});
}

TEST_CASE(
    "listed pair: a conversation of these members is made, or the one that is there is brought") {
  PairBench bench(anyKind());
  const bool has_said = GENERATE(true, false);
  if (has_said) {
    bench.say("m1", 100);
    const MembersChanged brought = bench.createPair("c1");
    CHECK(brought.existing == kListed);
    CHECK(brought.seq == 0);
    CHECK(bench.foundBy("bob") == Ids{kShown});
    CHECK(bench.logIds(kPair) == Ids{"m1"});
  } else {
    const MembersChanged made = bench.createPair("c1", R"({"name":"two"})");
    CHECK(made.existing.empty());
    CHECK(made.changed == Ids{"alice", "bob"});
    const MembersChanged again = bench.createPair("c2", R"({"name":"other"})");
    CHECK(again.existing == "c1");
    CHECK(again.timestamp == 5);  // when it was made
    const Ids all = bench.foundBy("bob");
    REQUIRE(all.size() == 1);
    CHECK(all.front().starts_with(R"(c1 {"name":"two","c":"alice","unique":true)"));
    CHECK(bench.listedAs(bench.say("m1", 100)) == "c1");
    CHECK(bench.pendingIds("bob") == Ids{"m1"});
  }
}

TEST_CASE("listed pair: a group is loaded by its own id, and says which pair it is") {
  PairBench bench(anyKind());
  bench.say("m1", 100, true);
  const Token by_id = bench.group(kListed);
  bench.finish();
  const Token by_pair = bench.group(kPair);
  bench.finish();
  const Token changed = bench.add(kPair, {"carol"});
  bench.finish();
  const FoundGroup found = *bench.results.groups.at(by_id);
  REQUIRE(found);
  CHECK(found->pair == kPair);
  CHECK(found->members == Ids{"alice", "bob"});
  CHECK_FALSE(*bench.results.groups.at(by_pair));
  CHECK(bench.changed(changed).refusal == Refusal::NoGroup);
}

TEST_CASE("listed pair: a peer that lists its pairs finds what is said to it while it is away") {
  const Kind kind = anyKind();
  PairBench bench(kind);
  bench.tell(PeerOnline{"app", "bob", true});
  // One that is in no conversation is not kept in memory.
  const bool talked_before = kind == Kind::Memory || GENERATE(true, false);
  if (talked_before) bench.say("m0", 50);
  bench.goes("bob");
  CHECK(bench.listedAs(bench.say("m1", 100)) == kListed);
  CHECK(bench.foundBy("bob") == Ids{kShown});
}

TEST_CASE("groups: wrong fields make no conversation") {
  Bench bench(anyKind());
  for (const std::string_view fields : {R"({"m":["eve"]})", R"({"unique":true})", "[]", "{"}) {
    const Token asked =
        bench.ask(CreateGroup{"app", "g", false, {&kBobAway, 1}, "alice", 1, fields});
    bench.finish();
    CHECK_FALSE(bench.results.members.at(asked).ok());
    const Token group = bench.group("g");
    bench.finish();
    CHECK_FALSE(*bench.results.groups.at(group));
  }
  const Token good =
      bench.ask(CreateGroup{"app", "g", false, {&kBobAway, 1}, "alice", 1, R"({"name":"x"})"});
  bench.finish();
  CHECK(bench.results.members.at(good).ok());
}

}  // namespace kith::storage
