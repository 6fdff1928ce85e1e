// SPDX-License-Identifier: Apache-2.0
// The way of a request through the table, with routes of the test's own.
#include "server/rest/rest_api.hpp"

#include <string>

#include "server/storage/storage.hpp"
#include "support/catch.hpp"

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

class Stage {
 public:
  Stage() {
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
    RestOptions options{snapshot(), {}, 5120, {}, {}, false, 0};
    api = std::make_unique<RestApi>(std::move(options), *storage_, host, std::move(routes));
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

TEST_CASE("rest_api: a key that goes while a body is on its way is good for nothing any more") {
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
