// SPDX-License-Identifier: Apache-2.0
// The address that a proxy's connection is counted for; no address but a proxy's is believed. The
// proxy comes from 127.0.0.2.
#include "net/server/listener_stage.hpp"

namespace kith::testing {
namespace {

constexpr const char* kProxy = "127.0.0.2";

net::ListenOptions behindProxy(bool protocol) {
  net::ListenOptions options;
  options.trusted_proxies = {net::IpRange::parse(kProxy).value(),
                             net::IpRange::parse("10.0.0.0/8").value()};
  options.proxy_protocol = protocol;
  return options;
}

std::string handshake(const std::string& lines = {}) {
  return get("/",
             "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: x\r\n"
             "Sec-WebSocket-Version: 13\r\n" +
                 lines);
}
std::string forwarded(const std::string& address) { return "X-Forwarded-For: " + address + "\r\n"; }

/// The status of the answer.
std::string statusOf(RawSocket& socket, const std::string& request) {
  REQUIRE(socket.send(request));
  std::string head;
  while (head.find("\r\n\r\n") == head.npos) {
    const std::string more = socket.receive();
    if (more.empty()) return "closed";
    head += more;
  }
  return head.substr(9, 3);
}

/// Where a WebSocket is from, as the handler heard it; it begins with `before`.
std::string remoteOf(Stage& stage, const char* from, const std::string& before,
                     const std::string& lines = {}) {
  const auto socket = std::make_unique<RawSocket>(stage.address(), 0, from);
  REQUIRE(socket->send(before + handshake(lines) + clientFrame(1, "how")));
  std::string all;
  while (all.find("/    ") == all.npos) {
    const std::string more = socket->receive();
    if (more.empty()) return "closed";
    all += more;
  }
  return all.substr(all.find("/    ") + 5);
}

}  // namespace

TEST_CASE("behind a proxy: X-Forwarded-For of a trusted proxy says who comes") {
  Stage stage(anyPlainWay(), behindProxy(false));
  CHECK(remoteOf(stage, kProxy, "", forwarded("203.0.113.7")) == "203.0.113.7");
  CHECK(remoteOf(stage, kProxy, "", forwarded("1.1.1.1, 203.0.113.7, 10.0.0.1")) == "203.0.113.7");
  CHECK(remoteOf(stage, kProxy, "", forwarded("2001:db8::7")) == "2001:db8::7");
  CHECK(remoteOf(stage, kProxy, "") == kProxy);
  CHECK(remoteOf(stage, kProxy, "", forwarded("nonsense")) == kProxy);
}

TEST_CASE("behind a proxy: an address that is not trusted is believed nothing") {
  const bool protocol = GENERATE(false, true);
  Stage stage(anyPlainWay(), behindProxy(protocol));
  CHECK(remoteOf(stage, "127.0.0.3", "", forwarded("203.0.113.7")) == "127.0.0.3");
  const auto socket = stage.connect(0, "127.0.0.3");
  CHECK(statusOf(*socket, "PROXY TCP4 203.0.113.7 10.0.0.1 1 2\r\n" + get("/")) == "400");
}

TEST_CASE("behind a proxy: the PROXY protocol says who comes, in front of TLS, too") {
  Stage stage(anyPlainWay(), behindProxy(true));
  CHECK(remoteOf(stage, kProxy, "PROXY TCP4 203.0.113.7 10.0.0.1 1 2\r\n") == "203.0.113.7");
  CHECK(remoteOf(stage, kProxy, "PROXY TCP6 2001:db8::7 ::1 1 2\r\n") == "2001:db8::7");
  CHECK(remoteOf(stage, kProxy, "PROXY UNKNOWN\r\n") == kProxy);
  CHECK(remoteOf(stage, kProxy, std::string("\r\n\r\n\0\r\nQUIT\n\x20\0\0\0", 16)) == kProxy);
  // A client behind it is believed nothing; another proxy of ours is.
  CHECK(remoteOf(stage, kProxy, "PROXY TCP4 203.0.113.7 10.0.0.1 1 2\r\n", forwarded("1.1.1.1")) ==
        "203.0.113.7");
  CHECK(remoteOf(stage, kProxy, "PROXY TCP4 10.0.0.9 10.0.0.1 1 2\r\n", forwarded("203.0.113.8")) ==
        "203.0.113.8");
}

TEST_CASE("behind a proxy: TLS begins behind the header of the PROXY protocol") {
  Stage stage(Way{GENERATE(0u, 3u), true}, behindProxy(true));
  const auto socket = stage.connectAfter("PROXY TCP4 203.0.113.7 10.0.0.1 1 2\r\n", kProxy);
  REQUIRE(socket->send(handshake() + clientFrame(1, "how")));
  std::string all;
  while (all.find("203.0.113.7") == all.npos) {
    const std::string more = socket->receive();
    REQUIRE(!more.empty());
    all += more;
  }
}

TEST_CASE("behind a proxy: a trusted proxy without the header that it owes is closed") {
  Stage stage(anyPlainWay(), behindProxy(true));
  const auto socket = stage.connect(0, kProxy);
  CHECK(statusOf(*socket, get("/")) == "closed");
}

TEST_CASE("behind a proxy: a header that does not come to its end is cut off in time") {
  net::ListenOptions options = behindProxy(true);
  options.connections.handshake_timeout = std::chrono::seconds(1);
  Stage stage(anyPlainWay(), options);
  const auto socket = stage.connect(0, kProxy);
  REQUIRE(socket->send("PROXY TCP4 203.0.113.7 "));
  CHECK(socket->receive().empty());
}

TEST_CASE("behind a proxy: the limits of an address count for the client, not for the proxy") {
  const bool protocol = GENERATE(false, true);
  net::ListenOptions options = behindProxy(protocol);
  options.connections.per_address = 2;
  Stage stage(anyPlainWay(), options);
  std::vector<std::unique_ptr<RawSocket>> open;
  const auto knock = [&](const std::string& client) {
    open.push_back(stage.connect(0, kProxy));
    return statusOf(*open.back(), (protocol ? "PROXY TCP4 " + client + " 10.0.0.1 1 2\r\n" : "") +
                                      handshake(protocol ? "" : forwarded(client)));
  };
  for (const std::string client : {"203.0.113.1", "203.0.113.2", "203.0.113.3"}) {
    CAPTURE(client);
    CHECK(knock(client) == "101");
    CHECK(knock(client) == "101");
    CHECK(knock(client) == "503");
  }
  open.clear();
  // They have gone: there is room again.
  CHECK(eventually([&] { return stage.handler.connected == 0; }));
  CHECK(knock("203.0.113.1") == "101");
}

TEST_CASE("behind a proxy: requests of one connection count for the clients that they are of") {
  net::ListenOptions options = behindProxy(false);
  options.connections.new_per_second = 1;
  options.connections.new_burst = 3;
  Stage stage(anyPlainWay(), options);
  const auto socket = stage.connect(0, kProxy);
  // Changing to a client costs one, and its request one.
  for (const std::string client : {"203.0.113.1", "203.0.113.2", "203.0.113.3"}) {
    CHECK(statusOf(*socket, get("/", forwarded(client))) == "200");
  }
  for (int i = 0; i < 50; ++i) CHECK(statusOf(*socket, get("/")) == "200");
  std::string status = "200";
  int requests = 0;
  for (; requests < 1000 && status == "200"; ++requests) {
    status = statusOf(*socket, get("/", forwarded("203.0.113.4")));
  }
  CHECK(status == "503");
  CHECK(requests > 2);
}

}  // namespace kith::testing
