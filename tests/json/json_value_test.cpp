// SPDX-License-Identifier: Apache-2.0
#include "json/json_value.hpp"

#include <string>

#include "support/catch.hpp"

namespace kith::json {
namespace {

JsonValue parsed(std::string_view text) { return parseJson(text, "test").value(); }

TEST_CASE("json value: the tree of a document") {
  const JsonValue root = parsed(R"( {"a":[1,"x",true,null,{}],"b":{"c":-1.5e3},"d":null} )");
  REQUIRE(root.is(JsonValue::Kind::Object));
  const JsonValue* list = root.find("a");
  REQUIRE(list != nullptr);
  REQUIRE(list->items.size() == 5);
  CHECK(list->items[0].integer() == 1);
  CHECK(list->items[1].text == "x");
  CHECK(list->items[2].truth);
  CHECK(list->items[3].is(JsonValue::Kind::Null));
  CHECK(list->items[4].is(JsonValue::Kind::Object));
  CHECK(root.find("b")->find("c")->text == "-1.5e3");
  CHECK(root.find("d") == nullptr);
  CHECK(root.find("e") == nullptr);
}

TEST_CASE("json value: equal when the members are, in any order") {
  CHECK(parsed(R"({"a":1,"b":[1,2]})") == parsed(R"({"b":[1,2],"a":1})"));
  CHECK_FALSE(parsed(R"({"a":1})") == parsed(R"({"a":2})"));
  CHECK_FALSE(parsed(R"({"a":1})") == parsed(R"({"b":1})"));
  CHECK_FALSE(parsed(R"({"a":1})") == parsed(R"({"a":"1"})"));
  CHECK_FALSE(parsed(R"({"a":1})") == parsed(R"({"a":1,"b":1})"));
  CHECK_FALSE(parsed("[1,2]") == parsed("[2,1]"));
  CHECK_FALSE(parsed("true") == parsed("false"));
  CHECK_FALSE(parsed("null") == parsed("{}"));
}

TEST_CASE("json value: whole numbers only, of 64 bits") {
  CHECK(parsed("-9223372036854775808").integer() == INT64_MIN);
  CHECK_FALSE(parsed("9223372036854775808").integer());
  CHECK_FALSE(parsed("1.0").integer());
  CHECK_FALSE(parsed("1e2").integer());
  CHECK_FALSE(parsed("\"5\"").integer());
  CHECK(parsed("\"5\"").integer(true) == 5);
  CHECK_FALSE(parsed("\"5x\"").integer(true));
  CHECK_FALSE(parsed("\"\"").integer(true));
  CHECK_FALSE(parsed("true").integer(true));
}

TEST_CASE("json value: a byte order mark in front is skipped, one only, and nowhere else") {
  const auto with = parseJson("\xEF\xBB\xBF{\"a\":1}", "doc");
  REQUIRE(with.ok());
  CHECK(with->find("a") != nullptr);
  CHECK_FALSE(parseJson("\xEF\xBB\xBF\xEF\xBB\xBF{}", "doc").ok());
  CHECK_FALSE(parseJson("{}\xEF\xBB\xBF", "doc").ok());
  CHECK_FALSE(parseJson(" \xEF\xBB\xBF{}", "doc").ok());
  CHECK_FALSE(parseJson("\xEF\xBB\xBF", "doc").ok());
}

TEST_CASE("json value: truth as JavaScript has it") {
  for (const char* text : {"true", "1", "-0.1", "1e9", "\"0\"", "[]", "{}"}) {
    CAPTURE(text);
    CHECK(parsed(text).truthy());
  }
  for (const char* text : {"false", "0", "-0.0e9", "\"\"", "null"}) {
    CAPTURE(text);
    CHECK_FALSE(parsed(text).truthy());
  }
}

TEST_CASE("json value: a value says in which line it is") {
  const JsonValue root = parsed("\n{\"a\":\n 12\n,\"b\":[true,\n\"x\",null\n\n],\"c\":{}\r\n}");
  CHECK(root.line == 2);
  CHECK(root.find("a")->line == 3);
  const JsonValue& list = *root.find("b");
  CHECK(list.line == 4);
  CHECK(list.items[0].line == 4);
  CHECK(list.items[1].line == 5);
  CHECK(list.items[2].line == 5);
  CHECK(root.find("c")->line == 7);
  CHECK(parsed("[1]") == parsed("\n[1]"));
}

TEST_CASE("json value: bad documents are refused with what and where") {
  const std::string deep = std::string(33, '[') + std::string(33, ']');
  std::string crowd = "{\"\":0";
  for (int i = 0; i < 1024; ++i) crowd += ",\"k" + std::to_string(i) + "\":0";
  const struct {
    std::string text;
    const char* why;
  } rows[] = {
      {"", "answer is not JSON"},
      {"{", "answer is not JSON"},
      {"[1] 2", "answer is not JSON"},
      {"<html>", "answer is not JSON"},
      {"\"\xFF\"", "answer is not UTF-8 (byte 1)"},
      {"{\"\xE5", "answer is not UTF-8 (byte 2)"},
      {"[\"\xF0\x9F\x98", "answer is not UTF-8 (byte 2)"},
      {std::string("1\0", 2), "answer has a NUL byte (byte 1)"},
      {"[1,\n2,\n]", "(line 3, byte 7)"},
      {"{\"a\":1,\n\n\"a\":1}", "a member that comes twice (line 3"},
      {"[\n\"\xFF\"]", "answer is not UTF-8 (line 2, byte 3)"},
      {R"({"a":1,"a":1})", "a member that comes twice"},
      {R"({"x":{"a":1,"a":1}})", "a member that comes twice"},
      {R"("\udc00")", "half of a surrogate pair"},
      {deep, "more than 32 levels"},
      {std::string(500000, '['), "more than 32 levels"},
      {crowd + "}", "more than 1024 members"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text.substr(0, 50));
    const auto result = parseJson(row.text, "answer");
    REQUIRE_FALSE(result);
    CHECK(result.error().code == Errc::ProtocolError);
    CHECK(result.error().detail.find(row.why) != std::string::npos);
  }
}

TEST_CASE("json: what is written is what was read, without blanks") {
  const struct {
    const char* text;
    const char* written;
  } rows[] = {
      {" null ", "null"},
      {"[ true , false ]", "[true,false]"},
      {"[1.50,-0,1E5,[]]", "[1.50,-0,1E5,[]]"},
      {R"({ "b" : 1, "a" : { "x" : [ { } ] } })", R"({"b":1,"a":{"x":[{}]}})"},
      {R"("\u0000\"\\\n\ud83d\ude00")", "\"\\u0000\\\"\\\\\\n\xF0\x9F\x98\x80\""},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    const std::string written = formatJson(parsed(row.text));
    CHECK(written == row.written);
    CHECK(parsed(written) == parsed(row.text));
  }
}

}  // namespace
}  // namespace kith::json
