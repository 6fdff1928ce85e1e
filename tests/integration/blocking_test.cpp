// SPDX-License-Identifier: Apache-2.0
// R3, R4: no call waits for the network. Every timeout is an hour, and the other side never
// answers: a call that waited would run into the tests' deadline.
#include "net/client/loop.hpp"
#include "support/test_server.hpp"
#include "support/ws_peer.hpp"

using namespace kith;
using namespace kith::testing;
using namespace std::chrono_literals;
using Peers = std::vector<std::string>;

namespace {

Options patient(const std::string& url) {
  Options options = clientOptions(url);
  options.connect_timeout = options.command_timeout = options.signature_timeout = 1h;
  options.keepalive.interval = 0ms;
  return options;
}

/// Makes every call there is and destroys the manager.
void callAndLeave(const Options& options) {
  SessionManager manager(options);
  const auto tom = manager.session("tom");
  const auto group = tom->group();
  tom->setReceiver(std::make_shared<Recorder>());
  Message message;
  message.to = {"jerry"};
  tom->open({"jerry"});
  tom->watch({"jim"});
  tom->unwatch({"jim"});
  tom->query({"jim"}, [](const auto&) {});
  tom->send(message);
  group->join();
  tom->group("g1")->members([](const auto&) {});
  manager.history("tom", {"jerry", "", {}, 1}, [](const auto&) {});
  manager.networkChanged();
  manager.pause();
  manager.resume();
  manager.close();
}

/// Says yes to the handshake and then nothing at all; not even the close is answered.
void freeze(WsTalk& talk) {
  talk.shakeHands();
  talk.waitForEnd();
}

}  // namespace

TEST_CASE("blocking: no call waits for a server that accepts and says nothing") {
  WsPeer hole([](WsTalk& talk) { talk.waitForEnd(); });
  callAndLeave(patient(hole.url()));
}

TEST_CASE("blocking: no call waits for a server that freezes after the handshake") {
  WsPeer frozen(freeze);
  callAndLeave(patient(frozen.url()));
}

TEST_CASE("blocking: no call waits for a name that is being resolved (R16)") {
  // Shared: the resolver's thread may still be inside when the test is over.
  struct Slow {
    Waiter waiter;
    bool asked{false};
    bool released{false};
  };
  const auto slow = std::make_shared<Slow>();
  net::setResolverForTests([slow](const std::string&) -> Result<std::vector<std::string>> {
    slow->waiter.change([&] { slow->asked = true; });
    (void)slow->waiter.until([&] { return slow->released; });
    return Error{Errc::NameNotResolved, 0, "released", false};
  });
  {
    Options options = patient("ws://slow.example:1");
    SessionManager manager(options);
    const auto tom = manager.session("tom");
    tom->open();
    REQUIRE(slow->waiter.until([&] { return slow->asked; }));
    callAndLeave(options);
    Answer<void> closed;
    manager.close(closed);
    closed.value();  // also the completion does not wait for it
  }
  slow->waiter.change([&] { slow->released = true; });
  net::setResolverForTests(nullptr);
}

TEST_CASE("blocking: close completes although the other side is frozen") {
  WsPeer frozen(freeze);
  Device tom(patient(frozen.url()), "tom");
  Answer<void> opened, closed, ended;
  Answer<Receipt> sent;
  tom.session->open({}, opened);
  REQUIRE(eventually([&] { return tom.manager->stats().connects == 1; }));
  Message message;
  message.to = {"jerry"};
  tom.session->send(message, sent);
  tom.session->close(closed);
  closed.value();
  CHECK(opened.code() == Errc::Closed);
  CHECK(sent.code() == Errc::Closed);
  tom.manager->close(ended);
  ended.value();
}

TEST_CASE("blocking: a manager may be destroyed on its own io thread") {
  // An executor that runs tasks at once brings the callbacks to the io thread.
  class Inline final : public Executor {
   public:
    void post(std::function<void()> task) override { task(); }
  };
  TestServer server;
  Options options = server.options();
  options.executor = std::make_shared<Inline>();
  Waiter waiter;
  bool gone = false;
  auto manager = std::make_unique<SessionManager>(options);
  auto tom = manager->session("tom");
  const auto heard = std::make_shared<Recorder>();
  heard->hook = [&](const std::string& line, Session&, Group*) {
    if (line.rfind("onMessage ", 0) != 0) return;
    manager.reset();
    tom.reset();
    waiter.change([&] { gone = true; });
  };
  tom->setReceiver(heard);
  Answer<void> opened;
  tom->open({}, opened);
  opened.value();
  Device jerry(server.options(), "jerry");
  jerry.open();
  jerry.send("go", {"tom"});
  REQUIRE(waiter.until([&] { return gone; }));
  REQUIRE(eventually([&] { return server.server().stats().sessions == 1; }));
}

TEST_CASE("blocking: nothing is told after close, though messages pour in (R2)") {
  TestServer server;
  Device jerry(server.options(), "jerry");
  jerry.open();
  for (int round = 0; round < 20; ++round) {
    Waiter waiter;
    bool closed = false;
    bool after = false;
    Device tom(server.options(), "tom");
    tom.heard->hook = [&](const std::string&, Session&, Group*) {
      waiter.change([&] { after = after || closed; });
    };
    tom.open();
    Message message;
    message.to = {"tom"};
    for (int i = 0; i < 200; ++i) jerry.session->send(message);
    tom.heard->waitForMessages(1);
    const auto close = [&](const Result<void>&) { waiter.change([&] { closed = true; }); };
    if (round % 2 == 0) {
      tom.session->close(close);
    } else {
      tom.manager->close(close);
    }
    REQUIRE(waiter.until([&] { return closed; }));
    Answer<void> ended;
    tom.manager->close(ended);
    ended.value();
    CHECK_FALSE(waiter.look([&] { return after; }));
  }
}

TEST_CASE("blocking: the manager's close comes after slow completions of its sessions too (R2)") {
  // Slow enough that the session's strand yields to the executor's other work many times.
  Options options = clientOptions("ws://127.0.0.1:" + std::to_string(closedPort()));
  Device tom(options, "tom");
  Waiter waiter;
  int completed = 0;
  tom.session->open();
  Message message;
  message.to = {"jerry"};
  for (int i = 0; i < 30; ++i) {
    tom.session->send(message, [&](const auto&) {
      const auto end = std::chrono::steady_clock::now() + 2ms;
      while (std::chrono::steady_clock::now() < end) {
      }
      waiter.change([&] { ++completed; });
    });
  }
  int at_close = -1;
  tom.manager->close([&](const Result<void>&) { waiter.change([&] { at_close = completed; }); });
  REQUIRE(waiter.until([&] { return at_close >= 0; }));
  CHECK(at_close == 30);
}

TEST_CASE("blocking: a poll executor that is dropped unpolled frees everything") {
  // LeakSanitizer is the judge.
  TestServer server;
  Options options = server.options();
  auto executor = PollExecutor::make();
  options.executor = executor;
  std::weak_ptr<PollExecutor> freed = executor;
  {
    SessionManager manager(options);
    options.executor.reset();
    const auto tom = manager.session("tom");
    tom->open({}, [held = std::make_shared<int>(1)](const auto&) {});
    REQUIRE(executor->wait(1h));
  }
  executor.reset();
  REQUIRE(eventually([&] { return freed.expired(); }));
}
