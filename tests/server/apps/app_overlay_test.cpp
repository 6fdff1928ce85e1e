// SPDX-License-Identifier: Apache-2.0
#include "server/apps/app_overlay.hpp"

#include <string>
#include <utility>
#include <vector>

#include "support/catch.hpp"

namespace kith::apps {
namespace {

json::JsonValue json(std::string_view text) {
  const auto parsed = json::parseJson(text, "test");
  REQUIRE(parsed.ok());
  return *parsed;
}

AppOptions demo() {
  AppOptions app;
  app.id = "demo";
  app.app_key = "key";
  app.offline_messages = 7;
  return app;
}

}  // namespace

TEST_CASE("app overlay: what was changed lies over the settings, and all else is theirs") {
  AppOverlay overlay;
  overlay.put("demo", json(R"({"rates":{"peer_per_second":3}})"));
  overlay.put("demo", json(R"({"rates":{"peer_burst":4},"require_watch":"never"})"));
  overlay.put("new", json(R"({"app_key":"other"})"));
  const auto apps = overlay.over({demo()});
  REQUIRE(apps.ok());
  REQUIRE(apps->size() == 2);
  const AppOptions& app = apps->front();
  CHECK(app.app_key == "key");
  CHECK(app.offline_messages == 7);
  CHECK(app.rates.peer_per_second == 3);
  CHECK(app.rates.peer_burst == 4);
  CHECK(app.rates.app_burst == RateLimits{}.app_burst);
  CHECK(app.require_watch == RequireWatch::Off);
  CHECK(apps->back().id == "new");
  CHECK(apps->back().app_key == "other");
}

TEST_CASE("app overlay: a setting that is null is the settings file's again") {
  AppOverlay overlay;
  overlay.put("demo",
              json(R"({"offline_messages":1,"rates":{"peer_per_second":3,"peer_burst":4}})"));
  overlay.put("demo", json(R"({"offline_messages":null,"rates":{"peer_burst":null}})"));
  const auto apps = overlay.over({demo()});
  CHECK(apps->front().offline_messages == 7);
  CHECK(apps->front().rates.peer_per_second == 3);
  CHECK(apps->front().rates.peer_burst == RateLimits{}.peer_burst);
}

TEST_CASE("app overlay: what is written is read as the same, whatever ids and keys hold") {
  AppOverlay overlay;
  overlay.put("d\"e\nm\xc3\xb6", json(R"({"app_key":"\\\"\n","switches":{"history":false}})"));
  overlay.put("b", json(R"({"id":"not this one","offline_age_s":5})"));
  const auto read = AppOverlay::parse(overlay.format());
  REQUIRE(read.ok());
  CHECK(read->format() == overlay.format());
  const auto apps = read->over({});
  REQUIRE(apps.ok());
  CHECK(apps->front().id == "d\"e\nm\xc3\xb6");
  CHECK(apps->front().app_key == "\\\"\n");
  CHECK_FALSE(apps->front().switches.history);
  CHECK(apps->back().id == "b");
  CHECK(AppOverlay::parse("")->over({})->empty());
  CHECK(AppOverlay::parse(AppOverlay().format())->over({})->empty());
}

TEST_CASE("app overlay: a file that is none is refused with the line") {
  for (const auto& [text, why] : std::vector<std::pair<std::string, std::string>>{
           {"{\n", "line 2"},
           {"[]", "list called apps"},
           {"{\"app\":[]}", "list called apps"},
           {"{\"apps\":[],\"more\":1}", "list called apps"},
           {"{\"apps\":[\n{\"app_key\":\"secret\"}]}", "no id (line 2)"},
           {"{\"apps\":[\n\n{\"id\":\"a\",\"app_key\":5}]}", "app_key must be a text (line 3)"},
           {"{\"apps\":[\n\n{\"id\":\"a\",\"key\":\"secret\"}]}", "key is not a setting"}}) {
    CAPTURE(text);
    const auto read = AppOverlay::parse(text);
    REQUIRE_FALSE(read.ok());
    CHECK(read.error().code == Errc::InvalidArgument);
    CHECK_THAT(read.error().detail, Catch::Contains(why) && !Catch::Contains("secret"));
  }
}

}  // namespace kith::apps
