// SPDX-License-Identifier: Apache-2.0
#include "server/objects/acl.hpp"

#include <array>
#include <string>

#include "server/objects/object.hpp"
#include "support/catch.hpp"

namespace kith::objects {

TEST_CASE("acl: who has which right") {
  const std::array<std::string_view, 2> roles{"admin", "editor"};
  const Actor nobody{};
  const Actor bob{"bob", {}, false};
  const Actor carol{"carol", roles, false};
  const Actor star{"*", {}, false};
  const Actor forged{"role:admin", {}, false};
  const Actor master{"", {}, true};
  const struct {
    const char* acl;
    const Actor* actor;
    bool reads;
    bool writes;
  } rows[] = {
      {"", &nobody, true, true},
      {"", &bob, true, true},
      {"{}", &nobody, false, false},
      {"{}", &bob, false, false},
      {"{}", &master, true, true},
      {R"({"*":{"read":true}})", &nobody, true, false},
      {R"({"*":{"read":true},"bob":{"write":true}})", &bob, true, true},
      {R"({"*":{"read":true},"bob":{"write":true}})", &carol, true, false},
      {R"({"bob":{"read":true,"write":true}})", &bob, true, true},
      {R"({"bob":{"read":true,"write":true}})", &nobody, false, false},
      {R"({"bob":{"write":true}})", &bob, false, true},
      {R"({"role:editor":{"read":true}})", &carol, true, false},
      {R"({"role:editor":{"read":true}})", &bob, false, false},
      {R"({"role:admin":{"write":true},"carol":{"read":true}})", &carol, true, true},
      {R"({"role:admin":{"read":true,"write":true}})", &forged, false, false},
      {R"({"bob":{"read":true}})", &star, false, false},
      {"damaged", &bob, false, false},
      {"damaged", &master, true, true},
  };
  for (const auto& row : rows) {
    CAPTURE(row.acl, row.actor->user, row.actor->master);
    CHECK(isAllowed(row.acl, Right::Read, *row.actor) == row.reads);
    CHECK(isAllowed(row.acl, Right::Write, *row.actor) == row.writes);
  }
}

TEST_CASE("acl: only what is true is kept, and what is none is refused") {
  const auto kept = [](std::string_view text) {
    return formatAcl(json::parseJson(text, "acl").value());
  };
  CHECK(*kept("{}") == "{}");
  CHECK(
      *kept(R"({"*":{"read":true,"write":false},"bob":{},"role:x":{"write":true,"read":true}})") ==
      R"({"*":{"read":true},"role:x":{"read":true,"write":true}})");
  for (const char* bad :
       {"[]", "null", R"({"bob":true})", R"({"bob":{"read":1}})", R"({"bob":{"delete":true}})",
        R"({"":{"read":true}})", R"({"role:":{"read":true}})"}) {
    CAPTURE(bad);
    const auto refused = kept(bad);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Errc::InvalidArgument);
    CHECK_THAT(refused.error().detail, Catch::StartsWith("ACL"));
  }
  CHECK_FALSE(kept("{\"" + std::string(kAclBytes, 'u') + "\":{\"read\":true}}"));
}

}  // namespace kith::objects
