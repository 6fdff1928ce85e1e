// SPDX-License-Identifier: Apache-2.0
#include "server/objects/search.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "support/catch.hpp"

namespace kith::objects {
namespace {

using Ids = std::vector<std::string>;

Object make(std::string id, std::string json, std::int64_t created, std::int64_t updated = 0) {
  return {std::move(id), std::move(json), "", created, std::max(created, updated), 1};
}

/// Hands a search the rows of a plan, as a storage does, and counts them.
struct Shelf {
  std::vector<Object> objects;
  std::size_t looked_at{0};

  Result<FoundObjects> find(const SearchRequest& request) {
    auto search = Search::begin(request);
    if (!search) return search.error();
    const SearchPlan plan = search->plan();
    std::vector<const Object*> rows;
    for (const Object& object : objects) {
      const std::int64_t time = timeOf(plan, object);
      const bool named = std::binary_search(plan.ids.begin(), plan.ids.end(), object.id);
      if (plan.by == SearchPlan::By::Ids ? named : time >= plan.from && time <= plan.to) {
        rows.push_back(&object);
      }
    }
    std::sort(rows.begin(), rows.end(), [&](const Object* a, const Object* b) {
      const auto key = [&](const Object* o) { return std::pair(timeOf(plan, *o), o->id); };
      return plan.newest_first ? key(b) < key(a) : key(a) < key(b);
    });
    looked_at = 0;
    for (const Object* row : rows) {
      if (!search->wantsMore()) break;
      ++looked_at;
      search->look({row->id, row->json, row->acl, row->created, row->updated, row->version});
    }
    return search->finish();
  }
  Ids ids(const SearchRequest& request) {
    const auto found = find(request);
    REQUIRE(found);
    Ids all;
    for (const Object& object : found->objects) all.push_back(object.id);
    return all;
  }

 private:
  static std::int64_t timeOf(const SearchPlan& plan, const Object& object) {
    if (plan.by == SearchPlan::By::Ids) return 0;
    return plan.by == SearchPlan::By::Updated ? object.updated : object.created;
  }
};

Shelf few() {
  return {{make("a", R"({"n":3,"t":"x"})", 10, 50), make("b", R"({"n":1})", 20, 40),
           make("c", R"({"n":2,"t":"x"})", 20, 60), make("d", R"({"n":1,"t":"y"})", 30)}};
}

SearchRequest ask(std::string_view where, std::string_view order = {}, std::size_t limit = 100) {
  SearchRequest request;
  request.where = where;
  request.order = order;
  request.limit = limit;
  return request;
}

}  // namespace

TEST_CASE("search: as they were made, unless another order is asked for") {
  Shelf shelf = few();
  CHECK(shelf.ids(ask("")) == Ids{"a", "b", "c", "d"});
  CHECK(shelf.ids(ask("", "-createdAt")) == Ids{"d", "c", "b", "a"});
  CHECK(shelf.ids(ask("", "updatedAt")) == Ids{"d", "b", "a", "c"});
  CHECK(shelf.ids(ask("", "-updatedAt")) == Ids{"c", "a", "b", "d"});
  CHECK(shelf.ids(ask("", "n")) == Ids{"b", "d", "c", "a"});
  CHECK(shelf.ids(ask("", "-n")) == Ids{"a", "c", "d", "b"});
  CHECK(shelf.ids(ask("", "n,-createdAt")) == Ids{"d", "b", "c", "a"});
  CHECK(shelf.ids(ask("", "t,n")) == Ids{"b", "c", "a", "d"});
  CHECK(shelf.ids(ask("", "-createdAt,n")) == Ids{"d", "b", "c", "a"});
  CHECK(shelf.ids(ask("", "-objectId")) == Ids{"d", "c", "b", "a"});
}

TEST_CASE("search: limit and skip cut what is sorted, and a count is of all") {
  Shelf shelf = few();
  for (const char* order : {"createdAt", "objectId"}) {
    CAPTURE(order);
    SearchRequest request = ask(R"({"n":{"$lt":3}})", order, 1);
    CHECK(shelf.ids(request) == Ids{"b"});
    request.skip = 1;
    CHECK(shelf.ids(request) == Ids{"c"});
    request.skip = 7;
    CHECK(shelf.ids(request).empty());
    request.skip = 1;
    request.limit = 10;
    request.count = true;
    const auto found = shelf.find(request);
    CHECK(found->count == 3);
    CHECK(found->objects.size() == 2);
    request.limit = 0;
    const auto counted = shelf.find(request);
    CHECK(counted->count == 3);
    CHECK(counted->objects.empty());
  }
  CHECK(shelf.find(ask("", "", 0))->objects.empty());
  CHECK(shelf.looked_at == 0);
}

TEST_CASE("search: an object is found as it is, with its version and times") {
  Shelf shelf = few();
  shelf.objects[2].version = 7;
  shelf.objects[2].acl = R"({"*":{"read":true}})";
  const auto found = shelf.find(ask(R"({"objectId":"c"})"));
  REQUIRE(found->objects.size() == 1);
  CHECK(found->objects.front() == shelf.objects[2]);
}

TEST_CASE("search: what it must not look at it does not look at") {
  Shelf shelf = few();
  CHECK(shelf.ids(ask(R"({"objectId":"c"})")) == Ids{"c"});
  CHECK(shelf.looked_at == 1);
  CHECK(shelf.ids(ask(R"({"objectId":{"$in":["d","a","d","x"]}})", "n")) == Ids{"d", "a"});
  CHECK(shelf.looked_at == 2);
  CHECK(shelf.ids(ask(R"({"objectId":{"$in":[1,null]}})")).empty());
  CHECK(shelf.looked_at == 0);
  CHECK(shelf.ids(ask("", "-createdAt", 2)) == Ids{"d", "c"});
  CHECK(shelf.looked_at == 2);
  CHECK(shelf.ids(ask(R"({"createdAt":{"$gt":"1970-01-01T00:00:00.020Z"}})")) == Ids{"d"});
  CHECK(shelf.looked_at == 1);
  CHECK(shelf.ids(ask(R"({"updatedAt":{"$gte":"1970-01-01T00:00:00.040Z",
                          "$lt":"1970-01-01T00:00:00.060Z"}})",
                      "updatedAt")) == Ids{"b", "a"});
  CHECK(shelf.looked_at == 2);
  CHECK(shelf.ids(ask(R"({"createdAt":"1970-01-01T00:00:00.010Z"})")) == Ids{"a"});
  CHECK(shelf.looked_at == 1);
  // Not where it may be otherwise.
  CHECK(shelf.ids(ask(R"({"$or":[{"objectId":"a"},{"n":2}]})")) == Ids{"a", "c"});
  CHECK(shelf.ids(ask(R"({"objectId":{"$ne":"a"}})")) == Ids{"b", "c", "d"});
  CHECK(shelf.ids(ask(R"({"createdAt":{"$gte":"1970-01-01T00:00:00.020Z"}})", "-updatedAt")) ==
        Ids{"c", "b", "d"});
}

TEST_CASE("search: a list that the storage can look up is looked up, unless ids are known") {
  const auto plan = [](std::string_view where, std::string_view key) {
    SearchRequest request = ask(where);
    request.listed_key = key;
    return Search::begin(request)->plan();
  };
  CHECK(plan(R"({"m":"bob"})", "m").by == SearchPlan::By::Listed);
  CHECK(plan(R"({"n":1,"m":"bob"})", "m").listed == "bob");
  CHECK(plan(R"({"m":{"$all":["a","b"]}})", "m").listed == "a");
  for (const char* where :
       {R"({"m":{"$in":["a"]}})", R"({"m":{"$ne":"a"}})", R"({"m":1})", R"({"m":{"$all":[]}})",
        R"({"m.x":"a"})", R"({"m":["a"]})", R"({"$or":[{"m":"a"}]})", "{}"}) {
    CAPTURE(where);
    CHECK(plan(where, "m").by == SearchPlan::By::Created);
  }
  CHECK(plan(R"({"m":"bob"})", "").by == SearchPlan::By::Created);
  for (const char* where :
       {R"({"m":"bob","objectId":"a"})", R"({"objectId":"a","m":"bob","createdAt":"x"})"}) {
    CHECK(plan(where, "m").by == SearchPlan::By::Ids);
  }
}

TEST_CASE("search: what the actor may not read is neither found nor counted") {
  Shelf shelf = few();
  shelf.objects[0].acl = "{}";
  shelf.objects[1].acl = R"({"bob":{"read":true}})";
  SearchRequest request = ask("");
  request.count = true;
  CHECK(shelf.ids(request) == Ids{"c", "d"});
  CHECK(shelf.find(request)->count == 2);
  request.actor.user = "bob";
  CHECK(shelf.ids(request) == Ids{"b", "c", "d"});
  request.actor.master = true;
  CHECK(shelf.ids(request) == Ids{"a", "b", "c", "d"});
}

TEST_CASE("search: one that would look at too much is refused, not cut") {
  Shelf shelf;
  for (std::size_t i = 0; i <= kSearchedObjects; ++i) {
    const std::string id = std::to_string(100000 + i);
    shelf.objects.push_back(make(id, R"({"n":1})", static_cast<std::int64_t>(i)));
  }
  const auto refused = shelf.find(ask(R"({"n":2})"));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Errc::Rejected);
  CHECK(refused.error().server_code == kTooMuch);
  CHECK_FALSE(shelf.find(ask("", "n", 1)));
  CHECK(shelf.ids(ask("", "-createdAt", 1)) == Ids{std::to_string(100000 + kSearchedObjects)});
  CHECK(shelf.find(ask(R"({"createdAt":{"$gt":"1970-01-01T00:00:00.000Z"}})", "n", 1)));
  shelf.objects.pop_back();
  CHECK(shelf.ids(ask(R"({"n":2})")).empty());

  for (Object& object : shelf.objects) object.json = R"({"x":")" + std::string(1000, 'x') + "\"}";
  CHECK_FALSE(shelf.find(ask(R"({"n":2})")));  // bytes
  CHECK(shelf.looked_at < kSearchedBytes / 1000 + 1);
  for (Object& object : shelf.objects) object.json = R"({"x":[1,2,3,4,5,6,7,8,9]})";
  std::string many = R"({"x":{"$in":[0)";
  for (int i = 0; i < 1000; ++i) many += ",\"" + std::to_string(i) + '"';
  CHECK_FALSE(shelf.find(ask(many + "]}}")));  // comparisons
  CHECK(shelf.looked_at < kSearchWork / 1000 + 2);
}

TEST_CASE("search: what is asked for in a wrong way is refused before any row") {
  Shelf shelf = few();
  SearchRequest too_many = ask("", "", kFoundObjects + 1);
  SearchRequest too_far = ask("");
  too_far.skip = kSkippedObjects + 1;
  for (const SearchRequest& request :
       {ask("{"), ask("", "a,,b"), ask(R"({"a":{"$x":1}})"), too_many, too_far}) {
    const auto refused = shelf.find(request);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Errc::InvalidArgument);
    CHECK(refused.error().server_code == kInvalidQuery);
  }
  CHECK(shelf.find(ask("", "", kFoundObjects)));
}

}  // namespace kith::objects
