// SPDX-License-Identifier: Apache-2.0
// A group's list of those that are here, whatever order they come, go, join and leave in.
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "base/random.hpp"
#include "server/core/model.hpp"
#include "server/dialects/avos/avos_dialect.hpp"
#include "support/hub_world.hpp"

namespace kith::testing {
namespace {

using core::Group;
using core::Peer;
using core::Ref;
using core::Session;

/// Peers with sessions on one connection, and groups, of which nothing is known but what was done.
struct Crowd {
  static constexpr std::size_t kPeers = 12;
  static constexpr std::size_t kGroups = 3;

  Crowd() {
    for (std::size_t i = 0; i < kPeers; ++i) peers.push_back(app.peer("p" + std::to_string(i)));
    for (std::size_t i = 0; i < kGroups; ++i) {
      groups.emplace_back(new Group(app, "g" + std::to_string(i), false, total));
    }
  }
  ~Crowd() {
    for (const Ref<Session>& session : sessions) session->peer->remove(*session);
  }

  void open(std::size_t peer) {
    sessions.emplace_back(new Session(connection, peers[peer]));
    peers[peer]->add(*sessions.back());
  }
  void close(std::size_t which) {
    sessions[which]->peer->remove(*sessions[which]);
    sessions.erase(sessions.begin() + static_cast<std::ptrdiff_t>(which));
  }

  void check(const Group& group, const std::set<std::size_t>& inside) const {
    std::size_t devices = 0;
    std::set<const Peer*> here;
    for (const std::size_t peer : inside) {
      devices += peers[peer]->sessions.size();
      if (peers[peer]->online()) here.insert(peers[peer].get());
    }
    std::set<const Peer*> listed;
    for (const core::Present& present : group.online) {
      CHECK(present.member->peer.get() == present.peer);
      listed.insert(present.peer);
    }
    CHECK(listed == here);
    CHECK(group.online.size() == here.size());
    CHECK(group.sessions == devices);
    CHECK(group.members.size() == inside.size());
  }

  core::App app{testApp(), 7};
  dialects::AvosDialect dialect{0};
  core::Connection connection{1, dialect};
  std::size_t total{0};
  std::vector<Ref<Peer>> peers;
  std::vector<Ref<Group>> groups;
  std::vector<Ref<Session>> sessions;
};

TEST_CASE("group: it lists those who are here and counts their devices, in any order of events") {
  base::SeededRandom random(GENERATE(1u, 2u, 3u));
  Crowd crowd;
  std::vector<std::set<std::size_t>> inside(Crowd::kGroups);
  for (int step = 0; step < 3000; ++step) {
    const std::size_t peer = random.upTo(Crowd::kPeers - 1);
    const std::size_t group = random.upTo(Crowd::kGroups - 1);
    switch (random.upTo(3)) {
      case 0:
        crowd.groups[group]->add(crowd.peers[peer]);
        inside[group].insert(peer);
        break;
      case 1:
        crowd.groups[group]->remove(*crowd.peers[peer]);
        inside[group].erase(peer);
        break;
      case 2:
        if (crowd.sessions.size() < 30) crowd.open(peer);
        break;
      default:
        if (!crowd.sessions.empty()) crowd.close(random.upTo(crowd.sessions.size() - 1));
        break;
    }
    std::size_t all = 0;
    for (std::size_t i = 0; i < Crowd::kGroups; ++i) {
      crowd.check(*crowd.groups[i], inside[i]);
      all += inside[i].size();
    }
    CHECK(crowd.total == all);
  }
}

TEST_CASE("group: one that goes is forgotten by its members, whose other groups stay") {
  Crowd crowd;
  for (const Ref<Group>& group : crowd.groups) {
    for (const Ref<Peer>& peer : crowd.peers) group->add(peer);
  }
  crowd.groups.erase(crowd.groups.begin());
  CHECK(crowd.total == 2 * Crowd::kPeers);
  for (const Ref<Peer>& peer : crowd.peers) CHECK(peer->groups.size() == 2);
  crowd.open(5);
  for (const Ref<Group>& group : crowd.groups)
    crowd.check(*group, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11});
}

TEST_CASE("group: who is away is not walked, however many they are") {
  Crowd crowd;
  Group& group = *crowd.groups[0];
  for (int i = 0; i < 10000; ++i) group.add(crowd.app.peer("absent" + std::to_string(i)));
  group.add(crowd.peers[3]);
  crowd.open(3);
  crowd.open(3);
  CHECK(group.members.size() == 10001);
  REQUIRE(group.online.size() == 1);
  CHECK(group.online[0].peer == crowd.peers[3].get());
  CHECK(group.sessions == 2);
}

}  // namespace
}  // namespace kith::testing
