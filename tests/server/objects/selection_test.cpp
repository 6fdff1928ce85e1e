// SPDX-License-Identifier: Apache-2.0
#include "server/objects/selection.hpp"

#include <string>

#include "support/catch.hpp"

namespace kith::objects {

TEST_CASE("selection: keys choose fields, parts of them, and what is left out") {
  const struct {
    const char* keys;
    const char* object;
    const char* selected;
  } rows[] = {
      {"", R"({"a":1,"b":[2]})", R"({"a":1,"b":[2]})"},
      {"a", R"({"b":2,"a":1})", R"({"a":1})"},
      {"a, c", R"({"a":1,"b":2,"c":3})", R"({"a":1,"c":3})"},
      {"x", R"({"a":1})", "{}"},
      {"-a", R"({"a":1,"b":2})", R"({"b":2})"},
      {"a.b", R"({"a":{"b":1,"c":2},"d":3})", R"({"a":{"b":1}})"},
      {"-a.b", R"({"a":{"b":1,"c":2},"d":3})", R"({"a":{"c":2},"d":3})"},
      {"a,-a.b", R"({"a":{"b":1,"c":2},"d":3})", R"({"a":{"c":2}})"},
      {"a.b", R"({"a":[{"b":1,"c":2},{"c":3}]})", R"({"a":[{"b":1},{}]})"},
      {"-m", R"({"m":["a"],"n":null})", R"({"n":null})"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.keys, row.object);
    const auto selection = Selection::parse(row.keys);
    REQUIRE(selection);
    CHECK(json::formatJson(selection->of(json::parseJson(row.object, "object").value())) ==
          row.selected);
  }
}

TEST_CASE("selection: what is no key, or are too many, is refused") {
  std::string many = "a";
  for (std::size_t i = 0; i < kSelectedKeys; ++i) many += ",a";
  for (const std::string& bad : {std::string("a,,b"), std::string("a..b"), std::string("$a"), many,
                                 std::string(kWhereBytes + 1, 'a')}) {
    CAPTURE(bad.substr(0, 40));
    const auto refused = Selection::parse(bad);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().server_code == 102);
  }
  many.resize(many.size() - 2);
  CHECK(Selection::parse(many));
}

}  // namespace kith::objects
