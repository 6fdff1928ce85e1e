// SPDX-License-Identifier: Apache-2.0
// Apps that come, and settings that change, while the server runs: over sockets.
#include <filesystem>
#include <fstream>
#include <mutex>

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

const std::string kAdminKey = "an-admin-key-of-tests";

/// On disk, with an admin key.
ServerOptions administered(const TemporaryFolder& folder) {
  ServerOptions options = keyedOptions();
  options.apps[0].master_key = "master";
  options.data = folder.path();
  options.admin_key = kAdminKey;
  return options;
}

RawHttpAnswer administer(Server& server, const std::string& method, const std::string& path,
                         const std::string& body,
                         const std::string& headers = "X-Kith-Admin-Key: " + kAdminKey + "\r\n") {
  RawSocket socket(server.address());
  return exchangeHttp(
      socket, method + " " + path + " HTTP/1.1\r\nHost: " + server.address() + "\r\n" + headers +
                  "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
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

TEST_CASE("apps: one that is added over HTTP is used at once, and is there after a restart") {
  const TemporaryFolder folder;
  auto server = startServer(administered(folder));
  const auto added = administer(*server, "POST", "/admin/apps",
                                R"({"id":"new","require_watch":"never","offline_messages":1})");
  REQUIRE(added.status == 201);
  const std::string key = field(added.body, "app_key");
  const std::string open = R"({"cmd":"session","op":"open","appId":"new","peerId":"alice"})";
  for (int run = 0; run < 2; ++run) {
    CHECK(statusWith(*server, key, "new") == 200);
    CHECK(statusWith(*server, field(added.body, "master_key") + ",master", "new") == 200);
    RawWsClient client(server->address());
    REQUIRE(client.text(open));
    CHECK_THAT(client.nextText(), Catch::Contains(R"("opened")"));
    server.reset();
    server = startServer(administered(folder));
  }
  CHECK(administer(*server, "POST", "/admin/apps", R"({"id":"new"})").status == 409);
}

TEST_CASE("apps: a key that is rotated over HTTP is the only good one when the answer comes") {
  const TemporaryFolder folder;
  auto server = startServer(administered(folder));
  const auto rotated =
      administer(*server, "POST", "/admin/apps/keys", R"({"id":"app","app_key":null})");
  REQUIRE(rotated.status == 200);
  const std::string second = field(rotated.body, "app_key");
  CHECK(statusWith(*server, "first") == 401);
  CHECK(statusWith(*server, second) == 200);
  const std::string by_master = "X-LC-Id: app\r\nX-LC-Key: master,master\r\n";
  REQUIRE(administer(*server, "POST", "/admin/apps/keys",
                     R"({"id":"app","app_key":"third","master_key":"m2"})", by_master)
              .status == 200);
  CHECK(statusWith(*server, "third") == 200);
  CHECK(administer(*server, "POST", "/admin/apps/keys", R"({"id":"app","app_key":null})", by_master)
            .status == 401);
  server.reset();
  server = startServer(administered(folder));
  CHECK(statusWith(*server, "first") == 401);
  CHECK(statusWith(*server, "third") == 200);
  CHECK(statusWith(*server, "m2,master") == 200);
}

TEST_CASE("apps: limits that are changed over HTTP hold for who is connected") {
  const TemporaryFolder folder;
  const auto server = startServer(administered(folder));
  RawWsClient alice(server->address());
  openSession(alice, "alice");
  const std::string watch =
      R"({"cmd":"session","op":"add","appId":"app","peerId":"alice","sessionPeerIds":["x","y"]})";
  REQUIRE(alice.text(watch));
  CHECK_THAT(alice.nextText(), Catch::Contains(R"("added")"));
  REQUIRE(administer(*server, "PATCH", "/admin/apps", R"({"id":"app","watched_peers":1})").status ==
          200);
  REQUIRE(alice.text(R"({"cmd":"session","op":"add","appId":"app","peerId":"alice",)"
                     R"("sessionPeerIds":["z"]})"));
  CHECK_THAT(alice.nextText(), Catch::Contains("4113"));
}

TEST_CASE("apps: what may not be asked over HTTP is refused in JSON, and changes nothing") {
  const TemporaryFolder folder;
  const auto server = startServer(administered(folder));
  const std::string admin = "X-Kith-Admin-Key: " + kAdminKey + "\r\n";
  const struct {
    const char* method;
    const char* path;
    std::string body;
    std::string headers;
    int status;
  } rows[] = {
      {"POST", "/admin/apps", R"({"id":"x"})", "", 401},
      {"POST", "/admin/apps", R"({"id":"x"})", "X-Kith-Admin-Key: wrong\r\n", 401},
      {"POST", "/admin/apps", R"({"id":"x"})", "X-LC-Id: app\r\nX-LC-Key: master,master\r\n", 401},
      {"POST", "/admin/apps", R"({"id":"x"})", admin + "X-Forwarded-For: 10.0.0.1\r\n", 403},
      {"POST", "/admin/apps", R"({"id":"x","group_members":0})", admin, 400},
      {"POST", "/admin/apps", R"({"id":"app"})", admin, 409},
      {"PATCH", "/admin/apps", R"({"id":"x","group_members":5})", admin, 404},
      {"PATCH", "/admin/apps", R"({"id":"app","app_key":"second"})", admin, 400},
      {"PATCH", "/admin/apps", "", admin, 400},
      {"PATCH", "/admin/apps", std::string(65537, ' '), admin, 413},
      {"GET", "/admin/apps", "", admin, 405},
      {"POST", "/admin/apps/keys", R"({"id":"app","app_key":"second"})",
       "X-LC-Id: app\r\nX-LC-Key: first\r\n", 403},
  };
  for (const auto& row : rows) {
    CAPTURE(row.method, row.path, row.body.substr(0, 50), row.headers);
    const auto answer = administer(*server, row.method, row.path, row.body, row.headers);
    CHECK(answer.status == row.status);
    CHECK_THAT(answer.body, Catch::StartsWith("{\"code\":") && Catch::Contains("\"error\":"));
  }
  CHECK(statusWith(*server, "first") == 200);
  CHECK(getHttp(server->address(), "/v1/route?appId=x").status == 404);
}

TEST_CASE("apps: a change that the disk does not take is refused with 503 and does not hold") {
  const TemporaryFolder folder;
  const auto server = startServer(administered(folder));
  std::filesystem::create_directory(folder.file("apps.json.new"));
  const auto refused =
      administer(*server, "POST", "/admin/apps/keys", R"({"id":"app","app_key":"second"})");
  CHECK(refused.status == 503);
  CHECK_THAT(refused.body, Catch::Contains("apps.json cannot be used"));
  CHECK(statusWith(*server, "first") == 200);
  CHECK(statusWith(*server, "second") == 401);
}

TEST_CASE("apps: a server with an admin key starts without any, and without one it does not") {
  ServerOptions options = plainOptions();
  options.apps.clear();
  CHECK_THAT(whyNotStarted(options), Catch::Contains("at least one app"));
  options.admin_key = "too short";
  CHECK_THAT(whyNotStarted(options), Catch::Contains("admin_key must be 16"));
  options.admin_key = "long enough, but with spaces";
  CHECK_THAT(whyNotStarted(options), Catch::Contains("admin_key must be 16"));
  options.admin_key = kAdminKey;
  const auto server = startServer(options);
  CHECK(administer(*server, "POST", "/admin/apps", R"({"id":"app"})").status == 201);
  RawWsClient client(server->address());
  openSession(client, "alice");
}

TEST_CASE("apps: a server does not start where what was changed cannot be read") {
  const TemporaryFolder folder;
  std::ofstream(folder.file("apps.json")) << "{\"apps\":[\n{\"id\":5}]}";
  CHECK_THAT(whyNotStarted(administered(folder)),
             Catch::Contains("apps.json: an app has no id (line 2)"));
}

TEST_CASE("apps: a change is told in the log without the values") {
  const TemporaryFolder folder;
  ServerOptions options = administered(folder);
  std::mutex mutex;
  std::string log;
  options.log_level = LogLevel::Trace;
  options.log = [&](const LogRecord& record) {
    const std::lock_guard lock(mutex);
    log.append(record.text).append("\n");
  };
  auto server = startServer(options);
  const auto added = administer(*server, "POST", "/admin/apps", R"({"id":"ne\nw"})");
  REQUIRE(added.status == 201);
  REQUIRE(administer(*server, "POST", "/admin/apps/keys",
                     R"({"id":"app","app_key":"a-secret-key","master_key":"another-secret"})")
              .status == 200);
  CHECK(administer(*server, "POST", "/admin/apps", R"({"id":"x"})",
                   "X-Kith-Admin-Key: a-wrong-admin-key\r\n")
            .status == 401);
  server.reset();
  CHECK_THAT(log, Catch::Contains("app 'ne\\nw' was added over HTTP: app_key master_key\n") &&
                      Catch::Contains("app 'app' was changed over HTTP: app_key master_key\n") &&
                      Catch::Contains("check X-Kith-Admin-Key"));
  for (const std::string& secret :
       {field(added.body, "app_key"), field(added.body, "master_key"), std::string("a-secret-key"),
        std::string("another-secret"), std::string("a-wrong-admin-key"), kAdminKey}) {
    CHECK(log.find(secret) == std::string::npos);
  }
}

}  // namespace kith::testing
