// SPDX-License-Identifier: Apache-2.0
// Temporary groups: found by their ids, over after a while, one at a time of the same members where
// that is asked for.
#include <string>
#include <string_view>
#include <vector>

#include "server/storage/storage_bench.hpp"

namespace kith::storage {
namespace {

constexpr std::string_view kBobs = R"({"m":"bob"})";
constexpr std::string_view kPair = "0123456789abcdef0123456789abcdef";

struct TemporaryBench : Bench {
  using Bench::Bench;

  MembersChanged make(std::string_view id, std::int64_t now, std::int64_t life,
                      std::string_view pair = {}) {
    const std::vector<PeerRef> both{PeerRef{"alice", true}, kBobAway};
    const Token asked = ask(CreateGroup{"app", id, false, both, "alice", now, {}, pair, life});
    finish();
    return changed(asked);
  }
};

}  // namespace

TEST_CASE("temporary group: it says when it is over, and is found in a class of its own") {
  TemporaryBench bench(anyKind());
  CHECK(bench.make("_tmp:one", 1000, 60000).changed == Ids{"alice", "bob"});
  bench.create("stays", false, {"bob"});
  const FoundGroup one = bench.load("_tmp:one");
  REQUIRE(one.has_value());
  CHECK(one->creator == "alice");
  CHECK(one->members == Ids{"alice", "bob"});
  CHECK(one->ends == 61000);
  const FoundGroup stays = bench.load("stays");
  REQUIRE(stays.has_value());
  CHECK(stays->ends == 0);
  CHECK(bench.found(kBobs, {}, kTemporaryClass) ==
        Ids{R"(_tmp:one {"c":"alice","temp":true,"ttl":60,"m":["alice","bob"]})"});
  CHECK(bench.found(kBobs) == Ids{R"(stays {"c":"alice","m":["bob"]})"});
}

TEST_CASE("temporary group: what is sent to it is in its log and waits for its members") {
  TemporaryBench bench(anyKind());
  bench.make("_tmp:one", 1000, 60000);
  bench.appendTo("_tmp:one", "m1", 2000);
  ReadLog range;
  range.conv_id = "_tmp:one";
  CHECK(bench.ids(bench.log(range)) == Ids{"m1"});
  CHECK(bench.pendingIds("bob", 2000) == Ids{"m1"});
}

TEST_CASE("temporary group: of the same members there is one until it is over, then another one") {
  TemporaryBench bench(anyKind());
  const std::string first = "_tmp:" + std::string(kPair) + ".0001";
  const std::string second = "_tmp:" + std::string(kPair) + ".0002";
  CHECK(bench.make(first, 1000, 60000, kPair).existing.empty());
  const MembersChanged again = bench.make(second, 60999, 60000, kPair);
  CHECK(again.existing == first);
  CHECK(again.timestamp == 1000);
  CHECK(again.ends == 61000);
  CHECK_FALSE(bench.load(second).has_value());
  CHECK(bench.make(second, 61000, 60000, kPair).existing.empty());
  CHECK(bench.load(second)->ends == 121000);
  CHECK(bench.make(first + "9", 61000, 60000, kPair).existing == second);
}

TEST_CASE("temporary group: it is not the pair of its members") {
  TemporaryBench bench(anyKind());
  bench.make("_tmp:" + std::string(kPair) + ".0001", 1000, 60000, kPair);
  Append message = Bench::make("m1", 2000);
  message.conv_id = kPair;
  message.receivers = {&kBobAway, 1};
  const Token said = bench.ask(message);
  bench.finish();
  CHECK(bench.appended(said).seq == 1);
  CHECK(bench.appended(said).listed.empty());
  CHECK(bench.make("_tmp:other", 3000, 60000).existing.empty());
}

TEST_CASE(
    "temporary group: a day after it was made it is taken away, with all that was said in it") {
  TemporaryBench bench(anyKind());
  constexpr std::int64_t kDay = kTemporaryLifeMs;
  bench.make("_tmp:old", 1000, 60000);
  bench.make("_tmp:young", 2000, kDay);
  bench.create("stays", false, {"bob"});
  for (const std::string_view group : {"_tmp:old", "_tmp:young", "stays"}) {
    bench.appendTo(group, group, 2000);
  }
  bench.finish();
  bench.tell(Expire{kDay + 1000});
  CHECK(bench.load("_tmp:old").has_value());
  bench.tell(Expire{kDay + 1001});
  CHECK_FALSE(bench.load("_tmp:old").has_value());
  CHECK(bench.load("_tmp:young").has_value());
  CHECK(bench.pendingIds("bob", 2000) == Ids{"_tmp:young", "stays"});
  CHECK(bench.found(kBobs, {}, kTemporaryClass).size() == 1);
  CHECK(bench.make("_tmp:old", 3000, 60000).existing.empty());
}

}  // namespace kith::storage
