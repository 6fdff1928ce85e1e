// SPDX-License-Identifier: Apache-2.0
// Objects in files of each form, cut anywhere.
#include "rescue/row_splitter.hpp"

#include <string>
#include <vector>

#include "rescue/import_answer.hpp"
#include "support/catch.hpp"

using namespace kith;
using namespace kith::rescue;

namespace {

using Rows = std::vector<std::string>;

struct Split {
  Rows rows;
  bool whole{false};
  std::string class_name;
};

Split split(std::string_view text, std::size_t piece) {
  Split result;
  RowSplitter splitter([&](std::int64_t line, std::string_view row) {
    result.rows.push_back(std::to_string(line) + ' ' + std::string(row));
  });
  for (std::size_t at = 0; at < text.size(); at += piece) splitter.feed(text.substr(at, piece));
  result.whole = splitter.close();
  result.class_name = splitter.className();
  return result;
}

/// The same, however the text is cut.
Split split(std::string_view text) {
  const Split whole = split(text, text.size() + 1);
  for (std::size_t piece = 1; piece < text.size(); ++piece) {
    const Split cut = split(text, piece);
    CHECK(cut.rows == whole.rows);
    CHECK(cut.whole == whole.whole);
  }
  return whole;
}

}  // namespace

TEST_CASE("row_splitter: an object a line, with the class in the first") {
  const Split found = split(
      "#filetype:JSON-streaming {\"type\":\"Class\",\"class\":\"_User\"}\n{\"a\":1}\r\n\n  \n"
      "no object\n{\"a\":2}");
  CHECK(found.rows == Rows{"2 {\"a\":1}", "5 no object", "6 {\"a\":2}"});
  CHECK(found.class_name == "_User");
  CHECK(found.whole);
  CHECK(split("{\"results\":1}\n{\"a\":1}").rows == Rows{"1 {\"results\":1}", "2 {\"a\":1}"});
  CHECK(split("\xEF\xBB\xBF{\"a\":1}").rows == Rows{"1 {\"a\":1}"});
  CHECK(split("{\n\"results\"\n:{").rows == Rows{"1 {", "2 \"results\"", "3 :{"});
  CHECK(split("").rows.empty());
}

TEST_CASE("row_splitter: a list, and one that is called results, over as many lines as it likes") {
  const std::string list = "[{\"a\":\"]},\\\"[\"},\n{\"b\":\n[ 1,\r{\"c\":2}]}\n,\n 3 \n]";
  const Split plain = split(list);
  CHECK(plain.rows == Rows{"1 {\"a\":\"]},\\\"[\"}", "2 {\"b\": [ 1, {\"c\":2}]}", "5 3"});
  CHECK(plain.whole);
  const Split results = split(" { \"results\" : " + list + ", \"count\": [1] }");
  CHECK(results.rows == plain.rows);
  CHECK(results.whole);
  CHECK(split("[]").rows.empty());
  CHECK_FALSE(split("[{\"a\":1},{\"b\"").whole);
}

TEST_CASE("row_splitter: of a row that is too long the beginning comes, and the rest goes on") {
  std::string text(RowSplitter::kRowBytes + 5000, 'x');
  text += "\n{}\n";
  std::vector<std::size_t> sizes;
  RowSplitter splitter([&](std::int64_t, std::string_view row) { sizes.push_back(row.size()); });
  splitter.feed(text);
  splitter.close();
  CHECK(sizes == std::vector<std::size_t>{RowSplitter::kRowBytes, 2});
}

TEST_CASE("import_answer: what kithd says is read, and anything else is no answer") {
  const auto answer = importAnswerIn(
      R"({"added":1,"changed":2,"present":3,"kept":4,"late":5,"orphans":6,"refused":7,)"
      R"("faults":[{"line":9,"why":"data is \"no\" text"}]})");
  REQUIRE(answer.ok());
  CHECK(answer->counts.added == 1);
  CHECK(answer->counts.changed == 2);
  CHECK(answer->counts.present == 3);
  CHECK(answer->counts.kept == 4);
  CHECK(answer->counts.late == 5);
  CHECK(answer->counts.orphans == 6);
  CHECK(answer->counts.all() == 28);
  REQUIRE(answer->faults.size() == 1);
  CHECK(answer->faults[0].first == 9);
  CHECK(answer->faults[0].second == "data is \"no\" text");
  for (const char* text : {"", "{}", "[]", R"({"added":1})", "<html>"}) {
    CHECK_FALSE(importAnswerIn(text).ok());
  }
  CHECK(importTarget("_User", false) == "/1.1/kith/import/classes/_User");
  CHECK(importTarget(kMessages, true) == "/1.1/kith/import/messages?look=1");
}
