// SPDX-License-Identifier: Apache-2.0
#include "net/address_book.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "support/catch.hpp"

namespace kith::net {
namespace {

using base::Millis;
using Verdict = AddressBook::Verdict;

constexpr AddressKey kOne = 1;
constexpr AddressKey kTwo = 2;

AddressKey keyOf(const char* text) {
  sockaddr_storage address{};
  if (auto& in6 = reinterpret_cast<sockaddr_in6&>(address);
      inet_pton(AF_INET6, text, &in6.sin6_addr) == 1) {
    in6.sin6_family = AF_INET6;
  } else {
    auto& in4 = reinterpret_cast<sockaddr_in&>(address);
    in4.sin_family = AF_INET;
    REQUIRE(inet_pton(AF_INET, text, &in4.sin_addr) == 1);
  }
  return addressKey(address);
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
  AddressBook book(limits);
  CHECK(book.arrive(kOne, false, Millis(0)) == Verdict::Welcome);
  CHECK(book.arrive(kOne, false, Millis(0)) == Verdict::Welcome);
  CHECK(book.arrive(kOne, false, Millis(0)) == Verdict::Refuse);
  CHECK(book.arrive(kTwo, false, Millis(0)) == Verdict::Welcome);
  book.leave(kOne, true, false);
  CHECK(book.arrive(kOne, false, Millis(0)) == Verdict::Refuse);
  book.leave(kOne, false, false);
  CHECK(book.arrive(kOne, false, Millis(0)) == Verdict::Welcome);
}

TEST_CASE("addresses: sixteen are refused with a reason at a time, more are dropped") {
  AddressBook book({});
  for (int i = 0; i < 16; ++i) CHECK(book.arrive(kOne, true, Millis(0)) == Verdict::Refuse);
  CHECK(book.arrive(kOne, true, Millis(0)) == Verdict::Drop);
  CHECK(book.arrive(kTwo, true, Millis(0)) == Verdict::Refuse);
  book.leave(kOne, true, false);
  CHECK(book.arrive(kOne, true, Millis(0)) == Verdict::Refuse);
}

TEST_CASE("addresses: connections without a session have a limit of their own") {
  ConnectionLimits limits;
  limits.unopened_per_address = 1;
  AddressBook book(limits);
  CHECK(book.arrive(kOne, false, Millis(0)) == Verdict::Welcome);
  CHECK(book.arrive(kOne, false, Millis(0)) == Verdict::Refuse);
  book.open(kOne);
  CHECK(book.arrive(kOne, false, Millis(0)) == Verdict::Welcome);
  book.leave(kOne, false, true);  // the first, whose session counted
  CHECK(book.arrive(kOne, false, Millis(0)) == Verdict::Refuse);
  book.leave(kOne, false, false);
  CHECK(book.arrive(kOne, false, Millis(0)) == Verdict::Welcome);
}

TEST_CASE("addresses: new connections and requests come out of one bucket that time fills") {
  ConnectionLimits limits;
  limits.new_per_second = 10;
  limits.new_burst = 3;
  AddressBook book(limits);
  CHECK(book.arrive(kOne, false, Millis(0)) == Verdict::Welcome);
  CHECK(book.ask(kOne, Millis(0)));
  CHECK(book.ask(kOne, Millis(0)));
  CHECK_FALSE(book.ask(kOne, Millis(0)));
  CHECK(book.arrive(kOne, false, Millis(99)) == Verdict::Drop);
  CHECK(book.arrive(kOne, false, Millis(100)) == Verdict::Welcome);
  CHECK(book.arrive(kTwo, false, Millis(100)) == Verdict::Welcome);
  for (int i = 0; i < 3; ++i) CHECK(book.ask(kOne, Millis(100000)));
  CHECK_FALSE(book.ask(kOne, Millis(100000)));
}

TEST_CASE("addresses: too many bad signatures shut an address out until the minute is over") {
  ConnectionLimits limits;
  limits.refused_signatures = 3;
  AddressBook book(limits);
  book.blame(kOne, Millis(0));
  book.blame(kOne, Millis(59999));
  CHECK(book.arrive(kOne, false, Millis(59999)) == Verdict::Welcome);
  book.blame(kOne, Millis(60000));  // a new minute
  book.blame(kOne, Millis(60001));
  CHECK(book.arrive(kOne, false, Millis(60002)) == Verdict::Welcome);
  book.blame(kOne, Millis(60003));
  CHECK(book.arrive(kOne, false, Millis(60004)) == Verdict::Drop);
  CHECK(book.arrive(kTwo, false, Millis(60004)) == Verdict::Welcome);
  CHECK(book.arrive(kOne, false, Millis(120001)) == Verdict::Welcome);
}

TEST_CASE("addresses: the book forgets who has nothing open before it grows beyond its bound") {
  AddressBook book({});
  REQUIRE(book.arrive(kOne, false, Millis(0)) == Verdict::Welcome);
  for (AddressKey address = 2; address < 100000; ++address) {
    REQUIRE(book.arrive(address, false, Millis(0)) == Verdict::Welcome);
    book.leave(address, false, false);
  }
  CHECK(book.size() <= 16384);
  book.leave(kOne, false, false);  // still known, or this would count below zero
  for (int i = 0; i < 100; ++i) CHECK(book.arrive(kOne, false, Millis(0)) == Verdict::Welcome);
}

TEST_CASE("addresses: 0 is no limit") {
  ConnectionLimits limits;
  limits.per_address = limits.unopened_per_address = limits.new_per_second = 0;
  limits.refused_signatures = 0;
  AddressBook book(limits);
  for (int i = 0; i < 30000; ++i) {
    book.blame(kOne, Millis(0));
    REQUIRE(book.arrive(kOne, false, Millis(0)) == Verdict::Welcome);
  }
}

}  // namespace kith::net
