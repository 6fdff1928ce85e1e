// SPDX-License-Identifier: Apache-2.0
#include "net/server/ip_limiter.hpp"

#include <algorithm>
#include <vector>

#include "net/server/ip_address.hpp"
#include "support/catch.hpp"

namespace kith::net {
namespace {

using base::Millis;
using Verdict = IpLimiter::Verdict;

constexpr AddressKey kOne = 1;
constexpr AddressKey kTwo = 2;

AddressKey keyOf(const char* text) { return IpAddress::parse(text).value().key(); }

TEST_CASE("addresses: trusted proxies have no limit of a single address") {
  ConnectionLimits limits;
  limits.per_address = 1;
  limits.unopened_per_address = 1;
  limits.new_per_second = 1;
  limits.new_burst = 1;
  limits.output_per_address = 1000;
  limits.refused_signatures = 1;
  IpLimiter book(limits);
  for (int i = 0; i < 100; ++i) {
    CHECK(book.arrive(kProxyKey, false, Millis{0}) == Verdict::Admit);
    CHECK(book.ask(kProxyKey, Millis{0}));
    book.recordAbuse(kProxyKey, Millis{0});
  }
  CHECK(book.keep(kProxyKey, 0, 1u << 20));
  CHECK(book.keep(kProxyKey, 1u << 20, 2u << 20));
  CHECK_FALSE(book.keep(kProxyKey, 2u << 20, limits.output_in_all + (3u << 20)));
  CHECK(book.arrive(kProxyKey, true, Millis{0}) == Verdict::Refuse);
}

}  // namespace

TEST_CASE("addresses: each IPv4 address counts by itself, IPv6 by its first half") {
  CHECK(keyOf("127.0.0.1") != keyOf("127.0.0.2"));
  CHECK(keyOf("2001:db8:1:2::1") == keyOf("2001:db8:1:2:ffff::2"));
  CHECK(keyOf("2001:db8:1:2::1") != keyOf("2001:db8:1:3::1"));
}

TEST_CASE(
    "addresses: beyond its connections one is refused, others are not, and it may come back") {
  ConnectionLimits limits;
  limits.per_address = 2;
  IpLimiter book(limits);
  CHECK(book.arrive(kOne, false, Millis(0)) == Verdict::Admit);
  CHECK(book.arrive(kOne, false, Millis(0)) == Verdict::Admit);
  CHECK(book.arrive(kOne, false, Millis(0)) == Verdict::Refuse);
  CHECK(book.arrive(kTwo, false, Millis(0)) == Verdict::Admit);
  book.leave(kOne, true, false);
  CHECK(book.arrive(kOne, false, Millis(0)) == Verdict::Refuse);
  book.leave(kOne, false, false);
  CHECK(book.arrive(kOne, false, Millis(0)) == Verdict::Admit);
}

TEST_CASE("addresses: sixteen are refused with a reason at a time, more are dropped") {
  IpLimiter book({});
  for (int i = 0; i < 16; ++i) CHECK(book.arrive(kOne, true, Millis(0)) == Verdict::Refuse);
  CHECK(book.arrive(kOne, true, Millis(0)) == Verdict::Drop);
  CHECK(book.arrive(kTwo, true, Millis(0)) == Verdict::Refuse);
  book.leave(kOne, true, false);
  CHECK(book.arrive(kOne, true, Millis(0)) == Verdict::Refuse);
}

TEST_CASE("addresses: connections without a session have a limit of their own") {
  ConnectionLimits limits;
  limits.unopened_per_address = 1;
  IpLimiter book(limits);
  CHECK(book.arrive(kOne, false, Millis(0)) == Verdict::Admit);
  CHECK(book.arrive(kOne, false, Millis(0)) == Verdict::Refuse);
  book.open(kOne);
  CHECK(book.arrive(kOne, false, Millis(0)) == Verdict::Admit);
  book.leave(kOne, false, true);  // the first, whose session counted
  CHECK(book.arrive(kOne, false, Millis(0)) == Verdict::Refuse);
  book.leave(kOne, false, false);
  CHECK(book.arrive(kOne, false, Millis(0)) == Verdict::Admit);
}

TEST_CASE("addresses: new connections and requests come out of one bucket that time fills") {
  ConnectionLimits limits;
  limits.new_per_second = 10;
  limits.new_burst = 3;
  IpLimiter book(limits);
  CHECK(book.arrive(kOne, false, Millis(0)) == Verdict::Admit);
  CHECK(book.ask(kOne, Millis(0)));
  CHECK(book.ask(kOne, Millis(0)));
  CHECK_FALSE(book.ask(kOne, Millis(0)));
  CHECK(book.arrive(kOne, false, Millis(99)) == Verdict::Drop);
  CHECK(book.arrive(kOne, false, Millis(100)) == Verdict::Admit);
  CHECK(book.arrive(kTwo, false, Millis(100)) == Verdict::Admit);
  for (int i = 0; i < 3; ++i) CHECK(book.ask(kOne, Millis(100000)));
  CHECK_FALSE(book.ask(kOne, Millis(100000)));
}

TEST_CASE("addresses: too many bad signatures shut an address out until the minute is over") {
  ConnectionLimits limits;
  limits.refused_signatures = 3;
  IpLimiter book(limits);
  book.recordAbuse(kOne, Millis(0));
  book.recordAbuse(kOne, Millis(59999));
  CHECK(book.arrive(kOne, false, Millis(59999)) == Verdict::Admit);
  book.recordAbuse(kOne, Millis(60000));  // a new minute
  book.recordAbuse(kOne, Millis(60001));
  CHECK(book.arrive(kOne, false, Millis(60002)) == Verdict::Admit);
  book.recordAbuse(kOne, Millis(60003));
  CHECK(book.arrive(kOne, false, Millis(60004)) == Verdict::Drop);
  CHECK(book.arrive(kTwo, false, Millis(60004)) == Verdict::Admit);
  CHECK(book.arrive(kOne, false, Millis(120001)) == Verdict::Admit);
}

TEST_CASE("addresses: the book forgets who has nothing open before it grows beyond its bound") {
  IpLimiter book({});
  REQUIRE(book.arrive(kOne, false, Millis(0)) == Verdict::Admit);
  for (AddressKey address = 2; address < 100000; ++address) {
    REQUIRE(book.arrive(address, false, Millis(0)) == Verdict::Admit);
    book.leave(address, false, false);
  }
  CHECK(book.size() <= 16384 + 1);
  book.leave(kOne, false, false);  // still known, or this would count below zero
  for (int i = 0; i < 100; ++i) CHECK(book.arrive(kOne, false, Millis(0)) == Verdict::Admit);
}

TEST_CASE("addresses: with a hundred thousand connected a newcomer costs what the first one cost") {
  IpLimiter book({});
  constexpr AddressKey kMany = 100000;
  for (AddressKey address = 1; address <= kMany; ++address) {
    REQUIRE(book.arrive(address, false, Millis(0)) == Verdict::Admit);
  }
  CHECK(book.size() == kMany);
  CHECK(book.looks() == 0);
  // Others that come and go beside them, first while there is room for idle ones and then not.
  for (AddressKey address = kMany + 1; address <= 2 * kMany; ++address) {
    const std::uint64_t before = book.looks();
    REQUIRE(book.arrive(address, false, Millis(0)) == Verdict::Admit);
    book.leave(address, false, false);
    if (book.looks() - before > 16)
      FAIL("address " << address << " cost " << book.looks() - before);
  }
  CHECK(book.size() <= kMany + 16384);
}

TEST_CASE(
    "addresses: one that is shut out stays so while thousands are connected and others come") {
  ConnectionLimits limits;
  limits.refused_signatures = 100;
  IpLimiter book(limits);
  for (AddressKey address = 1000; address < 21000; ++address) {
    REQUIRE(book.arrive(address, false, Millis(0)) == Verdict::Admit);
  }
  REQUIRE(book.arrive(kOne, false, Millis(0)) == Verdict::Admit);
  for (int i = 0; i < 100; ++i) book.recordAbuse(kOne, Millis(0));
  book.leave(kOne, false, false);
  REQUIRE(book.arrive(kTwo, false, Millis(1)) == Verdict::Admit);
  CHECK(book.arrive(kOne, false, Millis(1)) == Verdict::Drop);
  // Nor does it help to bring as many others as are remembered, each with a bad signature.
  for (AddressKey address = 30000; address < 80000; ++address) {
    REQUIRE(book.arrive(address, false, Millis(2)) == Verdict::Admit);
    book.recordAbuse(address, Millis(2));
    book.leave(address, false, false);
  }
  CHECK(book.arrive(kOne, false, Millis(3)) == Verdict::Drop);
  CHECK(book.arrive(kOne, false, Millis(60001)) == Verdict::Admit);
}

TEST_CASE("addresses: a bucket that is spent is not filled by others that come") {
  ConnectionLimits limits;
  limits.new_per_second = 1;
  limits.new_burst = 100;
  IpLimiter book(limits);
  for (int i = 0; i < 100; ++i) REQUIRE(book.ask(kOne, Millis(0)));
  REQUIRE_FALSE(book.ask(kOne, Millis(0)));
  for (AddressKey address = 1000; address < 60000; ++address) {
    REQUIRE(book.arrive(address, false, Millis(0)) == Verdict::Admit);
    book.leave(address, false, false);
  }
  CHECK_FALSE(book.ask(kOne, Millis(0)));
  CHECK(book.ask(kOne, Millis(1000)));
}

TEST_CASE("addresses: of more that are shut out than are remembered the one that left first goes") {
  ConnectionLimits limits;
  limits.refused_signatures = 1;
  IpLimiter book(limits);
  constexpr AddressKey kRemembered = 16384;
  for (AddressKey address = 1; address <= kRemembered + 1; ++address) {
    REQUIRE(book.arrive(address, false, Millis(0)) == Verdict::Admit);
    book.recordAbuse(address, Millis(0));
    book.leave(address, false, false);
  }
  CHECK(book.size() == kRemembered);
  // A stranger is served, and is the one that is not remembered.
  REQUIRE(book.arrive(kRemembered + 2, false, Millis(1)) == Verdict::Admit);
  book.leave(kRemembered + 2, false, false);
  CHECK(book.size() == kRemembered);
  for (AddressKey address = 2; address <= kRemembered + 1; ++address) {
    if (book.arrive(address, false, Millis(1)) != Verdict::Drop) FAIL("address " << address);
  }
  CHECK(book.arrive(1, false, Millis(1)) == Verdict::Admit);
}

TEST_CASE("addresses: what is over is forgotten a little at a time when others come") {
  IpLimiter book({});
  for (AddressKey address = 1; address <= 10000; ++address) {
    REQUIRE(book.arrive(address, false, Millis(0)) == Verdict::Admit);
    book.leave(address, false, false);
  }
  for (AddressKey address = 20001; address <= 30001; ++address) {
    REQUIRE(book.arrive(address, false, Millis(60000)) == Verdict::Admit);
  }
  CHECK(book.size() == 10001);
}

TEST_CASE("addresses: keys that meet under one seed do not meet under another") {
  constexpr std::size_t kBuckets = 1u << 14;
  for (const std::uint64_t seed : {0x0123456789abcdefu, 0xfedcba9876543210u}) {
    const base::NumberHash hash{seed};
    // All are one bucket of a hash that is the number itself, whatever size the table has.
    std::vector<int> buckets(kBuckets);
    for (AddressKey i = 0; i < kBuckets; ++i) ++buckets[hash(i << 40) % kBuckets];
    CHECK(*std::max_element(buckets.begin(), buckets.end()) < 20);
  }
  CHECK(base::NumberHash{1}(kOne) != base::NumberHash{2}(kOne));
}

TEST_CASE("addresses: output that waits has a limit of each address, and all of them have one") {
  ConnectionLimits limits;
  limits.output_per_address = 100;
  limits.output_in_all = 1000;
  IpLimiter book(limits);
  CHECK(book.hasRoom(kOne, 250));  // the first may be longer than the limit
  CHECK_FALSE(book.hasRoom(kOne, 251));
  CHECK(book.keep(kOne, 0, 60));
  CHECK(book.hasRoom(kOne, 40));
  CHECK_FALSE(book.hasRoom(kOne, 41));
  CHECK_FALSE(book.keep(kOne, 0, 50));  // counted all the same
  CHECK(book.kept() == 110);
  CHECK(book.keep(kOne, 60, 50));  // less is never too much
  CHECK(book.keep(kOne, 50, 0));
  CHECK(book.keep(kOne, 50, 0));
  CHECK(book.kept() == 0);
}

TEST_CASE("addresses: however many do not read, the next address has room for an answer") {
  ConnectionLimits limits;
  limits.output_per_address = 64u << 20;
  limits.output_in_all = 512u << 20;
  IpLimiter book(limits);
  constexpr std::size_t kPage = 1u << 20;
  for (AddressKey address = 1; address <= 1000; ++address) {
    REQUIRE(book.arrive(address, false, Millis(0)) == Verdict::Admit);
    while (book.hasRoom(address, kPage)) book.keep(address, 0, kPage);
  }
  CHECK(book.kept() <= limits.output_in_all);
  // What many have taken with long answers leaves room for shorter ones.
  CHECK(book.hasRoom(2000, kPage / 2));
}

TEST_CASE("addresses: without a limit of each address one may have all there is") {
  ConnectionLimits limits;
  limits.output_per_address = 0;
  limits.output_in_all = 1000;
  IpLimiter book(limits);
  CHECK(book.keep(kOne, 0, 600));
  CHECK(book.keep(kOne, 0, 400));
  CHECK_FALSE(book.hasRoom(kOne, 1));
}

TEST_CASE("addresses: 0 is no limit") {
  ConnectionLimits limits;
  limits.per_address = limits.unopened_per_address = limits.new_per_second = 0;
  limits.refused_signatures = 0;
  IpLimiter book(limits);
  for (int i = 0; i < 30000; ++i) {
    book.recordAbuse(kOne, Millis(0));
    REQUIRE(book.arrive(kOne, false, Millis(0)) == Verdict::Admit);
  }
}

}  // namespace kith::net
