// SPDX-License-Identifier: Apache-2.0
// Signatures of reads while the settings of their app change; what they say is in reading_test.
#include "server/rest/read_auth.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "support/catch.hpp"

using namespace kith;
using namespace kith::rest;

namespace {

constexpr base::Millis kNow{1'412'000'000'000};

struct Stage {
  AppOptions app;
  std::uint64_t version{0};
  apps::AppsPtr apps;
  std::optional<ReadAuth> auth;

  Stage() {
    app.id = "app";
    app.master_key = "first";
    app.require_signature = true;
    apply();
  }
  void apply() {
    apps = std::make_shared<apps::AppSnapshot>(std::vector<AppOptions>{app}, Switches{}, ++version);
    if (auth) {
      auth->setApps(*apps);
    } else {
      auth.emplace(*apps);
    }
  }
  /// Why a read that was signed with `key` is refused; empty = it is not.
  std::string read(const std::string& key, const std::string& nonce) {
    net::HttpCall call;
    const std::string time = std::to_string(kNow.count() / 1000);
    const std::string text = sign::historyText("app", "alice", "conv", nonce, time);
    call.query = {{"peerid", "alice"},
                  {"nonce", nonce},
                  {"signature_ts", time},
                  {"signature", sign::Signer(key).sign(text)}};
    return std::string(auth->whyNotHistory(*apps->find("app"), call, "conv", kNow));
  }
};

}  // namespace

TEST_CASE("read auth: after a rotation the new key signs and the old one does not") {
  Stage stage;
  CHECK(stage.read("first", "n1").empty());
  stage.app.master_key = "second";
  stage.apply();
  CHECK_THAT(stage.read("first", "n2"), Catch::Contains("not for this peer"));
  CHECK(stage.read("second", "n2").empty());
}

TEST_CASE("read auth: what was used stays so while signatures are not asked for") {
  Stage stage;
  CHECK(stage.read("first", "n1").empty());
  stage.app.require_signature = false;
  stage.app.master_key = "";
  stage.apply();
  CHECK(stage.read("nonsense", "n1").empty());
  stage.app.require_signature = true;
  stage.app.master_key = "first";
  stage.apply();
  CHECK_THAT(stage.read("first", "n1"), Catch::Contains("used before"));
  CHECK(stage.read("first", "n2").empty());
}
