// SPDX-License-Identifier: Apache-2.0
// The connection dies, sleeps and comes back (contract 1-3, R6, R7, R12), through real sockets.
#include <cstdlib>
#include <set>

#include "support/server_process.hpp"
#include "support/test_server.hpp"
#include "support/ws_peer.hpp"

using namespace kith;
using namespace kith::testing;
using namespace std::chrono_literals;

namespace {

ServerOptions on(const std::string& address, const std::string& data = ":memory:") {
  ServerOptions options = serverOptions();
  options.listen = address;
  options.data = data;
  return options;
}

std::string freeAddress() { return "127.0.0.1:" + std::to_string(closedPort()); }

Message to(const std::string& peer, std::string text) {
  Message message;
  message.text = std::move(text);
  message.to = {peer};
  return message;
}

}  // namespace

TEST_CASE("reconnect: the first attempt is repeated until the server is there (R6)") {
  const std::string address = freeAddress();
  Device tom(clientOptions("ws://" + address), "tom");
  Answer<void> opened;
  Answer<Receipt> sent;
  tom.session->open({}, opened);
  tom.session->send(to("tom", "note to myself"), sent);
  tom.heard->wait("onReconnecting ConnectionRefused", 3);
  CHECK(tom.session->state() == SessionState::Opening);
  CHECK(opened.count() == 0);
  TestServer server(on(address));
  opened.value();
  CHECK_FALSE(sent.value().message_id.empty());
  CHECK(tom.heard->count("onSessionPaused") == 0);
}

TEST_CASE("reconnect: it gives up where it is told to (R6)") {
  Options options = clientOptions("ws://" + freeAddress());
  options.reconnect.max_attempts = 3;
  Device tom(options, "tom");
  Answer<void> opened;
  tom.session->open({}, opened);
  CHECK(opened.code() == Errc::ConnectionRefused);
  tom.heard->wait("onSessionClosed ConnectionRefused");
  CHECK(tom.heard->count("onReconnecting ConnectionRefused") == 2);  // three tries
}

TEST_CASE("reconnect: a restarted server: paused, resumed, same watch list, same groups") {
  TempFolder folder;
  const std::string address = freeAddress();
  auto server = std::make_unique<TestServer>(on(address, folder.path()));
  Device tom(server->options(), "tom");
  tom.open({"jerry"});
  Device jerry(server->options(), "jerry");
  jerry.open();
  const auto group = tom.newGroup();
  tom.invite(*group, {"jerry"});
  tom.heard->wait("onStatusOnline jerry");
  server.reset();
  tom.heard->wait("onSessionPaused");
  jerry.heard->wait("onSessionPaused");
  CHECK(tom.session->isPaused());
  CHECK(tom.session->onlinePeers().empty());
  CHECK(tom.session->isWatching("jerry"));
  Answer<Receipt> waits;
  tom.session->send(to("jerry", "written while away"), waits);
  server = std::make_unique<TestServer>(on(address, folder.path()));
  tom.heard->wait("onSessionResumed");
  CHECK_FALSE(waits.value().message_id.empty());
  jerry.heard->wait("onMessage tom: written while away");
  tom.heard->wait("onStatusOnline jerry", 2);
  CHECK(tom.session->watchedPeers() == std::vector<std::string>{"jerry"});
  Message message;
  message.text = "still in the group";
  group->send(message);
  jerry.heard->wait("onGroupMessage tom: still in the group");
  // One failure, one event (R8).
  CHECK(tom.heard->count("onSessionPaused") == 1);
  CHECK(tom.heard->count("onSessionResumed") == 1);
  CHECK(tom.heard->count("onSessionOpen") == 1);
}

TEST_CASE("reconnect: pause closes politely and resume comes back at once (R12)") {
  TestServer server;
  Device jerry(server.options(), "jerry");
  jerry.open({"tom"});
  Device tom(server.options(), "tom");
  tom.open({"jerry"});
  jerry.heard->wait("onStatusOnline tom");
  Answer<void> paused;
  tom.manager->pause(paused);
  paused.value();
  tom.heard->wait("onSessionPaused Paused");
  CHECK(tom.session->isPaused());
  jerry.heard->wait("onStatusOffline tom");
  jerry.send("while you slept", {"tom"});
  Answer<Receipt> sent;
  tom.session->send(to("jerry", "from my sleep"), sent);
  tom.manager->resume();
  tom.heard->wait("onSessionResumed jerry");
  tom.heard->wait("onMessage jerry: while you slept");
  sent.value();
  jerry.heard->wait("onMessage tom: from my sleep");
  CHECK(tom.heard->count("onReconnecting") == 0);
}

TEST_CASE("reconnect: networkChanged replaces a connection that does not answer (R7)") {
  std::atomic<int> connections{0};
  WsPeer mute([&](WsTalk& talk) {
    ++connections;
    talk.shakeHands();
    const std::string open = talk.readFrame().payload;
    const std::size_t at = open.find("\"i\":") + 4;
    const std::string answer =
        R"({"cmd":"session","op":"opened","peerId":"tom","onlineSessionPeerIds":[],"i":)";
    talk.sendText(answer + open.substr(at, open.find_first_of(",}", at) - at) + "}");
    talk.waitForEnd();
  });
  Options options = clientOptions(mute.url());
  options.keepalive = {1h, 20ms};  // left alone it would not be noticed for an hour
  Device tom(options, "tom");
  tom.open();
  tom.manager->networkChanged();
  tom.heard->wait("onSessionPaused Timeout");
  tom.heard->wait("onSessionResumed");
  CHECK(connections == 2);
}

TEST_CASE("reconnect: networkChanged leaves a connection alone that answers (R7)") {
  TestServer server;
  Options options = server.options();
  options.keepalive = {1h, 1h};
  Device tom(options, "tom");
  tom.open();
  for (int i = 0; i < 3; ++i) {
    tom.manager->networkChanged();
    tom.send("still here", {"tom"});
  }
  CHECK(tom.manager->stats().connects == 1);
  CHECK(tom.heard->count("onSessionPaused") == 0);
}

TEST_CASE("reconnect: a silent connection is noticed by the heartbeat and replaced (R7)") {
  std::atomic<int> connections{0};
  WsPeer mute([&](WsTalk& talk) {
    ++connections;
    talk.shakeHands();
    talk.waitForEnd();
  });
  Options options = clientOptions(mute.url());
  options.keepalive = {20ms, 20ms};
  Device tom(options, "tom");
  tom.session->open();
  REQUIRE(eventually([&] { return connections >= 3; }));
  tom.heard->wait("onReconnecting Timeout", 2);
}

TEST_CASE("reconnect: the real router tells where to connect (avos-v1 §1)") {
  TestServer server;
  Options options = server.options();
  options.server.clear();
  options.router = "http://" + server.address() + "/";
  Device tom(options, "tom");
  tom.open();
  tom.send("found it", {"tom"});
  tom.heard->wait("onMessage tom: found it");
}

TEST_CASE("reconnect: a router that fails is asked again, and its failure has a name") {
  TestServer server;
  std::atomic<int> asked{0};
  WsPeer router([&](WsTalk& talk) {
    const std::string head = talk.readHead();
    const bool good = ++asked > 2 && head.find("GET /v1/route?appId=demo ") == 0;
    // What comes with an error is not believed.
    const std::string told = good ? server.url() : "ws://127.0.0.1:1";
    const std::string body = R"({"server":")" + told + R"(","ttl":60})";
    talk.write(std::string(good ? "HTTP/1.1 200 OK" : "HTTP/1.1 503 Busy") +
               "\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size()) +
               "\r\n\r\n" + body);
  });
  Options options = server.options();
  options.server.clear();
  options.router = "http://127.0.0.1:" + std::to_string(router.port());
  Device tom(options, "tom");
  tom.open();
  tom.heard->wait("onReconnecting RouterFailed", 2);
}

TEST_CASE("reconnect: garbage from the server closes that connection and no more (contract 5)") {
  std::atomic<int> connections{0};
  std::atomic<int> close_code{0};
  WsPeer garbler([&](WsTalk& talk) {
    talk.shakeHands();
    talk.readFrame();
    talk.sendText(++connections == 1 ? "{\"cmd\":" : "[1,2,3]");
    for (;;) {
      const SeenFrame frame = talk.readFrame();
      if (frame.opcode == 8 && frame.payload.size() >= 2) {
        close_code = (static_cast<unsigned char>(frame.payload[0]) << 8) |
                     static_cast<unsigned char>(frame.payload[1]);
        talk.sendClose(1007, "");
        return;
      }
      if (frame.opcode < 0) return;
    }
  });
  Device tom(clientOptions(garbler.url()), "tom");
  tom.session->open();
  tom.heard->wait("onReconnecting ProtocolError", 2);
  CHECK(close_code == 1007);
  CHECK(tom.session->state() == SessionState::Opening);
}

TEST_CASE("reconnect: kill -9 of the server loses nothing that was acknowledged (contract 1, 2)") {
  const int kRounds = std::getenv("KITH_TEST_SMALL") != nullptr ? 2 : 5;
  constexpr int kMessages = 400;
  TempFolder folder;
  ServerProcess server(folder.path());
  const std::string address = server.start("127.0.0.1:0");
  Options options = clientOptions("ws://" + address);
  Device tom(options, "tom");
  tom.open();
  Waiter waiter;
  int accepted = 0, failed = 0;
  int sent = 0;
  for (int round = 0; round < kRounds; ++round) {
    for (int i = 0; i < kMessages; ++i) {
      REQUIRE(tom.session->send(to("jerry", std::to_string(sent++)), [&](Result<Receipt> result) {
        waiter.change([&] { ++(result.ok() ? accepted : failed); });
      }));
    }
    // In the middle of it: some are acknowledged, some are on the way.
    REQUIRE(waiter.until([&] { return accepted > round * kMessages + kMessages / 4; }));
    server.kill9();
    tom.heard->wait("onSessionPaused", static_cast<std::size_t>(round) + 1);
    CHECK(server.start(address) == address);
    tom.heard->wait("onSessionResumed", static_cast<std::size_t>(round) + 1);
    REQUIRE(waiter.until([&] { return accepted + failed == sent; }));
  }
  CHECK(failed == 0);
  Device jerry(options, "jerry");
  jerry.open();
  jerry.heard->waitForMessages(static_cast<std::size_t>(sent));
  const auto messages = jerry.heard->messages();
  REQUIRE(messages.size() == static_cast<std::size_t>(sent));
  for (int i = 0; i < sent; ++i) {
    REQUIRE(messages[static_cast<std::size_t>(i)].text == std::to_string(i));
  }
}

TEST_CASE("reconnect: kill -9 while both ends are up shows every message once and in order") {
  TempFolder folder;
  ServerProcess server(folder.path());
  const std::string address = server.start("127.0.0.1:0");
  const Options options = clientOptions("ws://" + address);
  Device tom(options, "tom");
  tom.open();
  Device jerry(options, "jerry");
  jerry.open();
  Waiter waiter;
  int done = 0;
  constexpr int kMessages = 900;
  for (int i = 0; i < kMessages; ++i) {
    tom.session->send(to("jerry", std::to_string(i)),
                      [&](const auto&) { waiter.change([&] { ++done; }); });
    if (i == 300 || i == 600) {
      REQUIRE(waiter.until([&] { return done > i - 200; }));
      server.kill9();
      CHECK(server.start(address) == address);
    }
  }
  REQUIRE(waiter.until([&] { return done == kMessages; }));
  jerry.heard->waitForMessages(kMessages);
  // A message to the very end: what would come twice has come by then.
  tom.send("end", {"jerry"});
  jerry.heard->wait("onMessage tom: end");
  const auto messages = jerry.heard->messages();
  REQUIRE(messages.size() == kMessages + 1);
  for (int i = 0; i < kMessages; ++i) {
    REQUIRE(messages[static_cast<std::size_t>(i)].text == std::to_string(i));
  }
}
