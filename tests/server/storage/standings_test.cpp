// SPDX-License-Identifier: Apache-2.0
// What peers are in groups beside members. One suite for both storages.
#include "server/storage/storage_bench.hpp"

namespace kith::storage {
namespace {

struct StandingBench : Bench {
  using Bench::Bench;

  MembersChanged set(StandingKind kind, bool on, const std::vector<std::string_view>& peers,
                     std::size_t most = 0, std::string_view group = "g") {
    const Token asked = ask(SetStanding{"app", group, kind, on, peers, most});
    finish();
    return *results.members.at(asked);
  }
  Ids members() {
    const Token asked = group("g");
    finish();
    return (**results.groups.at(asked)).members;
  }
  Ids load() {
    const Token asked = ask(LoadGroup{"app", "g"});
    finish();
    const GroupRecord& group = **results.groups.at(asked);
    Ids all{"by " + group.creator};
    for (const Standing& each : group.standings) {
      all.push_back(each.peer + (each.has(StandingKind::Manager) ? " manages" : "") +
                    (each.has(StandingKind::Silenced) ? " silenced" : "") +
                    (each.has(StandingKind::Blocked) ? " blocked" : ""));
    }
    return all;
  }
};

}  // namespace

TEST_CASE("standings: a group knows who made it, and what peers are in it") {
  StandingBench bench(anyKind());
  bench.create("g", false, {"alice", "bob", "carol"});
  CHECK(bench.load() == Ids{"by alice"});
  CHECK(bench.set(StandingKind::Manager, true, {"bob"}).changed == Ids{"bob"});
  CHECK(bench.set(StandingKind::Silenced, true, {"carol", "bob", "carol"}).changed ==
        Ids{"carol", "bob"});
  CHECK(bench.set(StandingKind::Silenced, true, {"carol"}).changed.empty());
  CHECK(bench.load() == Ids{"by alice", "bob manages silenced", "carol silenced"});
  CHECK(bench.set(StandingKind::Silenced, false, {"bob", "carol", "eve"}).changed ==
        Ids{"bob", "carol"});
  CHECK(bench.load() == Ids{"by alice", "bob manages"});
  CHECK(bench.set(StandingKind::Silenced, true, {"bob"}, 0, "none").refusal == Refusal::NoGroup);
}

TEST_CASE("standings: as many peers are something as a request allows, and no more") {
  StandingBench bench(anyKind());
  bench.create("g", false, {"alice"});
  CHECK(bench.set(StandingKind::Silenced, true, {"a", "b"}, 3).refusal == Refusal::None);
  CHECK(bench.set(StandingKind::Silenced, true, {"b", "c", "d"}, 3).refusal == Refusal::Full);
  CHECK(bench.load() == Ids{"by alice", "a silenced", "b silenced"});
  CHECK(bench.set(StandingKind::Silenced, true, {"b", "c"}, 3).changed == Ids{"c"});
  CHECK(bench.set(StandingKind::Blocked, true, {"x", "y"}, 3).changed.size() == 2);
}

TEST_CASE("standings: a peer that is kept out does not become a member") {
  StandingBench bench(anyKind());
  bench.create("g", false, {"alice"});
  bench.set(StandingKind::Blocked, true, {"eve"});
  bench.add("g", {"eve", "bob"});
  bench.finish();
  CHECK(bench.members() == Ids{"alice", "bob"});
  bench.set(StandingKind::Blocked, false, {"eve"});
  bench.add("g", {"eve"});
  bench.finish();
  CHECK(bench.members() == Ids{"alice", "bob", "eve"});
}

TEST_CASE("standings: they are there when the file is opened again") {
  StandingBench bench(Kind::Sqlite);
  bench.create("g", false, {"alice", "bob"});
  bench.set(StandingKind::Manager, true, {"bob"});
  bench.storage.reset();
  bench.open();
  bench.tell(ConfigureApp{"app", {}});
  CHECK(bench.load() == Ids{"by alice", "bob manages"});
}

}  // namespace kith::storage
