// SPDX-License-Identifier: Apache-2.0
// Through an HTTP proxy (R15).
#include "net/client/loop_bench.hpp"
#include "support/temporary_folder.hpp"
#include "support/tls_peer.hpp"

using namespace kith;
using namespace kith::testing;

namespace {

/// A proxy that plays the target itself once it has said yes.
net::ConnectRequest through(const WsPeer& proxy) {
  net::ConnectRequest request;
  request.url = "ws://chat.example.test:7700/";
  request.proxy.url = "http://127.0.0.1:" + std::to_string(proxy.port());
  return request;
}

/// Reads the head of a CONNECT a byte at a time, so that what follows stays in the socket.
bool readConnect(int fd) {
  std::string head;
  char byte = 0;
  while (head.find("\r\n\r\n") == std::string::npos) {
    if (::recv(fd, &byte, 1, 0) != 1) return false;
    head += byte;
  }
  return head.rfind("CONNECT ", 0) == 0;
}

/// Writes the pieces so that each is read by itself: a client that takes the first for the whole
/// speaks or hangs up while the next is held back. False: it did.
bool writePieces(int fd, const std::vector<std::string>& pieces) {
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    pollfd watch{fd, POLLIN, 0};
    if (i > 0 && ::poll(&watch, 1, 10) != 0) return false;
    const auto size = static_cast<ssize_t>(pieces[i].size());
    if (::send(fd, pieces[i].data(), pieces[i].size(), MSG_NOSIGNAL) != size) return false;
  }
  return true;
}

/// The lines of a proxy that agrees in these pieces; then the target's own.
LineMaker agreesIn(std::vector<std::string> pieces, LineMaker then) {
  return [pieces = std::move(pieces), then = std::move(then)](int fd) -> std::unique_ptr<Line> {
    if (!readConnect(fd) || !writePieces(fd, pieces)) return nullptr;
    return then(fd);
  };
}

LineMaker plainLines() {
  return [](int fd) { return std::make_unique<Line>(fd); };
}

void playTarget(WsTalk& talk) {
  talk.shakeHands();
  talk.sendText("hello");
  talk.waitForEnd();
}

/// What proxies of the field say when they agree.
const std::vector<std::string> kAgreements{
    "HTTP/1.1 200 Connection Established\r\n\r\n",
    "HTTP/1.0 200 Connection established\r\nProxy-agent: odd/1\r\n\r\n",
    "HTTP/1.1 200 Connection Established\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 200\r\n\r\n",
    "HTTP/1.1 200 \r\n\r\n",
    "HTTP/1.1 204 No Content\r\n\r\n",
    "HTTP/1.1 200 OK\r\nX-Policy: " + std::string(9000, 'p') + "\r\n\r\n",
};

}  // namespace

TEST_CASE("proxy: each answer of 2xx is a yes, whatever its headers, with and without TLS") {
  const TemporaryFolder folder;
  Certs certs(folder.path());
  const CertFiles files = certs.good();
  const bool tls = GENERATE(false, true);
  const auto loop = net::Loop::make({});
  for (const std::string& answer : kAgreements) {
    CAPTURE(answer.substr(0, 60), tls);
    WsPeer proxy(playTarget, agreesIn({answer}, tls ? tlsLines(files) : plainLines()));
    net::ConnectRequest request = through(proxy);
    request.url = tls ? "wss://localhost:7700/" : request.url;
    request.tls.ca_file = certs.caFile();
    Bench bench(loop);
    bench.connect(request);
    CHECK(bench.recorder.hasFrames(1));
  }
}

TEST_CASE("proxy: its answer may be cut at every byte") {
  const std::string answer = "HTTP/1.1 200 OK\r\nVia: 1.1 px\r\n\r\n";
  const auto loop = net::Loop::make({});
  for (std::size_t cut = 1; cut < answer.size(); ++cut) {
    CAPTURE(cut);
    WsPeer proxy(playTarget, agreesIn({answer.substr(0, cut), answer.substr(cut)}, plainLines()));
    Bench bench(loop);
    bench.connect(through(proxy));
    REQUIRE(bench.recorder.hasFrames(1));
  }
  const std::vector<std::string> bytes = [&] {
    std::vector<std::string> each;
    for (const char c : answer) each.emplace_back(1, c);
    return each;
  }();
  WsPeer proxy(playTarget, agreesIn(bytes, plainLines()));
  Bench bench(loop);
  bench.connect(through(proxy));
  CHECK(bench.recorder.hasFrames(1));
}

TEST_CASE("proxy: what the server says with the handshake comes through TLS in a tunnel") {
  const TemporaryFolder folder;
  Certs certs(folder.path());
  WsPeer proxy(
      [](WsTalk& talk) {
        std::string frame;
        ws::appendFrame(frame, ws::Opcode::Text, "at once");
        talk.shakeHands(frame);
        talk.waitForEnd();
      },
      agreesIn({"HTTP/1.1 2", "00\r\n\r\n"}, tlsLines(certs.good())));
  net::ConnectRequest request = through(proxy);
  request.url = "wss://localhost:7700/";
  request.tls.ca_file = certs.caFile();
  Bench bench;
  bench.connect(request);
  REQUIRE(bench.recorder.hasFrames(1));
  CHECK(bench.recorder.waiter.look([&] { return bench.recorder.frames.front(); }) == "at once");
}

TEST_CASE("proxy: it is asked for the name, with Basic credentials, and then frames pass") {
  std::promise<std::string> head;
  WsPeer proxy([&](WsTalk& talk) {
    head.set_value(talk.readHead());
    talk.write("HTTP/1.1 200 Connection established\r\n\r\n");
    talk.shakeHands();
    talk.sendText("hello");
    talk.waitForEnd();
  });
  net::ConnectRequest request = through(proxy);
  request.proxy.user = "tom";
  request.proxy.password = "p@ss:word";
  Bench bench;
  bench.connect(request);
  REQUIRE(bench.recorder.hasFrames(1));
  const std::string seen = head.get_future().get();
  CHECK(seen.rfind("CONNECT chat.example.test:7700 HTTP/1.1\r\n", 0) == 0);
  CHECK(seen.find("asic dG9tOnBAc3M6d29yZA==\r\n") != std::string::npos);
}

TEST_CASE("proxy: names and credentials may be as long as they are") {
  std::promise<std::string> head;
  WsPeer proxy([&](WsTalk& talk) {
    head.set_value(talk.readHead());
    talk.write("HTTP/1.1 200 OK\r\n\r\n");
    talk.shakeHands();
    talk.waitForEnd();
  });
  net::ConnectRequest request = through(proxy);
  const std::string host = std::string(55, 'a') + "." + std::string(50, 'b');
  request.url = "ws://" + host + ":7700/";
  request.proxy.user = "tom";
  request.proxy.password = std::string(600, 'p');  // a token, say
  Bench bench;
  bench.connect(request);
  REQUIRE(bench.recorder.isUp());
  const std::string seen = head.get_future().get();
  CHECK(seen.rfind("CONNECT " + host + ":7700 HTTP/1.1\r\n", 0) == 0);
  CHECK(seen.size() > 800);
}

TEST_CASE("proxy: connections of one loop keep their own credentials") {
  Waiter waiter;
  std::vector<std::string> heads;
  WsPeer proxy([&](WsTalk& talk) {
    const std::string head = talk.readHead();
    talk.write("HTTP/1.1 200 Connection established\r\n\r\n");
    talk.shakeHands();
    waiter.change([&] { heads.push_back(head); });
    talk.waitForEnd();
  });
  net::ConnectRequest request = through(proxy);
  request.proxy.user = "tom";
  request.proxy.password = "one";
  Bench bench;
  bench.connect(request);
  REQUIRE(bench.recorder.isUp());
  request.proxy.password = "two";
  bench.hangUp();  // the proxy talks with one at a time
  Bench other(bench.loop);
  other.connect(request);
  REQUIRE(other.recorder.isUp());
  REQUIRE(waiter.until([&] { return heads.size() == 2; }));
  CHECK(heads[0].find("asic dG9tOm9uZQ==\r\n") != std::string::npos);
  CHECK(heads[1].find("asic dG9tOnR3bw==\r\n") != std::string::npos);
}

TEST_CASE("proxy: 407 is ProxyAuth and never shows the password") {
  WsPeer proxy([](WsTalk& talk) {
    talk.readHead();
    talk.write(
        "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=x\r\n"
        "Content-Length: 0\r\nConnection: close\r\n\r\n");
  });
  net::ConnectRequest request = through(proxy);
  request.proxy.user = "tom";
  request.proxy.password = "sesame";
  Bench bench;
  bench.connect(request);
  const Error why = bench.recorder.down();
  CHECK(why.code == Errc::ProxyAuth);
  CHECK(why.detail.find("sesame") == std::string::npos);
  CHECK(why.detail.find("407") != std::string::npos);
}

TEST_CASE("proxy: credentials and names that would begin another header line never leave") {
  WsPeer proxy([](WsTalk& talk) { CHECK(talk.readHead().empty()); });
  net::ConnectRequest request = through(proxy);
  SECTION("in the user") { request.proxy.user = "tom\r\nX-Evil: sesame"; }
  SECTION("in the password") { request.proxy.password = "sesame\nX-Evil: 1"; }
  SECTION("in the proxy's URL") { request.proxy.url += "\r\nX-Evil: sesame"; }
  SECTION("in the URL's path") { request.url += "x\r\nX-Evil: sesame"; }
  SECTION("in the expected name") { request.tls.server_name = "host\r\nX-Evil: sesame"; }
  Bench bench;
  bench.connect(request);
  const Error why = bench.recorder.down();
  CHECK(why.code == Errc::InvalidArgument);
  CHECK(why.detail.find("sesame") == std::string::npos);
  CHECK(why.detail.find('\n') == std::string::npos);
}

TEST_CASE("proxy: its refusal is ProxyRefused with the status") {
  WsPeer proxy([](WsTalk& talk) {
    talk.readHead();
    talk.write("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  });
  Bench bench;
  bench.connect(through(proxy));
  const Error why = bench.recorder.down();
  CHECK(why.code == Errc::ProxyRefused);
  CHECK(why.detail.find("403") != std::string::npos);
  CHECK(bench.recorder.count(&Recorder::downs) == 1);
}

TEST_CASE("proxy: one that is not there, or hangs up, is ProxyRefused") {
  net::ConnectRequest request;
  request.url = "ws://chat.example.test:7700/";
  request.proxy.url = "http://127.0.0.1:" + std::to_string(closedPort());
  {
    Bench bench;
    bench.connect(request);
    CHECK(bench.recorder.down().code == Errc::ProxyRefused);
  }
  WsPeer proxy([](WsTalk& talk) { talk.readHead(); });
  Bench bench;
  bench.connect(through(proxy));
  CHECK(bench.recorder.down().code == Errc::ProxyRefused);
}

TEST_CASE("proxy: one that never answers is Timeout") {
  WsPeer proxy([](WsTalk& talk) { talk.waitForEnd(); });
  net::ConnectRequest request = through(proxy);
  request.timeout = base::Millis{50};
  Bench bench;
  bench.connect(request);
  CHECK(bench.recorder.down().code == Errc::Timeout);
}

TEST_CASE("proxy: the environment's is not used") {
  WsPeer peer([](WsTalk& talk) {
    talk.shakeHands();
    talk.waitForEnd();
  });
  REQUIRE(::setenv("http_proxy", ("127.0.0.1:" + std::to_string(closedPort())).c_str(), 1) == 0);
  Bench bench;
  bench.connect(peer.url());
  CHECK(bench.recorder.isUp());
  ::unsetenv("http_proxy");
}
