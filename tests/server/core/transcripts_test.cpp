// SPDX-License-Identifier: Apache-2.0
// The worked conversations of avos-v1 §18, played against the hub. Ids and times are whatever the
// hub makes of them: a value is bound to the transcript's one where it is seen first, and has to
// stay the same.
#include <array>
#include <fstream>
#include <functional>
#include <map>
#include <set>

#include "support/hub_world.hpp"

namespace kith::testing {
namespace {

using Step = std::function<void(HubWorld&)>;

/// What the text of a transcript does not say in a form that can be played.
struct Stage {
  bool signatures{false};
  Step before;                     ///< what was there already
  std::map<std::string, Step> at;  ///< done before the line that starts like this
  std::set<std::string> ignored;   ///< clients whose leftover frames do not matter
};

class Player {
 public:
  Player(HubWorld& world, const Stage& stage) : world_(world), stage_(stage) {}

  void play(const std::string& line) {
    INFO(line);
    for (const auto& [start, step] : stage_.at) {
      if (line.starts_with(start)) step(world_);
    }
    if (line.empty() || line[0] == '#' || line[0] == '(') return;
    if (line.starts_with("HTTP>") || line.starts_with(">HTTP")) return;
    if (line[0] == '>') return hear(line.substr(1));
    const auto arrow = line.find("> ");
    REQUIRE(arrow != std::string::npos);
    const std::string rest = line.substr(arrow + 2);
    if (rest[0] != '{') return;  // a comment: done by the stage
    world_.send(line.substr(0, arrow), substituted(rest.substr(0, rest.rfind('}') + 1)));
  }

  /// Times need not be bound one to one: the transcript's clock is not ours.
  void bind(const std::string& expected, const std::string& actual) {
    const bool is_text = expected[0] == '"';
    if (is_text) {
      bound_.emplace(expected, actual);
    } else {
      CHECK(actual.size() == 13);  // milliseconds (avos-v1 §16.2)
      bound_.insert_or_assign("\":" + expected, "\":" + actual);
    }
  }

  void finish() {
    for (const auto& name : heard_) {
      INFO("left over for " << name);
      if (!stage_.ignored.contains(name)) world_.expectNothing(name);
    }
  }

 private:
  void hear(const std::string& rest) {
    const auto space = rest.find(' ');
    const std::string name = rest.substr(0, space);
    const std::string what = rest.substr(space + 1);
    heard_.insert(name);
    if (what.starts_with("close ")) {
      const auto quote = what.find('"');
      return world_.expectClose(name, std::stoi(what.substr(6)),
                                what.substr(quote + 1, what.rfind('"') - quote - 1));
    }
    const std::string actual = world_.take(name);
    auto expected = parseJson(what);
    const auto have = parseJson(actual);
    for (auto& member : expected.GetObject()) {
      const std::string key = member.name.GetString();
      const auto found = have.FindMember(key.c_str());
      if (found == have.MemberEnd()) continue;
      if (key == "id" || key == "uid" || key == "roomId" || key == "timestamp" || key == "t") {
        bind(jsonText(member.value), jsonText(found->value));
      }
    }
    INFO("expected " << what << "\nactual   " << actual);
    CHECK(sameFrame(substituted(what), actual));
  }

  std::string substituted(std::string text) const {
    for (const auto& [from, to] : bound_) {
      for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at)) {
        text.replace(at, from.size(), to);
        at += to.size();
      }
    }
    return text;
  }

  HubWorld& world_;
  const Stage& stage_;
  std::map<std::string, std::string> bound_;
  std::set<std::string> heard_;
};

constexpr const char* kGroup = "54753e1ee4b0b41b21e0e76e";

void makeGroup(HubWorld& world, const std::vector<std::string_view>& members) {
  std::vector<storage::PeerRef> refs;
  for (const auto id : members) refs.push_back({id, false});
  world.storage.submit(1ull << 63, storage::CreateGroup{"testapp0001", kGroup, false, refs, "", 0});
  world.storage.flush();
  world.settle();
}

Step opened(std::vector<std::array<std::string, 3>> sessions) {
  return [sessions](HubWorld& world) {
    for (const auto& [client, peer, watch] : sessions) world.open(client, peer, watch);
    world.forgetAll();
  };
}

std::map<std::string, Stage> stages() {
  std::map<std::string, Stage> all;
  all["T01"].at["(A closes"] = [](HubWorld& world) { world.drop("A"); };
  all["T01"].ignored = {"A"};
  all["T02"].before = opened({{"dave", "dave", "[]"}});
  all["T02"].at["(B's socket drops)"] = [](HubWorld& world) { world.drop("B"); };
  all["T03"].before = opened({{"A", "alice", "[\"bob\"]"}, {"B", "bob", "[]"}});
  all["T04"].before = opened({{"A", "alice", "[\"bob\"]"}});
  all["T04"].at["B> {\"cmd\":\"session\""] = [](HubWorld& world) { world.forgetAll(); };
  all["T04"].ignored = {"A"};  // hears that bob is online
  all["T05"].before = opened({{"A", "alice", "[\"bob\",\"carol\"]"},
                              {"A2", "alice", "[]"},
                              {"B", "bob", "[]"},
                              {"C", "carol", "[]"}});
  all["T06"].before = opened({{"A", "alice", "[]"}, {"B", "bob", "[]"}, {"C", "carol", "[]"}});
  all["T07"].before = [](HubWorld& world) {
    makeGroup(world, {"alice", "carol"});
    opened({{"A", "alice", "[]"}, {"C", "carol", "[]"}, {"D", "dave", "[]"}})(world);
  };
  all["T08"].signatures = true;
  all["T08"].before = [](HubWorld& world) {
    world.open("B", "bob", "[]", world.sessionSignature("bob", {}));
  };
  all["T09"].signatures = true;
  all["T09"].before = [](HubWorld& world) {
    world.open("A", "alice", "[]", world.sessionSignature("alice", {}));
  };
  all["T10"].before = opened({{"q", "q", "[]"}});
  all["T11"].before = [](HubWorld& world) {
    opened({{"A", "alice", "[\"bob\"]"}, {"B", "bob", "[\"alice\"]"}})(world);
    world.send("A", R"({"cmd":"direct","peerId":"alice","msg":"x","toPeerIds":["bob"]})");
  };
  all["T11"].at["(B's socket dies"] = [](HubWorld& world) {
    world.drop("B");
    CHECK(textOf(world.take("A"), "cmd") == "ack");
    world.expect("A", R"({"cmd":"presence","peerId":"alice","status":"off",
                          "sessionPeerIds":["bob"]})");
  };
  all["T11"].at["(B's app sees \"resumed\""] = [](HubWorld& world) {
    world.expect("A", R"({"cmd":"presence","peerId":"alice","status":"on",
                          "sessionPeerIds":["bob"]})");
  };
  all["T12"].before = opened({{"A", "alice", "[]"}, {"B", "bob", "[]"}});
  all["T13"].at["B> (frame of 6000"] = [](HubWorld& world) {
    world.send("B", "{\"msg\":\"" + std::string(5990, 'x') + "\"}");
  };
  all["T13"].at["C> (connects"] = [](HubWorld& world) {
    world.connect("C");
    world.advance(base::Millis(60000));
  };
  return all;
}

void playFile(const std::string& name) {
  const auto all = stages();
  const auto found = all.find(name);
  const Stage stage = found == all.end() ? Stage{} : found->second;
  HubWorld world(testHub(testApp(stage.signatures)));
  if (stage.before) stage.before(world);
  Player player(world, stage);
  std::ifstream file(std::string(KITH_SOURCE_DIR) + "/tests/transcripts/" + name + ".txt");
  REQUIRE(file.good());
  int lines = 0;
  std::string group;
  for (std::string line; std::getline(file, line); ++lines) {
    // In T12 bob is inside; the transcript does not show since when.
    if (name == "T12" && line.starts_with("A> {\"cmd\":\"direct\"")) {
      world.send("B", R"({"cmd":"room","op":"join","peerId":"bob","roomId":")" + group + "\"}");
      CHECK(textOf(world.take("B"), "op") == "joined");
    }
    if (name == "T12" && line.starts_with(">A {\"cmd\":\"room\"")) {
      const auto frames = world.takeAll("A");
      REQUIRE(frames.size() == 1);
      group = textOf(frames[0], "roomId");
      CHECK(textOf(frames[0], "byPeerId") == "alice");
      player.bind("\"550000000000000000000001\"", "\"" + group + "\"");
      continue;
    }
    player.play(line);
  }
  CHECK(lines > 1);
  player.finish();
}

TEST_CASE("transcripts: the conversations of avos-v1 §18 happen as written") {
  const auto name = GENERATE("T01", "T02", "T03", "T04", "T05", "T06", "T07", "T08", "T09", "T10",
                             "T11", "T12", "T13");
  INFO(name);
  playFile(name);
}

}  // namespace
}  // namespace kith::testing
