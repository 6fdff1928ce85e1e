// SPDX-License-Identifier: Apache-2.0
// What administrators may ask over HTTP, and what is asked of the registry for it.
#include "server/rest/admin_api.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "support/catch.hpp"

using namespace kith;
using namespace kith::rest;

namespace {

class Stage final : AdminHost {
 public:
  Stage() {
    app_.id = "demo";
    AdminHost& host = *this;
    api.emplace(random_, host);
    routes_ = api->routes();
  }

  /// The status at once; 0 = a change was begun.
  int ask(const std::string& method, const std::string& path, const std::string& body,
          bool admin = true) {
    const auto route = std::find_if(routes_.begin(), routes_.end(), [&](const Route& each) {
      return each.method == method && each.path == path;
    });
    REQUIRE(route != routes_.end());
    const net::HttpCall call;
    const Request request{7, call, admin ? nullptr : &app_, !admin, {}, body, admin};
    const auto reply = route->handler(request);
    said = reply ? reply->body : "";
    return reply ? reply->status : 0;
  }
  /// The status when the change is done.
  int finish(const apps::ChangeOutcome& outcome = {}) {
    const AdminApi::Reply reply = api->finish(outcome);
    CHECK(reply.request == 7);
    said = reply.reply.body;
    return reply.reply.status;
  }
  std::string settings() const { return json::formatJson(changes.back().settings); }

  std::string said;
  std::vector<apps::AppChange> changes;
  std::optional<AdminApi> api;

 private:
  void changeApp(apps::AppChange change) override { changes.push_back(std::move(change)); }

  AppOptions app_;
  base::SeededRandom random_{1};
  std::vector<Route> routes_;
};

std::string keyIn(const std::string& said, const std::string& name) {
  const auto parsed = json::parseJson(said, "answer");
  REQUIRE(parsed.ok());
  const json::JsonValue* key = parsed->find(name);
  return key != nullptr ? key->text : "";
}

}  // namespace

TEST_CASE(
    "admin api: an app that is added gets the keys that it does not bring, and they are told") {
  Stage stage;
  REQUIRE(stage.ask("POST", "/admin/apps",
                    R"({"id":"new","app_key":"mine","offline_messages":3})") == 0);
  CHECK(stage.changes.back().add);
  CHECK(stage.changes.back().id == "new");
  CHECK(stage.finish() == 201);
  const std::string master = keyIn(stage.said, "master_key");
  CHECK(master.size() == 24);
  CHECK(keyIn(stage.said, "app_key").empty());  // the request had it
  CHECK(stage.settings() ==
        R"({"app_key":"mine","offline_messages":3,"master_key":")" + master + R"("})");
  REQUIRE(stage.ask("POST", "/admin/apps", R"({"id":"open","app_key":"","master_key":null})") == 0);
  CHECK(stage.finish() == 201);
  CHECK(keyIn(stage.said, "master_key").size() == 24);
  CHECK(keyIn(stage.said, "master_key") != master);
  CHECK(keyIn(stage.settings(), "app_key").empty());
}

TEST_CASE("admin api: a key is rotated to one that is made, or to one that is brought") {
  Stage stage;
  REQUIRE(stage.ask("POST", "/admin/apps/keys", R"({"id":"demo","app_key":null})") == 0);
  CHECK_FALSE(stage.changes.back().add);
  CHECK(stage.finish() == 200);
  const std::string made = keyIn(stage.said, "app_key");
  CHECK(made.size() == 24);
  CHECK(stage.settings() == R"({"app_key":")" + made + R"("})");
  REQUIRE(stage.ask("POST", "/admin/apps/keys", R"({"id":"demo","master_key":"mine"})") == 0);
  CHECK(stage.finish() == 200);
  CHECK(stage.said == R"({"id":"demo"})");
}

TEST_CASE("admin api: a master key rotates the keys of its own app and no other's") {
  Stage stage;
  CHECK(stage.ask("POST", "/admin/apps/keys", R"({"id":"other","app_key":null})", false) == 403);
  CHECK(stage.changes.empty());
  CHECK(stage.ask("POST", "/admin/apps/keys", R"({"id":"demo","app_key":null})", false) == 0);
  CHECK(stage.changes.size() == 1);
}

TEST_CASE("admin api: limits are handed on as they are, keys and nothing are refused") {
  Stage stage;
  REQUIRE(stage.ask("PATCH", "/admin/apps", R"({"id":"demo","rates":{"peer_burst":null}})") == 0);
  CHECK(stage.settings() == R"({"rates":{"peer_burst":null}})");
  CHECK(stage.finish() == 200);
  CHECK(stage.ask("PATCH", "/admin/apps", R"({"id":"demo","app_key":"secret"})") == 400);
  CHECK_THAT(stage.said, Catch::Contains("/admin/apps/keys") && !Catch::Contains("secret"));
  CHECK(stage.ask("PATCH", "/admin/apps", R"({"id":"demo"})") == 400);
  CHECK(stage.changes.size() == 1);
}

TEST_CASE("admin api: a body that makes no sense is refused and named") {
  Stage stage;
  for (const std::string path : {"/admin/apps", "/admin/apps/keys"}) {
    for (const std::string body :
         {"", "[]", "{", "{}", R"({"id":5})", R"({"id":""})", R"({"id":"demo","app_key":5})",
          R"({"id":"demo","app_key":"with space"})", R"({"id":"demo","master_key":"\n"})"}) {
      CAPTURE(path, body);
      CHECK(stage.ask("POST", path, body) == 400);
      CHECK_THAT(stage.said, Catch::StartsWith(R"({"code":1,"error":")"));
    }
  }
  const std::string keys = "/admin/apps/keys";
  CHECK(stage.ask("POST", keys, R"({"id":"demo"})") == 400);
  CHECK(stage.ask("POST", keys, R"({"id":"demo","app_key":""})") == 400);
  CHECK(stage.ask("POST", keys, R"({"id":"demo","app_key":null,"rates":{}})") == 400);
  const std::string longest(257, 'x');
  CHECK(stage.ask("POST", keys, R"({"id":"demo","app_key":")" + longest + R"("})") == 400);
  CHECK(stage.changes.empty());
}

TEST_CASE("admin api: a change that was refused is answered with why, and tells no key") {
  Stage stage;
  const std::pair<apps::ChangeFault, int> rows[] = {{apps::ChangeFault::NoSuchApp, 404},
                                                    {apps::ChangeFault::AppExists, 409},
                                                    {apps::ChangeFault::BadSettings, 400},
                                                    {apps::ChangeFault::NotWritten, 503}};
  for (const auto& [fault, status] : rows) {
    REQUIRE(stage.ask("POST", "/admin/apps/keys", R"({"id":"demo","app_key":null})") == 0);
    CHECK(stage.finish({fault, "for a reason"}) == status);
    CHECK_THAT(stage.said, Catch::Contains("for a reason"));
    CHECK(keyIn(stage.said, "app_key").empty());
  }
}

TEST_CASE("admin api: while one change is on its way another is told to come again") {
  Stage stage;
  REQUIRE(stage.ask("PATCH", "/admin/apps", R"({"id":"demo","offline_messages":1})") == 0);
  CHECK(stage.ask("PATCH", "/admin/apps", R"({"id":"demo","offline_messages":2})") == 503);
  CHECK(stage.changes.size() == 1);
  CHECK(stage.finish() == 200);
  CHECK(stage.ask("PATCH", "/admin/apps", R"({"id":"demo","offline_messages":2})") == 0);
}
