// SPDX-License-Identifier: Apache-2.0
// What administrators change: kept in the data folder, over what the settings say.
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "server/apps/app_registry.hpp"
#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

namespace kith::apps {
namespace {

AppOptions demo() {
  AppOptions app;
  app.id = "demo";
  app.app_key = "first";
  app.master_key = "master";
  return app;
}

AppChange change(const std::string& id, std::string_view settings, bool add = false) {
  const auto parsed = json::parseJson(settings, "test");
  REQUIRE(parsed.ok());
  return {add, id, *parsed};
}

/// A server's registry, which can be started again.
struct Stage {
  testing::TemporaryFolder folder;
  std::optional<AppRegistry> registry;

  Stage() { start(); }
  void start(const std::vector<AppOptions>& settings = {demo()}) {
    registry.emplace(settings, Switches{}, [] {});
    const auto opened = registry->open(folder.path());
    INFO((opened ? "" : opened.error().detail));
    REQUIRE(opened.ok());
  }
  /// A copy; with an empty id when there is none.
  AppOptions app(const std::string& id = "demo") const {
    const AppsPtr apps = registry->current();
    const AppOptions* found = apps->find(id);
    return found != nullptr ? *found : AppOptions{};
  }
};

}  // namespace

TEST_CASE("app changes: they hold at once and after a restart") {
  Stage stage;
  const std::uint64_t before = stage.registry->version();
  CHECK(stage.registry->change(change("demo", R"({"app_key":"second"})")).fault ==
        ChangeFault::None);
  CHECK(stage.registry->change(change("demo", R"({"rates":{"peer_burst":9}})")).fault ==
        ChangeFault::None);
  CHECK(stage.registry->change(change("new", R"({"app_key":"k","require_watch":"never"})", true))
            .fault == ChangeFault::None);
  CHECK(stage.registry->version() == before + 3);
  for (int run = 0; run < 2; ++run) {
    CHECK(stage.app().app_key == "second");
    CHECK(stage.app().master_key == "master");
    CHECK(stage.app().rates.peer_burst == 9);
    CHECK(stage.app("new").app_key == "k");
    CHECK(stage.app("new").require_watch == RequireWatch::Off);
    stage.start();
  }
  // Also where the settings name nothing at all.
  stage.start({});
  CHECK(stage.app("new").app_key == "k");
  CHECK(stage.app().app_key == "second");
}

TEST_CASE("app changes: an update of the settings changes what was not changed otherwise") {
  Stage stage;
  REQUIRE(stage.registry->change(change("demo", R"({"app_key":"second"})")).fault ==
          ChangeFault::None);
  AppOptions settings = demo();
  settings.app_key = "third";
  settings.offline_messages = 3;
  REQUIRE(stage.registry->update({settings}).ok());
  CHECK(stage.app().app_key == "second");
  CHECK(stage.app().offline_messages == 3);
  REQUIRE(stage.registry->change(change("demo", R"({"app_key":null})")).fault == ChangeFault::None);
  CHECK(stage.app().app_key == "third");
}

TEST_CASE("app changes: an update that does not go with them is refused and changes nothing") {
  Stage stage;
  REQUIRE(stage.registry->change(change("demo", R"({"require_signature":true})")).fault ==
          ChangeFault::None);
  AppOptions settings = demo();
  settings.app_key = "second";
  settings.master_key = "";
  const auto refused = stage.registry->update({settings});
  REQUIRE_FALSE(refused.ok());
  CHECK_THAT(refused.error().detail,
             Catch::Contains("changed over HTTP: app 'demo': master_key is empty"));
  CHECK(stage.app().app_key == "first");
  CHECK(stage.app().master_key == "master");
}

TEST_CASE("app changes: what cannot be is refused, told, and not kept") {
  Stage stage;
  const std::uint64_t before = stage.registry->version();
  const struct {
    AppChange change;
    ChangeFault fault;
    const char* why;
  } rows[] = {
      {change("other", "{}"), ChangeFault::NoSuchApp, "no such app"},
      {change("demo", "{}", true), ChangeFault::AppExists, "there is an app"},
      {change("demo", R"({"app_key":"secret","nonsense":1})"), ChangeFault::BadSettings,
       "nonsense is not a setting"},
      {change("demo", R"({"rates":{"peer_burst":0}})"), ChangeFault::BadSettings,
       "rates.peer_burst must be a whole number from 1"},
      {change("a:b", R"({"master_key":"secret","require_signature":true})", true),
       ChangeFault::BadSettings, "id has a colon"},
      {change("new", R"({"require_signature":true})", true), ChangeFault::BadSettings,
       "master_key is empty"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.why);
    const ChangeOutcome outcome = stage.registry->change(row.change);
    CHECK(outcome.fault == row.fault);
    CHECK_THAT(outcome.why, Catch::Contains(row.why) && !Catch::Contains("secret"));
  }
  CHECK(stage.registry->version() == before);
  CHECK_FALSE(std::filesystem::exists(stage.folder.file("apps.json")));
}

TEST_CASE("app changes: one that the disk does not take does not hold") {
  Stage stage;
  std::filesystem::create_directory(stage.folder.file("apps.json.new"));
  const ChangeOutcome outcome = stage.registry->change(change("demo", R"({"app_key":"second"})"));
  CHECK(outcome.fault == ChangeFault::NotWritten);
  CHECK_THAT(outcome.why, Catch::Contains("apps.json cannot be used"));
  CHECK(stage.app().app_key == "first");
  std::filesystem::remove(stage.folder.file("apps.json.new"));
  // Nor is it hidden in the next one.
  REQUIRE(stage.registry->change(change("demo", R"({"offline_messages":1})")).fault ==
          ChangeFault::None);
  CHECK(stage.app().app_key == "first");
}

TEST_CASE("app changes: a server does not start with a file that is broken, and names it") {
  const testing::TemporaryFolder folder;
  for (const auto& [text, why] : std::vector<std::pair<std::string, std::string>>{
           {"{\"apps\":[\n{]}", "apps.json: it is not JSON"},
           {"{\"apps\":[{\"id\":\"demo\",\"require_signature\":true,\"master_key\":\"\"}]}",
            "apps.json: app 'demo': master_key is empty"}}) {
    std::ofstream(folder.file("apps.json")) << text;
    AppRegistry registry({demo()}, Switches{}, [] {});
    const auto opened = registry.open(folder.path());
    REQUIRE_FALSE(opened.ok());
    CHECK(opened.error().code == Errc::InvalidArgument);
    CHECK_THAT(opened.error().detail, Catch::Contains(why));
  }
}

}  // namespace kith::apps
