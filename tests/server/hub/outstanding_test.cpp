// SPDX-License-Identifier: Apache-2.0
#include "server/hub/outstanding.hpp"

#include <map>

#include "base/random.hpp"
#include "base/text_codes.hpp"
#include "support/catch.hpp"

namespace kith::hub {
namespace {

TEST_CASE("message ids: the text is base64url of the random bytes, keys differ") {
  base::SeededRandom a(3);
  base::SeededRandom b(3);
  for (int i = 0; i < 100; ++i) {
    const auto id = makeMessageIdText(a);
    CHECK(view(id) == base::makeMessageId(b));
    CHECK(idKey(view(id)) == idKey(std::string(view(id))));
    CHECK_FALSE(idKey(view(id)) == idKey(view(makeMessageIdText(a))));
    base::makeMessageId(b);
  }
  CHECK_FALSE(idKey("m1") == idKey("m2"));
  CHECK_FALSE(idKey("") == idKey("!!!!!!!!!!!!!!!!!!!!!!"));
}

TEST_CASE("outstanding: behaves like a map, whatever is put in and taken out") {
  base::SeededRandom random(11);
  Outstanding::Spares spares;
  Outstanding table;
  std::map<std::uint64_t, storage::Sequence> model;
  Outstanding::Entry out;
  for (int step = 0; step < 20000; ++step) {
    // Few keys with few different homes: long runs, many gaps to close.
    const std::uint64_t number = random.upTo(60);
    const IdKey key{number % 7, number};
    if (random.upTo(1) == 0) {
      table.add(key, step, nullptr, spares);
      model.emplace(number, step);
    } else {
      const bool there = model.contains(number);
      CHECK(table.take(key, out, spares) == there);
      if (there) CHECK(out.sequence == model[number]);
      model.erase(number);
    }
    CHECK(table.size() == model.size());
  }
  std::size_t seen = 0;
  table.takeAll([&](const Outstanding::Entry& entry) {
    ++seen;
    CHECK(model.at(entry.key.low) == entry.sequence);
  });
  CHECK(seen == model.size());
  CHECK(table.size() == 0);
}

TEST_CASE("outstanding: under its bound it forgets the oldest and keeps receipts") {
  Outstanding::Spares spares;
  Outstanding table;
  for (std::uint64_t i = 0; i < 100; ++i) {
    table.add({i, i}, static_cast<storage::Sequence>(i),
              std::make_unique<ReceiptWish>(ReceiptWish{"alice", std::to_string(i)}), spares);
  }
  table.keepNewest(10, spares);
  CHECK(table.size() == 10);
  Outstanding::Entry out;
  CHECK_FALSE(table.take({89, 89}, out, spares));
  REQUIRE(table.take({90, 90}, out, spares));
  CHECK(out.receipt->id == "90");
}

}  // namespace
}  // namespace kith::hub
