// SPDX-License-Identifier: Apache-2.0
#include "server/rest/key_auth.hpp"

#include <string>

#include "support/catch.hpp"

using namespace kith;
using namespace kith::rest;

namespace {

// The vendor's examples (avos-v1 §11.1).
const std::string kKey = "UtOCzqb67d3sN12Kts4URwy8";
const std::string kMaster = "DyJegPlemooo4X1tg94gQkw1";
const std::string kTime = "1453014943466";
const std::string kSign = "d5bcbb897e19b2f6633c716dfdfaf9be," + kTime;
const std::string kMasterSign = "e074720658078c898aa0d4b1b82bdf4b," + kTime + ",master";
constexpr base::Millis kThen{1453014943466};

std::vector<AppOptions> someApps() {
  std::vector<AppOptions> all(2);
  all[0].id = "app";
  all[0].app_key = kKey;
  all[0].master_key = kMaster;
  all[1].id = "open";
  return all;
}

/// `app`, `master`, or what is wrong.
std::string judge(const std::vector<std::pair<std::string, std::string>>& headers,
                  base::Millis now = kThen) {
  const KeyAuth keys(std::make_shared<apps::AppSnapshot>(someApps(), Switches{}, 1));
  net::HttpCall call;
  call.headers = headers;
  const auto judged = keys.judge(call, now);
  if (judged.app == nullptr) return std::string(judged.why);
  return judged.master ? "master" : "app";
}

}  // namespace

TEST_CASE("key auth: a key of the app, under its old or its new name, or with the word master") {
  CHECK(judge({{"x-lc-id", "app"}, {"x-lc-key", kKey}}) == "app");
  CHECK(judge({{"x-avoscloud-application-id", "app"}, {"x-avoscloud-application-key", kKey}}) ==
        "app");
  CHECK(judge({{"x-lc-id", "app"}, {"x-lc-key", kMaster + ",master"}}) == "master");
  CHECK(judge({{"x-lc-id", "app"}, {"x-avoscloud-master-key", kMaster}}) == "master");
  CHECK(judge({{"x-lc-id", "open"}}) == "app");
}

TEST_CASE("key auth: no app, no key, a wrong key or the wrong one of two is unauthorized") {
  for (const auto& headers : std::vector<std::vector<std::pair<std::string, std::string>>>{
           {},
           {{"x-lc-key", kKey}},
           {{"x-lc-id", "other"}, {"x-lc-key", kKey}},
           {{"x-lc-id", "app"}},
           {{"x-lc-id", "app"}, {"x-lc-key", kMaster}},
           {{"x-lc-id", "app"}, {"x-lc-key", kKey + ",master"}},
           {{"x-lc-id", "app"}, {"x-lc-key", ",master"}},
           {{"x-lc-id", "app"}, {"x-lc-key", kKey.substr(1)}}}) {
    CHECK_THAT(judge(headers), Catch::StartsWith("unauthorized: check the app id"));
  }
  CHECK(judge({{"x-lc-id", "open"}, {"x-lc-key", ",master"}}) == "app");  // it has no master key
}

TEST_CASE("key auth: the vendor's examples of X-LC-Sign are good for the signature window") {
  CHECK(judge({{"x-lc-id", "app"}, {"x-lc-sign", kSign}}) == "app");
  CHECK(judge({{"x-lc-id", "app"}, {"x-avoscloud-request-sign", kSign}}) == "app");
  CHECK(judge({{"x-lc-id", "app"}, {"x-lc-sign", kMasterSign}}) == "master");
  std::string upper = kSign;
  for (char& c : upper) c = c >= 'a' && c <= 'f' ? static_cast<char>(c - 'a' + 'A') : c;
  CHECK(judge({{"x-lc-id", "app"}, {"x-lc-sign", upper}}) == "app");
  const base::Millis window = std::chrono::hours(6);
  CHECK(judge({{"x-lc-id", "app"}, {"x-lc-sign", kSign}}, kThen + window) == "app");
  CHECK(judge({{"x-lc-id", "app"}, {"x-lc-sign", kSign}}, kThen - window) == "app");
  for (const base::Millis beyond :
       {kThen + window + base::Millis(1), kThen - window - base::Millis(1)}) {
    CHECK_THAT(judge({{"x-lc-id", "app"}, {"x-lc-sign", kSign}}, beyond),
               Catch::Contains("too old"));
  }
}

TEST_CASE("key auth: a sign that no key of the app made is unauthorized, whatever its form") {
  const std::string empty_key = "d41d8cd98f00b204e9800998ecf8427e";
  for (const std::string& sign :
       {kMasterSign.substr(0, kMasterSign.size() - 7), kSign + ",master", kSign + "0",
        kSign.substr(1), std::string(","), "," + kTime, empty_key + ",", empty_key,
        kSign.substr(0, 32), kSign + ",", kSign + ",x", std::string(kTime)}) {
    CAPTURE(sign);
    CHECK_THAT(judge({{"x-lc-id", "app"}, {"x-lc-sign", sign}}),
               Catch::StartsWith("unauthorized: check"));
  }
  // An app without keys cannot be signed for.
  CHECK_THAT(judge({{"x-lc-id", "open"}, {"x-lc-sign", empty_key + ","}}),
             Catch::StartsWith("unauthorized"));
  // A wrong key is not made good by a sign beside it.
  CHECK_THAT(judge({{"x-lc-id", "app"}, {"x-lc-key", "x"}, {"x-lc-sign", kSign}}),
             Catch::StartsWith("unauthorized"));
}
