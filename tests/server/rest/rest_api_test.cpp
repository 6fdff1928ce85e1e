// SPDX-License-Identifier: Apache-2.0
// The way of a request through the table, with routes of the test's own.
#include "server/rest/rest_api.hpp"

#include <string>

#include "server/storage/storage.hpp"
#include "sign/md5.hpp"
#include "support/catch.hpp"
#include "support/rest_hosts.hpp"

using namespace kith;
using namespace kith::rest;

namespace {

struct Host final : RestHost {
  void reply(net::RequestId, net::HttpReply reply) override { replies.push_back(std::move(reply)); }
  void takeBody(net::RequestId request, std::uint64_t limit) override { wanted = {request, limit}; }
  void refused(const net::HttpCall&, std::string_view app_id, std::string_view why, bool) override {
    refusals.push_back(std::string(app_id) + ": " + std::string(why));
  }
  std::vector<net::HttpReply> replies;
  std::vector<std::string> refusals;
  std::pair<net::RequestId, std::uint64_t> wanted{0, 0};
};

const std::string kAdminKey = "an-admin-key-of-tests";

class Stage {
 public:
  explicit Stage(const std::string& admin_key = kAdminKey, bool admin_remote = false) {
    app_.id = "app";
    app_.app_key = "key";
    app_.master_key = "master";
    std::vector<Route> routes;
    routes.push_back({"POST", "/1.1/things/{}", Who::Master, 10, [this](const Request& request) {
                        handled.push_back(std::string(request.names.at(0)) + "=" +
                                          std::string(request.body) + " of " + request.app->id);
                        return std::optional<net::HttpReply>({201, "application/json", "{}", 0});
                      }});
    routes.push_back({"GET", "/careless", {}, 0, [](const Request&) {
                        return std::optional<net::HttpReply>({200, "text/plain", "secret", 0});
                      }});
    routes.push_back({"POST", "/admin/things", Who::Admin, 0, [](const Request&) {
                        return std::optional<net::HttpReply>({200, "text/plain", "done", 0});
                      }});
    routes.push_back({"POST", "/admin/keys", Who::AdminOrMaster, 0, [](const Request& request) {
                        const char* who = request.admin ? "admin" : request.app->id.c_str();
                        return std::optional<net::HttpReply>({200, "text/plain", who, 0});
                      }});
    RestOptions options{snapshot(), {}, 5120, {}, {}, false, admin_key, admin_remote, 0};
    api = std::make_unique<RestApi>(std::move(options), *storage_,
                                    RestHosts{host, commands_, files_, outbound_}, random_,
                                    std::move(routes));
  }

  net::HttpCall call(const std::string& method, const std::string& path,
                     const std::string& key = {}) {
    net::HttpCall call;
    call.method = method;
    call.path = path;
    if (!key.empty()) call.headers = {{"x-lc-id", "app"}, {"x-lc-key", key}};
    return call;
  }
  int ask(const net::HttpCall& call, net::RequestId id = 1) {
    const std::size_t before = host.replies.size();
    api->answer(id, call);
    return host.replies.size() == before ? 0 : host.replies.back().status;
  }

  /// From now on the keys are others.
  void rotate(const std::string& app_key, const std::string& master_key) {
    app_.app_key = app_key;
    app_.master_key = master_key;
    api->setApps(snapshot());
  }

  Host host;
  std::vector<std::string> handled;
  std::unique_ptr<RestApi> api;

 private:
  apps::AppsPtr snapshot() const {
    return std::make_shared<apps::AppSnapshot>(std::vector<AppOptions>{app_}, Switches{}, 1);
  }

  AppOptions app_;
  testing::NoCommands commands_;
  testing::NoFiles files_;
  testing::NoOutbound outbound_;
  base::SeededRandom random_{7};
  std::unique_ptr<storage::Storage> storage_{storage::makeMemoryStorage([] {})};
};

}  // namespace

TEST_CASE("rest_api: a body comes to its handler with what the path names and the app that asked") {
  Stage stage;
  net::HttpCall call = stage.call("POST", "/1.1/things/t1", "master,master");
  call.has_body = true;
  CHECK(stage.ask(call, 7) == 0);
  CHECK(stage.host.wanted == std::pair<net::RequestId, std::uint64_t>{7, 10});
  CHECK(stage.handled.empty());
  stage.api->body(7, "body");
  CHECK(stage.handled == std::vector<std::string>{"t1=body of app"});
  CHECK(stage.host.replies.back().status == 201);
  stage.api->body(7, "again");
  CHECK(stage.handled.size() == 1);
}

TEST_CASE("rest_api: a request that has gone is not handled") {
  Stage stage;
  net::HttpCall call = stage.call("POST", "/1.1/things/t1", "master,master");
  call.has_body = true;
  stage.ask(call, 7);
  stage.api->gone(7);
  stage.api->body(7, "body");
  CHECK(stage.handled.empty());
  CHECK(stage.host.replies.empty());
}

TEST_CASE("rest_api: who may is asked before a body is taken, and a refusal changes nothing") {
  Stage stage;
  net::HttpCall call = stage.call("POST", "/1.1/things/t1", "key");
  call.has_body = true;
  CHECK(stage.ask(call) == 403);
  CHECK_THAT(stage.host.replies.back().body, Catch::Contains(R"("code":119)"));
  CHECK(stage.ask(stage.call("POST", "/1.1/things/t1")) == 401);
  CHECK(stage.host.wanted.first == 0);
  CHECK(stage.handled.empty());
  CHECK(stage.host.refusals.size() == 2);
  CHECK(stage.host.refusals.front() == "app: this needs the master key");
  // A route whose author says nothing of it is the master's.
  CHECK(stage.ask(stage.call("GET", "/careless", "key")) == 403);
  CHECK(stage.ask(stage.call("GET", "/careless", "master,master")) == 200);
}

TEST_CASE("rest_api: after a rotation the new keys are good and the old ones are not") {
  Stage stage;
  CHECK(stage.ask(stage.call("GET", "/careless", "master,master")) == 200);
  CHECK(stage.ask(stage.call("GET", "/1.1/rtm/messages/logs", "key")) == 403);  // without convid
  stage.rotate("key2", "master2");
  CHECK(stage.ask(stage.call("GET", "/careless", "master,master")) == 401);
  CHECK(stage.ask(stage.call("GET", "/careless", "master2,master")) == 200);
  CHECK(stage.ask(stage.call("GET", "/1.1/rtm/messages/logs", "key")) == 401);
  CHECK(stage.ask(stage.call("GET", "/1.1/rtm/messages/logs", "key2")) == 403);
}

TEST_CASE("admin: a key that goes while a body is on its way is good for nothing any more") {
  Stage stage;
  net::HttpCall call = stage.call("POST", "/1.1/things/t1", "master,master");
  call.has_body = true;
  REQUIRE(stage.ask(call, 7) == 0);
  stage.rotate("key", "master2");
  stage.api->body(7, "body");
  CHECK(stage.handled.empty());
  REQUIRE(stage.host.replies.size() == 1);
  CHECK(stage.host.replies.back().status == 401);
}

TEST_CASE("admin: it is for the admin key on this machine, and for no other key") {
  Stage stage;
  const auto ask = [&](std::vector<std::pair<std::string, std::string>> headers,
                       const char* from = "127.0.0.1", const char* path = "/admin/things") {
    net::HttpCall call = stage.call("POST", path);
    call.headers = std::move(headers);
    call.remote = *net::IpAddress::parse(from);
    return stage.ask(call);
  };
  CHECK(ask({{"x-kith-admin-key", kAdminKey}}) == 200);
  CHECK(ask({{"x-kith-admin-key", kAdminKey}}, "::1") == 200);
  CHECK(ask({{"x-kith-admin-key", kAdminKey}}, "127.9.9.9") == 200);
  CHECK(ask({{"x-kith-admin-key", kAdminKey + "x"}}) == 401);
  CHECK(ask({}) == 401);
  CHECK(ask({{"x-lc-id", "app"}, {"x-lc-key", "master,master"}}) == 401);
  // From elsewhere the key is not even looked at.
  CHECK(ask({{"x-kith-admin-key", kAdminKey}}, "10.0.0.1") == 403);
  CHECK(ask({{"x-kith-admin-key", kAdminKey + "x"}}, "2001:db8::1") == 403);
  for (const char* proxy : {"x-forwarded-for", "x-real-ip", "forwarded", "via"}) {
    CHECK(ask({{"x-kith-admin-key", kAdminKey}, {proxy, "127.0.0.1"}}) == 403);
  }
  for (const std::string& refusal : stage.host.refusals) {
    CHECK(refusal.find("an-admin-key") == std::string::npos);
  }
}

TEST_CASE("admin: the master key stands for the admin key where a route says so, of its app") {
  Stage stage;
  const auto ask = [&](std::vector<std::pair<std::string, std::string>> headers,
                       const char* from = "127.0.0.1") {
    net::HttpCall call = stage.call("POST", "/admin/keys");
    call.headers = std::move(headers);
    call.remote = *net::IpAddress::parse(from);
    const int status = stage.ask(call);
    return status == 200 ? stage.host.replies.back().body : std::to_string(status);
  };
  CHECK(ask({{"x-kith-admin-key", kAdminKey}}) == "admin");
  CHECK(ask({{"x-lc-id", "app"}, {"x-lc-key", "master,master"}}) == "app");
  CHECK(ask({{"x-lc-id", "app"}, {"x-lc-key", "key"}}) == "403");
  CHECK(ask({{"x-lc-id", "app"}, {"x-lc-key", "wrong,master"}}) == "401");
  const std::string time = std::to_string(base::systemNow().wall.count());
  const std::string_view parts[] = {time, "master"};
  const std::string sign = sign::md5Hex(parts, {}) + "," + time;
  CHECK(ask({{"x-lc-id", "app"}, {"x-lc-sign", sign + ",master"}}) == "app");
  CHECK(ask({{"x-lc-id", "app"}, {"x-lc-sign", sign}}) == "401");
  CHECK(ask({}) == "401");
  // A wrong admin key is not made good by a master key beside it.
  CHECK(ask({{"x-kith-admin-key", "wrong"}, {"x-lc-id", "app"}, {"x-lc-key", "master,master"}}) ==
        "401");
  CHECK(ask({{"x-lc-id", "app"}, {"x-lc-key", "master,master"}}, "10.0.0.1") == "403");
}

TEST_CASE("admin: without an admin key none is good, an empty one neither") {
  Stage stage("");
  net::HttpCall call = stage.call("POST", "/admin/things");
  call.remote = *net::IpAddress::parse("127.0.0.1");
  CHECK(stage.ask(call) == 403);
  call.headers = {{"x-kith-admin-key", ""}};
  CHECK(stage.ask(call) == 403);
  call.headers = {{"x-kith-admin-key", "x"}};
  CHECK(stage.ask(call) == 403);
  CHECK_THAT(stage.host.replies.back().body, Catch::Contains("has no admin key"));
}

TEST_CASE("admin: with admin_remote a request may come from elsewhere") {
  Stage stage(kAdminKey, true);
  net::HttpCall call = stage.call("POST", "/admin/things");
  call.remote = *net::IpAddress::parse("10.0.0.1");
  call.headers = {{"x-kith-admin-key", kAdminKey}, {"x-forwarded-for", "10.0.0.2"}};
  CHECK(stage.ask(call) == 200);
  call.headers = {{"x-kith-admin-key", "wrong"}};
  CHECK(stage.ask(call) == 401);
}

TEST_CASE("rest_api: paths, methods and bodies that are not there are 404, 405 and 413") {
  Stage stage;
  CHECK(stage.ask(stage.call("GET", "/nothing")) == 404);
  CHECK(stage.ask(stage.call("OPTIONS", "/nothing")) == 404);
  CHECK(stage.ask(stage.call("GET", "/1.1/things/t1")) == 405);
  CHECK(stage.host.replies.back().allow == "POST");
  CHECK(stage.ask(stage.call("OPTIONS", "/1.1/things/t1")) == 204);
  CHECK(stage.host.replies.back().allow == "POST");
  net::HttpCall call = stage.call("POST", "/1.1/things/t1", "master,master");
  call.has_body = true;
  call.body_bytes = 11;
  CHECK(stage.ask(call) == 413);
  call = stage.call("GET", "/healthz");
  call.has_body = true;
  CHECK(stage.ask(call) == 413);
  for (const net::HttpReply& reply : stage.host.replies) {
    if (reply.status < 400) continue;
    CHECK_THAT(reply.body, Catch::StartsWith(R"({"code":)") && Catch::Contains(R"("error":")"));
  }
}

TEST_CASE("rest_api: an address that has all it may have is answered where no key is asked for") {
  Stage stage;
  net::HttpCall call = stage.call("GET", "/healthz");
  call.small_only = true;
  CHECK(stage.ask(call) == 200);
  call = stage.call("GET", "/careless", "master,master");
  call.small_only = true;
  CHECK(stage.ask(call) == 503);
  CHECK(stage.host.replies.back().retry_after > 0);
  call = stage.call("GET", "/nothing");
  call.small_only = true;
  CHECK(stage.ask(call) == 503);
}
