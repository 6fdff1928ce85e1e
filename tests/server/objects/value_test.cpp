// SPDX-License-Identifier: Apache-2.0
#include "server/objects/value.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "support/catch.hpp"

namespace kith::objects {
namespace {

JsonValue parsed(std::string_view text) { return json::parseJson(text, "test").value(); }

bool same(std::string_view a, std::string_view b) {
  const JsonValue one = parsed(a);
  const JsonValue other = parsed(b);
  Work work;
  return equal(Value::of(one), Value::of(other), work);
}

}  // namespace

TEST_CASE("value: equal is what has the same type and value, however it is written") {
  const struct {
    const char* a;
    const char* b;
    bool equal;
  } rows[] = {
      {"1", "1.0", true},
      {"100", "1e2", true},
      {"1", "\"1\"", false},
      {"1", "true", false},
      {"null", "null", true},
      {"null", "0", false},
      {"9007199254740993", "9007199254740992.0", false},
      {"9223372036854775807", "9223372036854775808", false},
      {"-9223372036854775808", "-9223372036854775808.0", true},
      {"\"a\"", "\"\\u0061\"", true},
      {"[1,2]", "[1.0,2]", true},
      {"[1,2]", "[2,1]", false},
      {"[1]", "[1,1]", false},
      {R"({"a":1,"b":[2]})", R"({"b":[2.0],"a":1})", true},
      {R"({"a":1})", R"({"a":1,"b":null})", false},
      {R"({"__type":"Date","iso":"2014-12-01T08:30:00.000Z"})",
       R"({"iso":"2014-12-01T08:30:00Z","__type":"Date"})", true},
      {R"({"__type":"Date","iso":"2014-12-01T08:30:00.000Z"})", "\"2014-12-01T08:30:00.000Z\"",
       false},
      {R"({"__type":"Pointer","className":"_User","objectId":"u"})",
       R"({"__type":"Pointer","className":"_User","objectId":"u","more":1})", true},
      {R"({"__type":"Pointer","className":"_User","objectId":"u"})",
       R"({"__type":"Pointer","className":"Pet","objectId":"u"})", false},
  };
  for (const auto& row : rows) {
    CAPTURE(row.a, row.b);
    CHECK(same(row.a, row.b) == row.equal);
    CHECK(same(row.b, row.a) == row.equal);
  }
}

TEST_CASE("value: types are sorted by kind, and what is in them by value") {
  const std::vector<std::string> in_order{"null",
                                          "-1e300",
                                          "-3",
                                          "-2.5",
                                          "2",
                                          "9007199254740993",
                                          "1e300",
                                          R"("")",
                                          R"("B")",
                                          R"("a")",
                                          R"("\u00e9")",
                                          R"({"__type":"Pointer","className":"A","objectId":"b"})",
                                          R"({"__type":"Pointer","className":"B","objectId":"a"})",
                                          R"({"x":1})",
                                          "[]",
                                          "false",
                                          "true",
                                          R"({"__type":"Date","iso":"1969-12-31T23:59:59.999Z"})",
                                          R"({"__type":"Date","iso":"2014-12-01T08:30:00.000Z"})"};
  std::vector<SortValue> values;
  for (const std::string& text : in_order) values.emplace_back(Value::of(parsed(text)));
  for (std::size_t i = 1; i < values.size(); ++i) {
    CAPTURE(in_order[i]);
    CHECK(values[i - 1] < values[i]);
  }
  CHECK(SortValue(Value()) == SortValue(Value::of(parsed("null"))));
}

TEST_CASE("value: times go round, before 1970 and in leap years too") {
  const struct {
    const char* text;
    std::int64_t ms;
    const char* again;
  } rows[] = {
      {"1970-01-01T00:00:00.000Z", 0, nullptr},
      {"1969-12-31T23:59:59.999Z", -1, nullptr},
      {"2014-12-01T08:30:00.007Z", 1417422600007, nullptr},
      {"2016-02-29T00:00:00.000Z", 1456704000000, nullptr},
      {"2014-12-01T08:30:00Z", 1417422600000, "2014-12-01T08:30:00.000Z"},
      {"2014-12-01T08:30:00.5Z", 1417422600500, "2014-12-01T08:30:00.500Z"},
      {"2014-12-01T08:30:00.123999999Z", 1417422600123, "2014-12-01T08:30:00.123Z"},
      {"9999-12-31T23:59:59.999Z", 253402300799999, nullptr},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    CHECK(parseTime(row.text) == row.ms);
    CHECK(formatTime(row.ms) == (row.again != nullptr ? row.again : row.text));
  }
  for (const char* bad : {"", "2014", "2014-12-01", "2014-12-01T08:30:00", "2014-12-01T08:30:00.Z",
                          "2014-12-01T08:30:00.1234567890Z", "2014-12-01T08:30:00+08:00",
                          "2014-13-01T08:30:00Z", "2015-02-29T00:00:00Z", "2014-12-01T24:00:00Z",
                          "2014-12-01T08:60:00Z", "2014-12-01 08:30:00Z", "2014-12-0aT08:30:00Z",
                          "2014-12-01T08:30:00.-1Z", "2014-12-01T08:30:00.000Z "}) {
    CAPTURE(bad);
    CHECK(parseTime(bad) == std::nullopt);
  }
}

TEST_CASE("value: a number is written as shortly as it is read back") {
  for (const char* text : {"0", "-1", "9223372036854775807", "0.1", "-2.5", "1e+300", "5e-324"}) {
    CAPTURE(text);
    const auto number = parseNumber(text);
    REQUIRE(number);
    CHECK(formatNumber(*number) == text);
  }
  CHECK_FALSE(parseNumber("1e400"));
  CHECK_FALSE(parseNumber("nan"));
  CHECK_FALSE(parseNumber(""));
}

}  // namespace kith::objects
