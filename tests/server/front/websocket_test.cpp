// SPDX-License-Identifier: Apache-2.0
// WebSocket through real sockets: what the front does with frames, whole and broken.
#include <thread>

#include "base/close_codes.hpp"
#include "server/front/front_bench.hpp"

namespace kith::testing {

TEST_CASE("front: a client without a subprotocol is upgraded at any path and hears its heartbeat") {
  const auto server = startServer();
  RawWsClient client(std::make_unique<RawSocket>(server->address()), "any.example",
                     "/what/ever?a=b");
  CHECK(client.head().find("Sec-WebSocket-Protocol") == std::string::npos);
  REQUIRE(client.text("{}"));
  CHECK(client.nextText() == "{}");
  REQUIRE(client.frame(2, "{}"));  // binary
  CHECK(client.nextText() == "{}");
  CHECK(eventually([&] { return server->stats().connections == 1; }));
}

TEST_CASE("front: a message in fragments is put together, also with a PING between them") {
  const auto server = startServer();
  RawWsClient client(server->address());
  const std::string open = openFrame("alice");
  REQUIRE(client.frame(1, open.substr(0, 10), false));
  REQUIRE(client.frame(9, "hello"));
  REQUIRE(client.frame(0, open.substr(10, 20), false));
  REQUIRE(client.frame(0, "", false));
  REQUIRE(client.frame(0, open.substr(30)));
  RawFrame pong = client.next();
  RawFrame answer = client.next();
  if (answer.opcode == 10) std::swap(pong, answer);  // either may be first
  CHECK(pong.opcode == 10);
  CHECK(pong.payload == "hello");
  CHECK_THAT(answer.payload, Catch::Contains("opened"));
}

TEST_CASE("front: a frame whose bytes come one by one is understood") {
  const auto server = startServer();
  RawWsClient client(server->address());
  for (const char byte : clientFrame(1, "{}")) REQUIRE(client.socket().send({&byte, 1}));
  CHECK(client.nextText() == "{}");
}

TEST_CASE("front: many frames in one packet are answered in order and in few writes") {
  const auto server = startServer();
  RawWsClient client(server->address());
  openSession(client, "alice");
  std::string packet;
  constexpr int kFrames = 300;
  for (int i = 0; i < kFrames; ++i) {
    packet += clientFrame(
        1, R"({"cmd":"session","op":"query","peerId":"alice","sessionPeerIds":[],"i":)" +
               std::to_string(i) + '}');
  }
  const std::size_t before = client.receives();
  REQUIRE(client.socket().send(packet));
  for (int i = 0; i < kFrames; ++i) {
    CHECK_THAT(client.nextText(), Catch::Contains("\"i\":" + std::to_string(i)));
  }
  CHECK(client.receives() - before < kFrames / 5);
}

TEST_CASE("front: a frame over the limit closes with 4109 and nothing else suffers (avos-v1 §2)") {
  const auto server = startServer();
  RawWsClient other(server->address());
  RawWsClient client(server->address());
  SECTION("a little") { REQUIRE(client.text(std::string(5121, ' '))); }
  SECTION("much") { client.text(std::string(3'000'000, ' ')); }
  SECTION("in fragments") {
    for (int i = 0; i < 100; ++i) client.frame(i == 0 ? 1 : 0, std::string(1000, ' '), false);
  }
  CHECK(client.closeCode() == base::kFrameTooLong);
  REQUIRE(other.text("{}"));
  CHECK(other.nextText() == "{}");
}

TEST_CASE("front: the longest frame allowed is taken") {
  const auto server = startServer();
  RawWsClient client(server->address());
  REQUIRE(client.text("{}" + std::string(5118, ' ')));
  CHECK(client.nextText() == "{}");
}

TEST_CASE("front: what is no JSON object closes with 4114, after the answers before it") {
  const auto server = startServer();
  RawWsClient client(server->address());
  REQUIRE(client.socket().send(clientFrame(1, "{}") + clientFrame(1, "nonsense")));
  CHECK(client.nextText() == "{}");
  CHECK(client.closeCode() == base::kUnparseableRawMessage);
  REQUIRE(client.frame(8, "\x03\xe8"));
  CHECK(client.ended());
  CHECK(eventually([&] { return server->stats().connections == 0; }));
}

TEST_CASE("front: a client that does not answer the close frame is dropped") {
  const auto server = startServer();
  RawWsClient client(server->address());
  REQUIRE(client.text("nonsense"));
  CHECK(client.closeCode() == base::kUnparseableRawMessage);
  CHECK(client.ended());
}

TEST_CASE("front: a client's close frame is answered in kind") {
  const auto server = startServer();
  RawWsClient client(server->address());
  REQUIRE(client.frame(8, std::string("\x03\xe8", 2) + "bye"));
  const RawFrame answer = client.next();
  CHECK(answer.opcode == 8);
  CHECK(answer.closeCode() == 1000);
  CHECK(client.ended());
}

TEST_CASE("front: broken frames close their connection and leave the others alone") {
  const auto server = startServer();
  RawWsClient other(server->address());
  RawWsClient client(server->address());
  std::string bytes;
  SECTION("an unknown opcode") { bytes = clientFrame(3, "x"); }
  SECTION("a fragmented PING") { bytes = clientFrame(9, "x", false); }
  SECTION("a continuation of nothing") { bytes = clientFrame(0, "x"); }
  SECTION("a second beginning") { bytes = clientFrame(1, "x", false) + clientFrame(1, "y"); }
  SECTION("reserved bits") {
    bytes = clientFrame(1, "x");
    bytes[0] = static_cast<char>(bytes[0] | 0x40);
  }
  SECTION("a PING with a long length") { bytes = clientFrame(9, std::string(200, 'x')); }
  SECTION("a length of 2^63") {
    bytes = std::string("\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff", 10);
  }
  REQUIRE(client.socket().send(bytes));
  const int code = client.closeCode();
  CHECK((code == 0 || code == 1002));
  REQUIRE(other.text("{}"));
  CHECK(other.nextText() == "{}");
}

TEST_CASE("front: a reader that is too slow is closed with 1013 and its sender goes on") {
  ServerOptions options = plainOptions();
  options.output_bytes = 100'000;
  const auto server = startServer(options);
  RawWsClient slow(server->address(), 4096);
  openSession(slow, "slow");
  RawWsClient sender(server->address());
  openSession(sender, "alice");
  const std::string text(4000, 'x');
  // As soon as the server gives up, the peer is not online any more.
  const std::string query =
      R"({"cmd":"session","op":"query","peerId":"alice","sessionPeerIds":["slow"]})";
  for (bool online = true; online;) {
    for (int i = 0; i < 50; ++i) REQUIRE(sender.text(directFrame("alice", "slow", text, true)));
    REQUIRE(sender.text(query));
    online = sender.nextText().find(R"(["slow"])") != std::string::npos;
  }
  const int code = slow.closeCode();
  CHECK((code == base::kTryAgainLater || code == 0));
}

TEST_CASE("front: a reader that pauses and reads on is closed with 1013 as its last frame") {
  ServerOptions options = plainOptions();
  options.output_bytes = 200'000;
  const auto server = startServer(options);
  RawWsClient slow(server->address(), 4096);
  openSession(slow, "slow");
  RawWsClient sender(server->address());
  openSession(sender, "alice");
  const std::string text(4000, 'x');
  std::size_t sent = 0;
  // Reads one frame for three that are sent: the backlog grows, but the socket moves.
  RawFrame frame{1, true, {}};
  while (frame.opcode == 1) {
    for (int i = 0; i < 30; ++i, ++sent) sender.text(directFrame("alice", "slow", text, true));
    for (int i = 0; i < 10 && frame.opcode == 1; ++i) frame = slow.next();
  }
  CHECK(frame.opcode == 8);
  CHECK(frame.closeCode() == base::kTryAgainLater);
  CHECK(sent > 50);
}

TEST_CASE("front: thousands of messages both ways with 64 in flight all arrive (design §5)") {
  ServerOptions options = plainOptions();
  TemporaryFolder folder;
  SECTION("in memory") {}
  SECTION("on disk") { options.data = folder.path(); }
  const auto server = startServer(options);
  constexpr int kMessages = 5000;
  constexpr int kInFlight = 64;
  RawWsClient alice(server->address());
  RawWsClient bob(server->address());
  openSession(alice, "alice");
  openSession(bob, "bob");
  const auto talk = [&](RawWsClient& client, const std::string& self, const std::string& other,
                        int& acks, int& texts) {
    int sent = 0;
    while (acks < kMessages || texts < kMessages) {
      std::string packet;
      while (sent < kMessages && sent - acks < kInFlight) {
        packet += clientFrame(1, directFrame(self, other, "m" + std::to_string(sent++)));
      }
      if (!packet.empty() && !client.socket().send(packet)) return;
      const RawFrame frame = client.next();
      if (frame.opcode != 1) return;
      if (frame.payload.find(R"("cmd":"ack")") != std::string::npos) {
        ++acks;
      } else if (field(frame.payload, "msg") == "m" + std::to_string(texts)) {
        ++texts;
        client.text(R"({"cmd":"ack","appId":"app","peerId":")" + self + R"(","ids":[")" +
                    field(frame.payload, "id") + "\"]}");
      }
    }
  };
  int acks[2]{};
  int texts[2]{};
  std::thread other([&] { talk(bob, "bob", "alice", acks[1], texts[1]); });
  talk(alice, "alice", "bob", acks[0], texts[0]);
  other.join();
  CHECK(acks[0] == kMessages);
  CHECK(acks[1] == kMessages);
  CHECK(texts[0] == kMessages);
  CHECK(texts[1] == kMessages);
  CHECK(eventually([&] { return server->stats().messages == 2 * kMessages; }));
}

TEST_CASE("front: a PING counts as life, silence does not (avos-v1 §2)") {
  ServerOptions options = plainOptions();
  options.idle_timeout = std::chrono::milliseconds(600);
  const auto server = startServer(options);
  RawWsClient silent(server->address());
  RawWsClient pinging(server->address());
  openSession(silent, "silent");
  openSession(pinging, "pinging");
  // The silent one's end tells the time: by then the other has lived on nothing but PINGs.
  std::thread pinger([&] {
    for (bool alive = true; alive;) {
      alive = server->stats().connections == 2;
      if (!pinging.frame(9, "") || pinging.next().opcode != 10) return;
    }
  });
  CHECK(silent.closeCode() == base::kReadTimeout);
  silent.frame(8, "\x03\xe8");
  CHECK(silent.ended());
  pinger.join();
  REQUIRE(pinging.text("{}"));
  CHECK(pinging.nextText() == "{}");
}

TEST_CASE("front: connections beyond the limit are refused, and let in when there is room") {
  ServerOptions options = plainOptions();
  options.max_connections = 1;
  const auto server = startServer(options);
  auto first = std::make_unique<RawWsClient>(server->address());
  REQUIRE(eventually([&] { return server->stats().connections == 1; }));
  CHECK(getHttp(server->address(), "/").status == 503);
  first.reset();
  REQUIRE(eventually([&] { return server->stats().connections == 0; }));
  RawWsClient third(server->address());
  REQUIRE(third.text("{}"));
  CHECK(third.nextText() == "{}");
}

}  // namespace kith::testing
