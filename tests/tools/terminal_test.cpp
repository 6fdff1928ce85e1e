// SPDX-License-Identifier: Apache-2.0
#include "tools/terminal.hpp"

#include "support/catch.hpp"

using kith::tools::screenText;

TEST_CASE("terminal: ordinary text of every script stays as it is") {
  CHECK(screenText("hello, 你好, שלום, 👨‍👩‍👧") ==
        "hello, 你好, שלום, 👨‍👩‍👧");
}

TEST_CASE("terminal: control characters cannot steer the terminal") {
  CHECK(screenText("a\x1b[2Jb") == "a\xef\xbf\xbd[2Jb");
  CHECK(screenText("bell\x07") == "bell\xef\xbf\xbd");
  // U+009B is the one-character form of ESC [.
  CHECK(screenText("c1 \xc2\x9b") == "c1 \xef\xbf\xbd");
  CHECK(screenText("\x7f") == "\xef\xbf\xbd");
}

TEST_CASE("terminal: a line end of others cannot fake a line of ours") {
  CHECK(screenText("one\ntom: two") == "one\n    tom: two");
  CHECK(screenText("tab\there") == "tab here");
}
