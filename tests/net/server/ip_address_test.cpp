// SPDX-License-Identifier: Apache-2.0
#include "net/server/ip_address.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string>

#include "support/catch.hpp"

using namespace kith::net;

TEST_CASE("ip_address: an address is read and written as people do") {
  for (const char* text :
       {"0.0.0.0", "10.1.2.3", "255.255.255.255", "::", "2001:db8::1", "fe80::1"}) {
    CAPTURE(text);
    REQUIRE(IpAddress::parse(text));
    CHECK(IpAddress::parse(text)->text() == text);
  }
  CHECK(IpAddress::parse("[2001:db8::1]") == IpAddress::parse("2001:DB8:0::1"));
}

TEST_CASE("ip_address: what is no address, or more than one, is refused") {
  for (const std::string text :
       {"", "10.1.2", "10.1.2.3:80", "10.1.2.256", "010.1.2.3", "[10.1.2.3]", "[::1]:80", "::1%lo",
        "unknown", "_hidden", " 10.1.2.3", "10.1.2.3 ", "localhost", "0x7f.1", "[]", "["}) {
    CAPTURE(text);
    CHECK_FALSE(IpAddress::parse(text));
  }
  CHECK_FALSE(IpAddress::parse(std::string("10.1.2.3\0x", 10)));
  CHECK_FALSE(IpAddress::parse(std::string(100, '1')));
}

TEST_CASE("ip_address: an IPv4 address in IPv6 clothes is the same address, with the same key") {
  const IpAddress plain = IpAddress::parse("10.1.2.3").value();
  const IpAddress mapped = IpAddress::parse("::ffff:10.1.2.3").value();
  CHECK(plain == mapped);
  CHECK(plain.key() == mapped.key());
  CHECK(mapped.text() == "10.1.2.3");
  CHECK(plain.key() != IpAddress::parse("10.1.2.4")->key());
  sockaddr_storage v6{};
  reinterpret_cast<sockaddr_in6&>(v6).sin6_family = AF_INET6;
  REQUIRE(inet_pton(AF_INET6, "::ffff:10.1.2.3", &reinterpret_cast<sockaddr_in6&>(v6).sin6_addr) ==
          1);
  CHECK(IpAddress::of(v6) == plain);
}

TEST_CASE("ip_address: a range has the addresses that begin as it does") {
  const auto has = [](const char* range, const char* address) {
    CAPTURE(range, address);
    const auto read = IpRange::parse(range);
    REQUIRE(read);
    return read->contains(IpAddress::parse(address).value());
  };
  CHECK(has("10.0.0.0/8", "10.255.0.1"));
  CHECK_FALSE(has("10.0.0.0/8", "11.0.0.1"));
  CHECK(has("10.0.0.128/25", "10.0.0.129"));
  CHECK_FALSE(has("10.0.0.128/25", "10.0.0.127"));
  CHECK(has("0.0.0.0/0", "203.0.113.9"));
  CHECK_FALSE(has("0.0.0.0/0", "2001:db8::1"));
  CHECK(has("::/0", "2001:db8::1"));
  CHECK(has("2001:db8::/33", "2001:db8:7fff::"));
  CHECK_FALSE(has("2001:db8::/33", "2001:db8:8000::"));
  CHECK(has("127.0.0.1", "127.0.0.1"));
  CHECK_FALSE(has("127.0.0.1", "127.0.0.2"));
  CHECK(has("::ffff:10.0.0.0/104", "10.9.9.9"));
}

TEST_CASE("ip_address: a range that means two things, or none, is refused") {
  for (const char* text : {"10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/8x",
                           "/8", "2001:db8::1/32", "::/129", "10.0.0.0/8/8", "10.0.0.0 /8", ""}) {
    CAPTURE(text);
    CHECK_FALSE(IpRange::parse(text));
  }
}
