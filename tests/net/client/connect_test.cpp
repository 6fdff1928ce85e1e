// SPDX-License-Identifier: Apache-2.0
// How connections begin and end (R8, R16).
#include <array>
#include <atomic>
#include <condition_variable>
#include <future>
#include <mutex>
#include <sys/socket.h>

#include "net/client/loop_bench.hpp"
#include "net/client/resolver.hpp"
#include "support/ws_peer.hpp"

using namespace kith;
using namespace kith::testing;

namespace {

struct ResolverGuard {
  explicit ResolverGuard(net::Resolver resolver) { net::setResolverForTests(std::move(resolver)); }
  ~ResolverGuard() { net::setResolverForTests(nullptr); }
};

/// Nothing more is heard of a connection that ended: all that was on its way has run.
void nothingFollows(Bench& bench) {
  for (int i = 0; i < 5; ++i) onLoop(*bench.loop, [] {});
  CHECK(bench.recorder.count(&Recorder::downs) == 1);
}

}  // namespace

TEST_CASE("connect: names beyond those that may wait for the resolver fail at once") {
  std::promise<void> go_on;
  const std::shared_future<void> gate = go_on.get_future().share();
  ResolverGuard guard([gate](const std::string&) -> Result<std::vector<std::string>> {
    gate.wait();
    return std::vector<std::string>{"127.0.0.1"};
  });
  std::atomic<int> resolved{0};
  std::atomic<int> failed{0};
  constexpr int kAll = 17000;  // 8 are looked up, 16,384 wait
  for (int i = 0; i < kAll; ++i) {
    net::lookUp("host.example.test",
                [&](const net::Addresses& answer) { ++(answer ? resolved : failed); });
  }
  CHECK(failed >= kAll - 16384 - 8);
  CHECK(resolved == 0);
  go_on.set_value();
  CHECK(eventually([&] { return resolved + failed == kAll; }));
  CHECK(resolved >= 16384);
}

TEST_CASE("connect: up once, and down once when the peer closes, with its code and reason") {
  WsPeer peer([](WsTalk& talk) {
    talk.shakeHands();
    talk.readFrame();
    talk.sendClose(4100, "APP_NOT_AVAILABLE");
    talk.waitForEnd();
  });
  Bench bench;
  bench.connect(peer.url());
  REQUIRE(bench.recorder.isUp());
  bench.send("{}");
  const Error why = bench.recorder.down();
  CHECK(bench.recorder.count(&Recorder::close_code) == 4100);
  CHECK(why.code == Errc::NetworkDown);
  CHECK(why.detail.find("4100 APP_NOT_AVAILABLE") != std::string::npos);
  CHECK(bench.recorder.count(&Recorder::ups) == 1);
  nothingFollows(bench);
}

TEST_CASE("connect: the answer to the peer's close carries its code back") {
  std::promise<SeenFrame> answer;
  WsPeer peer([&](WsTalk& talk) {
    talk.shakeHands();
    talk.sendClose(4111, "SESSION_CONFLICT");
    answer.set_value(talk.readFrame());
  });
  Bench bench;
  bench.connect(peer.url());
  bench.recorder.down();
  const SeenFrame frame = answer.get_future().get();
  CHECK(frame.opcode == 8);
  CHECK(frame.masked);
  CHECK(ws::parseClosePayload(frame.payload).code == 4111);
}

TEST_CASE("connect: code 1013 arrives as 1013, and the reason without it") {
  WsPeer peer([](WsTalk& talk) {
    talk.shakeHands();
    talk.sendClose(1013, "later");
    talk.waitForEnd();
  });
  Bench bench;
  bench.connect(peer.url());
  bench.recorder.down();
  CHECK(bench.recorder.count(&Recorder::close_code) == 1013);
  CHECK(bench.recorder.down().detail.find("(1013 later)") != std::string::npos);
}

TEST_CASE("connect: a refused port is down once with ConnectionRefused") {
  Bench bench;
  bench.connect("ws://127.0.0.1:" + std::to_string(closedPort()));
  CHECK(bench.recorder.down().code == Errc::ConnectionRefused);
  CHECK(bench.recorder.count(&Recorder::ups) == 0);
  nothingFollows(bench);
}

TEST_CASE("connect: an unknown host is down once with NameNotResolved") {
  const ResolverGuard guard([](const std::string& host) -> Result<std::vector<std::string>> {
    return Error{Errc::NameNotResolved, 0, "dns: " + host + " is unknown", false};
  });
  Bench bench;
  bench.connect("ws://nowhere.example.test:80");
  CHECK(bench.recorder.down().code == Errc::NameNotResolved);
  nothingFollows(bench);
}

TEST_CASE("connect: the next address is tried when the first refuses") {
  WsPeer peer([](WsTalk& talk) {
    talk.shakeHands();
    talk.waitForEnd();
  });
  const ResolverGuard guard([](const std::string&) -> Result<std::vector<std::string>> {
    return std::vector<std::string>{"::1", "127.0.0.2", "127.0.0.1"};
  });
  Bench bench;
  bench.connect(peer.url("ws", "chat.example.test"));
  CHECK(bench.recorder.isUp());
}

TEST_CASE("connect: the Host header is the name, not the address") {
  std::promise<std::string> head;
  WsPeer peer([&](WsTalk& talk) {
    head.set_value(talk.shakeHands());
    talk.waitForEnd();
  });
  const ResolverGuard guard([](const std::string&) -> Result<std::vector<std::string>> {
    return std::vector<std::string>{"127.0.0.1"};
  });
  Bench bench;
  bench.connect(peer.url("ws", "chat.example.test") + "path?a=b");
  REQUIRE(bench.recorder.isUp());
  const std::string seen = head.get_future().get();
  CHECK(seen.rfind("GET /path?a=b HTTP/1.1\r\n", 0) == 0);
  CHECK(seen.find("Host: chat.example.test:" + std::to_string(peer.port())) != std::string::npos);
  CHECK(seen.find("permessage-deflate") == std::string::npos);
}

// libwebsockets believes that this is a request like others, after which the server is to close.
TEST_CASE("connect: the request asks for an upgrade, and not to close") {
  std::promise<std::string> head;
  WsPeer peer([&](WsTalk& talk) {
    head.set_value(talk.shakeHands());
    talk.waitForEnd();
  });
  Bench bench;
  bench.connect(peer.url());
  REQUIRE(bench.recorder.isUp());
  const std::string seen = head.get_future().get();
  const std::size_t name = seen.find("\r\nConnection: ");
  REQUIRE(name != std::string::npos);
  CHECK(seen.substr(name, 23) == "\r\nConnection: Upgrade\r\n");
  CHECK(seen.find("\r\nUpgrade: websocket\r\n") != std::string::npos);
  CHECK(seen.find("\r\nSec-WebSocket-Version: 13\r\n") != std::string::npos);
  CHECK(seen.find("close") == std::string::npos);
  CHECK(seen.find("onnection:", name + 5) == std::string::npos);
  CHECK(seen.find("connection:") == std::string::npos);
}

TEST_CASE("connect: each connection has a key of its own") {
  std::array<std::promise<std::string>, 2> heads;
  WsPeer peer([&, turn = 0u](WsTalk& talk) mutable { heads[turn++].set_value(talk.shakeHands()); });
  std::array<std::string, 2> keys;
  for (std::size_t i = 0; i < 2; ++i) {
    Bench bench;
    bench.connect(peer.url());
    const std::string head = heads[i].get_future().get();
    const std::size_t name = head.find("Sec-WebSocket-Key: ");
    REQUIRE(name != std::string::npos);
    keys[i] = head.substr(name, head.find("\r\n", name) - name);
  }
  CHECK(keys[0].size() == std::string("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==").size());
  CHECK(keys[0] != keys[1]);
}

TEST_CASE("connect: an answer with three kilobytes of other headers is taken") {
  WsPeer peer([](WsTalk& talk) {
    const std::string accept = WsTalk::acceptFor(talk.readHead());
    std::string answer = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n";
    for (int i = 0; i < 3; ++i) {
      answer += "Set-Cookie: c" + std::to_string(i) + "=" + std::string(1000, 'c') + "\r\n";
    }
    talk.write(answer + "Connection: Upgrade\r\nSec-WebSocket-Accept: " + accept + "\r\n\r\n");
    talk.waitForEnd();
  });
  Bench bench;
  bench.connect(peer.url());
  CHECK(bench.recorder.isUp());
}

TEST_CASE("connect: a host name that libwebsockets would cut is refused") {
  Bench bench;
  bench.connect("ws://" + std::string(111, 'a') + "/");
  CHECK(bench.recorder.down().code == Errc::InvalidArgument);
}

TEST_CASE("connect: a bad URL is down once, later, with InvalidArgument") {
  Bench bench;
  bench.connect("http://127.0.0.1:80");
  CHECK(bench.recorder.down().code == Errc::InvalidArgument);
  nothingFollows(bench);
}

TEST_CASE(
    "connect: an HTTP server that is no WebSocket server is ConnectionRefused with its status") {
  WsPeer peer([](WsTalk& talk) {
    talk.readHead();
    talk.write("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
  });
  Bench bench;
  bench.connect(peer.url());
  const Error why = bench.recorder.down();
  CHECK(why.code == Errc::ConnectionRefused);
  CHECK(why.detail.find("404") != std::string::npos);
  nothingFollows(bench);
}

TEST_CASE("connect: a server that is busy is ServerBusy, with the time that it names") {
  const std::string status = GENERATE("503 Service Unavailable", "429 Too Many Requests", "502 X");
  WsPeer peer([&](WsTalk& talk) {
    talk.readHead();
    talk.write("HTTP/1.1 " + status + "\r\nRetry-After: 17\r\nContent-Length: 0\r\n\r\n");
  });
  Bench bench;
  bench.connect(peer.url());
  const Error why = bench.recorder.down();
  CHECK(why.code == Errc::ServerBusy);
  CHECK(why.retry_after == std::chrono::seconds(17));
  CHECK(why.detail.find("takes no connection now: HTTP status " + status.substr(0, 3)) !=
        std::string::npos);
  nothingFollows(bench);
}

TEST_CASE("connect: a redirect is not followed") {
  WsPeer peer([](WsTalk& talk) {
    talk.readHead();
    talk.write("HTTP/1.1 302 Found\r\nLocation: ws://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n");
  });
  Bench bench;
  bench.connect(peer.url());
  const Error why = bench.recorder.down();
  CHECK(why.code == Errc::ConnectionRefused);
  CHECK(peer.connections() == 1);
}

TEST_CASE("connect: garbage, and a peer that hangs up, are down once") {
  const bool garbage = GENERATE(true, false);
  WsPeer peer([garbage](WsTalk& talk) {
    talk.readHead();
    if (garbage) talk.write("220 mail.example.test ESMTP\r\n\r\n\r\n");
  });
  Bench bench;
  bench.connect(peer.url());
  CHECK(bench.recorder.down().code == Errc::ConnectionRefused);
  nothingFollows(bench);
}

TEST_CASE("connect: a wrong Sec-WebSocket-Accept is refused") {
  WsPeer peer([](WsTalk& talk) {
    talk.readHead();
    talk.write(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n");
    talk.waitForEnd();
  });
  Bench bench;
  bench.connect(peer.url());
  CHECK(bench.recorder.down().code == Errc::ConnectionRefused);
}

TEST_CASE("connect: a peer that never answers is down with Timeout, once") {
  WsPeer peer([](WsTalk& talk) { talk.waitForEnd(); });
  Bench bench;
  net::ConnectRequest request;
  request.url = peer.url();
  request.timeout = base::Millis{50};
  bench.connect(request);
  CHECK(bench.recorder.down().code == Errc::Timeout);
  nothingFollows(bench);
}

TEST_CASE("connect: a connection cut in the middle is down with code 0") {
  WsPeer peer([](WsTalk& talk) {
    talk.shakeHands();
    talk.readFrame();
    talk.write("\x81\x7Ehalf");
  });
  Bench bench;
  bench.connect(peer.url());
  REQUIRE(bench.recorder.isUp());
  bench.send("now");
  CHECK(bench.recorder.down().code == Errc::NetworkDown);
  CHECK(bench.recorder.count(&Recorder::close_code) == 0);
  nothingFollows(bench);
}

TEST_CASE("connect: close() ends within two seconds although the peer is silent") {
  WsPeer peer([](WsTalk& talk) {
    talk.shakeHands();
    talk.waitForEnd();
  });
  Bench bench;
  bench.connect(peer.url());
  REQUIRE(bench.recorder.isUp());
  const auto start = std::chrono::steady_clock::now();
  onLoop(*bench.loop, [&] { bench.transport->close(1000, "bye"); });
  bench.recorder.down();
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::milliseconds(2500));
  nothingFollows(bench);
}

TEST_CASE("connect: close() sends what was queued, then the close frame, and hears the answer") {
  std::vector<SeenFrame> seen;
  std::promise<void> done;
  WsPeer peer([&](WsTalk& talk) {
    talk.shakeHands();
    do seen.push_back(talk.readFrame());
    while (seen.back().opcode == 1);
    talk.sendClose(1000, "bye");
    const SeenFrame after = talk.readFrame();
    seen.push_back(after);
    done.set_value();
  });
  Bench bench;
  bench.connect(peer.url());
  REQUIRE(bench.recorder.isUp());
  onLoop(*bench.loop, [&] {
    bench.transport->send("one");
    bench.transport->send("two");
    bench.transport->close(1000, "bye");
    bench.transport->send("too late");
  });
  bench.recorder.down();
  done.get_future().get();
  REQUIRE(seen.size() == 4);
  CHECK(seen[0].payload == "one");
  CHECK(seen[1].payload == "two");
  CHECK(seen[2].opcode == 8);
  CHECK(ws::parseClosePayload(seen[2].payload) == ws::CloseWords{1000, "bye"});
  CHECK(seen[3].opcode == -1);
  CHECK(bench.recorder.count(&Recorder::close_code) == 1000);
}

TEST_CASE("connect: close() before the connection is up is down once") {
  WsPeer peer([](WsTalk& talk) { talk.waitForEnd(); });
  Bench bench;
  onLoop(*bench.loop, [&] {
    net::ConnectRequest request;
    request.url = peer.url();
    bench.transport = bench.loop->connect(request, bench.recorder);
    bench.transport->close(1000, "");
    CHECK(bench.recorder.count(&Recorder::downs) == 0);
  });
  CHECK(bench.recorder.down().code == Errc::NetworkDown);
  nothingFollows(bench);
}

TEST_CASE("connect: deleting a transport closes at once and says nothing, in every state") {
  std::promise<void> ended;
  const int state = GENERATE(0, 1, 2, 3);
  CAPTURE(state);
  WsPeer peer([&](WsTalk& talk) {
    if (state > 1) {
      talk.shakeHands();
      talk.sendText("hello");
    }
    talk.waitForEnd();
    ended.set_value();
  });
  Bench bench;
  Recorder& recorder = bench.recorder;
  if (state == 2) recorder.when_up = [&] { bench.transport.reset(); };
  if (state == 3) recorder.when_frame = [&] { bench.transport.reset(); };
  if (state == 0) {
    onLoop(*bench.loop, [&] {
      net::ConnectRequest request;
      request.url = peer.url();
      bench.transport = bench.loop->connect(request, bench.recorder);
      bench.transport.reset();
    });
    for (int i = 0; i < 5; ++i) onLoop(*bench.loop, [] {});
    CHECK(peer.connections() == 0);
    ended.set_value();
    CHECK(recorder.count(&Recorder::downs) == 0);
    return;
  }
  bench.connect(peer.url());
  if (state == 1) {
    REQUIRE(eventually([&] { return peer.connections() == 1; }));
    bench.hangUp();
  }
  REQUIRE(ended.get_future().wait_until(globalDeadline()) == std::future_status::ready);
  for (int i = 0; i < 5; ++i) onLoop(*bench.loop, [] {});
  CHECK(recorder.count(&Recorder::downs) == 0);
  CHECK(recorder.count(&Recorder::ups) == (state > 1 ? 1 : 0));
}

TEST_CASE("connect: onDown may delete its transport and connect again at once") {
  WsPeer peer([turn = 0](WsTalk& talk) mutable {
    if (turn++ == 0) return;
    talk.shakeHands();
    talk.waitForEnd();
  });
  Bench bench;
  Recorder second;
  bench.recorder.when_down = [&] {
    net::ConnectRequest request;
    request.url = peer.url();
    bench.transport = bench.loop->connect(request, second);
  };
  bench.connect(peer.url());
  CHECK(second.isUp());
  bench.hangUp();
}

TEST_CASE("connect: a slow resolver delays nobody else, and the connect has its deadline (R16)") {
  std::mutex mutex;
  std::condition_variable changed;
  bool free = false;
  int inside = 0;
  const ResolverGuard guard([&](const std::string& host) -> Result<std::vector<std::string>> {
    if (host == "slow.example.test") {
      std::unique_lock lock(mutex);
      ++inside;
      changed.wait(lock, [&] { return free; });
      --inside;
      changed.notify_all();
    }
    return std::vector<std::string>{"127.0.0.1"};
  });
  WsPeer peer([](WsTalk& talk) {
    talk.shakeHands();
    while (talk.readFrame().opcode == 1) talk.sendText("pong");
  });
  {
    const auto loop = net::Loop::make({});
    Bench slow(loop);
    Bench quick(loop);
    net::ConnectRequest request;
    request.url = "ws://slow.example.test:80";
    request.timeout = base::Millis{100};
    slow.connect(request);
    quick.connect(peer.url("ws", "quick.example.test"));
    REQUIRE(quick.recorder.isUp());
    for (std::size_t i = 1; i <= 20; ++i) {
      quick.send("ping");
      REQUIRE(quick.recorder.hasFrames(i));
    }
    const Error why = slow.recorder.down();
    CHECK(why.code == Errc::Timeout);
    CHECK(why.detail.find("slow.example.test") != std::string::npos);
  }
  std::unique_lock lock(mutex);
  free = true;
  changed.notify_all();
  changed.wait(lock, [&] { return inside == 0; });
}

TEST_CASE("connect: one more connection than the reactor allows is refused, the others go on") {
  WsPeer peer([](WsTalk& talk) {
    talk.shakeHands();
    talk.waitForEnd();
  });
  WsPeer other([](WsTalk& talk) {
    talk.shakeHands();
    talk.waitForEnd();
  });
  const auto loop = net::Loop::make({1});
  Bench first(loop);
  Bench second(loop);
  first.connect(peer.url());
  REQUIRE(first.recorder.isUp());
  second.connect(other.url());
  CHECK(second.recorder.down().detail.find("max_connections") != std::string::npos);
  CHECK(first.recorder.count(&Recorder::downs) == 0);
}
