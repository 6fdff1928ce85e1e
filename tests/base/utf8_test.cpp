// SPDX-License-Identifier: Apache-2.0
#include "base/utf8.hpp"

#include <kith/limits.hpp>

#include <string>

#include "base/peer_id.hpp"
#include "support/catch.hpp"

namespace kith::base {
namespace {

/// `point` as UTF-8 in the least bytes; also for what is no code point.
std::string utf8(unsigned point) {
  const auto byte = [](unsigned value) { return static_cast<char>(value); };
  if (point < 0x80) return {byte(point)};
  if (point < 0x800) return {byte(0xC0 | point >> 6), byte(0x80 | (point & 0x3F))};
  if (point < 0x10000) {
    return {byte(0xE0 | point >> 12), byte(0x80 | (point >> 6 & 0x3F)),
            byte(0x80 | (point & 0x3F))};
  }
  return {byte(0xF0 | point >> 18), byte(0x80 | (point >> 12 & 0x3F)),
          byte(0x80 | (point >> 6 & 0x3F)), byte(0x80 | (point & 0x3F))};
}

TEST_CASE("utf8: every code point but the surrogates is good, what lies above is not") {
  std::size_t wrong = 0;
  for (unsigned point = 0; point <= 0x1FFFFF; ++point) {
    const bool good = point <= 0x10FFFF && (point < 0xD800 || point > 0xDFFF);
    wrong += isUtf8(utf8(point)) != good;
  }
  CHECK(wrong == 0);
}

TEST_CASE("utf8: overlong, cut and stray bytes are refused at any place") {
  const std::string bad[] = {"\x80",         "\xBF",
                             "\xC0\x80",     "\xC1\xBF",
                             "\xE0\x9F\xBF", "\xF0\x8F\xBF\xBF",
                             "\xC3",         "\xE5\xB0",
                             "\xF0\x9F\x98", "\xC3(",
                             "\xE5(\xB0",    "\xFE",
                             "\xFF",         "\xF8\x88\x80\x80\x80"};
  for (const std::string& piece : bad) {
    for (std::size_t at = 0; at < 20; ++at) {
      CAPTURE(piece, at);
      CHECK_FALSE(isUtf8(std::string(at, 'x') + piece));
      CHECK_FALSE(isUtf8(std::string(at, 'x') + piece + std::string(20, 'y')));
    }
  }
  CHECK(isUtf8(""));
  CHECK(isUtf8(std::string(17, 'x') + "小明😀"));
}

TEST_CASE("utf8: code points are counted, not bytes") {
  CHECK(countCodePoints("") == 0);
  CHECK(countCodePoints("abc") == 3);
  CHECK(countCodePoints("小明") == 2);
  CHECK(countCodePoints("a😀\xC3\xA9") == 3);
}

std::string repeated(std::string_view piece, std::size_t times) {
  std::string text;
  for (std::size_t i = 0; i < times; ++i) text.append(piece);
  return text;
}

TEST_CASE("utf8: surrogates that were encoded like other code points become U+FFFD") {
  const auto replaced = [](std::string text) {
    return replaceSurrogates(text.data(), text.size()) ? text : std::string("no");
  };
  CHECK(replaced("").empty());
  CHECK(replaced("a\xe5\xb0\x8f") == "a\xe5\xb0\x8f");
  CHECK(replaced("a\xed\xa0\x80z") == "a\xef\xbf\xbdz");
  CHECK(replaced("\xed\xa0\xbd\xed\xb8\x80") == "\xef\xbf\xbd\xef\xbf\xbd");
  CHECK(replaced("\xed\x9f\xbf\xed\xbf\xbf") == "\xed\x9f\xbf\xef\xbf\xbd");
  for (const char* bad : {"\xff", "\xed", "\xed\xa0", "\xed\xa0z", "\xed\xa0\x80\xff", "\xee\xa0",
                          "\xed\xa0\xc0", "\xc0\x80"}) {
    CHECK(replaced(bad) == "no");
  }
}

TEST_CASE("peer id: 1 to 64 code points of any script (avos-v1 §17 Q7)") {
  for (const std::string& id : {std::string("a"), std::string("tom smith:7"), repeated("x", 64),
                                repeated("小", 64), repeated("😀", 64), std::string("\xC2\xA0")}) {
    CAPTURE(id);
    CHECK(whyBadPeerId(id).empty());
  }
}

TEST_CASE("peer id: each fault is named") {
  CHECK(whyBadPeerId("") == "is empty");
  CHECK(whyBadPeerId(repeated("x", 65)) == "is longer than 64 characters");
  CHECK(whyBadPeerId(repeated("😀", 65)) == "is longer than 64 characters");
  CHECK(whyBadPeerId(repeated("x", 100000)) == "is longer than 64 characters");
  CHECK(whyBadPeerId("a\xFF") == "is not UTF-8");
  for (const std::string& id :
       {std::string("a\nb"), std::string("\0", 1), std::string("\x1F"), std::string("\x7F"),
        std::string("\xC2\x80"), std::string("x\xC2\x9F")}) {
    CAPTURE(id);
    CHECK(whyBadPeerId(id) == "has a control character in it");
  }
}

}  // namespace
}  // namespace kith::base
