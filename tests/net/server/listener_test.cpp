// SPDX-License-Identifier: Apache-2.0
// The listening side by itself, plain and with TLS, in serve() and on threads of its own, with a
// handler that does what the frames say.
#include <algorithm>
#include <poll.h>
#include <sys/socket.h>
#include <thread>

#include "net/server/listener_stage.hpp"

namespace kith::testing {

TEST_CASE("listener: requests behind one that waits are answered after it, in their order") {
  Stage stage(anyWay());
  const auto socket = stage.connect();
  REQUIRE(socket->send(get("/later") + get("/b") + get("/c").substr(0, 20)));
  REQUIRE(eventually([&] { return stage.handler.later != 0; }));
  REQUIRE(socket->send(get("/c").substr(20) + get("/d", "Connection: close\r\n") + get("/e")));
  stage.tell(stage.answer_now);
  const std::string all = receiveAll(*socket);
  std::size_t at = 0;
  for (const std::string body : {"late", "/b", "/c", "/d"}) {
    CAPTURE(body);
    at = all.find("\r\n\r\n" + body, at);
    REQUIRE(at != all.npos);
  }
  CHECK(all.find("/e") == all.npos);
}

TEST_CASE("listener: what came together with a request that waits is answered after it") {
  Stage stage(anyWay());
  const auto socket = stage.connect();
  REQUIRE(socket->send(get("/later") + get("/b", "Connection: close\r\n")));
  REQUIRE(eventually([&] { return stage.handler.later != 0; }));
  stage.tell(stage.answer_now);
  CHECK_THAT(receiveAll(*socket), Catch::Contains("late") && Catch::EndsWith("/b"));
}

TEST_CASE("listener: frames that come together with their handshake are all read") {
  Stage stage(anyWay());
  const auto socket = stage.connect();
  std::string bytes = get("/",
                          "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                          "Sec-WebSocket-Key: x\r\nSec-WebSocket-Version: 13\r\n");
  for (int i = 0; i < 15; ++i) bytes += clientFrame(1, std::string(1001, 'x'));
  REQUIRE(socket->send(bytes + clientFrame(1, "end")));
  std::string all;
  while (all.find("end") == all.npos) {
    const std::string more = socket->receive();
    REQUIRE(!more.empty());
    all += more;
  }
  CHECK(stage.handler.frames == 16);
}

TEST_CASE("listener: a reply for who has gone goes nowhere") {
  Stage stage(anyPlainWay());
  auto socket = stage.connect();
  REQUIRE(socket->send(get("/later")));
  REQUIRE(eventually([&] { return stage.handler.later != 0; }));
  const linger at_once{1, 0};
  ::setsockopt(socket->fd(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  socket.reset();
  auto other = stage.connect();
  REQUIRE(other->send(get("/first")));
  CHECK_THAT(other->receive(), Catch::Contains("/first"));
  stage.tell(stage.answer_now);
  REQUIRE(other->send(get("/second")));
  CHECK_THAT(other->receive(), Catch::Contains("/second"));
}

TEST_CASE("listener: thousands of pipelined requests are answered, read or not") {
  Stage stage(anyPlainWay());
  const auto socket = stage.connect(4096);
  constexpr int kRequests = 5000;
  std::jthread sender([&] {
    std::string all;
    for (int i = 0; i < kRequests; ++i) all += get("/" + std::to_string(i));
    socket->send(all);
  });
  std::string answers;
  const std::string last = "\r\n\r\n/" + std::to_string(kRequests - 1);
  while (answers.find(last, answers.size() > 70000 ? answers.size() - 70000 : 0) == answers.npos) {
    const std::string more = socket->receive();
    REQUIRE(!more.empty());
    answers += more;
  }
  std::size_t at = 0;
  for (int i = 0; i < kRequests; ++i) {
    at = answers.find("\r\n\r\n/" + std::to_string(i), at);
    if (at == answers.npos) FAIL("no answer " << i);
  }
}

TEST_CASE("listener: who asks over HTTP/1.0 is answered and closed") {
  Stage stage(anyPlainWay());
  const auto socket = stage.connect();
  REQUIRE(socket->send("GET /a HTTP/1.0\r\n\r\n"));
  CHECK_THAT(receiveAll(*socket),
             Catch::Contains("Connection: close\r\n") && Catch::EndsWith("/a"));
}

TEST_CASE("listener: a message over the limit is handed over as one byte more than it") {
  net::ListenOptions options;
  options.frame_bytes = 2000;
  Stage stage(anyPlainWay(), options);
  RawWsClient connection = stage.connection();
  REQUIRE(connection.text(std::string(100000, 'x')));
  REQUIRE(connection.text("next"));
  CHECK(connection.nextText() == "next");
  CHECK(stage.handler.longest == 2001);
  CHECK(stage.handler.frames == 2);
}

TEST_CASE("listener: a burst of many reads is read to its end, and others have their turns") {
  Stage stage(anyWay());
  RawWsClient connection = stage.connection();
  RawWsClient other = stage.connection();
  std::string burst;
  constexpr int kFrames = 20000;
  for (int i = 0; i < kFrames; ++i) burst += clientFrame(1, std::string(1001, 'x'));
  burst += clientFrame(1, "end");
  std::jthread sender([&] { connection.socket().send(burst); });
  for (int i = 0; i < 20; ++i) {
    REQUIRE(other.text("still here"));
    CHECK(other.nextText() == "still here");
  }
  sender.join();
  CHECK(connection.nextText() == "end");
  CHECK(stage.handler.frames == kFrames + 21);
}

TEST_CASE("listener: a long output arrives whole at a slow reader, who counts as alive") {
  net::ListenOptions options;
  options.output_bytes = 64u << 20;  // and so much more than the kernel takes at once
  Stage stage(anyWay(), options);
  RawWsClient connection = stage.connection(65536);
  REQUIRE(connection.text("many 8000 3000"));
  REQUIRE(eventually([&] { return stage.handler.many == 1; }));
  const std::string body(3000, 'x');
  for (int i = 0; i < 8000; ++i) {
    if (connection.nextText() != std::to_string(i) + ' ' + body) FAIL("message " << i);
  }
  CHECK(eventually([&] { return stage.handler.drained == 1; }));
  CHECK(stage.handler.heard > 0);
}

TEST_CASE("listener: beyond the output limit the close frame is the last of good frames") {
  net::ListenOptions options;
  options.output_bytes = 16u << 20;
  Stage stage(anyWay(), options);
  RawWsClient connection = stage.connection(65536);
  // The first fills the kernel's buffers and stops in the middle of a frame, or of a record of TLS;
  // the second is too much.
  REQUIRE(connection.text("many 4000 3000"));
  REQUIRE(eventually([&] { return stage.handler.many == 1; }));
  REQUIRE(connection.text("many 8000 3000"));
  REQUIRE(eventually([&] { return stage.handler.many == 2; }));
  RawFrame frame{1, true, {}};
  int texts = 0;
  for (; frame.opcode == 1; ++texts) {
    frame = connection.next();
    if (frame.opcode != 1) break;
    REQUIRE(frame.payload == std::to_string(texts) + ' ' + std::string(3000, 'x'));
  }
  CHECK(frame.closeCode() == 1013);
  CHECK(connection.ended());
  CHECK(texts <= 4000);
}

TEST_CASE("listener: what is paused stays outside until it is resumed") {
  Stage stage(anyWay());
  RawWsClient connection = stage.connection();
  REQUIRE(connection.text("pause"));
  REQUIRE(connection.nextText() == "pausing");
  REQUIRE(connection.text("later"));
  RawWsClient other = stage.connection();
  REQUIRE(other.text("hello"));
  CHECK(other.nextText() == "hello");
  CHECK(stage.handler.frames == 2);
  stage.tell(stage.resume_now);
  CHECK(connection.nextText() == "later");
}

TEST_CASE("listener: one that is paused and then closed answers the close frame all the same") {
  Stage stage(anyPlainWay());
  RawWsClient connection = stage.connection();
  REQUIRE(connection.text("pause"));
  REQUIRE(connection.nextText() == "pausing");
  REQUIRE(connection.text("never read by the handler"));
  stage.tell(stage.close_now);
  CHECK(connection.closeCode() == 1001);
  REQUIRE(connection.frame(8, "\x03\xe9"));
  CHECK(connection.ended());
  CHECK(eventually([&] { return stage.handler.connected == 0; }));
  CHECK(stage.handler.frames == 1);
}

TEST_CASE("listener: what was queued still reaches who has ended its own side") {
  // On threads of its own it may have seen the end before the handler has queued anything.
  Stage stage({0, false});
  RawWsClient connection = stage.connection();
  REQUIRE(connection.text("many 200 1000"));
  connection.socket().endSending();
  for (int i = 0; i < 200; ++i) CHECK(connection.nextText().size() > 1000);
  CHECK(connection.ended());
}

TEST_CASE("listener: nothing more is read for a handler that does not keep up") {
  Stage stage(anyPlainWay());
  RawWsClient connection = stage.connection();
  REQUIRE(connection.text("wait"));
  REQUIRE(eventually([&] { return stage.handler.waiting.load(); }));
  // More than the buffers of the kernel and of the threads take.
  constexpr std::size_t kTooMuch = 64u << 20;
  std::string burst;
  while (burst.size() < 100000) burst += clientFrame(1, std::string(1001, 'x'));
  std::size_t sent = 0;
  const int fd = connection.socket().fd();
  for (pollfd one{fd, POLLOUT, 0}; sent<kTooMuch&& ::poll(&one, 1, 300)> 0;) {
    const std::size_t at = sent % burst.size();
    const ssize_t put = ::send(fd, burst.data() + at, burst.size() - at, MSG_DONTWAIT);
    if (put > 0) sent += static_cast<std::size_t>(put);
  }
  CHECK(sent < kTooMuch);
  stage.handler.let_go.set_value();
  while (sent % burst.size() != 0) {
    const std::size_t at = sent % burst.size();
    REQUIRE(connection.socket().send(burst.substr(at)));
    sent += burst.size() - at;
  }
  REQUIRE(connection.text("end"));
  CHECK(connection.nextText() == "end");
  const std::size_t size = clientFrame(1, std::string(1001, 'x')).size();
  CHECK(stage.handler.frames == static_cast<int>(sent / size) + 2);
}

TEST_CASE("listener: a close as told comes behind what was sent, and nothing is heard any more") {
  Stage stage(anyWay());
  RawWsClient connection = stage.connection();
  REQUIRE(connection.socket().send(clientFrame(1, "first") + clientFrame(1, "close") +
                                   clientFrame(1, "second") + clientFrame(9, "ping")));
  RawFrame frame = connection.next();
  // Another thread has answered the ping before the handler heard of the rest.
  if (frame.opcode == 10) frame = connection.next();
  CHECK(frame.payload == "first");
  CHECK(connection.closeCode() == 4000);
  REQUIRE(connection.frame(8, "\x0f\xa0"));
  CHECK(connection.ended());
  CHECK(stage.handler.frames == 2);
}

TEST_CASE("listener: after stopAccepting() accepted are closed, and who is there stays") {
  Stage stage(anyPlainWay());
  RawWsClient connection = stage.connection();
  stage.tell(stage.refuse_now);
  REQUIRE(eventually([&] {
    RawSocket socket(stage.address());
    return !socket.send(get("/")) || socket.receive().empty();
  }));
  REQUIRE(connection.text("hello"));
  CHECK(connection.nextText() == "hello");
}

TEST_CASE("listener: who is still there when it goes is said to be gone") {
  Stage stage(anyWay());
  RawWsClient connection = stage.connection();
  const auto half = stage.connect();
  CHECK(eventually([&] { return stage.handler.connected == 1; }));
  stage.stop();
  CHECK(stage.handler.connected == 0);
  CHECK(connection.ended());
}

TEST_CASE("listener: what is told in its last turn is still sent") {
  Stage stage({GENERATE(0u, 1u), GENERATE(false, true)});
  const auto socket = stage.connect();
  REQUIRE(socket->send(get("/later")));
  REQUIRE(eventually([&] { return stage.handler.later != 0; }));
  RawWsClient connection = stage.connection();
  REQUIRE(connection.text("pause"));
  REQUIRE(eventually([&] { return stage.handler.paused != 0; }));
  // A thread of its own is busy with this when it hears that it is to end.
  stage.busy_now = true;
  stage.answer_now = true;
  stage.stop();
  CHECK_THAT(receiveAll(*socket), Catch::Contains("late"));
}

TEST_CASE("listener: half a TLS handshake, or none, holds up nobody") {
  Stage stage({GENERATE(0u, 3u), true});
  RawSocket silent(stage.address());
  RawSocket wrong(stage.address());
  REQUIRE(wrong.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
  RawSocket half(stage.address());
  REQUIRE(half.send(std::string("\x16\x03\x01\x02", 4)));
  RawWsClient connection = stage.connection();
  REQUIRE(connection.text("hello"));
  CHECK(connection.nextText() == "hello");
  CHECK(receiveAll(wrong).find("HTTP/1.1 200") == std::string::npos);
}

namespace {

std::string handshake(const std::string& target, const std::string& lines = {}) {
  return get(target,
             "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: x\r\n"
             "Sec-WebSocket-Version: 13\r\n" +
                 lines);
}

std::string headOf(RawSocket& socket) {
  std::string head;
  while (head.find("\r\n\r\n") == head.npos) {
    const std::string more = socket.receive();
    REQUIRE(!more.empty());
    head += more;
  }
  return head;
}

}  // namespace

TEST_CASE("listener: the handler hears how a WebSocket came") {
  net::ListenOptions options;
  options.subprotocols = {"chat.2", "chat.1"};
  Stage stage(anyWay(), options);
  const auto socket = stage.connect();
  REQUIRE(socket->send(handshake("/im//%41?a=%62&subprotocol=chat.2",
                                 "Sec-WebSocket-Protocol: chat.9, chat.1\r\n"
                                 "Origin: https://Page.example\r\n") +
                       clientFrame(1, "how")));
  std::string all;
  while (all.find("127.0.0.1") == all.npos) {
    const std::string more = socket->receive();
    REQUIRE(!more.empty());
    all += more;
  }
  CHECK_THAT(all, Catch::Contains("Sec-WebSocket-Protocol: chat.1\r\n") &&
                      Catch::EndsWith("/im//%41 a=%62&subprotocol=chat.2 chat.1 "
                                      "https://Page.example 127.0.0.1"));
}

TEST_CASE("listener: a subprotocol that was not asked for, or is not known, is not named") {
  net::ListenOptions options;
  options.subprotocols = {"chat.1"};
  Stage stage(anyPlainWay(), options);
  for (const std::string lines : {"", "Sec-WebSocket-Protocol: lc.protobuf2.3\r\n",
                                  "Sec-WebSocket-Protocol: , ,Chat.1\r\n"}) {
    CAPTURE(lines);
    const auto socket = stage.connect();
    REQUIRE(socket->send(handshake("/", lines)));
    CHECK_THAT(headOf(*socket),
               Catch::StartsWith("HTTP/1.1 101 ") && !Catch::Contains("Protocol:"));
  }
}

TEST_CASE("listener: a binary message is heard and sent as one, and a text as a text") {
  Stage stage(anyWay());
  RawWsClient connection = stage.connection();
  for (const int opcode : {2, 1, 2}) {
    CAPTURE(opcode);
    REQUIRE(connection.frame(opcode, "whole"));
    REQUIRE(connection.frame(opcode, "pie", false));
    REQUIRE(connection.frame(0, "ces"));
    for (const char* expected : {"whole", "pieces"}) {
      const RawFrame frame = connection.next();
      CHECK(frame.opcode == opcode);
      CHECK(frame.payload == expected);
    }
  }
}

}  // namespace kith::testing
