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
  /// Until a time, at another one.
  MembersChanged pause(const std::vector<std::string_view>& peers, std::int64_t until,
                       std::int64_t now, std::size_t most = 0) {
    SetStanding wish{"app", "g", StandingKind::Paused, until != 0, peers, most};
    wish.until = until;
    wish.now_ms = now;
    const Token asked = ask(wish);
    finish();
    return *results.members.at(asked);
  }
  Ids members() {
    const Token asked = group("g");
    finish();
    return (**results.groups.at(asked)).members;
  }
  void join(std::string_view peer) {
    const std::vector<PeerRef> itself{{peer, true}};
    ask(AddMembers{"app", "g", itself, peer});
    finish();
  }
  /// Ids of one page, and a mark where there are more.
  Ids declined(std::string_view peer, std::string_view after = {},
               std::size_t limit = kDeclinedGroups) {
    const Token asked = ask(ListDeclined{"app", peer, after, limit});
    finish();
    GroupIds page = *results.group_ids.at(asked);
    if (!page.complete) page.groups.emplace_back("...");
    return page.groups;
  }
  Ids load() {
    const Token asked = ask(LoadGroup{"app", "g"});
    finish();
    const GroupRecord& group = **results.groups.at(asked);
    Ids all{"by " + group.creator};
    for (const Standing& each : group.standings) {
      all.push_back(each.peer + (each.has(StandingKind::Manager) ? " manages" : "") +
                    (each.has(StandingKind::Silenced) ? " silenced" : "") +
                    (each.has(StandingKind::Blocked) ? " blocked" : "") +
                    (each.has(StandingKind::Declining) ? " declines" : "") +
                    (each.has(StandingKind::Paused) ? " until " + std::to_string(each.until) : ""));
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

TEST_CASE("standings: a peer that declines a group becomes a member by itself alone") {
  StandingBench bench(anyKind());
  bench.create("g", false, {"alice"});
  CHECK(bench.set(StandingKind::Declining, true, {"eve"}).changed == Ids{"eve"});
  CHECK(bench.set(StandingKind::Declining, true, {"eve"}).changed.empty());
  CHECK(bench.load() == Ids{"by alice", "eve declines"});
  bench.add("g", {"eve", "bob"});
  bench.finish();
  CHECK(bench.members() == Ids{"alice", "bob"});
  bench.join("eve");
  CHECK(bench.members() == Ids{"alice", "bob", "eve"});
  bench.set(StandingKind::Blocked, true, {"eve"});
  bench.remove("g", {"eve"});
  bench.finish();
  bench.join("eve");
  CHECK(bench.members() == Ids{"alice", "bob"});
  bench.set(StandingKind::Blocked, false, {"eve"});
  CHECK(bench.set(StandingKind::Declining, false, {"eve"}).changed == Ids{"eve"});
  bench.add("g", {"eve"});
  bench.finish();
  CHECK(bench.members() == Ids{"alice", "bob", "eve"});
}

TEST_CASE("standings: what a peer declines is listed in the order of ids, page by page") {
  StandingBench bench(anyKind());
  for (const std::string_view id : {"g3", "g1", "g2", "g4"}) bench.create(id, false, {"alice"});
  bench.tell(ConfigureApp{"other", {}});
  bench.ask(CreateGroup{"other", "g0", true, {}, "eve", 1});
  const std::vector<std::string_view> eve{"eve"};
  bench.ask(SetStanding{"other", "g0", StandingKind::Declining, true, eve});
  for (const std::string_view id : {"g3", "g2", "g1"}) {
    bench.set(StandingKind::Declining, true, {"eve", "bob"}, 0, id);
  }
  // What is said of the peer is not said by it.
  bench.set(StandingKind::Blocked, true, {"eve"}, 0, "g4");
  CHECK(bench.declined("eve") == Ids{"g1", "g2", "g3"});
  CHECK(bench.declined("eve", {}, 2) == Ids{"g1", "g2", "..."});
  CHECK(bench.declined("eve", "g2", 2) == Ids{"g3"});
  CHECK(bench.declined("eve", "g1x", 2) == Ids{"g2", "g3"});
  CHECK(bench.declined("eve", "g3").empty());
  CHECK(bench.declined("eve", {}, 0) == Ids{"..."});
  CHECK(bench.declined("stranger").empty());
  bench.set(StandingKind::Declining, false, {"eve"}, 0, "g2");
  CHECK(bench.declined("eve") == Ids{"g1", "g3"});
  CHECK(bench.declined("bob") == Ids{"g1", "g2", "g3"});
  const Token removed = bench.ask(RemoveConversation{"app", "g1"});
  bench.finish();
  REQUIRE(bench.results.changed.at(removed).ok());
  CHECK(bench.declined("eve") == Ids{"g3"});
}

TEST_CASE("standings: what has an end is kept with it, and gets another one") {
  StandingBench bench(anyKind());
  bench.create("g", false, {"alice", "bob"});
  bench.set(StandingKind::Silenced, true, {"bob"});
  CHECK(bench.pause({"bob", "eve"}, 5000, 1000).changed == Ids{"bob", "eve"});
  CHECK(bench.pause({"bob"}, 5000, 1001).changed.empty());
  CHECK(bench.pause({"bob"}, 4000, 1002).changed == Ids{"bob"});
  CHECK(bench.load() == Ids{"by alice", "bob silenced until 4000", "eve until 5000"});
  // What has no end stays when the other is taken back.
  CHECK(bench.pause({"bob", "carol"}, 0, 1003).changed == Ids{"bob"});
  CHECK(bench.load() == Ids{"by alice", "bob silenced", "eve until 5000"});
}

TEST_CASE("standings: what has had its end makes room for others") {
  StandingBench bench(anyKind());
  bench.create("g", false, {"alice"});
  bench.set(StandingKind::Blocked, true, {"b"});
  CHECK(bench.pause({"a", "b"}, 5000, 1000, 2).changed.size() == 2);
  CHECK(bench.pause({"c"}, 9000, 4999, 2).refusal == Refusal::Full);
  // Another end for one of them takes no place.
  CHECK(bench.pause({"a"}, 6000, 4999, 2).changed == Ids{"a"});
  CHECK(bench.pause({"c"}, 9000, 5000, 2).changed == Ids{"c"});
  CHECK(bench.load() == Ids{"by alice", "a until 6000", "b blocked", "c until 9000"});
  // Any change of what peers are looks at the time.
  bench.pause({"x"}, 0, 6000);
  CHECK(bench.load() == Ids{"by alice", "b blocked", "c until 9000"});
}

TEST_CASE("standings: they are there when the file is opened again") {
  StandingBench bench(Kind::Sqlite);
  bench.create("g", false, {"alice", "bob"});
  bench.set(StandingKind::Manager, true, {"bob"});
  bench.pause({"eve"}, 5000, 1000);
  bench.set(StandingKind::Declining, true, {"eve"});
  bench.storage.reset();
  bench.open();
  bench.tell(ConfigureApp{"app", {}});
  CHECK(bench.load() == Ids{"by alice", "bob manages", "eve declines until 5000"});
  CHECK(bench.declined("eve") == Ids{"g"});
}

}  // namespace kith::storage
