// SPDX-License-Identifier: Apache-2.0
#include "server/core/unacked_table.hpp"

#include <array>
#include <map>

#include "base/random.hpp"
#include "base/text_codes.hpp"
#include "support/catch.hpp"

namespace kith::core {
namespace {

TEST_CASE("message ids: the text is base64url of the random bytes, keys differ") {
  base::SeededRandom a(3);
  base::SeededRandom b(3);
  for (int i = 0; i < 100; ++i) {
    const auto id = makeMessageIdText(a);
    std::array<unsigned char, 16> bytes{};
    b.fill(bytes.data(), bytes.size());
    CHECK(view(id) == base::base64url(bytes));
    CHECK(idKey(view(id)) == idKey(std::string(view(id))));
    CHECK_FALSE(idKey(view(id)) == idKey(view(makeMessageIdText(a))));
    b.fill(bytes.data(), bytes.size());
  }
  CHECK_FALSE(idKey("m1") == idKey("m2"));
  CHECK_FALSE(idKey("") == idKey("!!!!!!!!!!!!!!!!!!!!!!"));
}

TEST_CASE("unacked: behaves like a map, whatever is put in and taken out") {
  base::SeededRandom random(11);
  UnackedTable::FreeTables free_tables;
  UnackedTable table;
  std::map<std::uint64_t, storage::Position> model;
  UnackedTable::Entry out;
  for (int step = 0; step < 20000; ++step) {
    // Few keys with few different homes: long runs, many gaps to close.
    const std::uint64_t number = random.upTo(60);
    const IdKey key{number % 7, number};
    if (random.upTo(1) == 0) {
      table.add(key, {step, static_cast<storage::ConversationKey>(number), step}, nullptr,
                free_tables);
      model.emplace(number, step);
    } else {
      const bool there = model.contains(number);
      CHECK(table.take(key, out, free_tables) == there);
      if (there) {
        CHECK(out.place.position == model[number]);
        CHECK(out.place.conversation == static_cast<storage::ConversationKey>(number));
        CHECK(out.place.seq == out.place.position);
      }
      model.erase(number);
    }
    CHECK(table.size() == model.size());
  }
  std::size_t seen = 0;
  table.takeAll([&](const UnackedTable::Entry& entry) {
    ++seen;
    CHECK(model.at(entry.key.low) == entry.place.position);
  });
  CHECK(seen == model.size());
  CHECK(table.size() == 0);
}

TEST_CASE("unacked: under its bound it forgets the oldest and keeps receipts") {
  UnackedTable::FreeTables free_tables;
  UnackedTable table;
  for (std::uint64_t i = 0; i < 100; ++i) {
    table.add({i, i}, {static_cast<storage::Position>(i), 1, 1, 0},
              std::make_unique<ReceiptRequest>(ReceiptRequest{"alice", std::to_string(i), {}}),
              free_tables);
  }
  table.keepNewest(10, free_tables);
  CHECK(table.size() == 10);
  UnackedTable::Entry out;
  CHECK_FALSE(table.take({89, 89}, out, free_tables));
  REQUIRE(table.take({90, 90}, out, free_tables));
  CHECK(out.receipt->id == "90");
}

}  // namespace
}  // namespace kith::core
