// SPDX-License-Identifier: Apache-2.0
// Frames that wait in the server: for the storage, for the hub, in the kernel.
#include <thread>

#include "server/front/stoppable_server.hpp"

namespace kith::testing {
namespace {

/// Waits until the frames that they have sent are read: a ping behind them is answered.
void areRead(std::vector<std::unique_ptr<RawWsClient>>& clients) {
  for (auto& client : clients) {
    REQUIRE(client->frame(9, "read"));
    REQUIRE(client->next().opcode == 10);
  }
}

}  // namespace

TEST_CASE("limits: while the storage is behind nothing is read, and then nothing is lost") {
  ServerOptions options = plainOptions();
  options.connections.storage_requests = 100;
  StoppableServer server(options);
  RawWsClient client(server.address());
  openSession(client, "alice");
  server.hold();
  constexpr int kMessages = 2000;
  std::jthread sender([&] {
    for (int i = 0; i < kMessages; ++i) {
      if (!client.text(directFrame("alice", "bob", std::string(500, 'x')))) return;
    }
  });
  // The open and its page came first; then a hundred messages or one less, and the rest stays
  // outside.
  REQUIRE(eventually([&] { return server.stats().frames_in >= 100; }));
  RawWsClient other(server.address());
  REQUIRE(other.text(openFrame("carol")));
  CHECK(getHttp(server.address(), "/healthz").status == 200);
  CHECK(server.stats().frames_in <= 110);
  server.letGo();
  sender.join();
  for (int i = 0; i < kMessages; ++i) {
    if (client.nextText().find("\"ack\"") == std::string::npos) FAIL("no ack " << i);
  }
  CHECK_THAT(other.nextText(), Catch::Contains("opened"));
}

TEST_CASE("limits: a flood waits in the kernel while a calm client is served") {
  ServerOptions options = plainOptions();
  options.apps[0].rates.peer_per_second = 1;
  options.apps[0].rates.peer_burst = 10;
  const auto server = startServer(options);
  RawWsClient loud(server->address());
  openSession(loud, "loud");
  RawWsClient calm(server->address());
  openSession(calm, "calm");
  constexpr int kMessages = 20000;
  std::jthread flood([&] {
    for (int i = 0; i < kMessages; ++i) {
      if (!loud.text(directFrame("loud", "nobody", "x", true))) return;
    }
    loud.text("{}");
  });
  for (int i = 0; i < 5; ++i) {
    REQUIRE(calm.text(directFrame("calm", "calm", std::to_string(i), true)));
    CHECK(field(calm.nextText(), "msg") == std::to_string(i));
  }
  flood.join();
  CHECK(loud.nextText() == "{}");
  CHECK(eventually([&] { return server->stats().frames_in >= kMessages; }));
}

TEST_CASE("limits: while the storage is behind nothing is read until half of it has come") {
  ServerOptions options = plainOptions();
  options.connections.storage_requests = 100;
  StoppableServer server(options);
  RawWsClient client(server.address());
  openSession(client, "alice");
  server.hold();
  std::jthread sender([&] {
    for (int i = 0; i < 400; ++i) {
      if (!client.text(directFrame("alice", "bob", "x"))) return;
    }
  });
  // The open's page may be among what the storage owes.
  REQUIRE(eventually([&] { return server.stats().frames_in >= 100; }));
  const auto stopped_at = server.stats().frames_in;
  // One by one, and with a turn of the server for each: no frame is read for a single answer.
  for (int i = 0; i < 40; ++i) {
    server.letGo(1);
    CHECK(getHttp(server.address(), "/healthz").status == 200);
  }
  REQUIRE(eventually([&] { return server.stats().frames_out >= 20; }));
  CHECK(server.stats().frames_in == stopped_at);
  server.letGo(30);
  CHECK(eventually([&] { return server.stats().frames_in >= stopped_at + 50; }));
  server.letGo();
  sender.join();
  for (int i = 0; i < 400; ++i) {
    if (client.nextText().find("\"ack\"") == std::string::npos) FAIL("no ack " << i);
  }
}

TEST_CASE("limits: a number used anew while the storage is behind owes nothing to the old one") {
  ServerOptions options = plainOptions();
  options.connections.storage_requests = 100;
  StoppableServer server(options);
  RawWsClient busy(server.address());
  openSession(busy, "busy");
  REQUIRE(eventually([&] { return server.stats().sessions == 1; }));
  server.hold();
  // The open's page may be among what the storage owes.
  for (int i = 0; i < 101; ++i) REQUIRE(busy.text(directFrame("busy", "bob", "x")));
  REQUIRE(eventually([&] { return server.stats().frames_in >= 100; }));
  const auto connections = server.stats().connections;
  // Several, so that with any number of threads the numbers are used again.
  std::vector<std::unique_ptr<RawWsClient>> clients;
  for (int i = 0; i < 4; ++i) {
    clients.push_back(std::make_unique<RawWsClient>(server.address()));
    REQUIRE(clients.back()->text("{}"));
  }
  areRead(clients);
  REQUIRE(eventually([&] { return server.stats().connections == connections + 4; }));
  clients.clear();
  REQUIRE(eventually([&] { return server.stats().connections == connections; }));
  for (int i = 0; i < 4; ++i) {
    const std::string peer = "p" + std::to_string(i);
    clients.push_back(std::make_unique<RawWsClient>(server.address()));
    REQUIRE(clients.back()->text(openFrame(peer)));
    // A group that has to be loaded: the hub says Wait, and the next frame is to wait for it.
    REQUIRE(clients.back()->text(R"({"cmd":"direct","appId":"app","peerId":")" + peer +
                                 R"(","roomId":"unknown","msg":"x"})"));
    REQUIRE(clients.back()->text(directFrame(peer, peer, "behind it", true)));
  }
  areRead(clients);
  server.letGo(100);
  REQUIRE(eventually([&] { return server.groups() == 4; }));
  server.letGo();
  for (auto& client : clients) {
    for (;;) {
      const RawFrame frame = client->next();
      INFO(frame.payload << " close code " << frame.closeCode());
      REQUIRE(frame.opcode == 1);
      if (field(frame.payload, "msg") == "behind it") break;
    }
  }
}

}  // namespace kith::testing
