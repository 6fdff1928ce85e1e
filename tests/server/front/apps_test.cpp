// SPDX-License-Identifier: Apache-2.0
// Apps that come, and settings that change, while the server runs: over sockets.
#include "server/front/front_bench.hpp"

namespace kith::testing {
namespace {

const std::string kLogs = "/1.1/rtm/messages/logs?convid=x";

ServerOptions keyedOptions() {
  ServerOptions options = plainOptions();
  options.apps[0].app_key = "first";
  return options;
}

int statusWith(Server& server, const std::string& key, const std::string& app = "app") {
  return getHttp(server.address(), kLogs, "X-LC-Id: " + app + "\r\nX-LC-Key: " + key + "\r\n")
      .status;
}

}  // namespace

TEST_CASE("apps: a key that is rotated while messages flow is good at once, and none is lost") {
  const auto server = startServer(keyedOptions());
  RawWsClient alice(server->address());
  openSession(alice, "alice");
  CHECK(statusWith(*server, "first") == 200);
  AppOptions app = keyedOptions().apps[0];
  for (int i = 0; i < 200; ++i) {
    REQUIRE(alice.text(directFrame("alice", "alice", std::to_string(i), true)));
    if (i != 100) continue;
    app.app_key = "second";
    REQUIRE(server->updateApps({app}).ok());
    // No waiting: the request comes in a later turn than the change.
    CHECK(statusWith(*server, "first") == 401);
    CHECK(statusWith(*server, "second") == 200);
  }
  for (int i = 0; i < 200; ++i) CHECK(field(alice.nextText(), "msg") == std::to_string(i));
}

TEST_CASE("apps: one that is added is served over HTTP and WebSocket") {
  const auto server = startServer();
  CHECK(getHttp(server->address(), "/v1/route?appId=new").status == 404);
  AppOptions app = plainOptions().apps[0];
  app.id = "new";
  app.app_key = "key";
  REQUIRE(server->updateApps({app}).ok());
  CHECK(getHttp(server->address(), "/v1/route?appId=new").status == 200);
  CHECK(statusWith(*server, "key", "new") == 200);
  RawWsClient client(server->address());
  REQUIRE(client.text(R"({"cmd":"session","op":"open","appId":"new","peerId":"alice"})"));
  CHECK_THAT(client.nextText(), Catch::Contains(R"("opened")"));
}

TEST_CASE("apps: an update with a fault is refused and named, and changes nothing") {
  const auto server = startServer(keyedOptions());
  AppOptions app = keyedOptions().apps[0];
  app.app_key = "second";
  AppOptions wrong = app;
  wrong.id = "wrong";
  wrong.group_members = 0;
  const auto refused = server->updateApps({app, wrong});
  REQUIRE_FALSE(refused.ok());
  CHECK_THAT(refused.error().detail, Catch::Contains("apps[1].group_members"));
  CHECK(statusWith(*server, "first") == 200);
  CHECK(getHttp(server->address(), "/v1/route?appId=wrong").status == 404);
}

}  // namespace kith::testing
