// SPDX-License-Identifier: Apache-2.0
// R1, R2 and R5 for every callback there is: what may be called inside, and what comes after. The
// callbacks run in poll() on the test's own thread, so "the last reference" is really the last.
#include <array>
#include <stdexcept>

#include "support/test_server.hpp"
#include "support/ws_peer.hpp"

using namespace kith;
using namespace kith::testing;
using Peers = std::vector<std::string>;

namespace {

ServerOptions strictServer() {
  ServerOptions options = serverOptions();
  options.apps[0].require_watch = RequireWatch::On;
  return options;
}

/// Tom, whose callbacks are looked at, and Jerry, the helper.
class Stage {
 public:
  Stage(TestServer& server, const std::string& tom_url)
      : tom_name("tom" + std::to_string(++stages)),
        jerry_name("jerry" + std::to_string(stages)),
        jerry(server.options(), jerry_name) {
    Options options = server.options();
    options.server = tom_url;
    options.executor = executor;
    options.on_callback_exception = [this](const std::exception_ptr&) { ++thrown; };
    manager = std::make_unique<SessionManager>(options);
    tom = manager->session(tom_name);
    tom->setReceiver(heard);
    jerry.open({tom_name});
  }

  template <typename Condition>
  void pumpUntil(Condition&& condition) {
    while (!condition()) {
      const auto left = globalDeadline() - std::chrono::steady_clock::now();
      const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(left);
      if (ms.count() <= 0) FAIL("nothing came");
      executor->wait(ms);
      executor->poll();
    }
  }
  void openTom() {
    bool opened = false;
    tom->open({jerry_name}, [&](const Result<void>& result) {
      REQUIRE(result.ok());
      opened = true;
    });
    pumpUntil([&] { return opened; });
  }
  std::shared_ptr<Group> tomsGroup() {
    openTom();
    const auto group = tom->group();
    bool joined = false;
    group->join([&](const Result<std::string>&) { joined = true; });
    pumpUntil([&] { return joined; });
    return group;
  }
  /// A group of Jerry's with Tom in it.
  std::shared_ptr<Group> jerrysGroup() {
    openTom();
    const auto group = jerry.newGroup();
    jerry.invite(*group, {tom_name});
    return group;
  }
  void send(const std::string& to, bool receipt = false) {
    Message message;
    message.text = "hi";
    message.to = {to};
    message.receipt = receipt;
    tom->send(message);
  }

  static inline int stages = 0;
  const std::string tom_name;
  const std::string jerry_name;
  std::shared_ptr<PollExecutor> executor{PollExecutor::make()};
  std::shared_ptr<Recorder> heard{std::make_shared<Recorder>()};
  Device jerry;
  std::unique_ptr<SessionManager> manager;
  std::shared_ptr<Session> tom;
  int thrown{0};
};

/// A server that answers `open` and then tells of an error that answers nothing.
void tellError(WsTalk& talk) {
  talk.shakeHands();
  for (;;) {
    const SeenFrame frame = talk.readFrame();
    if (frame.opcode < 0) return;
    if (frame.opcode == 8) {
      talk.sendClose(1000, "");
      return;
    }
    if (frame.payload.find("\"open\"") == std::string::npos) continue;
    const auto field = [&](const std::string& name) {
      const std::size_t at = frame.payload.find("\"" + name + "\":") + name.size() + 3;
      return frame.payload.substr(at, frame.payload.find_first_of(",}", at) - at);
    };
    const std::string peer = field("peerId");
    talk.sendText(R"({"cmd":"session","op":"opened","onlineSessionPeerIds":[],"peerId":)" + peer +
                  R"(,"i":)" + field("i") + "}");
    talk.sendText(R"({"cmd":"error","code":4200,"reason":"INTERNAL_ERROR","peerId":)" + peer + "}");
  }
}

struct Row {
  const char* callback;
  void (*provoke)(Stage&);
};

constexpr const char* kNoGroup = "000000000000000000000000";

const Row kRows[] = {
    {"onSessionOpen", [](Stage& s) { s.tom->open({s.jerry_name}); }},
    {"onSessionPaused",
     [](Stage& s) {
       s.openTom();
       s.manager->pause();
     }},
    {"onSessionResumed",
     [](Stage& s) {
       s.openTom();
       s.manager->pause();
       s.pumpUntil([&] { return s.heard->count("onSessionPaused") == 1; });
       s.manager->resume();
     }},
    {"onSessionClosed",
     [](Stage& s) {
       s.openTom();
       s.tom->close();
     }},
    {"onReconnecting", [](Stage& s) { s.tom->open(); }},
    {"onError", [](Stage& s) { s.tom->open(); }},
    {"onStatusOnline", [](Stage& s) { s.tom->open({s.jerry_name}); }},
    {"onStatusOffline",
     [](Stage& s) {
       s.openTom();
       s.jerry.close();
     }},
    {"onPeersWatched",
     [](Stage& s) {
       s.openTom();
       s.tom->watch({"x"});
     }},
    {"onPeersUnwatched",
     [](Stage& s) {
       s.openTom();
       s.tom->unwatch({s.jerry_name});
     }},
    {"onMessage ",
     [](Stage& s) {
       s.openTom();
       s.jerry.send("hi", {s.tom_name});
     }},
    {"onMessageSent",
     [](Stage& s) {
       s.openTom();
       s.send(s.jerry_name);
     }},
    {"onMessageFailure",
     [](Stage& s) {
       s.openTom();
       s.send("stranger");
     }},
    {"onMessageDelivered",
     [](Stage& s) {
       s.openTom();
       s.send(s.jerry_name, true);
     }},
    {"onJoined",
     [](Stage& s) {
       s.openTom();
       s.tom->group()->join();
     }},
    {"onInvitedToGroup", [](Stage& s) { s.jerrysGroup(); }},
    {"onLeft",
     [](Stage& s) {
       Answer<Peers> kicked;
       s.jerrysGroup()->kick({s.tom_name}, kicked);
       kicked.value();
     }},
    {"onInvited ", [](Stage& s) { s.tomsGroup()->invite({s.jerry_name}); }},
    {"onKicked",
     [](Stage& s) {
       const auto group = s.tomsGroup();
       group->invite({s.jerry_name});
       group->kick({s.jerry_name});
     }},
    {"onMembersJoined", [](Stage& s) { s.tomsGroup(); }},
    {"onMembersLeft",
     [](Stage& s) {
       const auto group = s.tomsGroup();
       group->invite({s.jerry_name});
       group->kick({s.jerry_name});
     }},
    {"onReject",
     [](Stage& s) {
       s.openTom();
       s.tom->group(kNoGroup)->join();
     }},
    {"onGroupMessage ",
     [](Stage& s) {
       Answer<Receipt> sent;
       s.jerrysGroup()->send({}, sent);
       sent.value();
     }},
    {"onGroupMessageSent", [](Stage& s) { s.tomsGroup()->send({}); }},
    {"onGroupMessageFailure",
     [](Stage& s) {
       s.openTom();
       s.tom->group(kNoGroup)->send({});
     }},
};

using Action = std::function<void(Stage&, Session&, Group*)>;

/// Plays every row; `action` runs once, inside the row's callback. Then `after`, with the callback
/// done; at the end everything is closed.
void inEveryCallback(const Action& action, const std::function<void(Stage&)>& after) {
  TestServer server(strictServer());
  WsPeer error_teller(tellError);
  const std::string nobody = "ws://127.0.0.1:" + std::to_string(closedPort());
  for (const Row& row : kRows) {
    INFO("in " << row.callback);
    const std::string name = row.callback;
    Stage stage(server, name == "onReconnecting" ? nobody
                        : name == "onError"      ? error_teller.url()
                                                 : server.url());
    bool acted = false;
    stage.heard->hook = [&](const std::string& line, Session& session, Group* group) {
      if (acted || line.compare(0, name.size(), name) != 0) return;
      acted = true;
      action(stage, session, group);
    };
    row.provoke(stage);
    stage.pumpUntil([&] { return acted; });
    after(stage);
    bool closed = stage.manager == nullptr;
    if (!closed) stage.manager->close([&](const Result<void>&) { closed = true; });
    stage.pumpUntil([&] { return closed; });
    while (stage.executor->poll() != 0) {
    }
  }
}

void callEverything(Stage& stage, Session& session, Group* group) {
  session.open();
  session.watch({"y"});
  session.unwatch({"y"});
  session.query({"y"}, [](const auto&) {});
  stage.send(stage.jerry_name);
  session.group()->join();
  const auto other = group != nullptr ? group->shared_from_this() : session.group(kNoGroup);
  other->join();
  other->send({});
  other->invite({"y"});
  other->kick({"y"});
  other->members([](const auto&) {});
  other->knownMembers();
  other->leave();
  session.state();
  session.isOnline("y");
  session.watchedPeers();
  session.bufferedBytes();
  stage.manager->session("another")->open();
  stage.manager->networkChanged();
  stage.manager->pause();
  stage.manager->resume();
  stage.manager->history(stage.tom_name, {"y", "", {}, 1}, [](const auto&) {});
  stage.manager->stats();
  CHECK(stage.executor->poll() == 0);
}

}  // namespace

TEST_CASE("callbacks: every one of them comes") {
  inEveryCallback([](Stage&, Session&, Group*) {}, [](Stage&) {});
}

TEST_CASE("callbacks: in every one of them every call is legal (R1)") {
  inEveryCallback(callEverything, [](Stage&) {});
}

TEST_CASE("callbacks: in every one the session may be closed, and nothing follows (R1, R2)") {
  bool closed = false;
  std::size_t lines = 0;
  inEveryCallback(
      [&](Stage& stage, Session& session, Group*) {
        closed = false;
        session.close([&](const Result<void>& result) {
          CHECK(result.ok());
          lines = stage.heard->lines().size();
          closed = true;
        });
      },
      [&](Stage& stage) {
        stage.pumpUntil([&] { return closed; });
        CHECK(stage.tom->state() == SessionState::Closed);
        bool manager_closed = false;
        stage.manager->close([&](const Result<void>&) { manager_closed = true; });
        stage.pumpUntil([&] { return manager_closed; });
        CHECK(stage.heard->lines().size() == lines);
      });
}

TEST_CASE("callbacks: in every one the manager may be closed, and nothing follows (R1, R2)") {
  bool closed = false;
  inEveryCallback(
      [&](Stage& stage, Session&, Group*) {
        closed = false;
        stage.manager->close([&](const Result<void>& result) {
          CHECK(result.ok());
          closed = true;
        });
      },
      [&](Stage& stage) {
        stage.pumpUntil([&] { return closed; });
        const std::size_t lines = stage.heard->lines().size();
        CHECK(stage.heard->lines().back().rfind("onSessionClosed", 0) == 0);
        bool again = false;
        stage.manager->close([&](const Result<void>&) { again = true; });
        stage.pumpUntil([&] { return again; });
        CHECK(stage.heard->lines().size() == lines);
      });
}

TEST_CASE("callbacks: in every one of them the manager may be destroyed (R1)") {
  inEveryCallback([](Stage& stage, Session&, Group*) { stage.manager.reset(); },
                  [](Stage& stage) {
                    stage.pumpUntil([&] { return stage.heard->count("onSessionClosed") == 1; });
                    CHECK(stage.tom->state() == SessionState::Closed);
                  });
}

TEST_CASE("callbacks: in every one of them the last references may be dropped (R1)") {
  std::weak_ptr<Session> dropped;
  std::size_t lines = 0;
  inEveryCallback(
      [&](Stage& stage, Session&, Group*) {
        dropped = stage.tom;
        stage.tom.reset();
        lines = stage.heard->lines().size();
      },
      [&](Stage& stage) {
        CHECK(dropped.expired());
        bool closed = false;
        stage.manager->close([&](const Result<void>&) { closed = true; });
        stage.pumpUntil([&] { return closed; });
        CHECK(stage.heard->lines().size() == lines + 1);  // the callback that dropped it, no more
      });
}

TEST_CASE("callbacks: in every one of them everything may be dropped at once (R1)") {
  inEveryCallback(
      [&](Stage& stage, Session&, Group*) {
        stage.tom.reset();
        stage.manager.reset();
      },
      [](Stage&) {});
}

TEST_CASE("callbacks: in every one of them the receiver may be replaced and freed (R1)") {
  const auto next = std::make_shared<Recorder>();
  std::weak_ptr<Recorder> freed;
  inEveryCallback(
      [&](Stage&, Session& session, Group*) {
        next->clear();
        session.setReceiver(next);
        session.setReceiver(nullptr);
        session.setReceiver(next);
      },
      [&](Stage& stage) {
        const std::size_t lines = stage.heard->lines().size();
        bool closed = false;
        stage.manager->close([&](const Result<void>&) { closed = true; });
        stage.pumpUntil([&] { return closed; });
        CHECK(stage.heard->lines().size() == lines);
        const bool was_last = stage.heard->lines().back() == "onSessionClosed";
        CHECK((was_last || next->lines().back() == "onSessionClosed"));
      });
}

TEST_CASE("callbacks: what one throws is caught and told, and the next one comes (R5)") {
  inEveryCallback([](Stage&, Session&, Group*) { throw std::runtime_error("from a callback"); },
                  [](Stage& stage) {
                    CHECK(stage.thrown == 1);
                    bool closed = false;
                    const bool was_last = stage.tom->state() == SessionState::Closed;
                    stage.tom->close([&](const Result<void>&) {
                      closed = true;
                      throw std::runtime_error("from a completion");
                    });
                    stage.pumpUntil([&] { return closed; });
                    CHECK(stage.thrown == 2);
                    if (!was_last) CHECK(stage.heard->count("onSessionClosed") == 1);
                  });
}
