// SPDX-License-Identifier: Apache-2.0
#include "tools/json_line.hpp"

#include <limits>
#include <string>
#include <vector>

#include "support/catch.hpp"

using kith::tools::JsonLine;

TEST_CASE("json line: fields come in order, and an empty object is one") {
  CHECK(JsonLine().str() == "{}");
  CHECK(JsonLine().text("event", "sent").number("n", -3).flag("ok", true).str() ==
        R"({"event":"sent","n":-3,"ok":true})");
}

TEST_CASE("json line: what JSON cannot hold as it is, is escaped") {
  CHECK(JsonLine().text("t", "a\"b\\c\nd\x01").str() == R"({"t":"a\"b\\c\nd\u0001"})");
  CHECK(JsonLine().text("t", "你好 👋").str() == R"({"t":"你好 👋"})");
}

TEST_CASE("json line: lists, objects and numbers that are none") {
  CHECK(JsonLine().list("l", std::vector<std::string>{}).str() == R"({"l":[]})");
  CHECK(JsonLine().list("l", std::vector<std::string>{"a", "b"}).str() == R"({"l":["a","b"]})");
  CHECK(JsonLine().object("o", JsonLine().number("x", 1.5)).str() == R"({"o":{"x":1.5}})");
  CHECK(JsonLine().number("x", std::numeric_limits<double>::quiet_NaN()).str() == R"({"x":null})");
}
