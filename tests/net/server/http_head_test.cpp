// SPDX-License-Identifier: Apache-2.0
// The head of a request, and the handshake that may be in it.
#include "ws/http_head.hpp"

#include <string>

#include "net/server/http_reply.hpp"
#include "support/catch.hpp"
#include "ws/ws_handshake.hpp"

using namespace kith::net;
using namespace kith::ws;

namespace {

/// Reads it; `text` outlives what is read.
bool reads(const std::string& text, HttpHead& head) {
  return headSize(text, 0) == text.size() && readHead(text, head);
}
bool reads(const std::string& text) {
  HttpHead head;
  return reads(text, head);
}
std::string get(const std::string& target, const std::string& lines = {}) {
  return "GET " + target + " HTTP/1.1\r\nHost: x\r\n" + lines + "\r\n";
}

/// The call that a target makes; its method is empty when it is refused.
HttpCall callOf(const std::string& target, const std::string& lines = {}) {
  const std::string text = get(target, lines);
  HttpHead head;
  HttpCall call;
  REQUIRE(reads(text, head));
  if (!readHttpCall(head, {"x-lc-id"}, call)) call.method.clear();
  return call;
}

}  // namespace

TEST_CASE("http_head: a request is taken apart") {
  const std::string text =
      "PATCH /a/b?c=d&e HTTP/1.1\r\nHost:x\r\nX-A:  one \r\nx-b: t\tw\r\nx-a: two\r\n\r\n";
  HttpHead head;
  REQUIRE(reads(text, head));
  CHECK(head.method == "PATCH");
  CHECK(head.path == "/a/b");
  CHECK(head.query == "c=d&e");
  CHECK(head.minor == 1);
  CHECK(head.header("host") == "x");
  CHECK(head.header("x-A") == "one, two");
  CHECK(head.header("X-B") == "t\tw");
  CHECK(head.header("x-c").empty());
  CHECK(head.has("x-b"));
  CHECK_FALSE(head.has("x-c"));
}

TEST_CASE("http_head: the words of a list are found in any case and place") {
  HttpHead head;
  const std::string text = get("/", "Connection: keep-alive, UPGRADE\r\nConnection: x\r\n");
  REQUIRE(reads(text, head));
  CHECK(head.lists("connection", "upgrade"));
  CHECK(head.lists("connection", "x"));
  CHECK_FALSE(head.lists("connection", "keep"));
  CHECK_FALSE(head.lists("upgrade", "x"));
}

TEST_CASE("http_head: what two readers could read in two ways is refused") {
  for (const std::string line :
       {" folded", "\tfolded", "no colon", ": no name", "a b: c", "a : b", "a: b\rc: d",
        "a: b\nc: d", "\x80: x", "Host: y", "host: x", "a\x01: b", "a: \x7f"}) {
    CAPTURE(line);
    CHECK_FALSE(reads(get("/", line + "\r\n")));
  }
  CHECK_FALSE(reads(get("/", std::string("a: \0", 4) + "\r\n")));
  CHECK(reads(get("/", "a: \x80\xff\r\nb:\r\n")));
}

TEST_CASE("http_head: a request line is a method, a target and a version") {
  for (const std::string line :
       {"GET /", "GET  / HTTP/1.1", "GET / HTTP/1.1 ", " GET / HTTP/1.1", "GET / HTTP/2.0",
        "GET / http/1.1", "GET / HTTP/1.10", "GET x HTTP/1.1", "GET x:1 HTTP/1.1",
        "GET /a b HTTP/1.1", "GET /\x01 HTTP/1.1", "G(T / HTTP/1.1", "GET http://x HTTP/1.1",
        "AVERYLONGMETHODTHATISNONE / HTTP/1.1", "GET /\nx HTTP/1.1"}) {
    CAPTURE(line);
    CHECK_FALSE(reads(line + "\r\nHost: x\r\n\r\n"));
  }
  HttpHead head;
  const std::string absolute = get("http://x:1/a?b");
  REQUIRE(reads(absolute, head));
  CHECK(head.path == "/a");
  CHECK(reads("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n"));
}

TEST_CASE("http_head: HTTP/1.1 names a host, HTTP/1.0 need not") {
  CHECK_FALSE(reads("GET / HTTP/1.1\r\n\r\n"));
  CHECK(reads("GET / HTTP/1.0\r\n\r\n"));
}

TEST_CASE("http_head: more than a hundred header lines are refused") {
  std::string lines;
  for (std::size_t i = 1; i < kHeaderLines; ++i) lines += "a: b\r\n";
  CHECK(reads(get("/", lines)));
  CHECK_FALSE(reads(get("/", lines + "a: b\r\n")));
}

TEST_CASE("http_head: the end is found wherever the pieces are cut") {
  const std::string text = get("/healthz");
  for (std::size_t known = 0; known < text.size(); ++known) {
    CHECK(headSize(std::string_view(text).substr(0, known), 0) == 0);
    CHECK(headSize(text + "more", known) == text.size());
  }
  CHECK(emptyLines("\r\n\r\nGET") == 4);
  CHECK(emptyLines("GET") == 0);
}

TEST_CASE("http_head: what is no HTTP is seen at its first bytes") {
  for (const std::string text : {"", "G", "GET", "GET /", "\r"}) CHECK(mayBeHead(text));
  for (const std::string text :
       {"\x16\x03\x01", "{\"cmd\"", " GET /", "\r\r", "\n", "AVERYLONGWORDTHATISNOMETHOD"}) {
    CAPTURE(text);
    CHECK_FALSE(mayBeHead(text));
  }
}

TEST_CASE("http_head: percent signs are undone in path and query, a plus in the query only") {
  const HttpCall call = callOf("/a%2Fb+c//d?x=%41+b&y&=z&&w=1=2", "X-LC-Id: app\r\nX-Y: z\r\n");
  CHECK(call.path == "/a/b+c/d");
  CHECK(call.arg("x") == "A b");
  CHECK(call.arg("w") == "1=2");
  CHECK(call.query.size() == 5);
  CHECK(call.header("x-lc-id") == "app");
  CHECK(call.headers.size() == 1);
  for (const std::string target : {"/%", "/%4", "/%zz", "/%00", "/?a=%", "/?%0g=b", "/?a=%00"}) {
    CAPTURE(target);
    CHECK(callOf(target).method.empty());
  }
}

TEST_CASE("http_head: a connection stays open unless the request says otherwise") {
  const auto stays = [](const std::string& text) {
    HttpHead head;
    REQUIRE(reads(text, head));
    return staysOpen(head);
  };
  CHECK(stays(get("/")));
  CHECK_FALSE(stays(get("/", "Connection: Close\r\n")));
  CHECK_FALSE(stays("GET / HTTP/1.0\r\n\r\n"));
}

TEST_CASE("ws_handshake: the accept key is the one of the RFC's example") {
  CHECK(acceptKey("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

TEST_CASE("ws_handshake: it is asked for with Upgrade and Connection") {
  const auto asks = [](const std::string& lines) {
    const std::string text = get("/", lines);
    HttpHead head;
    REQUIRE(reads(text, head));
    return asksForWebSocket(head);
  };
  CHECK(asks("Upgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\n"));
  CHECK_FALSE(asks("Upgrade: websocket\r\n"));
  CHECK_FALSE(asks("Connection: upgrade\r\n"));
  CHECK_FALSE(asks("Upgrade: h2c\r\nConnection: upgrade\r\n"));
}
