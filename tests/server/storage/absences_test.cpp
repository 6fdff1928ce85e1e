// SPDX-License-Identifier: Apache-2.0
// When a peer had no session (decision 003).
#include "server/storage/absences.hpp"

#include "support/catch.hpp"

namespace kith::storage {
namespace {

Absences repacked(const Absences& absences) {
  std::string bytes;
  absences.pack(bytes);
  return Absences::unpack(bytes);
}

}  // namespace

TEST_CASE("absences: a peer that was never here is away since ever") {
  const Absences absences = repacked(Absences::sinceEver());
  CHECK(absences.away());
  CHECK(absences.find(1) != nullptr);
  CHECK(absences.find(1'000'000) != nullptr);
  CHECK_FALSE(repacked(Absences()).away());
  CHECK(Absences().find(1) == nullptr);
}

TEST_CASE("absences: what came between two sessions was missed, what came in one was not") {
  Absences absences;
  absences.leave(10);
  absences.leave(12);  // it has left already
  absences.comeBack(20);
  absences.comeBack(22);
  absences.leave(30);
  absences = repacked(absences);
  CHECK(absences.away());
  CHECK(absences.find(10) == nullptr);
  REQUIRE(absences.find(11) != nullptr);
  CHECK(absences.find(11) == absences.find(20));
  CHECK(absences.find(11)->from == 10);
  CHECK(absences.find(21) == nullptr);
  CHECK(absences.find(30) == nullptr);
  CHECK(absences.find(31) != nullptr);
}

TEST_CASE("absences: one in which nothing came is none") {
  Absences absences;
  absences.leave(10);
  absences.comeBack(10);
  CHECK(absences == Absences());
}

TEST_CASE("absences: what is settled is forgotten, and one that lasts is not") {
  Absences absences = Absences::sinceEver();
  CHECK_FALSE(absences.settle());
  absences.comeBack(20);
  absences.leave(30);
  CHECK(absences.settle());
  CHECK(absences.find(20) == nullptr);
  CHECK(absences.find(31) != nullptr);
}

TEST_CASE("absences: of too many the oldest is forgotten, which only spares messages") {
  Absences absences;
  for (Position at = 10; at <= 200; at += 10) {
    absences.leave(at);
    absences.comeBack(at + 5);
  }
  CHECK(absences.find(11) == nullptr);
  CHECK(absences.find(121) == nullptr);
  CHECK(absences.find(131) != nullptr);
  CHECK(repacked(absences) == absences);
}

}  // namespace kith::storage
