// SPDX-License-Identifier: Apache-2.0
// One suite for both stores.
#include <kith/limits.hpp>

#include <thread>

#include "store/make_store.hpp"
#include "support/catch.hpp"
#include "support/store_peers.hpp"
#include "support/temporary_folder.hpp"

namespace kith::store {
namespace {

using testing::addIncoming;
using testing::addOutgoing;
using testing::clientIds;
using testing::Ids;
using testing::incoming;
using testing::incomingIds;
using testing::outgoing;
using testing::removeOutgoing;
using testing::setWatched;
using testing::shown;

enum class Kind { Memory, Sqlite };

// A store on a clock that the test moves.
class Bench {
 public:
  explicit Bench(Kind kind, StoreLimits limits = {}) : kind_(kind), limits_(limits) { open(); }

  void open() {
    const Clock clock = [this] { return now; };
    const UptimeClock uptime = [this] { return up; };
    if (kind_ == Kind::Memory) {
      store = makeMemoryStore(limits_, clock, uptime);
      return;
    }
    store.reset();
    auto opened = openSqliteStore(folder.file("store.db"), limits_, clock, uptime);
    if (!opened) FAIL(opened.error().detail);
    store = std::move(opened).value();
  }
  // What a process that ends and one that starts would see; memory has nothing to come back from.
  void restart() {
    if (kind_ == Kind::Sqlite) open();
  }

  Result<void> tryMake(std::vector<StoreChange> changes, const std::string& peer = "alice") {
    std::vector<PeerChange> list;
    for (StoreChange& change : changes) list.push_back({peer, std::move(change)});
    return store->commit("app", list);
  }
  void make(std::vector<StoreChange> changes, const std::string& peer = "alice") {
    const Result<void> made = tryMake(std::move(changes), peer);
    if (!made) FAIL(made.error().detail);
  }
  StoredPeer load(const std::string& peer = "alice", const std::string& app = "app") {
    auto loaded = store->load(app, peer);
    if (!loaded) FAIL(loaded.error().detail);
    return std::move(loaded).value();
  }

  testing::TemporaryFolder folder;
  Timestamp now{std::chrono::hours(24 * 365 * 50)};
  Uptime up{};
  std::shared_ptr<Store> store;

 private:
  Kind kind_;
  StoreLimits limits_;
};

Kind anyKind() { return GENERATE(Kind::Memory, Kind::Sqlite); }

bool isEmpty(const StoredPeer& peer) {
  return peer.outgoing.empty() && peer.incoming.empty() && peer.shown_ids.empty() &&
         peer.watched.empty();
}

StoreLimits smallest() { return {1024 * 1024, std::chrono::hours(24 * 90)}; }

// Adds messages of this size until one is refused; how many went in.
int fill(Bench& bench, std::size_t bytes, Result<void>& refusal) {
  for (int count = 0; count < 10'000; ++count) {
    refusal = bench.tryMake({addOutgoing("c" + std::to_string(count), std::string(bytes, 'x'))});
    if (!refusal) return count;
  }
  FAIL("the store never became full");
  return 0;
}

}  // namespace

TEST_CASE("store: a peer that it does not know is empty") {
  Bench bench(anyKind());
  CHECK(isEmpty(bench.load()));
  bench.make({});
  bench.make({removeOutgoing("c1"), setWatched({})});
  bench.restart();
  CHECK(isEmpty(bench.load()));
}

TEST_CASE("store: messages come back in the order in which they were added") {
  Bench bench(anyKind());
  bench.make({addOutgoing("c2"), addIncoming("m9"), addOutgoing("c1")});
  bench.make({addIncoming("m1"), addOutgoing("c0"), addIncoming("m5")});
  bench.restart();
  const StoredPeer peer = bench.load();
  CHECK(clientIds(peer) == Ids{"c2", "c1", "c0"});
  CHECK(incomingIds(peer) == Ids{"m9", "m1", "m5"});
  CHECK(peer.shown_ids.empty());
}

TEST_CASE("store: a message that is over leaves, and the others keep their order") {
  Bench bench(anyKind());
  bench.make({addOutgoing("c1"), addOutgoing("c2"), addOutgoing("c3")});
  bench.make({removeOutgoing("c2"), removeOutgoing("c2"), removeOutgoing("unknown")});
  CHECK(clientIds(bench.load()) == Ids{"c1", "c3"});
  bench.make({removeOutgoing("c3"), addOutgoing("c2")});
  bench.restart();
  CHECK(clientIds(bench.load()) == Ids{"c1", "c2"});
}

TEST_CASE("store: a message added twice is there once, as it was the first time") {
  Bench bench(anyKind());
  bench.make({addIncoming("m1", "first"), addIncoming("m2"), addIncoming("m1", "second")});
  bench.make({addIncoming("m1", "third"), addOutgoing("c1", "first"), addOutgoing("c1", "second")});
  bench.restart();
  const StoredPeer peer = bench.load();
  CHECK(incomingIds(peer) == Ids{"m1", "m2"});
  CHECK(peer.incoming.front().message.text == "first");
  CHECK(clientIds(peer) == Ids{"c1"});
  CHECK(peer.outgoing.front().message.text == "first");
}

TEST_CASE("store: what was shown leaves, and its id is remembered, known or not") {
  Bench bench(anyKind());
  bench.make({addIncoming("m1"), addIncoming("m2"), addIncoming("m3")});
  bench.make({shown({"m2", "never seen", "m1"})});
  bench.restart();
  StoredPeer peer = bench.load();
  CHECK(incomingIds(peer) == Ids{"m3"});
  CHECK(peer.shown_ids == Ids{"m2", "never seen", "m1"});
  bench.make({addIncoming("m4"), shown({"m4", "m2", "m3"})});
  peer = bench.load();
  CHECK(peer.incoming.empty());
  CHECK(peer.shown_ids == Ids{"m2", "never seen", "m1", "m4", "m3"});
}

TEST_CASE("store: only the newest ids of what was shown are remembered") {
  Bench bench(anyKind());
  constexpr std::size_t kAll = limits::kRememberedIds + 10;
  Ids ids;
  for (std::size_t i = 0; i < kAll; ++i) ids.push_back("m" + std::to_string(i));
  SECTION("in one change") { bench.make({shown(ids)}); }
  SECTION("in many") {
    for (std::size_t i = 0; i < kAll; i += 47) {
      bench.make({shown({ids.begin() + std::ptrdiff_t(i),
                         ids.begin() + std::ptrdiff_t(std::min(i + 47, kAll))})});
    }
  }
  // Known already: takes no place.
  bench.make({shown({ids.back()})});
  bench.restart();
  const Ids kept = bench.load().shown_ids;
  REQUIRE(kept.size() == limits::kRememberedIds);
  CHECK(kept == Ids(ids.begin() + 10, ids.end()));
}

TEST_CASE("store: the watch list is the last one that was set") {
  Bench bench(anyKind());
  bench.make({setWatched({"a", "b"})});
  CHECK(bench.load().watched == Ids{"a", "b"});
  bench.make({setWatched({"c"}), setWatched({"", "b", std::string("z\0z", 3)})});
  bench.restart();
  CHECK(bench.load().watched == Ids{"", "b", std::string("z\0z", 3)});
  bench.make({setWatched({})});
  CHECK(bench.load().watched.empty());
}

TEST_CASE("store: apps and peers do not mix") {
  Bench bench(anyKind());
  bench.make({addOutgoing("c1"), addIncoming("m1"), shown({"s1"}), setWatched({"w1"})}, "alice");
  bench.make({addOutgoing("c1"), addIncoming("m2"), shown({"m1"})}, "bob");
  REQUIRE(bench.store->commit("other", {{"alice", addOutgoing("c3")}, {"bob", addIncoming("m1")}}));
  REQUIRE(
      bench.store->commit("app", {{"alice", addOutgoing("c2")}, {"bob", removeOutgoing("c1")}}));
  bench.restart();
  const StoredPeer alice = bench.load("alice");
  CHECK(clientIds(alice) == Ids{"c1", "c2"});
  CHECK(incomingIds(alice) == Ids{"m1"});
  CHECK(alice.shown_ids == Ids{"s1"});
  CHECK(alice.watched == Ids{"w1"});
  const StoredPeer bob = bench.load("bob");
  CHECK(bob.outgoing.empty());
  CHECK(incomingIds(bob) == Ids{"m2"});
  CHECK(bob.shown_ids == Ids{"m1"});
  CHECK(bob.watched.empty());
  CHECK(clientIds(bench.load("alice", "other")) == Ids{"c3"});
  CHECK(incomingIds(bench.load("bob", "other")) == Ids{"m1"});
  CHECK(isEmpty(bench.load("", "app")));
}

TEST_CASE("store: every field of a message comes back") {
  Bench bench(anyKind());
  const std::string odd("a\0b\n\"'\xe5\xb0\x8f", 9);
  StoredOutgoing out;
  out.client_id = odd;
  out.queued = Timestamp(std::chrono::milliseconds(1'795'000'000'123));
  out.message.text = std::string(5000, 'x') + odd;
  out.message.to = {"bob", odd, ""};
  out.message.transient = true;
  out.message.receipt = true;
  out.message.mentions = {"bob", odd};
  out.message.mention_all = true;
  StoredIncoming in;
  in.message.id = odd;
  in.message.from = odd;
  in.message.text = odd;
  in.message.group_id = odd;
  in.message.timestamp = Timestamp(std::chrono::milliseconds(-1));
  in.message.offline = true;
  in.message.binary = true;
  in.message.text = std::string("\0\xff\xc0\x01", 4);
  in.message.mentioned = true;
  in.acknowledge = false;
  StoredIncoming plain = incoming("plain", "");
  plain.message.text = std::string(300'000, 'y');
  bench.make({store_change::AddOutgoing{out}, store_change::AddIncoming{in},
              store_change::AddIncoming{plain}},
             odd);
  bench.restart();
  const StoredPeer peer = bench.load(odd);
  REQUIRE(peer.outgoing.size() == 1);
  CHECK(peer.outgoing[0].client_id == out.client_id);
  CHECK(peer.outgoing[0].queued == out.queued);
  CHECK(peer.outgoing[0].message == out.message);
  REQUIRE(peer.incoming.size() == 2);
  CHECK(peer.incoming[0].message == in.message);
  CHECK_FALSE(peer.incoming[0].acknowledge);
  CHECK(peer.incoming[1].message == plain.message);
  CHECK(peer.incoming[1].acknowledge);
}

TEST_CASE("store: a commit that does not fit leaves nothing of itself") {
  Bench bench(anyKind(), smallest());
  const std::string half(500'000, 'x');
  bench.make({addOutgoing("c1"), addIncoming("m1"), shown({"s1"}), setWatched({"w1"})});
  const Result<void> made = bench.tryMake(
      {addOutgoing("c2"), removeOutgoing("c1"), addIncoming("m2"), addIncoming("m3", half),
       shown({"m1", "s2"}), setWatched({"w2"}), addIncoming("m4", half)});
  REQUIRE_FALSE(made);
  CHECK(made.error().code == Errc::StoreFailed);
  CHECK_THAT(made.error().detail, Catch::Contains("is full (max_bytes is 1048576)"));
  bench.restart();
  const StoredPeer peer = bench.load();
  CHECK(clientIds(peer) == Ids{"c1"});
  CHECK(incomingIds(peer) == Ids{"m1"});
  CHECK(peer.shown_ids == Ids{"s1"});
  CHECK(peer.watched == Ids{"w1"});
  bench.make({addIncoming("m3", half), addOutgoing("c3"), shown({"m1"})});
  CHECK(incomingIds(bench.load()) == Ids{"m3"});
  CHECK(clientIds(bench.load()) == Ids{"c1", "c3"});
  CHECK(bench.load().shown_ids == Ids{"s1", "m1"});
}

TEST_CASE("store: the oldest ids come back after a commit that pushed them out and failed") {
  Bench bench(anyKind(), smallest());
  Ids ids;
  for (std::size_t i = 0; i < limits::kRememberedIds; ++i) ids.push_back("m" + std::to_string(i));
  bench.make({shown(ids)});
  CHECK_FALSE(
      bench.tryMake({shown({"new", "newer"}), addIncoming("m", std::string(2'000'000, 'x'))}));
  CHECK(bench.load().shown_ids == ids);
}

TEST_CASE("store: a full store says so, and takes again when room was made") {
  Bench bench(anyKind(), smallest());
  Result<void> refusal;
  const int count = fill(bench, 5000, refusal);
  CHECK(count > 80);
  CHECK(count < 1024 * 1024 / 5000);
  CHECK(refusal.error().code == Errc::StoreFailed);
  CHECK_THAT(refusal.error().detail, Catch::Contains("full") && Catch::Contains("1048576") &&
                                         Catch::Contains("StoreLimits::max_bytes"));
  CHECK(refusal.error().detail.find('\n') == std::string::npos);
  // What adds no message finds room all the same.
  bench.make({shown({"m1", "m2"}), setWatched({"a", "b"})});
  const Ids watched(30, std::string(64, 'w'));
  for (int i = 0; i < 10; ++i) bench.make({setWatched(watched)}, "p" + std::to_string(i));
  for (int i = 0; i < 20; ++i) bench.make({removeOutgoing("c" + std::to_string(i))});
  bench.restart();
  CHECK(bench.load().outgoing.size() == static_cast<std::size_t>(count - 20));
  CHECK(fill(bench, 5000, refusal) >= 5);
  // To the last one.
  for (int i = 0; i < count; ++i) bench.make({removeOutgoing("c" + std::to_string(i))});
  CHECK(bench.load().outgoing.empty());
}

TEST_CASE("store: what a commit removes makes room for what it adds") {
  Bench bench(anyKind(), smallest());
  const std::string large(500'000, 'x');
  bench.make({addOutgoing("c1", large)});
  CHECK_FALSE(bench.tryMake({addOutgoing("c2", large)}));
  bench.make({removeOutgoing("c1"), addOutgoing("c2", large)});
  CHECK(clientIds(bench.load()) == Ids{"c2"});
}

TEST_CASE("store: limits below the least count as the least") {
  Bench bench(anyKind(), {0, std::chrono::hours(-5)});
  bench.make({addOutgoing("c1", std::string(400'000, 'x')), setWatched({"w"})});
  bench.now += std::chrono::minutes(59);
  CHECK(bench.load().watched == Ids{"w"});
}

TEST_CASE("store: peers that were away too long keep their messages only") {
  Bench bench(anyKind(), smallest());
  constexpr std::chrono::hours kDay(24);
  const auto keep = [&](const std::string& peer) {
    bench.make({addOutgoing("c"), addIncoming("m"), shown({"s"}), setWatched({"w"})}, peer);
  };
  keep("away");
  keep("loaded");
  keep("changed");
  bench.make({shown({"s"})}, "ids only");
  bench.now += 89 * kDay;
  CHECK(bench.load("loaded").watched == Ids{"w"});
  bench.make({removeOutgoing("c")}, "changed");
  bench.now += 10 * kDay;
  SECTION("seen by those who wait") {}
  SECTION("seen by a new process") { bench.restart(); }
  const StoredPeer away = bench.load("away");
  CHECK(clientIds(away) == Ids{"c"});
  CHECK(incomingIds(away) == Ids{"m"});
  CHECK(away.shown_ids.empty());
  CHECK(away.watched.empty());
  CHECK(isEmpty(bench.load("ids only")));
  CHECK(bench.load("loaded").watched == Ids{"w"});
  CHECK(bench.load("changed").shown_ids == Ids{"s"});
  // It is back: from now on it is remembered again.
  keep("away");
  bench.now += 89 * kDay;
  CHECK(bench.load("away").watched == Ids{"w"});
}

TEST_CASE("store: room taken by peers that stay away comes back") {
  Bench bench(anyKind(), smallest());
  Ids watched;
  for (int i = 0; i < 100; ++i) watched.push_back(std::string(64, 'w') + std::to_string(i));
  int peers = 0;
  while (peers < 1000 && bench.tryMake({setWatched(watched)}, "p" + std::to_string(peers))) ++peers;
  REQUIRE(peers < 1000);
  bench.now += std::chrono::hours(24 * 100);
  CHECK(bench.tryMake({setWatched(watched)}, "new"));
  CHECK(bench.tryMake({addOutgoing("c", std::string(300'000, 'x'))}, "new"));
}

TEST_CASE("store: a clock that jumps back forgets nobody") {
  Bench bench(anyKind());
  bench.make({setWatched({"w"})});
  bench.now -= std::chrono::hours(24 * 365);
  CHECK(bench.load().watched == Ids{"w"});
  bench.restart();
  CHECK(bench.load().watched == Ids{"w"});
}

TEST_CASE("store: what waits ages by the machine's uptime, whatever the wall clock was") {
  using std::chrono::hours;
  using std::chrono::seconds;
  const Kind kind = anyKind();
  Bench bench(kind);
  bench.up = {"this run", hours(2)};
  StoreChange change = addOutgoing("c1");
  auto& entry = std::get<store_change::AddOutgoing>(change).entry;
  SECTION("30 days behind, then set right") {
    entry.queued = bench.now - hours(24 * 30);
    bench.make({change});
  }
  SECTION("a day ahead, then set right") {
    entry.queued = bench.now + hours(24);
    bench.make({change});
  }
  bench.now += seconds(60);
  bench.up.since += seconds(60);
  bench.restart();  // the program, not the machine
  CHECK(bench.load().outgoing[0].queued == bench.now - seconds(60));
  // After another start of the machine the wall clock is all there is.
  bench.up = {"the next run", hours(9)};
  bench.restart();
  CHECK(bench.load().outgoing[0].queued == entry.queued);
  bench.up = {"", hours(9)};
  CHECK(bench.load().outgoing[0].queued == entry.queued);
}

TEST_CASE("store: this machine says which run of it this is, and how long it has lasted") {
  const Uptime first = systemUptime()();
  const Uptime second = systemUptime()();
  CHECK(first.boot.size() == 36);
  CHECK(first.boot == second.boot);
  CHECK(first.since.count() > 0);
  CHECK(first.since <= second.since);
}

TEST_CASE("store: several threads may use it") {
  Bench bench(anyKind());
  std::vector<std::thread> threads;
  std::vector<int> failures(4, 0);
  for (int one = 0; one < 4; ++one) {
    threads.emplace_back([&, one] {
      const std::string peer = "p" + std::to_string(one);
      for (int i = 0; i < 25; ++i) {
        const std::string id = std::to_string(i);
        if (!bench.store->commit("app", {{peer, addOutgoing(id)}, {peer, addIncoming(id)}}) ||
            !bench.store->load("app", peer)) {
          ++failures[static_cast<std::size_t>(one)];
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(failures == std::vector<int>(4, 0));
  for (int one = 0; one < 4; ++one) {
    CHECK(bench.load("p" + std::to_string(one)).incoming.size() == 25);
  }
}

}  // namespace kith::store
