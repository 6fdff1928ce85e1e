// SPDX-License-Identifier: Apache-2.0
// What no honest client asks over HTTP. Each case says what comes back, and that two WebSocket
// clients of the same server did not feel it.
#include <algorithm>

#include "server/front/front_bench.hpp"

namespace kith::testing {
namespace {

class Stage {
 public:
  Stage() {
    openSession(alice_, "alice");
    openSession(bob_, "bob");
  }
  ~Stage() {
    const std::string text = "still here";
    CHECK(alice_.text(directFrame("alice", "bob", text, true)));
    CHECK(bob_.nextText().find(text) != std::string::npos);
  }
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  /// Sends these bytes and no more; all that comes back.
  std::string answerTo(const std::string& bytes) {
    RawSocket socket(server_->address());
    socket.send(bytes);
    socket.endSending();
    std::string all;
    for (std::string more = socket.receive(); !more.empty(); more = socket.receive()) all += more;
    return all;
  }
  /// The status of one request on a connection of its own; 0 when it is just closed.
  int statusOf(const std::string& request) {
    RawSocket socket(server_->address());
    socket.send(request);
    head_.clear();
    while (head_.find("\r\n\r\n") == std::string::npos) {
      const std::string more = socket.receive();
      if (more.empty()) return 0;
      head_ += more;
    }
    return std::stoi(head_.substr(9, 3));
  }
  int get(const std::string& target, const std::string& headers = {}) {
    return statusOf("GET " + target + " HTTP/1.1\r\nHost: x\r\n" + headers + "\r\n");
  }
  const std::string& head() const { return head_; }
  std::string address() const { return server_->address(); }

 private:
  std::unique_ptr<Server> server_{startServer()};
  RawWsClient alice_{server_->address()};
  RawWsClient bob_{server_->address()};
  std::string head_;
};

std::size_t countOf(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++count;
  return count;
}

}  // namespace

TEST_CASE("hostile http: no path leads to a file") {
  Stage stage;
  for (const std::string path :
       {"/../../../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/..%2f..%2fetc/passwd", "//etc",
        "/.", "/healthz/../../etc/passwd", "/%252e%252e/x", "/..\\..\\x",
        "/1.1/../../etc/passwd"}) {
    INFO(path);
    const int status = stage.get(path);
    CHECK((status == 404 || status == 403 || status == 0));
    CHECK(stage.head().find("root:") == std::string::npos);
  }
}

TEST_CASE("hostile http: a NUL in path or query ends nothing early") {
  Stage stage;
  CHECK(stage.get("/healthz%00") != 200);
  CHECK(stage.get("/v1/route?appId=app%00x") != 200);
  CHECK(stage.get("/v1/route?appId=app&cb=f%00x") != 200);
  CHECK(stage.get(std::string("/healthz\0x", 10)) != 200);
}

TEST_CASE("hostile http: broken percent signs are refused or taken as they are") {
  Stage stage;
  for (const std::string target : {"/%", "/%z", "/%zz", "/healthz?%", "/%2", "/v1/route?a=%g0"}) {
    INFO(target);
    CHECK(stage.get(target) != 101);
  }
}

TEST_CASE("hostile http: nothing from a request splits the answer") {
  Stage stage;
  const std::string injected = "x%0d%0aInjected:%20yes%0d%0a%0d%0a";
  for (const std::string& target :
       {"/v1/route?appId=" + injected, "/v1/route?appId=app&cb=" + injected, "/" + injected}) {
    INFO(target);
    CHECK(stage.get(target) != 101);
    CHECK(stage.head().find("\r\nInjected") == std::string::npos);
  }
  CHECK(stage.get("/v1/route?appId=app", "X-A: b\rInjected: yes\r\n") != 101);
  CHECK(stage.head().find("\r\nInjected") == std::string::npos);
  CHECK(stage.statusOf("GET /v1/route?appId=app HTTP/1.1\r\nHost: a\rInjected: yes\r\n\r\n") !=
        101);
  CHECK(stage.head().find("\r\nInjected") == std::string::npos);
}

TEST_CASE("hostile http: a request line or a header that is huge is cut off") {
  Stage stage;
  const std::string huge(1 << 20, 'a');
  CHECK(stage.answerTo("GET /" + huge).find("200") == std::string::npos);
  CHECK(stage.answerTo(huge).find("200") == std::string::npos);
  const std::string answer = stage.answerTo("GET /healthz HTTP/1.1\r\nHost: " + huge);
  CHECK(answer.find("ok\n") == std::string::npos);
}

TEST_CASE("hostile http: thousands of headers are cut off or answered, and that is all") {
  Stage stage;
  std::string headers;
  for (int i = 0; i < 5000; ++i) headers += "X-" + std::to_string(i) + ": y\r\n";
  const std::string answer = stage.answerTo("GET /healthz HTTP/1.1\r\n" + headers + "\r\n");
  CHECK(countOf(answer, "HTTP/1.1 200") <= 1);
}

TEST_CASE("hostile http: a request that comes byte by byte is understood") {
  Stage stage;
  RawSocket socket(stage.address());
  for (const char byte : std::string("GET /healthz HTTP/1.1\r\nHost: x\r\n\r")) {
    REQUIRE(socket.send({&byte, 1}));
  }
  CHECK(exchangeHttp(socket, "\n").body == "ok\n");
}

TEST_CASE("hostile http: half a request holds up nobody, and ends with its connection") {
  Stage stage;
  std::vector<std::unique_ptr<RawSocket>> idle;
  for (int i = 0; i < 50; ++i) {
    idle.push_back(std::make_unique<RawSocket>(stage.address()));
    REQUIRE(idle.back()->send("GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: "));
  }
  CHECK(stage.get("/healthz") == 200);
}

TEST_CASE("hostile http: pipelined requests are answered in order") {
  Stage stage;
  RawSocket socket(stage.address());
  const std::string first = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
  const std::string second = "GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n";
  REQUIRE(socket.send(first + second + first));
  std::string all;
  while (countOf(all, "HTTP/1.1 ") < 3) {
    const std::string more = socket.receive();
    if (more.empty()) break;
    all += more;
  }
  CHECK(countOf(all, "HTTP/1.1 ") == 3);
  CHECK(all.find("HTTP/1.1 200") < all.find("HTTP/1.1 404"));
  CHECK(all.rfind("HTTP/1.1 200") > all.find("HTTP/1.1 404"));
}

TEST_CASE("hostile http: methods that it does not know get no answer of ours") {
  Stage stage;
  for (const std::string method : {"BREW", "TRACE", "GETGET", "", "\x01"}) {
    INFO(method);
    const int status = stage.statusOf(method + " /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK((status == 0 || status >= 400));
  }
  CHECK(stage.statusOf("HEAD /healthz HTTP/1.1\r\nHost: x\r\n\r\n") == 200);
  CHECK(stage.head().find("ok\n") == std::string::npos);
}

// A body that is not read must not become the next request: that is how requests are smuggled
// through a proxy in front of us. A body that is not taken ends the connection, one with two ends
// gets 400, and neither a second answer.
TEST_CASE("hostile http: a body is never taken for a request") {
  Stage stage;
  const std::string inner = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
  const std::string bodies[] = {
      "Content-Length: " + std::to_string(inner.size()) + "\r\n\r\n" + inner,
      "Transfer-Encoding: chunked\r\n\r\n24\r\n" + inner + "\r\n0\r\n\r\n",
      "Content-Length: " + std::to_string(inner.size() + 3) +
          "\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + inner};
  for (const std::string method : {"POST", "PUT", "PATCH", "GET"}) {
    for (const std::string& body : bodies) {
      INFO(method << ' ' << body);
      RawSocket socket(stage.address());
      socket.send(method + " /nothing HTTP/1.1\r\nHost: x\r\n" + body);
      std::string all = socket.receive();
      socket.endSending();
      for (std::string more = socket.receive(); !more.empty(); more = socket.receive()) all += more;
      CHECK(countOf(all, "HTTP/1.1 ") == 1);
      const bool two_ends = &body == &bodies[2];
      CHECK(all.rfind(two_ends ? "HTTP/1.1 400 " : "HTTP/1.1 404 ", 0) == 0);
    }
  }
}

TEST_CASE("hostile http: a Content-Length that lies harms nobody") {
  Stage stage;
  for (const std::string length : {"-1", "18446744073709551616", "99999999999999999999",
                                   "4294967296", "x", "", "5, 6", "0x5"}) {
    INFO(length);
    const std::string answer = stage.answerTo(
        "POST /v1/route HTTP/1.1\r\nHost: x\r\nContent-Length: " + length + "\r\n\r\nhello");
    CHECK(answer.find("HTTP/1.1 200") == std::string::npos);
  }
  // More is announced than ever comes.
  CHECK(stage.answerTo("POST /v1/route HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\nhello")
            .find("HTTP/1.1 200") == std::string::npos);
}

TEST_CASE("hostile http: two Host headers, folded lines and lines without colon harm nobody") {
  Stage stage;
  for (const std::string headers : {"Host: y\r\nHost: z\r\n", " folded\r\n", "No colon\r\n",
                                    ": empty\r\n", "\x80\xff: x\r\n"}) {
    INFO(headers);
    const std::string answer =
        stage.answerTo("GET /healthz HTTP/1.1\r\nHost: x\r\n" + headers + "\r\n");
    CHECK(countOf(answer, "HTTP/1.1 ") <= 1);
  }
}

TEST_CASE("hostile http: other protocols on the port are closed") {
  Stage stage;
  for (const std::string bytes :
       {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "SSH-2.0-x\r\n", "\x16\x03\x01\x02\x00\x01\x00",
        "EHLO x\r\n", "{\"cmd\":\"session\"}\n", "\r\n\r\n\r\n"}) {
    INFO(bytes);
    CHECK(stage.answerTo(bytes).find("HTTP/1.1 200") == std::string::npos);
  }
}

}  // namespace kith::testing
