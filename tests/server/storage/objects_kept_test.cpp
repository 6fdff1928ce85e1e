// SPDX-License-Identifier: Apache-2.0
// Objects: what only a storage on disk, or only one in memory, has to hold.
#include <filesystem>

#include "server/storage/objects_bench.hpp"
#include "server/storage/objects_memory.hpp"
#include "support/file_size_limit.hpp"

namespace kith::storage {

TEST_CASE("objects: they are there after a crash, as their answers said") {
  ObjectsBench bench(Kind::Sqlite);
  bench.create("p1", R"({"n":1,"ACL":{"bob":{"read":true}}})", 100);
  bench.create("p2", R"({"n":2})", 101);
  bench.update("p1", R"({"n":3})", 0, 200);
  bench.remove("p2");
  bench.finish();
  TemporaryFolder crashed;
  for (const char* name : {"kith.db", "kith.db-wal"}) {
    std::filesystem::copy_file(bench.folder.file(name), crashed.file(name));
  }
  bench.storage = std::move(openSqliteStorage(crashed.path(), [&] { bench.bell.ring(); })).value();
  bench.storage->submit(kNoToken, ConfigureApp{"app", {}});
  CHECK(*bench.get("p1") ==
        objects::Object{"p1", R"({"n":3})", R"({"bob":{"read":true}})", 100, 200, 2});
  CHECK(bench.ids(petsWhere("")) == Ids{"p1"});
  bench.storage.reset();
}

TEST_CASE("objects: on a full disk a change is refused, is not made, and reads go on") {
  ObjectsBench bench(Kind::Sqlite);
  bench.create("p1", R"({"n":1})");
  bench.finish();
  {
    const testing::FileSizeLimit limit(1'000'000);
    const Token update = bench.update("p1", R"({"n":2})");
    Token create = 0;
    for (int i = 0; i < 20; ++i) {
      create =
          bench.create("l" + std::to_string(i), R"({"x":")" + std::string(100'000, 'x') + "\"}");
    }
    const Token in_a_new_class = bench.ask(CreateObject{{}, "Toy", "t1", "{}", 100});
    CHECK(bench.get("p1")->json == R"({"n":1})");
    for (const Token token : {update, create, in_a_new_class}) {
      CHECK(bench.refused(token).code == Errc::ServerBusy);
    }
    CHECK(bench.ids(petsWhere("")) == Ids{"p1"});
  }
  bench.ask(CreateObject{{}, "Toy", "t1", "{}", 100});
  bench.update("p1", R"({"n":2})", 1);
  CHECK(bench.get("p1")->json == R"({"n":2})");
  CHECK(bench.get("t1", "Toy") != nullptr);
}

TEST_CASE(
    "objects: a memory storage refuses what would take more than its share, until room is made") {
  ObjectsBench bench(Kind::Memory);
  const std::string body = R"({"x":")" + std::string(objects::kObjectBytes - 20, 'x') + "\"}";
  const std::size_t fits = kMemoryObjectBytes / objects::kObjectBytes;
  std::vector<Token> made;
  for (std::size_t i = 0; i <= fits; ++i)
    made.push_back(bench.create("p" + std::to_string(i), body));
  bench.create("small", "{}");
  bench.finish();
  CHECK(bench.results.object.at(made[fits - 4]).ok());
  REQUIRE_FALSE(bench.results.object.at(made.back()).ok());
  CHECK(bench.refused(made.back()).code == Errc::ServerBusy);
  const Token grown = bench.update("small", body);
  bench.finish();
  CHECK(bench.refused(grown).code == Errc::ServerBusy);
  CHECK(bench.get("small")->version == 1);
  bench.remove("p0");
  bench.remove("p1");
  const Token again = bench.update("small", body);
  bench.finish();
  CHECK(bench.results.object.at(again).ok());
}

}  // namespace kith::storage
