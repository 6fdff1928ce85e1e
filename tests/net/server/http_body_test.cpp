// SPDX-License-Identifier: Apache-2.0
#include "net/server/http_body.hpp"

#include <string>
#include <vector>

#include "support/catch.hpp"

using namespace kith::net;
using Kind = BodyFraming::Kind;
using State = BodyReader::State;

namespace {

BodyFraming framing(const std::string& lines, const std::string& version = "1.1") {
  const std::string text = "POST / HTTP/" + version + "\r\nHost: x\r\n" + lines + "\r\n";
  kith::ws::HttpHead head;
  REQUIRE(kith::ws::readHead(text, head));
  return framingOf(head);
}

struct Outcome {
  State state{State::More};
  std::string body;
  std::string behind;
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

/// Gives the bytes in pieces of `step`.
Outcome readAll(const BodyFraming& framing, const std::string& bytes, std::size_t step) {
  BodyReader reader(framing);
  Outcome outcome;
  std::size_t at = 0;
  while (outcome.state == State::More && at < bytes.size()) {
    const std::string piece = bytes.substr(at, step);
    std::string_view rest = piece;
    outcome.state = reader.read(rest, outcome.body);
    if (outcome.state == State::More) CHECK(rest.empty());
    at += piece.size() - rest.size();
  }
  outcome.behind = bytes.substr(at);
  return outcome;
}

const BodyFraming kChunked{Kind::Chunked, 0};
const std::vector<std::size_t> kSteps{1, 2, 3, 7, 64, 100000};

}  // namespace

TEST_CASE("http_body: a head says how its body ends, or that two readers could differ") {
  CHECK(framing("").kind == Kind::None);
  CHECK(framing("Content-Length: 0\r\n").kind == Kind::None);
  CHECK(framing("Content-Length: 12\r\n").length == 12);
  CHECK(framing("Content-Length: 12\r\n").kind == Kind::Length);
  CHECK(framing("Transfer-Encoding: Chunked\r\n").kind == Kind::Chunked);
  for (const std::string lines :
       {"Content-Length: -1\r\n", "Content-Length: +1\r\n", "Content-Length:\r\n",
        "Content-Length: 1, 1\r\n", "Content-Length: 1\r\nContent-Length: 1\r\n",
        "Content-Length: 0x1\r\n", "Content-Length: 1 2\r\n",
        "Content-Length: 18446744073709551616\r\n",
        "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n"}) {
    CAPTURE(lines);
    CHECK(framing(lines).kind == Kind::Bad);
  }
  CHECK(framing("Transfer-Encoding: chunked\r\n", "1.0").kind == Kind::Bad);
  for (const std::string coding : {"gzip, chunked", "chunked, chunked", "identity", "xchunked"}) {
    CHECK(framing("Transfer-Encoding: " + coding + "\r\n").kind == Kind::Unknown);
  }
}

TEST_CASE("http_body: a body with a length ends there, and what is behind it is left") {
  for (const std::size_t step : kSteps) {
    CAPTURE(step);
    CHECK(readAll({Kind::Length, 5}, "helloGET /", step) ==
          Outcome{State::Whole, "hello", "GET /"});
  }
  CHECK(readAll({Kind::Length, 6}, "hello", 2).state == State::More);
}

TEST_CASE("http_body: chunks with extensions and trailers are one body, however they are cut") {
  const std::string bytes =
      "5;name=value;quoted=\"a;b\"\r\nhello\r\n1\r\n \r\nA\r\n0123456789\r\n0\r\n"
      "Checksum: 1\r\nOther: 2\r\n\r\nGET /";
  for (const std::size_t step : kSteps) {
    CAPTURE(step);
    CHECK(readAll(kChunked, bytes, step) == Outcome{State::Whole, "hello 0123456789", "GET /"});
  }
  CHECK(readAll(kChunked, "0\r\n\r\n", 1) == Outcome{State::Whole, "", ""});
}

TEST_CASE("http_body: what is no chunk is refused, however it is cut") {
  for (const std::string bytes :
       {"x\r\nhello\r\n0\r\n\r\n", "-5\r\nhello\r\n0\r\n\r\n", "5\r\nhelloX\r\n0\r\n\r\n",
        "5\nhello\r\n0\r\n\r\n", "fffffffffffffffff\r\nhello", "\r\n\r\n",
        "5;a\x01\r\nhello\r\n0\r\n\r\n", "0\r\nA: b\n\r\n", "5x\r\nhello\r\n0\r\n\r\n",
        "20000000000001\r\nx", "0\r\n folded: x\r\n\r\n", "0\r\nno colon\r\n\r\n",
        " 5\r\nhello\r\n0\r\n\r\n"}) {
    CAPTURE(bytes);
    for (const std::size_t step : kSteps) {
      CAPTURE(step);
      CHECK(readAll(kChunked, bytes, step).state == State::Bad);
    }
  }
}

TEST_CASE("http_body: a body that is hardly more than its framing is refused") {
  std::string bytes;
  for (int i = 0; i < 10000; ++i) bytes += "1;name=12345678901234\r\nx\r\n";
  CHECK(readAll(kChunked, bytes, 5000).state == State::Bad);
  CHECK(readAll(kChunked, "5;" + std::string(20000, 'x'), 1000).state == State::Bad);
  CHECK(readAll(kChunked, "0\r\nA: " + std::string(20000, 'x'), 1000).state == State::Bad);
  // As small as honest chunks come.
  bytes.clear();
  for (int i = 0; i < 10000; ++i) bytes += "1\r\nx\r\n";
  CHECK(readAll(kChunked, bytes + "0\r\n\r\n", 5000).state == State::Whole);
}
