// SPDX-License-Identifier: Apache-2.0
#include <functional>

#include "support/hub_world.hpp"

namespace kith::testing {
namespace {

TEST_CASE("options: the defaults with one app are good") {
  core::HubOptions options;
  options.apps.emplace_back();
  options.apps[0].id = "a";
  CHECK(core::Hub::validate(options).ok());
  CHECK(core::Hub::validate(testHub(testApp(true))).ok());
  // Without signatures, or where they are allowed, a colon is a character like others.
  options.apps[0].id = "demo:a";
  CHECK(core::Hub::validate(options).ok());
  options.apps[0].require_signature = options.apps[0].allow_colons = true;
  options.apps[0].master_key = kMasterKey;
  CHECK(core::Hub::validate(options).ok());
}

TEST_CASE("options: what is wrong is named") {
  struct Case {
    std::string field;
    std::function<void(core::HubOptions&)> spoil;
  };
  const auto c = GENERATE(values<Case>({
      {"apps[0].id", [](auto& o) { o.apps[0].id.clear(); }},
      {"apps[1].id", [](auto& o) { o.apps.push_back(o.apps[0]); }},
      {"apps[0].master_key",
       [](auto& o) {
         o.apps[0].require_signature = true;
         o.apps[0].master_key.clear();
       }},
      {"apps[0].id has a colon",
       [](auto& o) {
         o.apps[0].require_signature = true;
         o.apps[0].id = "demo:a";
       }},
      {"apps[0].signature_window",
       [](auto& o) { o.apps[0].signature_window = std::chrono::seconds(-1); }},
      {"apps[0].offline_age", [](auto& o) { o.apps[0].offline_age = std::chrono::seconds(0); }},
      {"apps[0].offline_grace",
       [](auto& o) { o.apps[0].offline_grace = std::chrono::milliseconds(-1); }},
      {"apps[0].unacknowledged_messages", [](auto& o) { o.apps[0].unacknowledged_messages = 0; }},
      {"apps[0].sessions_per_peer", [](auto& o) { o.apps[0].sessions_per_peer = 0; }},
      {"apps[0].sessions_per_peer", [](auto& o) { o.apps[0].sessions_per_peer = 10'001; }},
      {"apps[0].group_members", [](auto& o) { o.apps[0].group_members = 0; }},
      {"frame_bytes", [](auto& o) { o.frame_bytes = 100; }},
      {"login_timeout", [](auto& o) { o.login_timeout = base::Millis(0); }},
      {"idle_timeout", [](auto& o) { o.idle_timeout = base::Millis(-5); }},
      {"peers_per_connection", [](auto& o) { o.peers_per_connection = 0; }},
  }));
  auto options = testHub();
  c.spoil(options);
  const auto result = core::Hub::validate(options);
  REQUIRE_FALSE(result.ok());
  CHECK(result.error().code == Errc::InvalidArgument);
  INFO(result.error().detail);
  CHECK(result.error().detail.find(c.field) != std::string::npos);
  CHECK(result.error().detail.find(std::string(kMasterKey)) == std::string::npos);
}

}  // namespace
}  // namespace kith::testing
