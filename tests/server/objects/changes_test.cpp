// SPDX-License-Identifier: Apache-2.0
#include "server/objects/changes.hpp"

#include <string>

#include "server/objects/object.hpp"
#include "support/catch.hpp"

namespace kith::objects {
namespace {

Result<ObjectText> changed(std::string_view before, std::string_view body) {
  const auto changes = parseChanges(body);
  if (!changes) return changes.error();
  return apply(*changes, {std::string(before), ""});
}

}  // namespace

TEST_CASE("changes: what each operation makes of an object") {
  const struct {
    const char* before;
    const char* body;
    const char* after;
  } rows[] = {
      {"{}", "{}", "{}"},
      {"{}", R"({"name":"x","n":null})", R"({"name":"x","n":null})"},
      {R"({"a":1,"b":2})", R"({"a":[3]})", R"({"a":[3],"b":2})"},
      {"{}", R"({"a.b.c":1})", R"({"a":{"b":{"c":1}}})"},
      {R"({"a":{"x":1,"y":2}})", R"({"a.x":3})", R"({"a":{"x":3,"y":2}})"},
      {R"({"a":1,"b":2})", R"({"a":{"__op":"Delete"}})", R"({"b":2})"},
      {R"({"a":{"x":1}})", R"({"a.x":{"__op":"Delete"},"b.c":{"__op":"Delete"}})", R"({"a":{}})"},
      {R"({"n":1})", R"({"n":{"__op":"Increment","amount":2}})", R"({"n":3})"},
      {"{}", R"({"n":{"__op":"Increment","amount":-2}})", R"({"n":-2})"},
      {R"({"n":1})", R"({"n":{"__op":"Increment","amount":0.5}})", R"({"n":1.5})"},
      {R"({"n":9223372036854775807})", R"({"n":{"__op":"Increment","amount":1}})",
       R"({"n":9223372036854775808})"},
      {R"({"m":["a"]})", R"({"m":{"__op":"Add","objects":["a","b"]}})", R"({"m":["a","a","b"]})"},
      {R"({"m":["a"]})", R"({"m":{"__op":"AddUnique","objects":["a","b","b"]}})",
       R"({"m":["a","b"]})"},
      {R"({"m":[1.0]})", R"({"m":{"__op":"AddUnique","objects":[1]}})", R"({"m":[1.0]})"},
      {"{}", R"({"x.m":{"__op":"AddUnique","objects":["a"]}})", R"({"x":{"m":["a"]}})"},
      {R"({"m":["a","b","a"]})", R"({"m":{"__op":"Remove","objects":["a","c"]}})",
       R"({"m":["b"]})"},
      {"{}", R"({"m":{"__op":"Remove","objects":["a"]}})", "{}"},
      {R"({"m":[{"a":1}]})", R"({"m":{"__op":"Remove","objects":[{"a":1.0}]}})", R"({"m":[]})"},
      {R"({"a":1})", R"({"a":{"__type":"Date","iso":"2014-12-01T08:30:00.000Z"}})",
       R"({"a":{"__type":"Date","iso":"2014-12-01T08:30:00.000Z"}})"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.before, row.body);
    const auto after = changed(row.before, row.body);
    REQUIRE(after);
    if (std::string_view(row.after).find("808") == std::string_view::npos) {
      CHECK(after->json == row.after);
    } else {  // beyond 64 bits a number is a double, whose text is the library's
      CHECK(parseNumber(json::parseJson(after->json, "x")->find("n")->text)->real == 0x1p63);
    }
  }
}

TEST_CASE("changes: one that cannot be carried out refuses them all") {
  const struct {
    const char* before;
    const char* body;
    int number;
    const char* why;
  } rows[] = {
      {R"({"a":1})", R"({"b":2,"a.x":1})", kBadType, "object.a.x: leads through a value"},
      {R"({"a":[{}]})", R"({"a.0":1})", kBadType, "leads through a value that is no object"},
      {R"({"a":"1"})", R"({"a":{"__op":"Increment","amount":1}})", kBadType,
       "object.a: is no number"},
      {R"({"a":null})", R"({"a":{"__op":"Increment","amount":1}})", kBadType, "is no number"},
      {R"({"a":1.7e308})", R"({"a":{"__op":"Increment","amount":1.7e308}})", kBadType,
       "too large a number"},
      {R"({"a":1})", R"({"a":{"__op":"Add","objects":[1]}})", kBadType, "object.a: is no list"},
      {R"({"a":1})", R"({"a":{"__op":"Remove","objects":[1]}})", kBadType, "is no list"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.before, row.body);
    const auto after = changed(row.before, row.body);
    REQUIRE_FALSE(after);
    CHECK(after.error().code == Errc::InvalidArgument);
    CHECK(after.error().server_code == row.number);
    CHECK_THAT(after.error().detail, Catch::Contains(row.why));
  }
}

TEST_CASE("changes: what is wrong in itself is refused with its place") {
  const std::string deep = std::string(kValueDepth + 1, '[') + std::string(kValueDepth + 1, ']');
  const struct {
    std::string body;
    int number;
    const char* why;
  } rows[] = {
      {"{", kBadJson, "object is not JSON"},
      {"[1]", kBadJson, "is no JSON object"},
      {R"({"":1})", kBadKey, "the key has an empty name"},
      {R"({"$a":1})", kBadKey, "does not begin with $"},
      {R"({"a..b":1})", kBadKey, "object.a..b: the key has an empty name"},
      {R"({"objectId":"x"})", kBadKey, "object.objectId: is given by the server"},
      {R"({"createdAt":"x"})", kBadKey, "is given by the server"},
      {R"({"updatedAt.x":"x"})", kBadKey, "is given by the server"},
      {R"({"ACL.x":"x"})", kBadKey, "is given by the server"},
      {R"({"__type":"x"})", kBadKey, "reserved"},
      {R"({"a":{"b.c":1}})", kBadType, "a dot in it"},
      {R"({"a":[{"$b":1}]})", kBadType, "begins with $"},
      {R"({"a":{"":1}})", kBadType, "is empty"},
      {R"({"a":{"b":{"__op":"Delete"}}})", kBadType, "an operation inside of a value"},
      {R"({"a":{"__op":"Batch"}})", kBadType, "there are Delete, Increment"},
      {R"({"a":{"__op":1}})", kBadType, "there are Delete, Increment"},
      {R"({"a":{"__op":"Increment"}})", kBadType, "needs amount, a number"},
      {R"({"a":{"__op":"Increment","amount":"1"}})", kBadType, "needs amount, a number"},
      {R"({"a":{"__op":"Add","objects":1}})", kBadType, "need objects, a list"},
      {R"({"a":1e-999})", kBadType, "too large or too small"},
      {"{\"a\":" + deep + "}", kBadType, "is nested too deeply"},
      {R"({"ACL":[]})", kBadType, "ACL: must be an object"},
      {"{\"a\":\"" + std::string(kObjectBytes, 'a') + "\"}", kTooLarge, "more than 131072 bytes"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.body.substr(0, 60));
    const auto refused = parseChanges(row.body);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Errc::InvalidArgument);
    CHECK(refused.error().server_code == row.number);
    CHECK_THAT(refused.error().detail, Catch::Contains(row.why));
  }
}

TEST_CASE("changes: an object does not grow beyond its bounds, change by change either") {
  const std::string half = R"({"a":")" + std::string(kObjectBytes / 2, 'a') + "\"}";
  const auto first = changed("{}", half);
  REQUIRE(first);
  std::string more = half;
  more[2] = 'b';
  const auto second = changed(first->json, more);
  REQUIRE_FALSE(second);
  CHECK(second.error().server_code == kTooLarge);

  std::string many = "{";
  for (std::size_t i = 0; i < kObjectFields; ++i)
    many += (i > 0 ? ",\"k" : "\"k") + std::to_string(i) + "\":1";
  const auto crowded = changed("{}", many + "}");
  REQUIRE(crowded);
  const auto one_more = changed(crowded->json, R"({"x":1})");
  REQUIRE_FALSE(one_more);
  CHECK(one_more.error().server_code == kTooLarge);
}

TEST_CASE("changes: lists made to keep the server busy are refused") {
  std::string list = "[0";
  for (int i = 0; i < 20000; ++i) list += ",0";
  list += ']';
  const std::string before = "{\"m\":" + list + '}';
  std::string others = "[1";
  for (int i = 2; i < 2000; ++i) others += "," + std::to_string(i);
  others += ']';
  for (const char* operation : {"AddUnique", "Remove"}) {
    const auto refused = changed(
        before, std::string(R"({"m":{"__op":")") + operation + R"(","objects":)" + others + "}}");
    REQUIRE_FALSE(refused);
    CHECK_THAT(refused.error().detail, Catch::Contains("too long"));
  }
}

TEST_CASE("changes: an ACL is set, kept, and taken away beside the fields") {
  const auto change = [](std::string_view body) {
    return apply(*parseChanges(body), {"{}", R"({"*":{"read":true}})"});
  };
  CHECK(change(R"({"a":1})")->acl == R"({"*":{"read":true}})");
  const auto set = change(R"({"ACL":{"bob":{"write":true,"read":false}}})");
  CHECK(set->acl == R"({"bob":{"write":true}})");
  CHECK(set->json == "{}");
  CHECK(change(R"({"ACL":{"__op":"Delete"}})")->acl.empty());
  CHECK(change(R"({"ACL":{}})")->acl == "{}");
}

TEST_CASE("object: it is shown with what it has beside its fields") {
  Object object{"54753e1ee4b0b41b21e0e76e", R"({"name":"x","m":[1]})", "", 0, 1417422600007, 3};
  CHECK(formatObject(object, {}) ==
        R"({"objectId":"54753e1ee4b0b41b21e0e76e","createdAt":"1970-01-01T00:00:00.000Z",)"
        R"("updatedAt":"2014-12-01T08:30:00.007Z","name":"x","m":[1]})");
  object.acl = R"({"*":{"read":true}})";
  const std::string some = formatObject(object, *Selection::parse("m"));
  CHECK_THAT(some, Catch::EndsWith(R"(,"ACL":{"*":{"read":true}},"m":[1]})"));
  object.json = "{}";
  CHECK_THAT(formatObject(object, {}), Catch::EndsWith(R"("ACL":{"*":{"read":true}}})"));
  CHECK(json::parseJson(formatObject(object, {}), "object"));
}

TEST_CASE("object: a list that is kept elsewhere is shown as a field") {
  const auto shown = [](std::string fields, const std::vector<std::string>& texts) {
    appendList("m", texts, fields);
    return fields;
  };
  CHECK(shown("{}", {}) == R"({"m":[]})");
  CHECK(shown("{}", {"a"}) == R"({"m":["a"]})");
  CHECK(shown(R"({"n":1})", {"a\"", "b"}) == R"({"n":1,"m":["a\"","b"]})");
  CHECK(shown(R"({"n":1})", {}) == R"({"n":1,"m":[]})");
}

TEST_CASE("object: names of classes and ids of objects are short and plain") {
  for (const char* good : {"A", "_Conversation", "AVOSRealtimeGroups", "a1_"}) {
    CHECK(isClassName(good));
  }
  for (const char* bad : {"", "1a", "a-b", "a.b", "a b", "\xc3\xa4", "a/b"}) {
    CAPTURE(bad);
    CHECK_FALSE(isClassName(bad));
  }
  CHECK(isClassName(std::string(kClassChars, 'a')));
  CHECK_FALSE(isClassName(std::string(kClassChars + 1, 'a')));
  for (const char* good : {"54753e1ee4b0b41b21e0e76e", "_tmp:a-b.c", "1"}) CHECK(isObjectId(good));
  for (const char* bad : {"", "a b", "a/b", "a\n", "\xc3\xa4"}) CHECK_FALSE(isObjectId(bad));
  CHECK(isObjectId(std::string(kIdChars, 'a')));
  CHECK_FALSE(isObjectId(std::string(kIdChars + 1, 'a')));
}

}  // namespace kith::objects
