// SPDX-License-Identifier: Apache-2.0
// Frames that wait in the server: for the storage, for the hub, in the kernel.
#include <thread>

#include "server/front/stoppable_server.hpp"

namespace kith::testing {

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

}  // namespace kith::testing
