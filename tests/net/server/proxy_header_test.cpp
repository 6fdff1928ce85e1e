// SPDX-License-Identifier: Apache-2.0
#include "net/server/proxy_header.hpp"

#include <string>
#include <vector>

#include "support/catch.hpp"

using namespace kith::net;
using State = ProxyHeader::State;

namespace {

struct Outcome {
  State state{State::More};
  std::string client{};  ///< empty = none
  std::size_t used{0};
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

Outcome readIn(const std::string& bytes, std::size_t step) {
  ProxyHeader header;
  Outcome outcome;
  while (outcome.state == State::More && outcome.used < bytes.size()) {
    std::size_t used = 0;
    outcome.state = header.take(std::string_view(bytes).substr(outcome.used, step), used);
    outcome.used += used;
  }
  if (header.client()) outcome.client = header.client()->text();
  return outcome;
}

/// The same however the bytes are cut, and nothing behind the header is touched.
Outcome read(const std::string& header) {
  const Outcome whole = readIn(header + "GET / HTTP/1.1\r\n", 100000);
  for (const std::size_t step : {1u, 2u, 13u, 16u}) {
    CAPTURE(step);
    const Outcome cut = readIn(header + "GET / HTTP/1.1\r\n", step);
    CHECK(cut.state == whole.state);
    CHECK(cut.client == whole.client);
    if (whole.state == State::Whole) CHECK(cut.used == header.size());
  }
  return whole;
}

std::string v2(int command, int family, const std::string& rest) {
  std::string header("\r\n\r\n\0\r\nQUIT\n", 12);
  header.push_back(static_cast<char>(command));
  header.push_back(static_cast<char>(family));
  header.push_back(static_cast<char>(rest.size() / 256));
  header.push_back(static_cast<char>(rest.size() % 256));
  return header + rest;
}
const std::string kV4("\x0a\x01\x02\x03\x7f\0\0\x01\x30\x39\x1e\x14", 12);

std::string forwarded(const std::vector<std::string>& lines) {
  std::string text = "GET / HTTP/1.1\r\nHost: x\r\n";
  for (const std::string& line : lines) text += "X-Forwarded-For: " + line + "\r\n";
  text += "\r\n";
  kith::ws::HttpHead head;
  REQUIRE(kith::ws::readHead(text, head));
  const auto found =
      forwardedFor(head, {IpRange::parse("10.0.0.0/8").value(), IpRange::parse("::1").value()});
  return found ? found->text() : "";
}

}  // namespace

TEST_CASE(
    "proxy_header: version 1 tells the client's address, and not more than its line is taken") {
  const std::string line = "PROXY TCP4 203.0.113.7 10.0.0.1 56324 443\r\n";
  CHECK(read(line) == Outcome{State::Whole, "203.0.113.7", line.size()});
  CHECK(read("PROXY TCP6 2001:db8::7 ::1 56324 443\r\n").client == "2001:db8::7");
  const std::string unknown = "PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n";
  CHECK(read(unknown) == Outcome{State::Whole, "", unknown.size()});
  CHECK(read("PROXY UNKNOWN\r\n").state == State::Whole);
}

TEST_CASE("proxy_header: version 2 tells it, with more behind it or not") {
  CHECK(read(v2(0x21, 0x11, kV4)) == Outcome{State::Whole, "10.1.2.3", 28});
  CHECK(read(v2(0x21, 0x11, kV4 + std::string(300, '\x03'))).client == "10.1.2.3");
  std::string v6(36, '\0');
  v6[0] = '\x20';
  v6[1] = '\x01';
  v6[15] = '\x07';
  CHECK(read(v2(0x21, 0x21, v6)).client == "2001::7");
  // A proxy that looks whether we live, or speaks for a Unix socket.
  CHECK(read(v2(0x20, 0x00, "")) == Outcome{State::Whole, "", 16});
  CHECK(read(v2(0x20, 0x11, kV4)).client.empty());
  CHECK(read(v2(0x21, 0x00, "")).state == State::Whole);
  CHECK(read(v2(0x21, 0x31, std::string(216, 'u'))).client.empty());
}

TEST_CASE("proxy_header: anything else is refused at the byte that tells") {
  for (const std::string& bytes :
       {std::string("GET / HTTP/1.1\r\n"), std::string("PROXZ TCP4 "),
        std::string("PROXY TCP5 "
                    "1.1.1.1 1.1.1.1 1 1\r\n"),
        std::string("PROXY TCP4 203.0.113.7\r\n"), std::string("PROXY TCP4 ::1 ::1 1 1\r\n"),
        std::string("PROXY TCP4 1.1.1.1 1.1.1.1 1 1\n"),
        std::string("PROXY TCP4 x 1.1.1.1 1 1\r\n"), "PROXY " + std::string(200, 'x'),
        std::string("\r\n\r\n\0\r\nQUIX\n", 12), v2(0x22, 0x11, kV4), v2(0x11, 0x11, kV4),
        v2(0x21, 0x11, kV4.substr(1)), v2(0x21, 0x21, kV4), v2(0x21, 0x11, std::string(5000, 'x')),
        std::string("\x16\x03\x01", 3)}) {
    CAPTURE(bytes);
    CHECK(read(bytes).state == State::Bad);
  }
}

TEST_CASE("proxy_header: of X-Forwarded-For the last address counts that is no proxy of ours") {
  CHECK(forwarded({"203.0.113.7"}) == "203.0.113.7");
  CHECK(forwarded({"1.1.1.1, 203.0.113.7"}) == "203.0.113.7");
  CHECK(forwarded({"1.1.1.1, 203.0.113.7, 10.0.0.9,10.0.0.8"}) == "203.0.113.7");
  CHECK(forwarded({"1.1.1.1", "203.0.113.7"}) == "203.0.113.7");
  CHECK(forwarded({"203.0.113.7:1234, [::1]:80"}) == "203.0.113.7");
  CHECK(forwarded({"[2001:db8::7]:443"}) == "2001:db8::7");
  CHECK(forwarded({"10.0.0.1, 10.0.0.2"}) == "10.0.0.1");
  CHECK(forwarded({"unknown, 10.0.0.2"}) == "10.0.0.2");
}

TEST_CASE("proxy_header: X-Forwarded-For without an address at its end says nothing") {
  for (const std::string line : {"", "unknown", "_hidden", "1.1.1.1, unknown", "1.1.1.1,", ",",
                                 "1.1.1.1:x", "1.1.1.1:", "::1:80x", "1.1.1.1;2.2.2.2", "[::1"}) {
    CAPTURE(line);
    CHECK(forwarded({line}).empty());
  }
  CHECK(forwarded({}).empty());
}
