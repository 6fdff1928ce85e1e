// SPDX-License-Identifier: Apache-2.0
// Requests with bodies and answers that are long, plain and with TLS, in serve() and on threads of
// its own.
#include <fstream>
#include <sys/socket.h>
#include <thread>

#include "net/server/listener_stage.hpp"

namespace kith::testing {
namespace {

std::string post(const std::string& path, const std::string& lines, const std::string& body) {
  return "POST " + path + " HTTP/1.1\r\nHost: x\r\n" + lines + "\r\n" + body;
}
std::string post(const std::string& path, const std::string& body) {
  return post(path, "Content-Length: " + std::to_string(body.size()) + "\r\n", body);
}
const std::string kChunked = "Transfer-Encoding: chunked\r\n";

/// Reads until `end` has come.
std::string receiveUntil(RawSocket& socket, const std::string& end) {
  std::string all;
  while (all.find(end) == all.npos) {
    const std::string more = socket.receive();
    if (more.empty()) FAIL("only this came: " << all.substr(0, 300));
    all += more;
  }
  return all;
}

}  // namespace

TEST_CASE("http exchange: a body comes whole, in chunks or not, and the next request behind it") {
  Stage stage(anyWay());
  const auto socket = stage.connect();
  const std::string large(90000, 'l');
  REQUIRE(
      socket->send(post("/echo", "one") +
                   post("/echo", kChunked, "3;x=y\r\ntwo\r\n4\r\n and\r\n0\r\nTrailer: t\r\n\r\n") +
                   get("/echo") + post("/echo", large) + get("/end")));
  const std::string all = receiveUntil(*socket, "\r\n\r\n/end");
  std::size_t at = 0;
  for (const std::string& body : {std::string("one"), std::string("two and"),
                                  std::string("nothing"), large, std::string("/end")}) {
    CAPTURE(body.substr(0, 20));
    at = all.find("\r\n\r\n" + body, at);
    REQUIRE(at != all.npos);
  }
}

TEST_CASE("http exchange: a body may come byte by byte") {
  Stage stage(anyPlainWay());
  const auto socket = stage.connect();
  for (const char byte : post("/echo", kChunked, "5\r\nhello\r\n0\r\n\r\n") + get("/end")) {
    REQUIRE(socket->send(std::string(1, byte)));
  }
  CHECK_THAT(receiveUntil(*socket, "/end"), Catch::Contains("\r\n\r\nhello"));
}

TEST_CASE("http exchange: a body that is too long is refused with 413, announced or not") {
  Stage stage(anyWay());
  const std::string large(100001, 'l');
  const auto announced = stage.connect();
  REQUIRE(announced->send(post("/echo", "Content-Length: 100001\r\n", "")));
  CHECK_THAT(receiveAll(*announced), Catch::StartsWith("HTTP/1.1 413 "));
  const auto chunked = stage.connect();
  REQUIRE(chunked->send(post("/echo", kChunked, "186a1\r\n" + large)));
  CHECK_THAT(receiveAll(*chunked), Catch::StartsWith("HTTP/1.1 413 "));
  CHECK(eventually([&] { return stage.handler.gone == 2; }));
  CHECK(stage.handler.came == 0);
}

TEST_CASE("http exchange: a body that is not taken ends the connection and is no request") {
  Stage stage(anyPlainWay());
  const auto socket = stage.connect();
  REQUIRE(socket->send(post("/other", get("/inner")) + get("/behind")));
  CHECK_THAT(receiveAll(*socket),
             Catch::Contains("Connection: close\r\n") && Catch::EndsWith("/other"));
}

TEST_CASE("http exchange: a body with two ends, or none, is refused") {
  Stage stage(anyPlainWay());
  struct Row {
    std::string lines, status;
  };
  for (const Row& row : {Row{"Content-Length: 3\r\n" + kChunked, "400"},
                         Row{"Content-Length: 3\r\nContent-Length: 4\r\n", "400"},
                         Row{"Transfer-Encoding: gzip\r\n", "501"}}) {
    CAPTURE(row.lines);
    const auto socket = stage.connect();
    REQUIRE(socket->send(post("/echo", row.lines, "abc" + get("/inner"))));
    CHECK_THAT(receiveAll(*socket),
               Catch::StartsWith("HTTP/1.1 " + row.status) && !Catch::Contains("/inner"));
  }
  const auto socket = stage.connect();
  REQUIRE(socket->send(post("/echo", kChunked, "no chunk\r\n")));
  CHECK_THAT(receiveAll(*socket), Catch::StartsWith("HTTP/1.1 400 "));
}

TEST_CASE("http exchange: a client that waits for 100 hears it when its body is wanted") {
  Stage stage(anyWay());
  const auto socket = stage.connect();
  const std::string lines = "Content-Length: 5\r\nExpect: 100-continue\r\n";
  REQUIRE(socket->send(post("/echo", lines, "")));
  CHECK(receiveUntil(*socket, "\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
  REQUIRE(socket->send("hello"));
  CHECK_THAT(receiveUntil(*socket, "hello"), Catch::StartsWith("HTTP/1.1 200 "));
  REQUIRE(socket->send(post("/other", lines, "")));
  CHECK_THAT(receiveAll(*socket),
             Catch::StartsWith("HTTP/1.1 200 ") && Catch::Contains("Connection: close\r\n"));
}

TEST_CASE("http exchange: of a body in pieces no more comes than the handler is done with") {
  Stage stage(anyWay());
  stage.handler.generous = false;
  const auto socket = stage.connect();
  constexpr std::size_t kSize = 5'000'000;
  // Another thread may not use a connection over TLS: so this one writes until nothing is taken.
  REQUIRE(socket->send(post("/pieces", "Content-Length: 5000000\r\n", std::string(100'000, 'p'))));
  REQUIRE(eventually([&] { return stage.handler.came >= net::kBodyWindow; }));
  const auto other = stage.connect();
  REQUIRE(other->send(get("/end")));
  receiveUntil(*other, "/end");
  CHECK(stage.handler.came == net::kBodyWindow);
  stage.tell(stage.done_now);
  REQUIRE(socket->send(std::string(kSize - 100'000, 'p')));
  CHECK_THAT(receiveUntil(*socket, std::to_string(kSize)), Catch::EndsWith("5000000"));
}

TEST_CASE("http exchange: the handler hears of a body that breaks off, and of no other") {
  Stage stage(anyWay());
  const auto socket = stage.connect();
  REQUIRE(socket->send(post("/echo", "Content-Length: 100\r\n", "half")));
  const auto other = stage.connect();
  REQUIRE(other->send(post("/echo", "whole") + get("/end")));
  receiveUntil(*other, "/end");
  CHECK(stage.handler.gone == 0);
  socket->endSending();
  CHECK(eventually([&] { return stage.handler.gone == 1; }));
}

TEST_CASE("http exchange: the handler hears of the end of each request that it waits for") {
  Stage stage(anyPlainWay());
  for (int i = 0; i < 200; ++i) {
    const auto socket = stage.connect();
    REQUIRE(socket->send(i % 2 == 0 ? post("/echo", "Content-Length: 100\r\n", "half")
                                    : get("/parts/1000000")));
    const linger at_once{1, 0};
    ::setsockopt(socket->fd(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  }
  const auto other = stage.connect();
  REQUIRE(other->send(get("/end")));
  receiveUntil(*other, "/end");
  CHECK(eventually([&] { return stage.handler.gone == stage.handler.wanted; }));
}

TEST_CASE("http exchange: a body that comes more slowly than it may is cut off") {
  net::ListenOptions options;
  options.connections.handshake_timeout = std::chrono::seconds(1);
  options.connections.least_bytes_per_second = 1000;
  Stage stage(anyPlainWay(), options);
  const auto socket = stage.connect();
  REQUIRE(socket->send(post("/echo", "Content-Length: 90000\r\n", "some bytes")));
  CHECK(receiveAll(*socket).empty());
  CHECK(eventually([&] { return stage.handler.gone == 1; }));
}

TEST_CASE("http exchange: bodies on their way have their address's share of the memory") {
  net::ListenOptions options;
  options.connections.output_per_address = 200'000;
  options.connections.output_in_all = 16u << 20;
  Stage stage(anyPlainWay(), options);
  std::vector<std::unique_ptr<RawSocket>> sockets;
  for (int i = 0; i < 4; ++i) {
    sockets.push_back(stage.connect());
    REQUIRE(
        sockets.back()->send(post("/echo", "Content-Length: 99999\r\n", std::string(90000, 'b'))));
  }
  CHECK(eventually([&] { return stage.handler.gone >= 1; }));
  const auto other = stage.connect(0, "127.0.0.9");
  REQUIRE(other->send(post("/echo", std::string(90000, 'b')) + get("/end")));
  CHECK_THAT(receiveUntil(*other, "/end"), Catch::StartsWith("HTTP/1.1 200 "));
}

TEST_CASE("http exchange: an answer in parts comes in chunks, as it is read") {
  Stage stage(anyWay());
  const auto socket = stage.connect();
  REQUIRE(socket->send(get("/parts/3") + get("/end")));
  const std::string chunk = "3e8\r\n" + std::string(1000, 'x') + "\r\n";
  const std::string all = receiveUntil(*socket, "\r\n\r\n/end");
  CHECK_THAT(all, Catch::Contains("Transfer-Encoding: chunked\r\n") &&
                      Catch::Contains("\r\n\r\n5\r\nfirst\r\n" + chunk + chunk + chunk +
                                      "0\r\n\r\nHTTP/1.1 200"));
  const auto old = stage.connect();
  REQUIRE(old->send("GET /parts/2 HTTP/1.0\r\n\r\n"));
  CHECK_THAT(receiveAll(*old), !Catch::Contains("chunked") &&
                                   Catch::EndsWith("\r\n\r\nfirst" + std::string(2000, 'x')));
  const auto head = stage.connect();
  REQUIRE(head->send("HEAD /parts/2 HTTP/1.1\r\nHost: x\r\n\r\n" + get("/end")));
  CHECK_THAT(receiveUntil(*head, "/end"), !Catch::Contains("xxx"));
}

TEST_CASE("http exchange: a reader of parts that is too far behind is cut off") {
  net::ListenOptions options;
  options.output_bytes = 1u << 20;
  Stage stage(anyPlainWay(), options);
  const auto socket = stage.connect(4096);
  REQUIRE(socket->send(get("/parts/2")));
  REQUIRE(receiveUntil(*socket, "0\r\n\r\n").size() > 2000);
  REQUIRE(socket->send(get("/flood")));
  CHECK(eventually([&] { return stage.handler.gone == 1; }));
  CHECK_THAT(receiveAll(*socket), !Catch::EndsWith("0\r\n\r\n"));
}

TEST_CASE("http exchange: a file is sent whole or in the range that is asked for") {
  net::ListenOptions options;
  options.headers = {"range"};
  TemporaryFolder folder;
  const std::string path = folder.path() + "/file";
  std::string content;
  for (int i = 0; i < 50000; ++i) content += std::to_string(i) + ",";
  std::ofstream(path) << content;
  Stage stage(anyWay(), options);
  stage.handler.file = net::HttpFile::open(path).value();
  const auto socket = stage.connect();
  const auto whole = exchangeHttp(*socket, get("/file"));
  CHECK(whole.status == 200);
  CHECK(whole.body == content);
  const auto range = exchangeHttp(*socket, get("/file", "Range: bytes=1000-200999\r\n"));
  CHECK(range.status == 206);
  CHECK(range.body == content.substr(1000, 200000));
  CHECK_THAT(range.head, Catch::Contains("Content-Range: bytes 1000-200999/" +
                                         std::to_string(content.size()) + "\r\n"));
  CHECK(exchangeHttp(*socket, get("/file", "Range: bytes=99999999-\r\n")).status == 416);
  CHECK(exchangeHttp(*socket, get("/file", "Range: bytes=-5\r\n")).body ==
        content.substr(content.size() - 5));
  CHECK(exchangeHttp(*socket, "HEAD /file HTTP/1.1\r\nHost: x\r\n\r\n").status == 200);
  REQUIRE(socket->send(get("/file") + get("/end")));
  CHECK_THAT(receiveUntil(*socket, "\r\n\r\n/end"),
             Catch::Contains("\r\n\r\n" + content + "HTTP/1.1 200"));
  CHECK_FALSE(net::HttpFile::open(folder.path()));
  CHECK_FALSE(net::HttpFile::open(path + "x"));
}

TEST_CASE("http exchange: what a Range header asks for") {
  const auto range = [](const char* header) {
    const auto found = net::rangeOf(header, 100);
    return found ? std::to_string(found->begin) + "-" + std::to_string(found->end) : "ignored";
  };
  CHECK(range("bytes=0-9") == "0-10");
  CHECK(range("bytes=90-") == "90-100");
  CHECK(range("bytes=90-200") == "90-100");
  CHECK(range("bytes=-10") == "90-100");
  CHECK(range("bytes=-1000") == "0-100");
  CHECK(range("bytes=100-") == "0-0");
  CHECK(range("bytes=0-18446744073709551615") == "0-100");
  for (const char* header : {"", "bytes", "bytes=", "bytes=-", "bytes=9-1", "bytes=1-2,3-4",
                             "lines=1-2", "bytes=a-", "bytes=1-b", "bytes=18446744073709551616-"}) {
    CAPTURE(header);
    CHECK(range(header) == "ignored");
  }
}

}  // namespace kith::testing
