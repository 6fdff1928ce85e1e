// SPDX-License-Identifier: Apache-2.0
// What goes through a connection that is up.
#include <algorithm>
#include <atomic>
#include <sys/socket.h>
#include <thread>

#include "net/client/loop_bench.hpp"
#include "net/client/write_first.hpp"
#include "support/ws_peer.hpp"

using namespace kith;
using namespace kith::testing;

TEST_CASE("frames: whole messages come in order, whatever the pieces and the sizes") {
  std::vector<std::string> messages;
  for (const std::size_t size : {0u, 1u, 125u, 126u, 4096u, 65535u, 65536u, 65537u, 200000u}) {
    messages.push_back(std::string(size, static_cast<char>('a' + messages.size())));
  }
  WsPeer peer([&](WsTalk& talk) {
    talk.shakeHands();
    for (const std::string& message : messages) talk.sendText(message);
    talk.waitForEnd();
  });
  Bench bench;
  bench.connect(peer.url());
  REQUIRE(bench.recorder.hasFrames(messages.size()));
  CHECK(bench.recorder.frames == messages);
}

TEST_CASE("frames: a fragmented message that arrives byte by byte is handed over once and whole") {
  WsPeer peer([](WsTalk& talk) {
    talk.shakeHands();
    std::string bytes("\x01\x03one\x00\x03two\x80\x05three\x82\x02\xff\x01\x81\x00", 23);
    for (const char byte : bytes) talk.write({&byte, 1});
    talk.waitForEnd();
  });
  Bench bench;
  bench.connect(peer.url());
  REQUIRE(bench.recorder.hasFrames(3));
  CHECK(bench.recorder.frames[0] == "onetwothree");
  CHECK(bench.recorder.frames[1] == "\xff\x01");
  CHECK(bench.recorder.frames[2].empty());
}

TEST_CASE("frames: those in the same packet as the handshake's answer are not lost") {
  WsPeer peer([](WsTalk& talk) {
    talk.shakeHands(std::string("\x81\x03one\x81\x03two", 10));
    talk.waitForEnd();
  });
  Bench bench;
  bench.connect(peer.url());
  REQUIRE(bench.recorder.hasFrames(2));
}

TEST_CASE("frames: those that arrive together end in one turn, after all of them") {
  WsPeer peer([](WsTalk& talk) {
    talk.shakeHands();
    talk.readFrame();
    std::string packet;
    for (int i = 0; i < 50; ++i) ws::appendFrame(packet, ws::Opcode::Text, "{}");
    talk.write(packet);
    talk.waitForEnd();
  });
  Bench bench;
  bench.connect(peer.url());
  REQUIRE(bench.recorder.isUp());
  bench.send("go");
  REQUIRE(bench.recorder.waiter.until([&] { return bench.recorder.frames_at_turn_end == 50; }));
  CHECK(bench.recorder.count(&Recorder::turns) <= 2);
}

TEST_CASE("frames: those of a turn leave in one write and arrive whole") {
  std::promise<std::vector<SeenFrame>> seen;
  std::promise<std::size_t> first_read;
  WsPeer peer([&](WsTalk& talk) {
    talk.shakeHands();
    std::vector<SeenFrame> frames;
    char byte = 0;
    ::recv(talk.line().fd(), &byte, 1, MSG_PEEK);
    std::vector<char> room(1 << 20);
    const ssize_t there = ::recv(talk.line().fd(), room.data(), room.size(), MSG_PEEK);
    first_read.set_value(static_cast<std::size_t>(there));
    for (int i = 0; i < 100; ++i) frames.push_back(talk.readFrame());
    seen.set_value(frames);
    talk.waitForEnd();
  });
  Bench bench;
  bench.connect(peer.url());
  REQUIRE(bench.recorder.isUp());
  onLoop(*bench.loop, [&] {
    for (int i = 0; i < 100; ++i) bench.transport->send("message " + std::to_string(i));
    CHECK(bench.transport->bufferedBytes() > 1000);
  });
  const auto frames = seen.get_future().get();
  for (std::size_t i = 0; i < 100; ++i) {
    CHECK(frames[i].opcode == 1);
    CHECK(frames[i].masked);
    CHECK(frames[i].final);
    CHECK(frames[i].payload == "message " + std::to_string(i));
  }
  CHECK(first_read.get_future().get() == 90u * 16 + 10 * 15);
  CHECK(onLoop(*bench.loop, [&] { return bench.transport->bufferedBytes(); }) == 0);
}

TEST_CASE(
    "frames: megabytes to a peer that reads slowly arrive whole; bufferedBytes() tells the rest") {
  std::promise<void> read_now;
  std::promise<bool> all_good;
  const std::string big(300'000, 'b');
  WsPeer peer([&](WsTalk& talk) {
    talk.shakeHands();
    read_now.get_future().get();
    bool good = true;
    for (int i = 0; i < 60; ++i) good = good && talk.readFrame().payload == big;
    good = good && talk.readFrame().payload == "last";
    all_good.set_value(good);
    talk.waitForEnd();
  });
  Bench bench;
  bench.connect(peer.url());
  REQUIRE(bench.recorder.isUp());
  onLoop(*bench.loop, [&] {
    for (int i = 0; i < 60; ++i) bench.transport->send(big);
    bench.transport->send("last");
  });
  const auto waiting = [&] {
    return onLoop(*bench.loop, [&] { return bench.transport->bufferedBytes(); });
  };
  CHECK(waiting() > 1'000'000);
  read_now.set_value();
  CHECK(all_good.get_future().get());
  CHECK(eventually([&] { return waiting() == 0; }));
}

TEST_CASE("frames: one longer than the limit closes with 1009 and is ProtocolError") {
  std::promise<SeenFrame> answer;
  const bool in_pieces = GENERATE(false, true);
  WsPeer peer([&](WsTalk& talk) {
    talk.shakeHands();
    if (in_pieces) {
      std::string bytes;
      ws::appendFrame(bytes, ws::Opcode::Text, std::string(600, 'x'));
      bytes[0] = '\x01';
      talk.write(bytes);
      ws::appendFrame(bytes = {}, ws::Opcode::Continuation, std::string(600, 'x'));
      talk.write(bytes);
    } else {
      talk.sendText(std::string(1001, 'x'));
    }
    answer.set_value(talk.readFrame());
  });
  Bench bench;
  net::ConnectRequest request;
  request.url = peer.url();
  request.max_frame_bytes = 1000;
  bench.connect(request);
  CHECK(bench.recorder.down().code == Errc::ProtocolError);
  CHECK(bench.recorder.frames.empty());
  CHECK(ws::parseClosePayload(answer.get_future().get().payload).code == 1009);
}

TEST_CASE("frames: our ping is a frame like the others, and its pong is heard") {
  WsPeer peer([](WsTalk& talk) {
    talk.shakeHands();
    const SeenFrame frame = talk.readFrame();
    std::string bytes;
    if (frame.opcode == 9) ws::appendFrame(bytes, ws::Opcode::Pong, frame.payload);
    talk.write(bytes);
    talk.waitForEnd();
  });
  Bench bench;
  bench.connect(peer.url());
  REQUIRE(bench.recorder.isUp());
  onLoop(*bench.loop, [&] { bench.transport->ping(); });
  CHECK(bench.recorder.waiter.until([&] { return bench.recorder.heard == 1; }));
}

TEST_CASE("frames: the peer's ping is answered between our frames") {
  std::promise<std::vector<SeenFrame>> seen;
  WsPeer peer([&](WsTalk& talk) {
    talk.shakeHands();
    std::string bytes;
    ws::appendFrame(bytes, ws::Opcode::Ping, "are you there");
    talk.write(bytes);
    std::vector<SeenFrame> frames;
    for (int i = 0; i < 21; ++i) frames.push_back(talk.readFrame());
    seen.set_value(frames);
    talk.waitForEnd();
  });
  Bench bench;
  const std::string big(50'000, 'y');
  bench.recorder.when_up = [&] {
    for (int i = 0; i < 20; ++i) bench.transport->send(big);
  };
  // The transport is there before the connection can be up.
  bench.connect(peer.url());
  const auto frames = seen.get_future().get();
  const auto pongs = std::count_if(frames.begin(), frames.end(), [](const SeenFrame& frame) {
    return frame.opcode == 10 && frame.payload == "are you there";
  });
  CHECK(pongs == 1);
  CHECK(std::count_if(frames.begin(), frames.end(),
                      [&](const SeenFrame& frame) { return frame.payload == big; }) == 20);
}

namespace {

std::string framed(ws::Opcode opcode, std::string_view payload) {
  std::string bytes;
  ws::appendFrame(bytes, opcode, payload);
  return bytes;
}

/// More than the buffers of the kernel take on both sides.
constexpr std::size_t kTooMuch = 16'000'000;

}  // namespace

TEST_CASE("frames: two sides that both write before they read do not wait for each other") {
  std::promise<bool> all_good;
  WsPeer peer(writeFirst(all_good));
  net::ConnectRequest request;
  request.url = peer.url();
  checkBothWriteFirst(request, all_good);
}

TEST_CASE("frames: a server that never stops sending does not keep ours from leaving") {
  const std::string frame = framed(ws::Opcode::Text, std::string(10'000, 's'));
  const std::string big(100'000, 'c');
  std::promise<void> all_there;
  WsPeer peer([&](WsTalk& talk) {
    talk.shakeHands();
    std::atomic<bool> enough{false};
    std::thread flood([&] {
      while (!enough && talk.line().writeSome(frame.data(), frame.size()) > 0) continue;
    });
    bool good = true;
    for (int i = 0; i < 50; ++i) good = good && talk.readFrame().payload == big;
    enough = true;
    if (good) all_there.set_value();
    talk.waitForEnd();
    flood.join();
  });
  Bench bench;
  std::atomic<bool> seen{false};
  std::atomic<unsigned> sum{0};
  bench.recorder.when_frame = [&] {
    seen = true;
    // Slower than the server, so that there is always something to read.
    for (int i = 0; i < 20; ++i) {
      for (const char byte : bench.recorder.frames.back()) sum = sum * 31 + unsigned(byte);
    }
    bench.recorder.waiter.change([&] { bench.recorder.frames.clear(); });
  };
  bench.connect(peer.url());
  REQUIRE(bench.recorder.isUp());
  REQUIRE(eventually([&] { return seen.load(); }));
  onLoop(*bench.loop, [&] {
    for (int i = 0; i < 50; ++i) bench.transport->send(big);
  });
  CHECK(all_there.get_future().wait_until(globalDeadline()) == std::future_status::ready);
}

TEST_CASE("frames: pings faster than pongs can leave take no memory, and the last is answered") {
  constexpr int kPings = 40'000;
  const std::string padding(100, ' ');
  const std::string last = padding + std::to_string(kPings - 1);
  std::promise<void> filled;
  std::promise<void> flooded;
  std::promise<void> read_now;
  std::promise<std::string> last_pong;
  const std::string big(kTooMuch, 'b');
  WsPeer peer([&](WsTalk& talk) {
    talk.shakeHands();
    filled.get_future().get();
    std::string pings;
    for (int i = 0; i < kPings; ++i) pings += framed(ws::Opcode::Ping, padding + std::to_string(i));
    talk.write(pings);
    talk.sendText("behind the pings");
    flooded.set_value();
    read_now.get_future().get();
    std::string pong;
    for (SeenFrame frame = talk.readFrame(); frame.opcode >= 0; frame = talk.readFrame()) {
      if (frame.opcode == 10) pong = frame.payload;
      if (pong == last) break;
    }
    last_pong.set_value(pong);
    talk.waitForEnd();
  });
  Bench bench;
  net::ConnectRequest request;
  request.url = peer.url();
  bench.connect(request);
  REQUIRE(bench.recorder.isUp());
  const auto waiting = [&] {
    return onLoop(*bench.loop, [&] { return bench.transport->bufferedBytes(); });
  };
  onLoop(*bench.loop, [&] { bench.transport->send(big); });
  std::size_t full = 0;
  REQUIRE(eventually([&] {
    const std::size_t before = std::exchange(full, waiting());
    return before == full;
  }));
  filled.set_value();
  flooded.get_future().get();
  REQUIRE(bench.recorder.hasFrames(1));
  CHECK(bench.recorder.count(&Recorder::heard) == kPings);
  CHECK(waiting() < full + 1000);
  read_now.set_value();
  CHECK(last_pong.get_future().get() == last);
}

TEST_CASE("frames: a close frame that comes while much waits is answered behind it") {
  const std::string big(kTooMuch, 'b');
  std::promise<std::vector<int>> seen;
  std::promise<void> queued;
  WsPeer peer([&](WsTalk& talk) {
    talk.shakeHands();
    queued.get_future().get();
    talk.sendClose(4100, "enough");
    std::vector<int> opcodes;
    do opcodes.push_back(talk.readFrame().opcode);
    while (opcodes.back() >= 0);
    seen.set_value(opcodes);
  });
  Bench bench;
  bench.connect(peer.url());
  REQUIRE(bench.recorder.isUp());
  bench.send(big);
  queued.set_value();
  bench.recorder.down();
  CHECK(bench.recorder.count(&Recorder::close_code) == 4100);
  CHECK(seen.get_future().get() == std::vector<int>{1, 8, -1});
}
