// SPDX-License-Identifier: Apache-2.0
#include "protocol/avos/route.hpp"

#include <string>

#include "support/catch.hpp"

namespace kith::avos {
namespace {

TEST_CASE("route: the example of avos-v1 §1.2") {
  const auto route = parseRoute(
      R"({"groupId":"g0","groupUrl":"http://router-g0-push.avoscloud.com",)"
      R"("server":"wss://rt1.example:5799/","secondary":"wss://rt2.example:5799/","ttl":10800})");
  REQUIRE(route);
  CHECK(*route == base::Route{"wss://rt1.example:5799/", "wss://rt2.example:5799/", "g0",
                              base::Millis{10800 * 1000}});
}

TEST_CASE("route: what is formatted is parsed again, empty parts left out") {
  const base::Route full{"ws://h:1/", "ws://i:2/", "g0", base::Millis{5000}};
  CHECK(parseRoute(formatRoute(full, "http://router/")).value() == full);
  const base::Route bare{"ws://h/", "", "", base::Millis{0}};
  CHECK(formatRoute(bare, "") == R"({"server":"ws://h/","ttl":0})");
  CHECK(parseRoute(formatRoute(bare, "")).value() == bare);
}

TEST_CASE("route: absent and useless parts do no harm") {
  CHECK(parseRoute(R"({"server":"ws://h"})").value().ttl == base::Millis{0});
  CHECK(parseRoute(R"({"server":"ws://h","secondary":"http://x","groupId":7})").value() ==
        base::Route{"ws://h", "", "", base::Millis{0}});
  // A ttl beyond a year must not overflow a clock.
  CHECK(parseRoute(R"({"server":"ws://h","ttl":9223372036854775807})").value().ttl ==
        base::Millis{365ll * 24 * 3600 * 1000});
}

TEST_CASE("route: an answer without a usable server is refused") {
  const struct {
    const char* body;
    const char* why;
  } rows[] = {
      {"", "is not JSON"},
      {"<html>captive portal</html>", "is not JSON"},
      {"[]", "is not a JSON object"},
      {"{}", "has no server"},
      {R"({"server":""})", "has no server"},
      {R"({"server":null})", "has no server"},
      {R"({"server":5})", "has no server"},
      {R"({"code":1,"error":"no such app"})", "has no server"},
      {R"({"server":"http://h"})", "is no ws:// or wss:// address"},
      {R"({"server":"ws://u:secret@h"})", "is no ws:// or wss:// address"},
      {R"({"server":"ws://h","ttl":-1})", "ttl is not a number of seconds"},
      {R"({"server":"ws://h","ttl":1.5})", "ttl is not a number of seconds"},
      {R"({"server":"ws://h","ttl":"5"})", "ttl is not a number of seconds"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.body);
    const auto route = parseRoute(row.body);
    REQUIRE_FALSE(route);
    CHECK(route.error().code == Errc::RouterFailed);
    CHECK(route.error().retryable());
    CHECK(route.error().detail.find("router: answer") == 0);
    CHECK(route.error().detail.find(row.why) != std::string::npos);
    CHECK(route.error().detail.find("secret") == std::string::npos);
  }
}

}  // namespace
}  // namespace kith::avos
