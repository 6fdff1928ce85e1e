// SPDX-License-Identifier: Apache-2.0
#include "server/apps/app_registry.hpp"

#include <atomic>
#include <string>
#include <thread>

#include "support/catch.hpp"

namespace kith::apps {
namespace {

AppOptions appWith(const std::string& id, const std::string& app_key) {
  AppOptions app;
  app.id = id;
  app.app_key = app_key;
  return app;
}

struct Stage {
  int changes{0};
  AppRegistry registry{{appWith("a", "1"), appWith("b", "1")}, Switches{}, [this] { ++changes; }};

  std::string keyOf(const std::string& id) const {
    const AppsPtr apps = registry.current();
    const AppOptions* app = apps->find(id);
    return app != nullptr ? app->app_key : "none";
  }
};

}  // namespace

TEST_CASE("app registry: an update adds and changes, and leaves alone what it does not name") {
  Stage stage;
  CHECK(stage.registry.current()->version() == stage.registry.version());
  const std::uint64_t before = stage.registry.version();
  REQUIRE(stage.registry.update({appWith("b", "2"), appWith("c", "3")}).ok());
  CHECK(stage.changes == 1);
  CHECK(stage.registry.version() > before);
  CHECK(stage.keyOf("a") == "1");
  CHECK(stage.keyOf("b") == "2");
  CHECK(stage.keyOf("c") == "3");
  CHECK(stage.keyOf("d") == "none");
}

TEST_CASE("app registry: a snapshot that is held does not change") {
  Stage stage;
  const AppsPtr held = stage.registry.current();
  REQUIRE(stage.registry.update({appWith("a", "2")}).ok());
  CHECK(held->find("a")->app_key == "1");
  CHECK(stage.keyOf("a") == "2");
}

TEST_CASE("app registry: what is wrong is named, and nothing of the update is taken") {
  Stage stage;
  const std::uint64_t before = stage.registry.version();
  AppOptions wrong = appWith("b", "2");
  wrong.require_signature = true;
  const auto refused = stage.registry.update({appWith("a", "2"), wrong});
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == Errc::InvalidArgument);
  CHECK_THAT(refused.error().detail, Catch::Contains("apps[1].master_key"));
  REQUIRE_FALSE(stage.registry.update({appWith("c", ""), appWith("c", "")}).ok());
  CHECK(stage.keyOf("a") == "1");
  CHECK(stage.registry.version() == before);
  CHECK(stage.changes == 0);
}

TEST_CASE("app registry: switches and apps change each without the other") {
  Stage stage;
  Switches switches;
  switches.history = false;
  stage.registry.setSwitches(switches);
  REQUIRE(stage.registry.update({appWith("a", "2")}).ok());
  CHECK_FALSE(stage.registry.current()->switches().history);
  CHECK(stage.registry.current()->switches().presence);
  stage.registry.setSwitches({});
  CHECK(stage.keyOf("a") == "2");
  CHECK(stage.changes == 3);
}

TEST_CASE("app registry: snapshots that are read while others are made are whole") {
  Stage stage;
  std::atomic<bool> made{false};
  std::thread maker([&] {
    for (int i = 2; i < 500; ++i) {
      const std::string key = std::to_string(i);
      stage.registry.update({appWith("a", key), appWith("b", key)}).ok();
    }
    made = true;
  });
  std::uint64_t last = 0;
  while (!made) {
    const AppsPtr apps = stage.registry.current();
    if (apps->find("a")->app_key != apps->find("b")->app_key) FAIL("halves of two updates");
    if (apps->version() < last) FAIL("an older one");
    last = apps->version();
  }
  maker.join();
  CHECK(stage.keyOf("b") == "499");
}

}  // namespace kith::apps
