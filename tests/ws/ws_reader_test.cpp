// SPDX-License-Identifier: Apache-2.0
#include "ws/ws_reader.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "support/catch.hpp"

using namespace kith::ws;

namespace {

using Peer = WsReader::Peer;

constexpr MaskKey kKey{0x12, 0x34, 0x56, 0x78};

/// Writes down what it hears, `text:...`, `binary:...`, `ping:...`, and clobbers what it may
/// change.
struct Listener : WsSink {
  bool onMessage(char* bytes, std::size_t size, FrameKind kind) override {
    bytes[size] = '\0';
    heard.push_back((kind == FrameKind::Text ? "text:" : "binary:") + std::string(bytes, size));
    std::fill(bytes, bytes + size, '#');
    return --patience > 0;
  }
  bool onTooLong(FrameKind kind) override {
    heard.emplace_back(kind == FrameKind::Text ? "too long" : "too long, binary");
    return --patience > 0;
  }
  bool onControl(Opcode opcode, std::string_view payload) override {
    const char* const name = opcode == Opcode::Ping    ? "ping:"
                             : opcode == Opcode::Close ? "close:"
                                                       : "pong:";
    heard.push_back(name + std::string(payload));
    return --patience > 0;
  }

  std::vector<std::string> heard;
  int patience{1000000};
};

std::string masked(Opcode opcode, std::string_view payload) {
  std::string frame;
  appendMaskedFrame(frame, opcode, payload, kKey);
  return frame;
}

std::string piece(Opcode opcode, std::string_view payload) {
  std::string frame = masked(opcode, payload);
  frame[0] = static_cast<char>(frame[0] & 0x7F);
  return frame;
}

struct Outcome {
  std::vector<std::string> heard;
  std::uint16_t fault{0};
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

/// Everything in reads of `step` bytes; behind each lies one byte that is not theirs.
Outcome readAll(std::string_view bytes, std::size_t step, std::size_t limit = 1000,
                Peer peer = Peer::Client) {
  WsReader reader(peer, limit);
  Listener listener;
  Outcome outcome;
  for (std::size_t at = 0; at < bytes.size() && outcome.fault == 0; at += step) {
    std::string part(bytes.substr(at, step));
    const std::size_t size = part.size();
    part.push_back('!');
    outcome.fault = reader.read(part.data(), size, listener);
  }
  outcome.heard = listener.heard;
  return outcome;
}

std::vector<std::size_t> steps() { return {1, 2, 3, 5, 7, 64, 100000}; }

}  // namespace

TEST_CASE("ws_reader: messages come out whole, however the bytes are cut") {
  const std::string longer(300, 'l');
  const std::string longest(70000, 'L');
  const std::string bytes = masked(Opcode::Text, "one") + masked(Opcode::Text, "") +
                            masked(Opcode::Binary, longer) + masked(Opcode::Text, longest) +
                            masked(Opcode::Text, "end");
  for (const std::size_t step : steps()) {
    CAPTURE(step);
    const Outcome outcome = readAll(bytes, step, 100000);
    CHECK(outcome.fault == 0);
    CHECK(outcome.heard == std::vector<std::string>{"text:one", "text:", "binary:" + longer,
                                                    "text:" + longest, "text:end"});
  }
}

TEST_CASE("ws_reader: a server's frames have no mask") {
  std::string bytes;
  appendFrame(bytes, Opcode::Text, "from the server");
  appendFrame(bytes, Opcode::Ping, "p");
  for (const std::size_t step : steps()) {
    CHECK(readAll(bytes, step, 1000, Peer::Server).heard ==
          std::vector<std::string>{"text:from the server", "ping:p"});
  }
}

TEST_CASE("ws_reader: pieces are joined, with control frames between them") {
  const std::string bytes = piece(Opcode::Text, "a") + masked(Opcode::Ping, "now") +
                            piece(Opcode::Continuation, "") + piece(Opcode::Continuation, "b") +
                            masked(Opcode::Continuation, "c") + masked(Opcode::Text, "next");
  for (const std::size_t step : steps()) {
    CHECK(readAll(bytes, step).heard ==
          std::vector<std::string>{"ping:now", "text:abc", "text:next"});
  }
}

TEST_CASE("ws_reader: what breaks a rule is a fault, and nothing is read after it") {
  const auto changed = [](std::string frame, std::size_t at, int bits) {
    frame[at] = static_cast<char>(frame[at] ^ bits);
    return frame;
  };
  const std::string good = masked(Opcode::Text, "good");
  const std::string huge = good.substr(0, 1) + "\xFF\x80" + std::string(11, '\0');
  for (const std::string& bad :
       {changed(good, 0, 0x40), changed(good, 0, 0x10), changed(good, 0, 3 ^ 1),
        changed(good, 0, 0x0B ^ 1), changed(good, 1, 0x80), piece(Opcode::Ping, "p"),
        masked(Opcode::Ping, std::string(126, 'p')), masked(Opcode::Continuation, "c"),
        piece(Opcode::Text, "a") + good, huge}) {
    for (const std::size_t step : steps()) {
      CAPTURE(bad, step);
      const Outcome outcome = readAll(good + bad + good, step);
      CHECK(outcome.fault == 1002);
      CHECK(outcome.heard == std::vector<std::string>{"text:good"});
    }
  }
  std::string unmasked;
  appendFrame(unmasked, Opcode::Text, "x");
  CHECK(readAll(good, 100, 1000, Peer::Server).fault == 1002);
  CHECK(readAll(unmasked, 100, 1000, Peer::Client).fault == 1002);
}

TEST_CASE("ws_reader: after a fault it stays silent") {
  WsReader reader(Peer::Client, 100);
  Listener listener;
  std::string bad = "\xFF\xFF!";
  CHECK(reader.read(bad.data(), 2, listener) == 1002);
  std::string good = masked(Opcode::Text, "good") + "!";
  CHECK(reader.read(good.data(), good.size() - 1, listener) == 0);
  CHECK(listener.heard.empty());
}

TEST_CASE(
    "ws_reader: a message over the limit is told of at its header, skipped, and the next read") {
  const std::string exact(100, 'e');
  const std::string one_more(101, 'm');
  const std::string bytes = masked(Opcode::Text, exact) + masked(Opcode::Text, one_more) +
                            piece(Opcode::Text, exact) + piece(Opcode::Continuation, "x") +
                            masked(Opcode::Pong, "p") + piece(Opcode::Continuation, one_more) +
                            masked(Opcode::Continuation, "") + masked(Opcode::Text, "after");
  for (const std::size_t step : steps()) {
    CAPTURE(step);
    const Outcome outcome = readAll(bytes, step, 100);
    CHECK(outcome.fault == 0);
    CHECK(outcome.heard == std::vector<std::string>{"text:" + exact, "too long", "too long",
                                                    "pong:p", "text:after"});
  }
  WsReader reader(Peer::Client, 100);
  Listener listener;
  std::string header = masked(Opcode::Text, one_more).substr(0, 6) + "!";
  CHECK(reader.read(header.data(), 6, listener) == 0);
  CHECK(listener.heard == std::vector<std::string>{"too long"});
}

TEST_CASE("ws_reader: who has heard enough hears no more of this read") {
  WsReader reader(Peer::Client, 100);
  Listener listener;
  listener.patience = 2;
  std::string bytes =
      masked(Opcode::Text, "1") + masked(Opcode::Text, "2") + masked(Opcode::Text, "3") + "!";
  CHECK(reader.read(bytes.data(), bytes.size() - 1, listener) == 0);
  CHECK(listener.heard == std::vector<std::string>{"text:1", "text:2"});
}

TEST_CASE("ws_reader: a length with the highest bit is a fault before the mask has come") {
  std::string bytes("\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff", 10);
  Listener listener;
  WsReader reader(Peer::Client, 1000);
  SECTION("at once") { CHECK(reader.read(bytes.data(), bytes.size(), listener) == 1002); }
  SECTION("byte by byte") {
    std::uint16_t fault = 0;
    for (char& byte : bytes) {
      std::string one{byte, '\0'};
      if (fault == 0) fault = reader.read(one.data(), 1, listener);
    }
    CHECK(fault == 1002);
  }
}

TEST_CASE("ws_reader: a message is what its first piece said, whole, in pieces or too long") {
  const std::string longer(101, 'x');
  const std::string bytes = masked(Opcode::Binary, "b") + masked(Opcode::Text, "t") +
                            piece(Opcode::Binary, "b1") + masked(Opcode::Ping, "p") +
                            masked(Opcode::Continuation, "b2") + piece(Opcode::Text, "t1") +
                            masked(Opcode::Continuation, "t2") + masked(Opcode::Binary, longer) +
                            piece(Opcode::Binary, "b3") + masked(Opcode::Continuation, longer);
  for (const std::size_t step : {1u, 7u, 1000u}) {
    CAPTURE(step);
    CHECK(readAll(bytes, step, 100).heard ==
          std::vector<std::string>{"binary:b", "text:t", "ping:p", "binary:b1b2", "text:t1t2",
                                   "too long, binary", "too long, binary"});
  }
}
