// SPDX-License-Identifier: Apache-2.0
// Presence of one turn leaves in few frames, and in no other order than in many.
#include <algorithm>
#include <random>
#include <set>

#include "support/hub_world.hpp"

namespace kith::testing {
namespace {

std::string frameOf(const std::string& watcher, const std::string& status, const std::string& ids) {
  return R"({"cmd":"presence","appId":"testapp0001","peerId":")" + watcher + R"(","status":")" +
         status + R"(","sessionPeerIds":)" + ids + "}";
}

std::string session(const std::string& op, const std::string& peer, const std::string& ids = "") {
  return R"({"cmd":"session","op":")" + op + R"(","appId":"testapp0001","peerId":")" + peer + '"' +
         (ids.empty() ? "" : R"(,"sessionPeerIds":)" + ids) + "}";
}

/// A frame of the present turn: the peer's only session opens or closes, on a connection that is
/// called like it.
void come(HubWorld& world, const std::string& peer) { world.feed(peer, session("open", peer)); }
void go(HubWorld& world, const std::string& peer) { world.feed(peer, session("close", peer)); }

std::vector<std::string> idsIn(const std::string& frame) {
  std::vector<std::string> ids;
  const std::string list = Frame(frame)["sessionPeerIds"];
  for (std::size_t at = list.find('"'); at != std::string::npos; at = list.find('"', at)) {
    const std::size_t end = list.find('"', at + 1);
    ids.push_back(list.substr(at + 1, end - at - 1));
    at = end + 1;
  }
  return ids;
}

core::HubOptions manyWatched() {
  auto options = testHub();
  options.apps[0].watched_peers = 1000;
  options.frame_bytes = 64 * 1024;
  return options;
}

TEST_CASE("coalescer: who comes in one turn is told in one frame") {
  HubWorld world;
  world.open("W", "walter", R"(["bob","carol","dave"])");
  world.open("V", "vera", R"(["carol"])");
  for (const auto* peer : {"bob", "carol", "dave"}) world.connect(peer);
  for (const auto* peer : {"bob", "carol", "dave"}) come(world, peer);
  world.expectNothing("W");  // the turn is not over
  world.settle();
  world.expect("W", frameOf("walter", "on", R"(["bob","carol","dave"])"));
  world.expectNothing("W");
  world.expect("V", frameOf("vera", "on", R"(["carol"])"));
  world.settle();
  world.expectNothing("W");
}

TEST_CASE("coalescer: who goes and who comes are a frame each") {
  HubWorld world;
  world.open("W", "walter", R"(["a","b","c","d"])");
  for (const auto* peer : {"a", "c"}) world.open(peer, peer);
  for (const auto* peer : {"b", "d"}) world.connect(peer);
  world.takeAll("W");
  come(world, "b");
  go(world, "a");
  come(world, "d");
  go(world, "c");
  world.settle();
  world.expect("W", frameOf("walter", "off", R"(["a","c"])"));
  world.expect("W", frameOf("walter", "on", R"(["b","d"])"));
  world.expectNothing("W");
}

TEST_CASE("coalescer: a peer that comes and goes in one turn is told to have done both (§7.1)") {
  HubWorld world;
  world.open("W", "walter", R"(["a","b","c"])");
  world.open("a", "a");
  for (const auto* peer : {"b", "c"}) world.connect(peer);
  world.takeAll("W");
  come(world, "b");
  go(world, "b");
  go(world, "a");
  come(world, "a");
  come(world, "c");
  world.settle();
  world.expect("W", frameOf("walter", "off", R"(["a"])"));
  world.expect("W", frameOf("walter", "on", R"(["b","a","c"])"));
  world.expect("W", frameOf("walter", "off", R"(["b"])"));
  world.expectNothing("W");
}

TEST_CASE("coalescer: a peer that flickers in one turn is told each time") {
  HubWorld world;
  world.open("W", "walter", R"(["a"])");
  world.connect("a");
  for (int i = 0; i < 5; ++i) {
    come(world, "a");
    go(world, "a");
  }
  come(world, "a");
  world.settle();
  for (int i = 0; i < 5; ++i) {
    world.expect("W", frameOf("walter", "on", R"(["a"])"));
    world.expect("W", frameOf("walter", "off", R"(["a"])"));
  }
  world.expect("W", frameOf("walter", "on", R"(["a"])"));
  world.expectNothing("W");
}

TEST_CASE("coalescer: older news come before an answer, newer ones behind it (§16.13)") {
  HubWorld world;
  world.open("W", "walter", R"(["a"])");
  world.connect("a");
  const auto answer = GENERATE(as<std::string>(), "add", "query", "open", "remove");
  INFO(answer);
  come(world, "a");
  world.feed("W", session(answer, "walter", R"(["a"])"));
  go(world, "a");
  world.settle();
  world.expect("W", frameOf("walter", "on", R"(["a"])"));
  const std::string reply = world.take("W");
  INFO(reply);
  CHECK(textOf(reply, "cmd") == "session");
  if (answer == "remove") return world.expectNothing("W");  // of a peer that it no longer watches
  CHECK(Frame(reply)["onlineSessionPeerIds"] == R"(["a"])");
  world.expect("W", frameOf("walter", "off", R"(["a"])"));
  world.expectNothing("W");
}

TEST_CASE("coalescer: they do not overtake an answer that leaves within the turn") {
  HubWorld world;
  world.open("W", "walter", R"(["bob"])");
  world.open("c", "c");
  world.storage.held = true;
  world.send("W", R"({"cmd":"direct","peerId":"walter","toPeerIds":["bob"],"msg":"x"})");
  world.send("W", session("add", "walter", R"(["c"])"));
  go(world, "c");
  world.storage.held = false;
  world.storage.drain(world.hub);  // before the turn ends
  CHECK(textOf(world.take("W"), "cmd") == "ack");
  CHECK(textOf(world.take("W"), "op") == "added");
  world.settle();
  world.expect("W", frameOf("walter", "off", R"(["c"])"));
}

TEST_CASE("coalescer: a message of who has just come follows them") {
  AppOptions app = testApp();
  app.require_watch = RequireWatch::Off;
  HubWorld world(testHub(app));
  world.open("W", "walter", R"(["a","b"])");
  for (const auto* peer : {"a", "b"}) world.connect(peer);
  come(world, "a");
  world.feed("a", R"({"cmd":"direct","peerId":"a","toPeerIds":["walter"],"msg":"x",
                      "transient":true})");
  come(world, "b");
  world.settle();
  world.expect("W", frameOf("walter", "on", R"(["a"])"));
  CHECK(textOf(world.take("W"), "cmd") == "direct");
  world.expect("W", frameOf("walter", "on", R"(["b"])"));
}

TEST_CASE("coalescer: a frame of them is no longer than a client's may be") {
  HubWorld world(manyWatched());
  std::vector<std::string> peers;
  std::string list;
  for (int i = 0; i < 250; ++i) {
    peers.push_back("a peer with a long name, and a \xE2\x82\xAC, number " + std::to_string(i));
    list += (list.empty() ? "[\"" : ",\"") + peers.back() + '"';
    world.connect(peers.back());
  }
  world.open("W", "walter", list + "]");
  for (const char* status : {"on", "off"}) {
    for (const auto& peer : peers) status[1] == 'n' ? come(world, peer) : go(world, peer);
    world.settle();
    const auto frames = world.takeAll("W");
    CHECK(frames.size() == 3);
    std::vector<std::string> told;
    for (const auto& frame : frames) {
      CHECK(frame.size() <= limits::kFrameBytes);
      CHECK(textOf(frame, "status") == status);
      for (auto& id : idsIn(frame)) told.push_back(std::move(id));
    }
    CHECK(told == peers);
  }
}

TEST_CASE("coalescer: one peer's going and coming may be told across split frames, in order") {
  HubWorld world(manyWatched());
  std::vector<std::string> peers;
  std::string list;
  for (int i = 0; i < 200; ++i) {
    peers.push_back("a peer with a long name that takes its place, number " + std::to_string(i));
    list += (list.empty() ? "[\"" : ",\"") + peers.back() + '"';
    world.open(peers.back(), peers.back());
  }
  world.open("W", "walter", list + "]");
  for (const auto& peer : peers) {
    go(world, peer);
    come(world, peer);
  }
  world.settle();
  std::map<std::string, std::string> heard;
  for (const auto& frame : world.takeAll("W")) {
    for (const auto& id : idsIn(frame)) heard[id] += textOf(frame, "status") + " ";
  }
  CHECK(heard.size() == peers.size());
  for (const auto& [peer, what] : heard) CHECK(what == "off on ");
}

TEST_CASE("coalescer: nothing is told to a watcher that has gone, and all to the others") {
  HubWorld world;
  for (const auto* watcher : {"u", "v", "w"}) world.open(watcher, watcher, R"(["a","b"])");
  world.open("v", "v2", R"(["b","a"])");
  for (const auto* peer : {"a", "b"}) world.connect(peer);
  come(world, "a");
  world.feed("v", "no json");  // closes; the world throws when a frame follows
  come(world, "b");
  world.settle();
  CHECK(world.closed("v"));
  for (const auto* watcher : {"u", "w"}) {
    world.expect(watcher, frameOf(watcher, "on", R"(["a","b"])"));
  }
  world.expectNothing("v");
  world.drop("v");
  go(world, "a");
  world.settle();
  world.expect("u", frameOf("u", "off", R"(["a"])"));
}

TEST_CASE("coalescer: presence switched off and on within a turn leaves everybody right") {
  HubWorld world;
  world.open("W", "walter", R"(["a","b"])");
  world.open("a", "a");
  world.connect("b");
  world.takeAll("W");
  Switches switches;
  go(world, "a");
  switches.presence = false;
  world.setSwitches(switches);
  come(world, "a");
  come(world, "b");
  switches.presence = true;
  world.setSwitches(switches);
  world.settle();
  world.expect("W", frameOf("walter", "off", R"(["a"])"));
  world.expect("W", frameOf("walter", "on", R"(["a","b"])"));
  world.expectNothing("W");
}

// --- turns of many commands against turns of one ------------------------------------------------

/// What a client saw, as lines. Between two other frames the news of each peer are in their order,
/// and the peers in that of their names, as they have none among themselves.
std::vector<std::string> storyOf(const std::vector<std::string>& frames) {
  std::vector<std::string> story;
  std::map<std::string, std::vector<std::string>> news;
  const auto tell = [&] {
    for (const auto& [peer, lines] : news) story.insert(story.end(), lines.begin(), lines.end());
    news.clear();
  };
  for (const auto& frame : frames) {
    const std::string to = textOf(frame, "peerId") + ": ";
    if (textOf(frame, "cmd") == "presence") {
      for (const auto& id : idsIn(frame)) {
        news[to + id].push_back(to + id + " is " + textOf(frame, "status"));
      }
      continue;
    }
    tell();
    const bool direct = textOf(frame, "cmd") == "direct";
    story.push_back(to + (direct ? textOf(frame, "msg")
                                 : textOf(frame, "op") + Frame(frame)["onlineSessionPeerIds"]));
  }
  tell();
  return story;
}

/// Session commands and transient messages of a few clients at random, `per_turn` in a turn.
std::map<std::string, std::vector<std::string>> storiesOf(unsigned seed, int per_turn) {
  AppOptions app = testApp();
  app.require_watch = RequireWatch::Off;
  app.rates.peer_per_second = app.rates.app_per_second = 0;
  HubWorld world(testHub(app));
  const std::vector<std::string> peers{"a", "b", "c", "d", "e", "f"};
  const std::string everybody = R"(["a","b","c","d","e","f"])";
  std::mt19937 random(seed);
  const auto pick = [&]() -> const std::string& { return peers[random() % peers.size()]; };
  std::set<std::string> open;
  const auto frame = [&](const std::string& peer, const std::string& list, int number) {
    const auto what = random() % 8;
    if (open.insert(peer).second) return session("open", peer, what < 2 ? list : everybody);
    switch (what) {
      case 0: return session("add", peer, list);
      case 1: return session("remove", peer, list);
      case 2: return session("query", peer, list);
      case 3: return session("open", peer, list);
      case 4:
        return R"({"cmd":"direct","appId":"testapp0001","peerId":")" + peer + R"(","toPeerIds":)" +
               list + R"(,"msg":"number )" + std::to_string(number) + R"(","transient":true})";
      default: open.erase(peer); return session("close", peer);
    }
  };
  for (const auto& peer : peers) world.connect(peer);
  for (int i = 0; i < 300; ++i) {
    const std::string& peer = pick();
    const std::string list = "[\"" + pick() + "\",\"" + pick() + "\"]";
    world.feed(peer, frame(peer, list, i));
    if (i % per_turn == per_turn - 1) world.settle();
  }
  world.settle();
  std::map<std::string, std::vector<std::string>> stories;
  for (const auto& peer : peers) stories[peer] = storyOf(world.takeAll(peer));
  return stories;
}

TEST_CASE("coalescer: a turn of many commands tells what as many turns tell, in the same order") {
  // Few enough of one client that the meter lets all of them through in one turn.
  for (unsigned seed = 1; seed <= 40; ++seed) {
    INFO("seed " << seed);
    const auto expected = storiesOf(seed, 1);
    for (const int per_turn : {3, 20, 150}) {
      const auto stories = storiesOf(seed, per_turn);
      for (const auto& [peer, story] : stories) {
        const auto& other = expected.at(peer);
        const auto [mine, its] =
            std::mismatch(story.begin(), story.end(), other.begin(), other.end());
        INFO(per_turn << " commands a turn, seen by " << peer << " after line "
                      << mine - story.begin() << ":\n"
                      << (mine == story.end() ? "nothing more" : *mine) << "\nalone:\n"
                      << (its == other.end() ? "nothing more" : *its));
        CHECK((story == other));
      }
    }
  }
}

}  // namespace
}  // namespace kith::testing
