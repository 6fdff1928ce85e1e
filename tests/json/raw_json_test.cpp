// SPDX-License-Identifier: Apache-2.0
#include "json/raw_json.hpp"

#include <initializer_list>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "json/json_value.hpp"
#include "support/catch.hpp"

namespace kith::json {
namespace {

std::string_view raw(std::string_view text) { return checkedJson(text, "test").value(); }

TEST_CASE("raw json: items and members are cut out as they came, blanks between them or not") {
  const std::string text =
      "\xEF\xBB\xBF [ {\"a\" : 1 , \"b]\":\"x\\\"}\"},\n[ 1,2 ] ,\"t\",-1.5e+3, true,null ] ";
  RawList list(raw(text));
  std::vector<std::string_view> items;
  while (const auto item = list.next()) items.push_back(*item);
  REQUIRE(items == std::vector<std::string_view>{"{\"a\" : 1 , \"b]\":\"x\\\"}\"}", "[ 1,2 ]",
                                                 "\"t\"", "-1.5e+3", "true", "null"});
  RawObject object(items[0]);
  const auto first = object.next();
  REQUIRE(first);
  CHECK(first->name == "a");
  CHECK(first->value == "1");
  const auto second = object.next();
  REQUIRE(second);
  CHECK(second->name == "b]");
  CHECK(second->value == "\"x\\\"}\"");
  CHECK_FALSE(object.next());
}

TEST_CASE("raw json: what is no list has no items, what is no object no members") {
  for (const char* text : {"[]", "[ ]", "{\"a\":1}", "\"[1]\"", "1"}) {
    CAPTURE(text);
    CHECK_FALSE(RawList(raw(text)).next());
  }
  for (const char* text : {"{}", "{ }", "[1]", "\"{}\"", "null"}) {
    CAPTURE(text);
    CHECK_FALSE(RawObject(raw(text)).next());
  }
}

TEST_CASE("raw json: a member is found by name at the first level only, and null is none") {
  const std::string_view object =
      raw(R"({"in":{"id":"deep"},"text":"\"id\":1","id":"x","no":null,"id":"later"})");
  CHECK(rawMember(object, "id") == "\"x\"");
  CHECK_FALSE(rawMember(object, "no"));
  CHECK_FALSE(rawMember(object, "deep"));
  CHECK_FALSE(rawMember(raw("[1]"), "id"));
}

TEST_CASE("raw json: a text is read with its escapes, half of a pair is a replacement character") {
  CHECK(rawText(raw(R"("a\"\\\/\b\f\n\r\t")")) == "a\"\\/\b\f\n\r\t");
  CHECK(rawText(raw(R"("\u00e9\u4F60\ud83d\ude00")")) == "\u00e9\u4f60\U0001f600");
  CHECK(rawText(raw(R"("\ud83d!\ude00\ud83d\u0041")")) == "\uFFFD!\uFFFD\uFFFDA");
  CHECK_FALSE(rawText(raw("1")));
}

TEST_CASE("raw json: whole numbers of 64 bits") {
  CHECK(rawInteger(raw("1408008498571")) == 1408008498571);
  CHECK(rawInteger(raw("-9223372036854775808")) == INT64_MIN);
  CHECK_FALSE(rawInteger(raw("9223372036854775808")));
  CHECK_FALSE(rawInteger(raw("1.0")));
  CHECK_FALSE(rawInteger(raw("\"1\"")));
}

TEST_CASE("raw json: a value becomes one line, and its texts stay as they are") {
  std::string line = "> ";
  appendOnOneLine(raw("{ \"a b\" :\t[ 1,\r\n 2 ],\n\"c\":\"x \\\" \\u00e9 \xff\" }"), line);
  CHECK(line == "> {\"a b\":[1,2],\"c\":\"x \\\" \\u00e9 \xff\"}");
}

TEST_CASE("raw json: what the strict parser would refuse for its characters passes") {
  for (const char* text : {R"("\ud83d")", "\"\xff\"", R"({"a":1,"a":2})"}) {
    CAPTURE(text);
    CHECK_FALSE(parseJson(text, "test").ok());
    CHECK(checkedJson(text, "test").ok());
  }
}

TEST_CASE("raw json: what is no JSON is refused with the byte where it stops to be") {
  struct Bad {
    std::string text;
    std::string detail;
  };
  const std::string deep(kRawDepth + 1, '[');
  for (const Bad& bad : std::initializer_list<Bad>{
           {"", "test is not JSON (byte 0)"},
           {"<html>", "test is not JSON (byte 0)"},
           {"[1,]", "test is not JSON (byte 3)"},
           {"{\"a\":1,}", "test is not JSON (byte 7)"},
           {"{\"a\" 1}", "test is not JSON (byte 5)"},
           {"[1}", "test is not JSON (byte 2)"},
           {"[1] x", "test is not JSON (byte 4)"},
           {"[\"a", "test ends inside of a text (byte 3)"},
           {"[\"a\n\"]", "test has a control character in a text (byte 3)"},
           {"\"\\x\"", "test has an escape that JSON does not know (byte 2)"},
           {"\"\\u12g4\"", "test has an escape that JSON does not know (byte 5)"},
           {"\xEF\xBB\xBF[01]", "test is not JSON (byte 5)"},
           {deep, "test has more than 512 levels (byte 512)"}}) {
    CAPTURE(bad.text.substr(0, 20));
    const auto result = checkedJson(bad.text, "test");
    REQUIRE_FALSE(result.ok());
    CHECK(result.error().code == Errc::ProtocolError);
    CHECK(result.error().detail == bad.detail);
  }
}

/// A value put together at random, with blanks between its parts.
std::string randomValue(base::SeededRandom& random, int depth) {
  static const std::vector<std::string> kScalars{
      "null",        "true",    "false", "0",       "-1",        "12.5",
      "1e9",         "-0.5E-2", "\"\"",  "\"a b\"", R"("\"\\")", R"("\u00e9\ud83d\ude00")",
      "\"\u4f60]}\""};
  const auto blank = [&random] { return random.upTo(3) == 0 ? std::string(" \n") : std::string(); };
  const auto kind = depth == 0 ? 0 : random.upTo(2);
  if (kind == 0) return kScalars[random.upTo(kScalars.size() - 1)];
  std::string out = kind == 1 ? "[" : "{";
  const auto count = random.upTo(3);
  for (std::uint64_t i = 0; i < count; ++i) {
    if (i > 0) out += ',';
    out += blank();
    if (kind == 2) out += "\"m" + std::to_string(i) + "\"" + blank() + ":" + blank();
    out += randomValue(random, depth - 1) + blank();
  }
  return out + (kind == 1 ? "]" : "}");
}

TEST_CASE("raw json: it accepts what the strict parser accepts, damaged at random or not") {
  base::SeededRandom random(20261130);
  constexpr std::string_view kDamage = "[]{},:\"\\0-.e tn\x01";
  int good = 0;
  for (int round = 0; round < 20000; ++round) {
    std::string text = randomValue(random, 3);
    if (random.upTo(2) > 0) {
      const auto at = random.upTo(text.size() - 1);
      text[at] = kDamage[random.upTo(kDamage.size() - 1)];
    }
    CAPTURE(text);
    const auto strict = parseJson(text, "test");
    const auto mine = checkedJson(text, "test");
    const auto said = [&strict](const char* words) {
      return !strict.ok() && strict.error().detail.find(words) != std::string::npos;
    };
    // The strict one stops at characters, whatever comes behind them.
    if (said("UTF-8") || said("surrogate")) continue;
    const bool lenient = said("a member that comes twice");
    REQUIRE(mine.ok() == (strict.ok() || lenient));
    if (!strict.ok()) continue;
    ++good;
    std::string line;
    appendOnOneLine(*mine, line);
    REQUIRE(line.find('\n') == line.npos);
    REQUIRE(parseJson(line, "test").value() == *strict);
  }
  CHECK(good > 5000);
}

}  // namespace
}  // namespace kith::json
