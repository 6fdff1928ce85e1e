// SPDX-License-Identifier: Apache-2.0
// What the listening side refuses, cuts off and slows down, over real sockets.
#include <atomic>
#include <fstream>
#include <thread>

#include "server/front/front_bench.hpp"
#include "server/front/settings.hpp"
#include "support/waiter.hpp"

namespace kith::testing {
namespace {

using std::chrono::seconds;

bool upgradeRefused(const std::string& address) {
  RawSocket socket(address);
  const auto answer = exchangeHttp(
      socket,
      "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n");
  CHECK_THAT(answer.head, Catch::Contains("Retry-After: "));
  CHECK_THAT(answer.body, Catch::Contains("too many connections"));
  CHECK(socket.receive().empty());  // and closed
  return answer.status == 503;
}

}  // namespace

TEST_CASE("limits: connections beyond those of an address are refused with 503") {
  ServerOptions options = plainOptions();
  options.connections.per_address = 2;
  const auto server = startServer(options);
  RawWsClient first(server->address());
  auto second = std::make_unique<RawWsClient>(server->address());
  CHECK(upgradeRefused(server->address()));
  CHECK(getHttp(server->address(), "/1.1/rtm/messages/logs?convid=x", "X-LC-Id: app\r\n").status ==
        503);
  second.reset();
  REQUIRE(eventually([&] { return server->stats().connections == 1; }));
  RawWsClient third(server->address());
  REQUIRE(third.text("{}"));
  CHECK(third.nextText() == "{}");
}

TEST_CASE("limits: connections without a session are limited until they open one") {
  ServerOptions options = plainOptions();
  options.connections.unopened_per_address = 1;
  const auto server = startServer(options);
  RawWsClient first(server->address());
  CHECK(upgradeRefused(server->address()));
  openSession(first, "alice");
  RawWsClient second(server->address());
  CHECK(upgradeRefused(server->address()));
}

TEST_CASE("limits: sessions that open, close and open again on a connection count once") {
  ServerOptions options = plainOptions();
  options.connections.unopened_per_address = 1;
  const auto server = startServer(options);
  RawWsClient first(server->address());
  openSession(first, "alice");
  REQUIRE(first.text(R"({"cmd":"session","op":"close","appId":"app","peerId":"alice"})"));
  CHECK_THAT(first.nextText(), Catch::Contains(R"("closed")"));
  openSession(first, "alice");
  // Counted twice, there would be less than no connection without a session.
  RawWsClient second(server->address());
  CHECK(upgradeRefused(server->address()));
}

TEST_CASE("limits: an address that comes too fast is dropped when it is accepted") {
  ServerOptions options = plainOptions();
  options.connections.new_per_second = 1;
  options.connections.new_burst = 5;
  const auto server = startServer(options);
  int answered = 0;
  for (int i = 0; i < 10; ++i) {
    RawSocket socket(server->address());
    if (!socket.send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")) continue;
    if (!socket.receive().empty()) ++answered;
  }
  // Connection and request cost one each: two pairs of the five, and what seconds may have added.
  CHECK(answered >= 2);
  CHECK(answered < 10);
}

TEST_CASE("limits: too many refused signatures shut an address out") {
  ServerOptions options = plainOptions();
  options.apps[0].master_key = "mk";
  options.apps[0].require_signature = true;
  options.connections.refused_signatures = 3;
  const auto server = startServer(options);
  for (int i = 0; i < 3; ++i) {
    RawWsClient client(server->address());
    REQUIRE(client.text(openFrame("eve")));
    CHECK(client.closeCode() == 4102);
  }
  RawSocket socket(server->address());
  socket.send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(socket.receive().empty());
}

TEST_CASE("limits: a slow request head is cut off, however it trickles") {
  ServerOptions options = plainOptions();
  options.connections.handshake_timeout = seconds(1);
  const auto server = startServer(options);
  RawSocket silent(server->address());
  RawSocket slow(server->address());
  const std::string head = "GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ";
  REQUIRE(slow.send(head));
  // A byte every now and then until the server has had enough; receive() would block, so ask.
  const bool cut = eventually([&] {
    pollfd one{slow.fd(), POLLIN, 0};
    if (::poll(&one, 1, 0) > 0) return slow.receive().empty();
    return !slow.send("x");
  });
  CHECK(cut);
  CHECK(silent.receive().empty());
}

TEST_CASE("limits: many slow request heads do not keep others out") {
  const auto server = startServer();
  std::vector<std::unique_ptr<RawSocket>> slow;
  for (int i = 0; i < 200; ++i) {
    slow.push_back(std::make_unique<RawSocket>(server->address()));
    REQUIRE(slow.back()->send("GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: "));
  }
  CHECK(getHttp(server->address(), "/healthz").status == 200);
  RawWsClient client(server->address());
  openSession(client, "alice");
}

TEST_CASE("limits: an idle HTTP connection is cut off, a WebSocket is not") {
  ServerOptions options = plainOptions();
  options.connections.handshake_timeout = seconds(1);
  const auto server = startServer(options);
  RawWsClient client(server->address());
  RawSocket http(server->address());
  CHECK(exchangeHttp(http, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").status == 200);
  CHECK(http.receive().empty());
  // The WebSocket is older than what was just cut off.
  REQUIRE(client.text("{}"));
  CHECK(client.nextText() == "{}");
}

TEST_CASE("limits: a request with a body is refused with 413 before the body is read") {
  const auto server = startServer();
  for (const std::string head :
       {"Content-Length: 10000000\r\n", "Transfer-Encoding: chunked\r\n"}) {
    RawSocket socket(server->address());
    const auto answer =
        exchangeHttp(socket, "GET /healthz HTTP/1.1\r\nHost: x\r\n" + head + "\r\n");
    CHECK(answer.status == 413);
    CHECK(socket.receive().empty());
  }
}

TEST_CASE("limits: from four cores on half of them serve connections, eight at most") {
  CHECK(front::ioThreadsFor(0) == 0);
  CHECK(front::ioThreadsFor(3) == 0);
  CHECK(front::ioThreadsFor(4) == 2);
  CHECK(front::ioThreadsFor(8) == 4);
  CHECK(front::ioThreadsFor(256) == 8);
  ServerOptions options = plainOptions();
  options.io_threads = 64;
  CHECK(front::checkOptions(options)->listen.threads == 64);
  options.io_threads = 65;
  CHECK(front::checkOptions(options).error().detail == "io_threads must be from 0 to 64");
}

TEST_CASE("limits: a flood of connections does not keep others waiting") {
  const auto server = startServer();
  RawWsClient calm(server->address());
  openSession(calm, "calm");
  std::atomic<bool> stop{false};
  std::jthread flood([&] {
    const linger at_once{1, 0};
    while (!stop) {
      const RawSocket socket(server->address());
      ::setsockopt(socket.fd(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    }
  });
  for (int i = 0; i < 20; ++i) {
    REQUIRE(calm.text(directFrame("calm", "calm", std::to_string(i), true)));
    CHECK(field(calm.nextText(), "msg") == std::to_string(i));
  }
  stop = true;
}

TEST_CASE("limits: history that is switched off answers 503 with Retry-After, until it is on") {
  const auto server = startServer();
  const std::string log = "/1.1/rtm/messages/logs?convid=x";
  const std::string id = "X-LC-Id: app\r\n";
  CHECK(getHttp(server->address(), log, id).status == 200);
  Switches switches;
  switches.history = false;
  server->setSwitches(switches);
  REQUIRE(eventually([&] { return getHttp(server->address(), log, id).status == 503; }));
  CHECK_THAT(getHttp(server->address(), log, id).head, Catch::Contains("Retry-After: 60"));
  CHECK(getHttp(server->address(), "/healthz").status == 200);
  server->setSwitches({});
  REQUIRE(eventually([&] { return getHttp(server->address(), log, id).status == 200; }));
}

TEST_CASE("limits: an app whose own history switch is off answers 503, others answer") {
  ServerOptions options = plainOptions();
  AppOptions other = options.apps[0];
  other.id = "quiet";
  other.switches.history = false;
  options.apps.push_back(std::move(other));
  const auto server = startServer(options);
  const std::string log = "/1.1/rtm/messages/logs?convid=x";
  const auto off = getHttp(server->address(), log, "X-LC-Id: quiet\r\n");
  CHECK(off.status == 503);
  CHECK_THAT(off.head, Catch::Contains("Retry-After: 60"));
  CHECK(getHttp(server->address(), log, "X-LC-Id: app\r\n").status == 200);
  // The server's switch turns nothing on that an app has not.
  server->setSwitches({});
  CHECK(getHttp(server->address(), log, "X-LC-Id: quiet\r\n").status == 503);
}

TEST_CASE("limits: presence is switched while clients are connected") {
  const auto server = startServer();
  RawWsClient bob(server->address());
  openSession(bob, "bob");
  Switches switches;
  switches.presence = false;
  server->setSwitches(switches);
  RawWsClient alice(server->address());
  const std::string open =
      R"({"cmd":"session","op":"open","appId":"app","peerId":"alice","sessionPeerIds":["bob"]})";
  REQUIRE(alice.text(open));
  CHECK_THAT(alice.nextText(), Catch::Contains(R"("onlineSessionPeerIds":[])"));
  server->setSwitches({});
  CHECK_THAT(alice.nextText(), Catch::Contains(R"("status":"on")") && Catch::Contains("bob"));
}

TEST_CASE("server: a settings file beyond 16 MiB is refused") {
  const TemporaryFolder folder;
  const std::string file = folder.path() + "/kithd.json";
  std::ofstream(file) << "{}" << std::string(16u * 1024 * 1024, ' ');
  const auto options = readServerConfig(file);
  REQUIRE_FALSE(options);
  CHECK_THAT(options.error().detail, Catch::Contains("longer than 16 MiB"));
}

TEST_CASE("limits: options that make no sense are named") {
  const auto why = [](auto change) {
    ServerOptions options = plainOptions();
    change(options);
    return whyNotStarted(options);
  };
  CHECK(why([](auto& o) { o.connections.new_burst = 0; }) ==
        "connections.new_burst must be at least 1");
  CHECK(why([](auto& o) { o.connections.http_requests = 0; }) ==
        "connections.http_requests must be at least 1");
  CHECK(why([](auto& o) { o.connections.output_in_all = 1000; }) ==
        "connections.output_in_all must be at least 16777216");
  CHECK(why([](auto& o) { o.connections.storage_requests = 0; }) ==
        "connections.storage_requests must be at least 1");
  CHECK(why([](auto& o) { o.connections.handshake_timeout = seconds(0); }) ==
        "connections.handshake_timeout must be from 1 s to 1 h");
  CHECK_THAT(why([](auto& o) { o.connections.commands_burst = 0; }),
             Catch::Contains("connections.commands_burst must be at least 1"));
  CHECK_THAT(why([](auto& o) { o.apps[0].rates.peer_burst = 0; }),
             Catch::Contains("apps[0].rates.peer_burst must be at least 1"));
}

}  // namespace kith::testing
