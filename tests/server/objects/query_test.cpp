// SPDX-License-Identifier: Apache-2.0
#include "server/objects/query.hpp"

#include <string>

#include "support/catch.hpp"

namespace kith::objects {
namespace {

std::string repeat(std::string_view what, std::size_t times, std::string_view between = "") {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out.append(i > 0 ? between : "").append(what);
  return out;
}

std::string inside(std::string_view begin, std::string_view what, std::string_view end) {
  return std::string(begin).append(what).append(end);
}

}  // namespace

TEST_CASE("where: what is wrong is refused with its place and what there is instead") {
  const struct {
    std::string where;
    std::string why;
  } rows[] = {
      {"{", "query: where is not JSON"},
      {"[]", "where: must be an object"},
      {"null", "where: must be an object"},
      {"{\"\":1}", "the key has an empty name"},
      {"{\"a..b\":1}", "where.a..b: the key has an empty name"},
      {"{\".a\":1}", "the key has an empty name"},
      {"{\"a.\":1}", "the key has an empty name"},
      {"{\"$where\":\"1\"}", "where.$where: a name in a key does not begin with $"},
      {"{\"$nor\":[{\"a\":1}]}", "does not begin with $"},
      {"{\"a.$b\":1}", "does not begin with $"},
      {"{\"a\":{\"$near\":1}}", "where.a.$near: is not understood; there are $ne $lt"},
      {"{\"a\":{\"$lt\":1,\"b\":2}}", "where.a.b: is not understood"},
      {"{\"a\":{\"b\":{\"$lt\":1}}}", "where.a: has operators beside or below other members"},
      {"{\"a\":{\"$lt\":null}}", "where.a.$lt: must be a number, a text or a Date"},
      {"{\"a\":{\"$gte\":[1]}}", "must be a number, a text or a Date"},
      {"{\"a\":{\"$in\":1}}", "where.a.$in: must be a list"},
      {"{\"a\":{\"$nin\":{}}}", "must be a list"},
      {"{\"a\":{\"$all\":\"x\"}}", "must be a list"},
      {"{\"a\":{\"$size\":-1}}", "must be a number from 0 on"},
      {"{\"a\":{\"$size\":1.5}}", "must be a number from 0 on"},
      {"{\"a\":{\"$exists\":1}}", "must be true or false"},
      {"{\"a\":{\"$regex\":1}}", "must be a text"},
      {"{\"a\":{\"$regex\":\"(a)\"}}", "where.a.$regex: $regex: groups, sets"},
      {"{\"a\":{\"$regex\":\"a\",\"$options\":1}}", "$options must be a text"},
      {"{\"a\":{\"$options\":\"i\"}}", "where.a: $options belongs to $regex"},
      {"{\"$or\":[]}", "where.$or: must be a list with at least one object"},
      {"{\"$and\":{}}", "must be a list with at least one object"},
      {"{\"$or\":[{\"a\":1},2]}", "where.$or[1]: must be an object"},
      {"{\"$or\":[{\"a\":{\"$x\":1}}]}", "where.$or[0].a.$x: is not understood"},
      {"{\"a\":1e999}", "query: where is not JSON"},
      {"{\"a\":1e-999}", "where.a: has a number that is too large or too small"},
      {"{\"a\":{\"__type\":\"Date\",\"iso\":\"today\"}}", "a Date has the member iso"},
      {"{\"a\":{\"$in\":[{\"__type\":\"Date\"}]}}", "a Date has the member iso"},
      {"{\"a\":{\"__type\":\"Pointer\",\"objectId\":\"x\"}}", "a Pointer has the members"},
      {inside("{\"a\":{\"$in\":[", repeat("1", kOperands + 1, ","), "]}}"),
       "more than 1024 values"},
      {inside("{\"$or\":[", repeat("{\"a\":1}", kConditions, ","), "]}"),
       "there are more than 128 conditions"},
      {repeat("{\"$or\":[", kConditionDepth + 1) + "{\"a\":1}" + repeat("]}", kConditionDepth + 1),
       "more than 8 of them are nested"},
      {inside("{\"", std::string(kKeyBytes + 1, 'k'), "\":1}"), "more than 512 bytes"},
      {inside("{\"a", repeat(".a", kKeyNames), "\":1}"), "more than 8 names"},
      {std::string(kWhereBytes + 1, ' '), "more than 65536 bytes"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.where.substr(0, 100));
    const auto where = parseWhere(row.where);
    REQUIRE_FALSE(where);
    CHECK(where.error().code == Errc::InvalidArgument);
    CHECK(where.error().server_code == 102);
    CHECK_THAT(where.error().detail, Catch::Contains(row.why));
    CHECK(where.error().detail.size() < 500);
  }
}

TEST_CASE("where: as much as the bounds say is understood") {
  CHECK(parseWhere(""));
  CHECK(parseWhere("{}"));
  CHECK(parseWhere(inside("{\"a\":{\"$in\":[", repeat("1", kOperands, ","), "]}}")));
  // The $or, and two conditions for each of its members.
  CHECK(parseWhere(inside("{\"$or\":[", repeat("{\"a\":1}", (kConditions - 1) / 2, ","), "]}")));
  CHECK(parseWhere(repeat("{\"$or\":[", kConditionDepth) + "{\"a\":1}" +
                   repeat("]}", kConditionDepth)));
  CHECK(parseWhere(inside("{\"", std::string(kKeyBytes, 'k'), "\":1}")));
  CHECK(parseWhere(inside("{\"a", repeat(".a", kKeyNames - 1), "\":1}")));
  CHECK(parseWhere("{}" + std::string(kWhereBytes - 2, ' ')));
}

TEST_CASE("order: keys with commas, the greatest first behind a minus") {
  const auto order = parseOrder("a, -b.c ,createdAt");
  REQUIRE(order);
  REQUIRE(order->size() == 3);
  CHECK((*order)[0].path == KeyPath{"a"});
  CHECK_FALSE((*order)[0].descending);
  CHECK((*order)[1].path == KeyPath{"b", "c"});
  CHECK((*order)[1].descending);
  CHECK((*order)[2].path == KeyPath{"createdAt"});
  CHECK(parseOrder("")->empty());
  CHECK(parseOrder(repeat("a", kOrderKeys, ",")));
  for (const std::string& bad :
       {std::string("a,,b"), std::string("-"), std::string("$a"), repeat("a", kOrderKeys + 1, ","),
        std::string(kOrderBytes + 1, 'a')}) {
    CAPTURE(bad.substr(0, 50));
    const auto refused = parseOrder(bad);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().server_code == 102);
    CHECK_THAT(refused.error().detail, Catch::StartsWith("order: "));
  }
}

}  // namespace kith::objects
