// SPDX-License-Identifier: Apache-2.0
// Through an HTTP proxy (R15).
#include "net/loop_bench.hpp"
#include "support/ws_peer.hpp"

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

}  // namespace

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
