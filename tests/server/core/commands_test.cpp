// SPDX-License-Identifier: Apache-2.0
// What an app's own server asks of the hub (decision 039), beside what can be seen over HTTP
// (tests/server/front/rtm_test.cpp).
#include <map>
#include <set>
#include <stdexcept>
#include <string>

#include "base/random.hpp"
#include "server/core/hub.hpp"
#include "server/core/intents.hpp"
#include "server/dialects/service/service_dialect.hpp"
#include "support/hub_world.hpp"

namespace kith::testing {
namespace {

/// A hub without connections, and the answers to commands.
class CommandBench : private core::Output {
 public:
  /// Under a number of its own, which is returned.
  template <typename Wish>
  core::ConnectionId begin(const Wish& wish, std::string_view peer = "alice",
                           std::string_view app = "testapp0001") {
    hub.command(++last_, dialect_, {app, peer, wish}, now());
    return last_;
  }
  /// Its status and body.
  template <typename Wish>
  std::string run(const Wish& wish, std::string_view peer = "alice",
                  std::string_view app = "testapp0001") {
    const core::ConnectionId command = begin(wish, peer, app);
    settle();
    INFO("command " << command);
    REQUIRE(answers.count(command) == 1);
    return answers.at(command);
  }
  std::string makeGroup() {
    const std::string_view members[] = {"alice", "bob"};
    core::StartConversation wish;
    wish.members = members;
    const std::string answer = run(wish, core::kServicePeer);
    REQUIRE(answer.substr(0, 3) == "201");
    return textOf(answer.substr(3), "objectId");
  }
  void settle() {
    do {
      hub.endTurn(now());
    } while (storage.drain(hub) > 0);
  }

  /// A frame of a client. True: its next one may be fed at once.
  bool feed(core::ConnectionId client, std::string frame) {
    if (clients_.insert(client).second) hub.connected(client, client_, now());
    frame += '\0';
    return hub.received(client, frame.data(), frame.size() - 1, now()) == core::Flow::Continue;
  }

  ScriptedStorage storage;
  std::map<core::ConnectionId, std::string> answers;
  std::string heard;      ///< by clients
  base::Millis later{0};  ///< than the beginning

 private:
  void write(core::ConnectionId to, std::initializer_list<std::string_view> parts,
             core::FrameForm form) override {
    if (form != core::FrameForm::Answer) {
      for (const std::string_view part : parts) heard += part;
      return;
    }
    if (answers.count(to) != 0) throw std::logic_error("a second answer");
    for (const std::string_view part : parts) answers[to] += part;
  }
  void close(core::ConnectionId, std::uint16_t, std::string_view) override {
    throw std::logic_error("a close");
  }
  void resume(core::ConnectionId client) override {
    if (clients_.count(client) == 0) throw std::logic_error("a command has no frames");
  }

  base::Instant now() const {
    return {base::Millis(5000) + later, base::Millis(1412000000000) + later};
  }

  dialects::ServiceDialect dialect_{core::kDialects - 1};
  base::SeededRandom random_{7};
  dialects::AvosDialect client_{0};
  std::set<core::ConnectionId> clients_;
  core::ConnectionId last_{0};

 public:
  core::Hub hub{testHub(), *this, storage, random_};
};

core::SendMessage messageTo(const std::string& group, std::string_view text) {
  core::SendMessage wish;
  wish.group = group;
  wish.text = text;
  return wish;
}

TEST_CASE("commands: an app and a peer that cannot be are answered, not closed") {
  CommandBench bench;
  CHECK_THAT(bench.run(core::CountOnline{}, "alice", "other"),
             Catch::StartsWith("404") && Catch::Contains("APP_NOT_AVAILABLE"));
  CHECK_THAT(bench.run(core::CountOnline{}, std::string(65, 'x')),
             Catch::StartsWith("400") && Catch::Contains("INVALID_LOGIN"));
  CHECK_THAT(bench.run(core::CountOnline{}, ""), Catch::StartsWith("400"));
  CHECK(bench.run(core::CountOnline{}) == R"(200{"result":{"online_user_count":0}})");
}

TEST_CASE("commands: what the storage cannot do is answered with 503, once") {
  CommandBench bench;
  const std::string group = bench.makeGroup();
  const auto failsFor = [&](const auto& wish) {
    bench.storage.fail_all = true;
    const std::string answer = bench.run(wish);
    bench.storage.fail_all = false;
    INFO(answer);
    CHECK_THAT(answer, Catch::StartsWith("503") && Catch::Contains("INTERNAL_ERROR"));
  };
  failsFor(messageTo(group, "x"));  // loads the group
  CHECK_THAT(bench.run(messageTo(group, "there")), Catch::StartsWith("200"));
  failsFor(messageTo(group, "x"));  // keeps the message
  failsFor(core::UpdateConversation{group, R"({"name":"x"})"});
  core::ChangeMembers change;
  const std::string_view peers[] = {"carol"};
  change.change = core::MemberChange::Invite;
  change.group = group;
  change.peers = peers;
  failsFor(change);
  failsFor(core::RemoveConversation{group});
  core::StartConversation start;
  start.members = peers;
  failsFor(start);
}

TEST_CASE("commands: a peer is not online by what is done in its name, and nothing is left of it") {
  CommandBench bench;
  const std::string group = bench.makeGroup();
  bench.run(messageTo(group, "x"), "ghost");
  const std::string_view asked[] = {"ghost", "alice"};
  CHECK(bench.run(core::QueryPresence{asked}, "ghost") == R"(200{"results":[]})");
  CHECK(bench.run(core::CountOnline{}) == R"(200{"result":{"online_user_count":0}})");
  CHECK(bench.hub.stats().sessions == 0);
  CHECK(bench.hub.stats().connections == 0);
  CHECK(bench.storage.story == std::vector<std::string>{"ghost sends"});
}

TEST_CASE("commands: they are answered as the storage answers, whichever came first") {
  CommandBench bench;
  const std::string group = bench.makeGroup();
  bench.run(messageTo(group, "known"));
  bench.storage.keep = true;
  const auto slow = bench.begin(messageTo(group, "first"));
  const auto quick = bench.begin(messageTo(group, "second"), "bob");
  bench.settle();
  REQUIRE(bench.storage.kept() == 2);
  bench.storage.answer(1);
  bench.settle();
  CHECK(bench.answers.count(quick) == 1);
  CHECK(bench.answers.count(slow) == 0);
  bench.storage.answer(0);
  bench.settle();
  CHECK(bench.answers.count(slow) == 1);
}

TEST_CASE("commands: what is done in a peer's name is not charged to the peer") {
  CommandBench bench;
  constexpr core::ConnectionId kClients = 30;
  std::vector<std::string> peers;
  for (core::ConnectionId client = 1; client <= kClients; ++client) {
    peers.push_back("peer" + std::to_string(client));
    bench.feed(client, R"({"cmd":"session","op":"open","appId":"testapp0001","peerId":")" +
                           peers.back() + "\"}");
  }
  const std::vector<std::string_view> members(peers.begin(), peers.end());
  core::StartConversation start;
  start.members = members;
  const std::string made = bench.run(start, core::kServicePeer);
  const std::string group = textOf(made.substr(3), "objectId");
  // A message of its own to so many would cost more than it has after some hundred.
  for (int i = 0; i < 1000; ++i) {
    REQUIRE_THAT(bench.run(messageTo(group, "x"), peers.front()), Catch::StartsWith("200"));
  }
  CHECK(bench.feed(1, R"({"cmd":"direct","peerId":"peer1","toPeerIds":["bob"],"msg":"x"})"));
}

TEST_CASE("commands: a silence with an end is over when the clock says so") {
  CommandBench bench;
  bench.feed(1, R"({"cmd":"session","op":"open","appId":"testapp0001","peerId":"bob"})");
  const std::string group = bench.makeGroup();
  const auto says = [&] {
    bench.heard.clear();
    bench.feed(1, R"({"cmd":"direct","peerId":"bob","roomId":")" + group + R"(","msg":"x"})");
    bench.settle();
    return bench.heard.find("4563") == std::string::npos;
  };
  CHECK(says());
  const std::string_view peers[] = {"bob"};
  core::ChangeStanding pause;
  pause.group = group;
  pause.kind = core::StandingKind::Paused;
  pause.on = true;
  pause.peers = peers;
  pause.seconds = 60;
  CHECK(bench.run(pause, core::kServicePeer) == "200{}");
  CHECK_FALSE(says());
  bench.later = base::Millis(59'999);
  CHECK_FALSE(says());
  bench.later = base::Millis(60'000);
  CHECK(says());
  // Again, and taken back before its end.
  CHECK(bench.run(pause, core::kServicePeer) == "200{}");
  CHECK_FALSE(says());
  pause.on = false;
  CHECK(bench.run(pause, core::kServicePeer) == "200{}");
  CHECK(says());
  // A group that is loaded anew knows the end.
  pause.on = true;
  CHECK(bench.run(pause, core::kServicePeer) == "200{}");
  bench.hub.forgetGroup("testapp0001", group);
  CHECK_FALSE(says());
  bench.later += base::Millis(60'000);
  CHECK(says());
}

}  // namespace
}  // namespace kith::testing
