// SPDX-License-Identifier: Apache-2.0
// The links that stand in for an index of the history.
#include "server/storage/chain.hpp"

#include <vector>

#include "support/catch.hpp"

namespace kith::storage {
namespace {

/// A list of `size` messages with the positions 10, 20, ...; links[n] are of the message n * 10.
std::vector<Link> makeList(Position size) {
  ListEnd end;
  end.makeEmpty();
  std::vector<Link> links(1);
  for (Position n = 1; n <= size; ++n) links.push_back(end.append(n * 10, n));
  return links;
}

}  // namespace

TEST_CASE("chain: every message names the one before it, and jumps to an older one") {
  const std::vector<Link> links = makeList(5000);
  for (std::size_t n = 1; n < links.size(); ++n) {
    CAPTURE(n);
    REQUIRE(links[n].number == static_cast<std::int64_t>(n));
    REQUIRE(links[n].previous == static_cast<Position>(n - 1) * 10);
    REQUIRE(links[n].jump <= links[n].previous);
    REQUIRE(links[n].jump % 10 == 0);
  }
}

TEST_CASE("chain: any message is reached in a few steps, however long the list is") {
  constexpr Position kSize = 100'000;
  const std::vector<Link> links = makeList(kSize);
  int most = 0;
  for (Position wanted = 1; wanted <= kSize; wanted += 37) {
    int steps = 0;
    Position at = kSize;
    for (; at > wanted; ++steps) {
      const Link& link = links[static_cast<std::size_t>(at)];
      at = (link.jump / 10 >= wanted ? link.jump : link.previous) / 10;
    }
    REQUIRE(at == wanted);
    most = std::max(most, steps);
  }
  CHECK(most <= 3 * 17);  // 2^17 > 100,000
}

TEST_CASE("chain: an end that was read back goes on as if it had stayed") {
  for (Position size = 1; size <= 200; ++size) {
    CAPTURE(size);
    const std::vector<Link> links = makeList(size + 1);
    ListEnd read;
    REQUIRE(read.unknown());
    read.readFirst(size * 10, size, links[static_cast<std::size_t>(size)].number);
    for (Position at = links[static_cast<std::size_t>(size)].jump; at != 0;) {
      const Link& link = links[static_cast<std::size_t>(at / 10)];
      read.readNext(at, link.number);
      at = link.jump;
    }
    read.readDone();
    CHECK(read.newest() == size * 10);
    CHECK(read.timestamp() == size);
    const Link next = read.append((size + 1) * 10, size + 1);
    const Link& wanted = links.back();
    CHECK(next.number == wanted.number);
    CHECK(next.previous == wanted.previous);
    CHECK(next.jump == wanted.jump);
  }
}

TEST_CASE("chain: a list whose messages are gone goes on counting") {
  ListEnd end;
  end.makeEmpty(41);
  const Link first = end.append(500, 1);
  CHECK(first.number == 42);
  CHECK(first.previous == 0);
  CHECK(first.jump == 0);
  std::vector<Link> links{first};
  for (Position n = 1; n <= 200; ++n) links.push_back(end.append(500 + n, 1));
  for (std::size_t n = 1; n < links.size(); ++n) {
    CAPTURE(n);
    CHECK(links[n].number == static_cast<std::int64_t>(42 + n));
    CHECK(links[n].previous == static_cast<Position>(499 + n));
    CHECK((links[n].jump == 0 || links[n].jump >= 500));
    CHECK(links[n].jump <= links[n].previous);
  }
}

TEST_CASE("chain: packed links come back, and damaged ones never lead forward or round") {
  Links links;
  links[ListKind::App] = {70'000, 1'000'000, 999'000};
  links[ListKind::Sender] = {0, 0, 0};  // a stray
  links[ListKind::Conversation] = {7, 3, 2};
  std::string bytes;
  packLinks(links, 1'000'001, bytes);
  CHECK(bytes.size() < 20);
  const Links read = unpackLinks(bytes, 1'000'001, 7);
  for (const ListKind kind : kListKinds) {
    CHECK(read[kind].number == links[kind].number);
    CHECK(read[kind].previous == links[kind].previous);
    CHECK(read[kind].jump == links[kind].jump);
  }
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    for (int value = 0; value < 256; ++value) {
      std::string damaged = bytes;
      damaged[at] = static_cast<char>(value);
      const Links found = unpackLinks(damaged, 1'000'001, 7);
      for (const ListKind kind : kListKinds) {
        const Link& link = found[kind];
        if (link.previous < 0 || link.previous >= 1'000'001 || link.jump < 0 ||
            link.jump > link.previous) {
          FAIL("byte " << at << " as " << value << " leads to " << link.previous);
        }
      }
    }
  }
}

}  // namespace kith::storage
