// SPDX-License-Identifier: Apache-2.0
// Which code points are good is tested in tests/wire/utf8_test.cpp.
#include "base/utf8.hpp"

#include "support/catch.hpp"

namespace {

using kith::base::isUtf8;
using kith::base::oneLine;

TEST_CASE("utf8: what somebody else wrote becomes one line of text") {
  CHECK(oneLine("").empty());
  CHECK(oneLine("plain") == "plain");
  CHECK(oneLine("\xe4\xbd\xa0\xe5\xa5\xbd \xf0\x9f\x98\x80") ==
        "\xe4\xbd\xa0\xe5\xa5\xbd \xf0\x9f\x98\x80");
  CHECK(oneLine("a\r\nerror: b\x1b[2J\x7f") == "a??error: b?[2J?");
  CHECK(oneLine(std::string_view("a\0b", 3)) == "a?b");
  CHECK(oneLine("a\xc2\x85z\xc2\xa9") == "a?z\xc2\xa9");  // C1 next line; a copyright sign
  CHECK(oneLine("a\xff\xfe z\xe4\xbd") == "a?? z??");
}

TEST_CASE("utf8: whatever comes in, what comes out is UTF-8") {
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const std::string text{static_cast<char>(first), static_cast<char>(second)};
      if (!isUtf8(oneLine(text))) FAIL(first << ' ' << second);
    }
  }
}

}  // namespace
