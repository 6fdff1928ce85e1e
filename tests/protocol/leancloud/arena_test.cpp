// SPDX-License-Identifier: Apache-2.0
#include "protocol/leancloud/arena.hpp"

#include <cstdint>
#include <cstring>
#include <span>

#include "support/allocations.hpp"
#include "support/catch.hpp"

namespace kith::leancloud {
namespace {

using kith::testing::allocations;

TEST_CASE("arena: pieces are aligned and do not overlap") {
  Arena arena;
  char* const bytes = arena.room<char>(3);
  std::memset(bytes, 1, 3);
  auto* const number = arena.room<std::int64_t>(1);
  CHECK(reinterpret_cast<std::uintptr_t>(number) % alignof(std::int64_t) == 0);
  *number = -1;
  char* const large = arena.room<char>(100000);
  std::memset(large, 2, 100000);
  CHECK(bytes[2] == 1);
  CHECK(*number == -1);
}

TEST_CASE("arena: a list grows in order, whatever comes between its elements") {
  Arena arena;
  std::span<const int> list;
  for (int i = 0; i < 1000; ++i) {
    int& added = arena.append(list);
    CHECK(added == 0);
    added = i;
    arena.room<char>(5)[4] = 'x';
  }
  REQUIRE(list.size() == 1000);
  for (int i = 0; i < 1000; ++i) REQUIRE(list[static_cast<std::size_t>(i)] == i);
}

TEST_CASE("arena: what a frame needed is kept for the next ones, up to a bound") {
  Arena arena;
  const auto frame = [&](std::size_t bytes) {
    const std::size_t before = allocations();
    arena.reset();
    for (std::size_t taken = 0; taken < bytes; taken += 100) arena.room<char>(100)[99] = 'x';
    return allocations() - before;
  };
  CHECK(frame(50000) > 0);
  frame(50000);
  CHECK(frame(50000) == 0);
  CHECK(frame(10) == 0);
  CHECK(frame(50000) == 0);
  // A huge one is given back: the one after it begins with what is kept.
  CHECK(frame(10000000) > 0);
  frame(10);
  CHECK(frame(50000) == 0);
  CHECK(frame(10000000) > 0);
}

TEST_CASE("arena: memory beyond the bound does not stay") {
  Arena arena;
  arena.room<char>(10 * Arena::kKeptBytes)[0] = 'x';
  arena.reset();
  // The first piece that does not fit in what is kept needs a block of its own.
  const std::size_t before = allocations();
  arena.room<char>(Arena::kKeptBytes)[0] = 'x';
  CHECK(allocations() - before == 0);
  arena.room<char>(1)[0] = 'x';
  CHECK(allocations() - before > 0);
}

}  // namespace
}  // namespace kith::leancloud
