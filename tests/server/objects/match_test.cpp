// SPDX-License-Identifier: Apache-2.0
// The documented meaning of queries (leancloud-current §5.2), row by row.
#include <string>

#include "server/objects/query.hpp"
#include "support/catch.hpp"

namespace kith::objects {
namespace {

constexpr std::int64_t kCreated = 1417422600000;  // 2014-12-01T08:30:00.000Z

bool holds(std::string_view where, std::string_view fields) {
  const auto condition = parseWhere(where);
  REQUIRE(condition);
  const JsonValue object = json::parseJson(fields, "object").value();
  Work work;
  const bool result =
      matches(*condition, {object, "54753e1ee4b0b41b21e0e76e", kCreated, kCreated + 5}, work);
  CHECK(work.done > 0);
  return result;
}

struct Row {
  const char* where;
  const char* object;
  bool holds;
};

template <std::size_t kRows>
void check(const Row (&rows)[kRows]) {
  for (const Row& row : rows) {
    CAPTURE(row.where, row.object);
    CHECK(holds(row.where, row.object) == row.holds);
  }
}

}  // namespace

TEST_CASE("match: equality, also of lists, of what is missing, and of a list's items") {
  check({
      {"{}", "{}", true},
      {"", R"({"a":1})", true},
      {R"({"a":1})", R"({"a":1.0})", true},
      {R"({"a":1})", R"({"a":2})", false},
      {R"({"a":1})", "{}", false},
      {R"({"a":1,"b":2})", R"({"a":1,"b":2})", true},
      {R"({"a":1,"b":2})", R"({"a":1,"b":3})", false},
      {R"({"m":"bob"})", R"({"m":["alice","bob"]})", true},
      {R"({"m":"bo"})", R"({"m":["alice","bob"]})", false},
      {R"({"m":["alice","bob"]})", R"({"m":["alice","bob"]})", true},
      {R"({"m":["bob","alice"]})", R"({"m":["alice","bob"]})", false},
      {R"({"m":["bob"]})", R"({"m":[["bob"],"x"]})", true},
      {R"({"a":{"b":1,"c":2}})", R"({"a":{"c":2,"b":1}})", true},
      {R"({"a":{"b":1}})", R"({"a":{"b":1,"c":2}})", false},
      {R"({"a":{}})", R"({"a":{}})", true},
      {R"({"a":null})", "{}", true},
      {R"({"a":null})", R"({"a":null})", true},
      {R"({"a":null})", R"({"a":0})", false},
      {R"({"a":null})", R"({"a":[1,null]})", true},
      {R"({"a.b":null})", R"({"a":{}})", true},
      {R"({"a":true})", R"({"a":true})", true},
      {R"({"a":true})", R"({"a":1})", false},
      {R"({"a":{"__type":"Pointer","className":"C","objectId":"1"}})",
       R"({"a":{"__type":"Pointer","className":"C","objectId":"1"}})", true},
      {R"({"a":{"__type":"Pointer","className":"C","objectId":"1"}})",
       R"({"a":[{"__type":"Pointer","className":"C","objectId":"1"}]})", true},
      {R"({"a":{"__type":"Pointer","className":"C","objectId":"1"}})",
       R"({"a":{"__type":"Pointer","className":"C","objectId":"2"}})", false},
  });
}

TEST_CASE("match: $ne, $in and $nin are equality, several of it, and their opposites") {
  check({
      {R"({"a":{"$ne":1}})", R"({"a":2})", true},
      {R"({"a":{"$ne":1}})", R"({"a":1})", false},
      {R"({"a":{"$ne":1}})", "{}", true},
      {R"({"a":{"$ne":null}})", "{}", false},
      {R"({"a":{"$ne":null}})", R"({"a":0})", true},
      {R"({"m":{"$ne":"bob"}})", R"({"m":["alice","bob"]})", false},
      {R"({"a":{"$in":[1,2]}})", R"({"a":2})", true},
      {R"({"a":{"$in":[1,2]}})", R"({"a":3})", false},
      {R"({"a":{"$in":[]}})", R"({"a":3})", false},
      {R"({"a":{"$in":[1,null]}})", "{}", true},
      {R"({"m":{"$in":["x","bob"]}})", R"({"m":["alice","bob"]})", true},
      {R"({"a":{"$nin":[1,2]}})", R"({"a":2})", false},
      {R"({"a":{"$nin":[1,2]}})", R"({"a":3})", true},
      {R"({"a":{"$nin":[1,2]}})", "{}", true},
      {R"({"a":{"$nin":[]}})", R"({"a":3})", true},
      {R"({"m":{"$nin":["x","bob"]}})", R"({"m":["alice","bob"]})", false},
  });
}

TEST_CASE("match: comparisons hold within a type, and for an item of a list") {
  check({
      {R"({"a":{"$lt":2}})", R"({"a":1.5})", true},
      {R"({"a":{"$lt":2}})", R"({"a":2})", false},
      {R"({"a":{"$lte":2}})", R"({"a":2})", true},
      {R"({"a":{"$gt":2}})", R"({"a":2})", false},
      {R"({"a":{"$gt":2}})", R"({"a":3})", true},
      {R"({"a":{"$gte":2}})", R"({"a":2.0})", true},
      {R"({"a":{"$gte":1,"$lt":3}})", R"({"a":2})", true},
      {R"({"a":{"$gte":1,"$lt":3}})", R"({"a":3})", false},
      {R"({"a":{"$gt":1}})", R"({"a":"2"})", false},
      {R"({"a":{"$gt":1}})", "{}", false},
      {R"({"a":{"$lt":1}})", R"({"a":null})", false},
      {R"({"a":{"$gt":"a"}})", R"({"a":"b"})", true},
      {R"({"a":{"$gt":"b"}})", R"({"a":"B"})", false},
      {R"({"a":{"$gt":5}})", R"({"a":[1,9]})", true},
      {R"({"a":{"$gt":9}})", R"({"a":[1,9]})", false},
      {R"({"a":{"$lt":{"__type":"Date","iso":"2015-01-01T00:00:00.000Z"}}})",
       R"({"a":{"__type":"Date","iso":"2014-12-31T23:59:59.999Z"}})", true},
      {R"({"a":{"$lt":{"__type":"Date","iso":"2015-01-01T00:00:00.000Z"}}})",
       R"({"a":"2014-12-31T23:59:59.999Z"})", false},
  });
}

TEST_CASE("match: an id and the times of an object are its own, not fields") {
  check({
      {R"({"objectId":"54753e1ee4b0b41b21e0e76e"})", "{}", true},
      {R"({"objectId":"x"})", R"({"objectId":"x"})", false},
      {R"({"objectId":{"$in":["x","54753e1ee4b0b41b21e0e76e"]}})", "{}", true},
      {R"({"objectId":{"$regex":"^5475"}})", "{}", true},
      {R"({"createdAt":{"__type":"Date","iso":"2014-12-01T08:30:00.000Z"}})", "{}", true},
      {R"({"createdAt":{"$gt":{"__type":"Date","iso":"2014-12-01T08:30:00.000Z"}}})", "{}", false},
      {R"({"updatedAt":{"$gt":{"__type":"Date","iso":"2014-12-01T08:30:00.000Z"}}})", "{}", true},
      {R"({"updatedAt":{"$lte":"2014-12-01T08:30:00.005Z"}})", "{}", true},
      {R"({"updatedAt":{"$in":["2014-12-01T08:30:00.005Z"]}})", "{}", true},
      {R"({"updatedAt":"never"})", "{}", false},
      {R"({"objectId":{"$exists":true}})", "{}", true},
  });
}

TEST_CASE("match: $all, $size, $exists and $regex") {
  check({
      {R"({"m":{"$all":["a","b"]}})", R"({"m":["b","c","a"]})", true},
      {R"({"m":{"$all":["a","d"]}})", R"({"m":["b","c","a"]})", false},
      {R"({"m":{"$all":["a"]}})", R"({"m":"a"})", true},
      {R"({"m":{"$all":[]}})", R"({"m":["a"]})", false},
      {R"({"m":{"$size":2}})", R"({"m":["a","b"]})", true},
      {R"({"m":{"$size":1}})", R"({"m":["a","b"]})", false},
      {R"({"m":{"$size":0}})", R"({"m":[]})", true},
      {R"({"m":{"$size":0}})", "{}", false},
      {R"({"m":{"$size":1}})", R"({"m":"a"})", false},
      {R"({"a":{"$exists":true}})", R"({"a":null})", true},
      {R"({"a":{"$exists":true}})", "{}", false},
      {R"({"a":{"$exists":false}})", "{}", true},
      {R"({"a":{"$exists":false}})", R"({"a":[]})", false},
      {R"({"a.b":{"$exists":true}})", R"({"a":{"b":1}})", true},
      {R"({"a.b":{"$exists":true}})", R"({"a":1})", false},
      {R"({"n":{"$regex":"^\\Qa+\\E"}})", R"({"n":"a+b"})", true},
      {R"({"n":{"$regex":"B$","$options":"i"}})", R"({"n":"a+b"})", true},
      {R"({"n":{"$regex":"b"}})", R"({"n":["x","abc"]})", true},
      {R"({"n":{"$regex":"1"}})", R"({"n":1})", false},
      {R"({"n":{"$regex":"^a","$ne":"ab"}})", R"({"n":"ab"})", false},
  });
}

TEST_CASE("match: dotted keys lead into objects, into each object of a list, and to its items") {
  check({
      {R"({"attr.color":"red"})", R"({"attr":{"color":"red"}})", true},
      {R"({"attr.color":"red"})", R"({"attr.color":"red"})", false},
      {R"({"a.b.c":1})", R"({"a":{"b":{"c":1}}})", true},
      {R"({"a.b":1})", R"({"a":[{"b":2},{"b":1}]})", true},
      {R"({"a.b":1})", R"({"a":[{"b":2},1]})", false},
      {R"({"a.1":"y"})", R"({"a":["x","y"]})", true},
      {R"({"a.2":"y"})", R"({"a":["x","y"]})", false},
      {R"({"a.0.b":1})", R"({"a":[{"b":1}]})", true},
      {R"({"a.b":{"$gt":5}})", R"({"a":[{"b":2},{"b":9}]})", true},
      {R"({"a.b":{"$ne":1}})", R"({"a":[{"b":2},{"b":1}]})", false},
  });
}

TEST_CASE("match: $and and $or join conditions, inside each other too") {
  check({
      {R"({"$or":[{"a":1},{"b":1}]})", R"({"b":1})", true},
      {R"({"$or":[{"a":1},{"b":1}]})", R"({"b":2})", false},
      {R"({"$and":[{"a":{"$gt":1}},{"a":{"$lt":3}}]})", R"({"a":2})", true},
      {R"({"$and":[{"a":{"$gt":1}},{"a":{"$lt":2}}]})", R"({"a":2})", false},
      {R"({"$or":[{"$and":[{"a":1},{"b":2}]},{"c":3}]})", R"({"a":1,"b":2})", true},
      {R"({"$or":[{"$and":[{"a":1},{"b":2}]},{"c":3}],"d":4})", R"({"c":3})", false},
      {R"({"$or":[{}]})", "{}", true},
  });
}

}  // namespace kith::objects
