// SPDX-License-Identifier: Apache-2.0
// Which web pages may use the server: Origin, CORS, JSONP.
#include "server/front/front_bench.hpp"

namespace kith::testing {
namespace {

using Catch::Contains;

constexpr const char* kOurs = "https://chat.example";

ServerOptions guarded() {
  ServerOptions options = plainOptions();
  options.allowed_origins = {kOurs, "http://localhost:8080"};
  return options;
}

std::string originLine(const std::string& origin) { return "Origin: " + origin + "\r\n"; }

/// What the server answers to a WebSocket handshake.
std::string shakeHands(const Server& server, const std::string& headers) {
  RawSocket socket(server.address());
  REQUIRE(
      socket.send("GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                  "Sec-WebSocket-Version: 13\r\n" +
                  headers + "\r\n"));
  std::string head;
  while (head.find("\r\n\r\n") == std::string::npos) {
    const std::string more = socket.receive();
    if (more.empty()) break;
    head += more;
  }
  return head.substr(0, 12);
}

}  // namespace

TEST_CASE("origin: a page that is not in the list gets 403 for its WebSocket handshake") {
  const auto server = startServer(guarded());
  for (const std::string other :
       {"https://evil.example", "http://chat.example", "https://chat.example:444", "null",
        "https://chat.example.evil.example", "https://chat.example/", "https://chat.exampl",
        "https://chat.example, https://evil.example"}) {
    CAPTURE(other);
    CHECK(shakeHands(*server, originLine(other)) == "HTTP/1.1 403");
  }
  CHECK(eventually([&] { return server->stats().connections == 0; }));
}

TEST_CASE("origin: a page of the list and a native client without an Origin are let in") {
  const auto server = startServer(guarded());
  CHECK(shakeHands(*server, originLine(kOurs)) == "HTTP/1.1 101");
  CHECK(shakeHands(*server, originLine("HTTPS://Chat.Example")) == "HTTP/1.1 101");
  CHECK(shakeHands(*server, originLine("http://localhost:8080")) == "HTTP/1.1 101");
  CHECK(shakeHands(*server, "") == "HTTP/1.1 101");
}

TEST_CASE("origin: two Origin headers do not smuggle a page in") {
  const auto server = startServer(guarded());
  CHECK(shakeHands(*server, originLine("https://evil.example") + originLine(kOurs)) ==
        "HTTP/1.1 403");
  CHECK(shakeHands(*server, originLine(kOurs) + originLine("https://evil.example")) ==
        "HTTP/1.1 403");
}

TEST_CASE("origin: without a list any page is let in") {
  const auto server = startServer();
  CHECK(shakeHands(*server, originLine("https://anything.example")) == "HTTP/1.1 101");
  const auto answer = getHttp(server->address(), "/healthz", originLine("https://a.example"));
  CHECK(answer.status == 200);
  CHECK_THAT(answer.head, Contains("Access-Control-Allow-Origin: *\r\n"));
}

TEST_CASE("origin: HTTP reads say the same as the handshake, and CORS agrees") {
  const auto server = startServer(guarded());
  for (const std::string path :
       {"/healthz", "/v1/route?appId=app", "/1.1/rtm/messages/logs?convid=x",
        "/1.1/classes/AVOSRealtimeGroups/g"}) {
    CAPTURE(path);
    const std::string app = "X-LC-Id: app\r\n";
    const auto foreign = getHttp(server->address(), path, app + originLine("https://evil.example"));
    CHECK(foreign.status == 403);
    CHECK_THAT(foreign.head, !Contains("Access-Control-Allow-Origin"));
    CHECK_THAT(foreign.head, Contains("Vary: Origin\r\n"));
    CHECK_THAT(foreign.head, Contains("X-Content-Type-Options: nosniff\r\n"));
    const auto ours = getHttp(server->address(), path, app + originLine(kOurs));
    CHECK(ours.status != 403);
    CHECK_THAT(ours.head, Contains("Access-Control-Allow-Origin: https://chat.example\r\n"));
    CHECK_THAT(ours.head, Contains("Vary: Origin\r\n"));
    const auto native = getHttp(server->address(), path, app);
    CHECK(native.status == ours.status);
    CHECK_THAT(native.head, !Contains("Access-Control-Allow-Origin"));
  }
}

TEST_CASE("origin: a browser that asks first hears the same") {
  const auto server = startServer(guarded());
  const auto preflight = [&](const std::string& origin) {
    RawSocket socket(server->address());
    return exchangeHttp(socket, "OPTIONS /1.1/rtm/messages/logs HTTP/1.1\r\nHost: x\r\n" +
                                    originLine(origin) + "\r\n");
  };
  CHECK(preflight("https://evil.example").status == 403);
  const auto ours = preflight(kOurs);
  CHECK(ours.status == 204);
  CHECK_THAT(ours.head, Contains("Access-Control-Allow-Origin: https://chat.example\r\n") &&
                            Contains("Access-Control-Allow-Methods: GET, HEAD\r\n"));
}

TEST_CASE("origin: a callback of JSONP is a name and never script or a header") {
  const auto server = startServer();
  for (const std::string callback : {"alert(1)//", "a%3Cscript%3E", "a%22", "a%20b", "a%09b",
                                     "a%27", "a%2f%2f", "%C3%A4", "a%0d%0aSet-Cookie:x", "a;b"}) {
    CAPTURE(callback);
    const auto answer = getHttp(server->address(), "/v1/route?appId=app&cb=" + callback);
    CHECK(answer.status == 400);
    CHECK_THAT(answer.head, Contains("Content-Type: application/json"));
    CHECK_THAT(answer.head, Contains("nosniff"));
  }
}

TEST_CASE("origin: a list with what is no origin is refused and named") {
  const auto why = [](const std::string& origin) {
    ServerOptions options = plainOptions();
    options.allowed_origins = {origin};
    return whyNotStarted(options);
  };
  for (const std::string bad :
       {"", "*", "chat.example", "https://chat.example/", "https://chat.example/path",
        "https://user@chat.example", "wss://chat.example", "https://chat.example\r\nX: y"}) {
    CAPTURE(bad);
    CHECK_THAT(why(bad), Contains("allowed_origins"));
  }
}

}  // namespace kith::testing
