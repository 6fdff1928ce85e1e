// SPDX-License-Identifier: Apache-2.0
// Objects of classes: one suite for both storages.
#include <algorithm>
#include <array>
#include <random>

#include "server/objects/changes.hpp"
#include "server/storage/objects_bench.hpp"

namespace kith::storage {
namespace {

constexpr std::string_view kBob = "bob";
const std::array<std::string_view, 1> kEditor{"editor"};

}  // namespace

TEST_CASE("objects: one comes back as it was made, changed, and not once it was deleted") {
  ObjectsBench bench(anyKind());
  const std::string_view body =
      R"({"name":"\u0000\"x\ud83d\ude00","n":1.50,"ACL":{"*":{"read":true}}})";
  const Token made = bench.create("p1", body, 100);
  const ObjectRecord first = bench.get("p1");
  REQUIRE(first != nullptr);
  CHECK(*first == objects::Object{"p1", "{\"name\":\"\\u0000\\\"x\xf0\x9f\x98\x80\",\"n\":1.50}",
                                  R"({"*":{"read":true}})", 100, 100, 1});
  CHECK(**bench.results.object.at(made) == *first);

  const Token changed = bench.update("p1", R"({"n":{"__op":"Delete"},"a.b":[1]})");
  const ObjectRecord second = bench.get("p1");
  CHECK(second->json == "{\"name\":\"\\u0000\\\"x\xf0\x9f\x98\x80\",\"a\":{\"b\":[1]}}");
  CHECK(second->acl == first->acl);
  CHECK(second->created == 100);
  CHECK(second->updated == 200);
  CHECK(second->version == 2);
  CHECK(**bench.results.object.at(changed) == *second);
  bench.update("p1", R"({"ACL":{"__op":"Delete"}})", 0, 150);
  CHECK(bench.get("p1")->acl.empty());
  CHECK(bench.get("p1")->updated == 200);  // a clock that was set back

  const Token gone = bench.remove("p1");
  CHECK(bench.get("p1") == nullptr);
  CHECK(bench.results.changed.at(gone).ok());
  CHECK(bench.ids(petsWhere("")).empty());
  bench.create("p1", "{}", 300);
  CHECK(bench.get("p1")->version == 1);
  CHECK(bench.ids(petsWhere("", "-updatedAt")) == Ids{"p1"});
}

TEST_CASE("objects: what is there is not made again, and what is not there is not changed") {
  ObjectsBench bench(anyKind());
  bench.create("p1", R"({"n":1})");
  const Token twice = bench.create("p1", R"({"n":2})");
  const Token update = bench.update("p2", R"({"n":1})");
  const Token other_class = bench.ask(UpdateObject{{}, "Toy", "p1", "{}", 0, {}, {}, true, 200});
  const Token remove = bench.remove("p2");
  CHECK(bench.get("p1")->json == R"({"n":1})");
  CHECK(bench.get("p2") == nullptr);
  CHECK(bench.get("p1", "Toy") == nullptr);
  CHECK(bench.refused(twice).server_code == kObjectExists);
  for (const Token token : {update, other_class, remove}) {
    CHECK(bench.refused(token).code == Errc::Rejected);
    CHECK(bench.refused(token).server_code == kNoSuchObject);
  }
}

TEST_CASE("objects: increments and additions of one turn all count") {
  ObjectsBench bench(anyKind());
  bench.create("p1", R"({"n":0,"m":[]})");
  for (int i = 0; i < 50; ++i) {
    const std::string add = R"({"n":{"__op":"Increment","amount":2},)"
                            R"("m":{"__op":"AddUnique","objects":[)" +
                            std::to_string(i % 5) + "]}}";
    bench.update("p1", add);
    if (i % 7 == 0) bench.storage->flush();
  }
  CHECK(bench.get("p1")->json == R"({"n":100,"m":[0,1,2,3,4]})");
  CHECK(bench.get("p1")->version == 51);
}

TEST_CASE("objects: of two that expect the same version one is refused, and changes nothing") {
  ObjectsBench bench(anyKind());
  bench.create("p1", "{}");
  const Token first = bench.update("p1", R"({"n":1})", 1);
  const Token second = bench.update("p1", R"({"n":2})", 1);
  const Token early = bench.remove("p1", 1);
  CHECK(bench.get("p1")->json == R"({"n":1})");
  CHECK(bench.results.object.at(first).ok());
  for (const Token token : {second, early}) {
    CHECK(bench.refused(token).server_code == kOtherVersion);
    CHECK_THAT(bench.refused(token).detail, Catch::Contains("version 2 by now"));
  }
  const Token right = bench.remove("p1", 2);
  CHECK(bench.get("p1") == nullptr);
  CHECK(bench.results.changed.at(right).ok());
}

TEST_CASE("objects: a change that cannot be carried out changes nothing") {
  ObjectsBench bench(anyKind());
  bench.create("p1", R"({"n":1,"s":"x"})");
  const Token half = bench.update("p1", R"({"n":2,"s":{"__op":"Increment","amount":1}})");
  const Token wrong = bench.update("p1", R"({"objectId":"p2"})");
  const Token no_json = bench.create("p3", "nonsense");
  CHECK(*bench.get("p1") == objects::Object{"p1", R"({"n":1,"s":"x"})", "", 100, 100, 1});
  CHECK(bench.refused(half).server_code == objects::kBadType);
  CHECK(bench.refused(wrong).server_code == objects::kBadKey);
  CHECK(bench.refused(no_json).server_code == objects::kBadJson);
  CHECK(bench.get("p3") == nullptr);
}

TEST_CASE("objects: the ACL decides on behalf of whom one is read, found and written") {
  ObjectsBench bench(anyKind());
  bench.create("open", R"({"n":1})");
  bench.create("read", R"({"n":1,"ACL":{"*":{"read":true}}})");
  bench.create("bobs", R"({"n":1,"ACL":{"bob":{"read":true,"write":true}}})");
  bench.create("edit", R"({"n":1,"ACL":{"role:editor":{"read":true,"write":true}}})");
  bench.create("none", R"({"n":1,"ACL":{}})");

  const auto seen = [&](std::string_view user, std::span<const std::string_view> roles,
                        bool master) {
    FindObjects request = petsWhere(R"({"n":1})", "objectId");
    request.user_id = user;
    request.roles = roles;
    request.master = master;
    request.count = true;
    const auto found = bench.find(request);
    Ids ids;
    for (const auto& object : found->objects) ids.push_back(object.id);
    CHECK(found->count == ids.size());
    for (const char* id : {"open", "read", "bobs", "edit", "none"}) {
      const Token asked = bench.ask(GetObject{{}, {}, id, user, roles, master});
      bench.finish();
      const bool is_seen = std::find(ids.begin(), ids.end(), id) != ids.end();
      CHECK((*bench.results.object.at(asked) != nullptr) == is_seen);
    }
    return ids;
  };
  CHECK(seen("", {}, false) == Ids{"open", "read"});
  CHECK(seen("bob", {}, false) == Ids{"bobs", "open", "read"});
  CHECK(seen("role:editor", {}, false) == Ids{"open", "read"});
  CHECK(seen("carol", kEditor, false) == Ids{"edit", "open", "read"});
  CHECK(seen("", {}, true) == Ids{"bobs", "edit", "none", "open", "read"});

  const auto write = [&](std::string_view id) {
    const Token update = bench.ask(UpdateObject{{}, {}, id, R"({"n":2})", 0, kBob, {}, false, 200});
    bench.finish();
    return update;
  };
  const auto remove = [&](std::string_view id) {
    const Token asked = bench.ask(DeleteObject{{}, {}, id, 0, kBob, {}, false});
    bench.finish();
    return asked;
  };
  CHECK(bench.results.object.at(write("open")).ok());
  CHECK(bench.results.object.at(write("bobs")).ok());
  CHECK(bench.refused(write("read")).server_code == kNotAllowed);
  CHECK(bench.refused(write("edit")).server_code == kNoSuchObject);
  CHECK(bench.refused(remove("read")).server_code == kNotAllowed);
  CHECK(bench.refused(remove("none")).server_code == kNoSuchObject);
  CHECK(bench.results.changed.at(remove("bobs")).ok());
  CHECK(bench.get("read")->version == 1);
  CHECK(bench.get("none") != nullptr);
}

TEST_CASE("objects: apps and classes do not see each other's") {
  ObjectsBench bench(anyKind());
  bench.storage->submit(kNoToken, ConfigureApp{"other", {}});
  bench.create("p1", R"({"n":1})");
  bench.ask(CreateObject{"other", {}, "p1", R"({"n":2})", 100});
  bench.ask(CreateObject{{}, "Toy", "p1", R"({"n":3})", 100});
  CHECK(bench.get("p1")->json == R"({"n":1})");
  CHECK(bench.get("p1", "Toy")->json == R"({"n":3})");
  FindObjects others = petsWhere("");
  others.app_id = "other";
  CHECK(bench.find(others)->objects.at(0).json == R"({"n":2})");
  CHECK(bench.ids(petsWhere("")) == Ids{"p1"});
  others.class_name = "Toy";
  CHECK(bench.ids(others).empty());

  others.app_id = "nope";
  const Token create = bench.ask(CreateObject{"nope", {}, "p1", "{}", 100});
  const auto found = bench.find(others);
  CHECK(found.error().code == Errc::InvalidArgument);
  CHECK(bench.refused(create).code == Errc::InvalidArgument);
}

TEST_CASE("objects: names that no class or object can have are refused") {
  ObjectsBench bench(anyKind());
  std::vector<Token> wrong;
  wrong.push_back(bench.ask(CreateObject{{}, "a-b", "p1", "{}", 100}));
  wrong.push_back(bench.create("a/b", "{}"));
  wrong.push_back(bench.create("", "{}"));
  wrong.push_back(bench.update(std::string(65, 'a'), "{}"));
  wrong.push_back(bench.remove("a\nb"));
  wrong.push_back(bench.ask(GetObject{{}, "1", "p1", {}, {}, true}));
  FindObjects find = petsWhere("");
  find.class_name = "x y";
  const Token found = bench.ask(find);
  bench.finish();
  for (const Token token : wrong) {
    CHECK(bench.refused(token).code == Errc::InvalidArgument);
    CHECK(bench.refused(token).server_code == objects::kBadKey);
  }
  CHECK(bench.results.found.at(found).error().server_code == objects::kBadKey);
}

TEST_CASE("objects: an app has so many classes and no more") {
  ObjectsBench bench(anyKind());
  for (std::size_t i = 0; i < kClasses; ++i) {
    bench.ask(CreateObject{{}, "C" + std::to_string(i), "p1", "{}", 100});
  }
  const Token beyond = bench.create("p1", "{}");
  const Token in_an_old_one = bench.ask(CreateObject{{}, "C7", "p2", "{}", 100});
  bench.finish();
  CHECK(bench.refused(beyond).code == Errc::Rejected);
  CHECK_THAT(bench.refused(beyond).detail, Catch::Contains("500 classes already"));
  CHECK(bench.results.object.at(in_an_old_one).ok());
}

TEST_CASE("objects: both storages find the same, whatever was done before and is asked for") {
  ObjectsBench memory(Kind::Memory);
  ObjectsBench disk(Kind::Sqlite);
  std::mt19937 random(7);
  const auto below = [&](unsigned end) { return random() % end; };
  for (int i = 0; i < 600; ++i) {
    const std::string id = "p" + std::to_string(below(60));
    const std::string n = std::to_string(below(10));
    const std::string body = R"({"n":)" + n + R"(,"t":["t)" + std::to_string(below(4)) +
                             R"("],"a":{"b":)" + std::to_string(below(3)) + "}}";
    const std::int64_t now = 100 + below(50);  // a clock that goes to and fro
    for (ObjectsBench* bench : {&memory, &disk}) {
      switch (i % 5) {
        case 0:
        case 1: bench->create(id, body, now); break;
        case 2: bench->update(id, body, 0, now); break;
        case 3: bench->update(id, R"({"n":{"__op":"Increment","amount":3}})", 0, now); break;
        default: bench->remove(id);
      }
      if (i % 10 == 0) bench->finish();
    }
  }
  const char* const wheres[] = {
      "",
      R"({"n":{"$gt":4}})",
      R"({"t":"t1","a.b":{"$ne":0}})",
      R"({"objectId":{"$in":["p3","p1","p7","p59","p2"]}})",
      R"({"objectId":"p10"})",
      R"({"createdAt":{"$gte":"1970-01-01T00:00:00.110Z","$lt":"1970-01-01T00:00:00.140Z"}})",
      R"({"updatedAt":{"$gt":"1970-01-01T00:00:00.120Z"}})",
      R"({"createdAt":{"$gt":"1970-01-01T00:00:01.000Z"}})",
      R"({"createdAt":{"$gt":"1970-01-01T00:00:00.140Z","$lt":"1970-01-01T00:00:00.120Z"}})",
      R"({"$or":[{"n":1},{"t":"t2"}]})"};
  const char* const orders[] = {"",   "createdAt", "-createdAt", "updatedAt",   "-updatedAt",
                                "-n", "a.b,-n",    "t",          "-updatedAt,n"};
  std::size_t found_in_all = 0;
  for (const char* where : wheres) {
    for (const char* order : orders) {
      for (const std::size_t limit : {0u, 3u, 1000u}) {
        FindObjects request = petsWhere(where, order, limit);
        request.skip = below(4);
        request.count = below(2) == 0;
        const auto one = memory.find(request);
        const auto other = disk.find(request);
        CAPTURE(where, order, limit, request.skip);
        REQUIRE(one);
        REQUIRE(other);
        CHECK(one->objects == other->objects);
        CHECK(one->count == other->count);
        found_in_all += one->objects.size();
      }
    }
  }
  CHECK(found_in_all > 1000);
}

TEST_CASE("objects: a search that would look at too much is refused by both storages") {
  ObjectsBench bench(anyKind());
  const std::string large(120'000, 'x');
  const std::size_t enough = objects::kSearchedBytes / large.size();
  for (std::size_t i = 0; i <= enough; ++i) {
    const std::string id = "p" + std::to_string(100 + i);
    bench.create(id, R"({"x":")" + large + "\"}", static_cast<std::int64_t>(i));
  }
  const auto refused = bench.find(petsWhere(R"({"x":"y"})"));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().server_code == objects::kTooMuch);
  CHECK(bench.ids(petsWhere("", "-createdAt", 1)) == Ids{"p" + std::to_string(100 + enough)});
  CHECK(bench.ids(petsWhere(R"({"objectId":"p100","x":{"$ne":1}})", "x")) == Ids{"p100"});
  bench.remove("p100");
  CHECK(bench.ids(petsWhere(R"({"x":"y"})")).empty());
}

TEST_CASE("objects: a wrong query is refused with its reason") {
  ObjectsBench bench(anyKind());
  const auto refused = bench.find(petsWhere(R"({"a":{"$near":1}})"));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().server_code == objects::kInvalidQuery);
  CHECK_THAT(refused.error().detail, Catch::Contains("where.a.$near"));
}

TEST_CASE("objects: a read has the changes that were asked for before it, in the same turn too") {
  ObjectsBench bench(anyKind());
  for (int i = 0; i < 100; ++i) {
    const std::string id = "p" + std::to_string(i);
    bench.create(id, "{}", i);
    if (i % 2 == 0) bench.storage->flush();
    REQUIRE(bench.get(id) != nullptr);
    bench.update(id, R"({"n":1})");
    CHECK(bench.ids(petsWhere(R"({"n":1})", "-createdAt", 1)) == Ids{id});
  }
}

}  // namespace kith::storage
