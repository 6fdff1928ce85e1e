// SPDX-License-Identifier: Apache-2.0
// What the server's loop stands on: the poller, deadlines in order, output that waits.
#include "net/server/poller.hpp"

#include <chrono>
#include <cstring>
#include <fcntl.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

#include "net/server/deadline_list.hpp"
#include "net/server/send_buffer.hpp"
#include "net/server/stream.hpp"
#include "support/catch.hpp"

using namespace kith::net;
using kith::base::kNever;
using kith::base::Millis;
using std::chrono::milliseconds;

namespace {

/// Two ends of a connection; the first does not block and has a small buffer.
struct Pair {
  Pair() {
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
    const int small = 4096;
    ::setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
    ::fcntl(ends[1], F_SETFL, O_NONBLOCK);
  }
  ~Pair() {
    if (ends[0] >= 0) ::close(ends[0]);
    ::close(ends[1]);
  }
  int takeFirst() { return std::exchange(ends[0], -1); }
  /// All that is there.
  std::string read() const {
    std::string all;
    char bytes[4096];
    for (;;) {
      const ssize_t got = ::read(ends[1], bytes, sizeof bytes);
      if (got <= 0) return all;
      all.append(bytes, static_cast<std::size_t>(got));
    }
  }
  int ends[2];
};

/// The frames of these bytes, `opcode:payload size`, one behind the other.
std::string framesOf(std::string_view bytes) {
  std::string names;
  while (!bytes.empty()) {
    REQUIRE(bytes.size() >= 2);
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
    std::size_t size = byte(1);
    std::size_t header = 2;
    if (size == 126) {
      header = 4;
      size = static_cast<std::size_t>(byte(2) << 8 | byte(3));
    }
    REQUIRE(bytes.size() >= header + size);
    names += std::to_string(byte(0) & 15) + ':' + std::to_string(size) + ' ';
    bytes.remove_prefix(header + size);
  }
  return names;
}

/// Writes until all is gone; what came out at the other end.
std::string flushAll(SendBuffer& out, Stream& stream, const Pair& pair) {
  std::string all;
  for (int i = 0; i < 10000; ++i) {
    const auto flushed = out.flush(stream);
    all += pair.read();
    if (flushed != SendBuffer::Flushed::Waiting) return all;
    out.unblock();
  }
  FAIL("it never ends");
  return all;
}

}  // namespace

TEST_CASE("poller: a wake before the wait ends it at once, and only once") {
  Poller poller;
  REQUIRE(poller.ok());
  poller.wake();
  poller.wake();
  CHECK(poller.wait(milliseconds(-1)).empty());
  CHECK(poller.wait(milliseconds(0)).empty());
}

TEST_CASE("poller: another thread wakes it, again and again") {
  Poller poller;
  for (int i = 0; i < 100; ++i) {
    std::jthread other([&] { poller.wake(); });
    CHECK(poller.wait(milliseconds(-1)).empty());
  }
}

TEST_CASE("poller: who has something to read is told until it is read, or not looked for") {
  Pair pair;
  Poller poller;
  int owner = 0;
  REQUIRE(poller.add(pair.ends[0], EPOLLIN, &owner));
  CHECK(poller.wait(milliseconds(0)).empty());
  REQUIRE(::write(pair.ends[1], "x", 1) == 1);
  poller.wake();
  for (int i = 0; i < 2; ++i) {
    const auto events = poller.wait(milliseconds(-1));
    REQUIRE(events.size() == 1);
    CHECK(events[0].data.ptr == &owner);
    CHECK(events[0].events == EPOLLIN);
  }
  poller.change(pair.ends[0], 0, &owner);
  CHECK(poller.wait(milliseconds(0)).empty());
  poller.change(pair.ends[0], EPOLLIN | EPOLLOUT, &owner);
  CHECK(poller.wait(milliseconds(-1))[0].events == (EPOLLIN | EPOLLOUT));
  poller.remove(pair.ends[0]);
  CHECK(poller.wait(milliseconds(0)).empty());
}

TEST_CASE("deadlines: they come in the order in which they were set") {
  DeadlineList list(Millis(10));
  Deadline a, b, c;
  CHECK(list.earliest() == kNever);
  list.set(a, Millis(1));
  list.set(b, Millis(2));
  list.set(c, Millis(3));
  list.set(a, Millis(4));
  CHECK(list.earliest() == Millis(12));
  CHECK(list.takeDue(Millis(11)) == nullptr);
  CHECK(list.takeDue(Millis(13)) == &b);
  CHECK(list.takeDue(Millis(13)) == &c);
  CHECK(list.takeDue(Millis(13)) == nullptr);
  CHECK(list.takeDue(Millis(14)) == &a);
  CHECK(list.earliest() == kNever);
}

TEST_CASE("deadlines: one that is taken back, from any place, does not come") {
  DeadlineList list(Millis(10));
  for (int gone = 0; gone < 3; ++gone) {
    Deadline all[3];
    for (Deadline& each : all) list.set(each, Millis(0));
    DeadlineList::clear(all[gone]);
    DeadlineList::clear(all[gone]);
    CHECK(list.takeDue(Millis(10)) == &all[gone == 0 ? 1 : 0]);
    CHECK(list.takeDue(Millis(10)) == &all[gone == 2 ? 1 : 2]);
    CHECK(list.takeDue(Millis(10)) == nullptr);
  }
}

TEST_CASE("deadlines: one may change its list, and one may be due at once") {
  DeadlineList slow(Millis(100)), fast(Millis(10));
  Deadline a, b;
  slow.set(a, Millis(0));
  fast.set(a, Millis(0));
  CHECK(slow.earliest() == kNever);
  slow.set(b, Millis(0));
  slow.setDue(a);
  CHECK(slow.takeDue(Millis(0)) == &a);
  CHECK(slow.takeDue(Millis(100)) == &b);
}

TEST_CASE("output: what a turn made leaves in one write, and then its buffer is free") {
  Pair pair;
  kith::base::BufferPool pool;
  SendBuffer out(pool);
  Stream stream(pair.takeFirst(), nullptr);
  out.addBytes("HTTP/1.1 101\r\n\r\n");
  CHECK(out.addFrame(kith::ws::FrameKind::Text, {"{", "}"}, 100));
  out.addPong("x");
  CHECK(out.flush(stream) == SendBuffer::Flushed::All);
  CHECK(pair.read() == "HTTP/1.1 101\r\n\r\n\x81\x02{}\x8a\x01x");
  CHECK(out.waiting() == 0);
  CHECK_FALSE(pool.take().capacity() == std::string().capacity());
  CHECK(out.flush(stream) == SendBuffer::Flushed::Nothing);
}

TEST_CASE("output: a frame beyond the limit is not taken, and what waits goes on") {
  Pair pair;
  kith::base::BufferPool pool;
  SendBuffer out(pool);
  Stream stream(pair.takeFirst(), nullptr);
  CHECK(out.addFrame(kith::ws::FrameKind::Text, {std::string(60, 'x')}, 100));
  CHECK_FALSE(out.addFrame(kith::ws::FrameKind::Text, {std::string(60, 'x')}, 100));
  CHECK(flushAll(out, stream, pair).size() == 62);
}

TEST_CASE("output: while the kernel is full nothing is tried, and later it goes on where it was") {
  Pair pair;
  kith::base::BufferPool pool;
  SendBuffer out(pool);
  Stream stream(pair.takeFirst(), nullptr);
  std::string names;
  for (std::size_t size = 1; size < 400; ++size) {
    REQUIRE(out.addFrame(kith::ws::FrameKind::Text, {std::string(size, 'x')}, 1u << 20));
    names += "1:" + std::to_string(size) + ' ';
  }
  REQUIRE(out.flush(stream) == SendBuffer::Flushed::Waiting);
  const std::string first = pair.read();
  CHECK(out.flush(stream) == SendBuffer::Flushed::Waiting);
  CHECK(pair.read().empty());
  out.unblock();
  CHECK(framesOf(first + flushAll(out, stream, pair)) == names);
}

TEST_CASE("output: dropping keeps the rest of the frame that has begun") {
  for (const std::size_t size : {100u, 1000u, 7000u}) {
    CAPTURE(size);
    Pair pair;
    kith::base::BufferPool pool;
    SendBuffer out(pool);
    Stream stream(pair.takeFirst(), nullptr);
    out.addBytes("head");
    for (int i = 0; i < 500; ++i)
      REQUIRE(out.addFrame(kith::ws::FrameKind::Text, {std::string(size, 'x')}, 8u << 20));
    REQUIRE(out.flush(stream) == SendBuffer::Flushed::Waiting);
    out.drop();
    CHECK(out.waiting() <= size + 4);
    out.addClose("\x03\xf5");
    out.unblock();
    const std::string all = pair.read() + flushAll(out, stream, pair);
    CHECK(all.substr(0, 4) == "head");
    const std::string names = framesOf(std::string_view(all).substr(4));
    CHECK(names.substr(names.size() - 4) == "8:2 ");
  }
}

TEST_CASE("output: dropping when nothing has left drops all but what is no frame") {
  Pair pair;
  kith::base::BufferPool pool;
  SendBuffer out(pool);
  Stream stream(pair.takeFirst(), nullptr);
  out.addBytes("head");
  REQUIRE(out.addFrame(kith::ws::FrameKind::Text, {"x"}, 100));
  out.drop();
  CHECK(flushAll(out, stream, pair) == "head");
  out.drop();
  CHECK(out.waiting() == 0);
}

TEST_CASE("output: pings of who does not read are answered a few times") {
  Pair pair;
  kith::base::BufferPool pool;
  SendBuffer out(pool);
  Stream stream(pair.takeFirst(), nullptr);
  for (int i = 0; i < 100000; ++i) out.addPong(std::string(125, 'x'));
  CHECK(out.waiting() < 5000);
  flushAll(out, stream, pair);
  out.addPong("x");
  CHECK(out.waiting() == 3);
}

TEST_CASE("output: a connection that is gone is broken") {
  kith::base::BufferPool pool;
  SendBuffer out(pool);
  auto pair = std::make_unique<Pair>();
  Stream stream(pair->takeFirst(), nullptr);
  pair.reset();
  REQUIRE(out.addFrame(kith::ws::FrameKind::Text, {"x"}, 100));
  CHECK(out.flush(stream) == SendBuffer::Flushed::Broken);
  char byte = 0;
  CHECK(stream.read(&byte, 1).how != Io::Again);
}
