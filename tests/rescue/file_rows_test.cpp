// SPDX-License-Identifier: Apache-2.0
#include "rescue/file_rows.hpp"

#include <string>

#include "support/catch.hpp"

namespace kith::rescue {
namespace {

FileRow rowOf(const std::string& id, const std::string& name) { return {id, name, "", {}}; }

TEST_CASE("file rows: id, name, url and size of an object") {
  const auto row = fileRowOf(
      R"({"objectId":"5a","name":"a.png","url":"https://x.example/a","metaData":{"size":10}})");
  REQUIRE(row);
  CHECK(row->id == "5a");
  CHECK(row->name == "a.png");
  CHECK(row->url == "https://x.example/a");
  CHECK(row->size == 10);
  const auto bare = fileRowOf(R"({"objectId":"5a","key":"k","metaData":{}})");
  REQUIRE(bare);
  CHECK(bare->url.empty());
  CHECK_FALSE(bare->size);
  for (const char* line : {"{}", "#filetype", "[1]", R"({"objectId":1})"}) {
    CAPTURE(line);
    CHECK_FALSE(fileRowOf(line));
  }
}

TEST_CASE("file rows: a name of a file leads nowhere, whatever the vendor's is") {
  CHECK(fileNameOf(rowOf("5a", "a b.png")) == "5a-a b.png");
  CHECK(fileNameOf(rowOf("5a", "")) == "5a");
  CHECK(fileNameOf(rowOf("../5a", "../../etc/x")) == "..%2F5a-.._.._etc_x");
  CHECK(fileNameOf(rowOf("5a", std::string("a\0b\n\\\x7f\xff", 7))) == "5a-a_b____");
  CHECK(fileNameOf(rowOf("5a", "\u4f60.png")) == "5a-\u4f60.png");
}

TEST_CASE("file rows: a long name is cut between two characters") {
  std::string name;
  for (int i = 0; i < 200; ++i) name += "\u4f60";
  const std::string file = fileNameOf(rowOf(std::string(500, 'i'), name));
  CHECK(file.size() == 75 + 1 + 150);
  CHECK(file.substr(file.size() - 3) == "\u4f60");
}

TEST_CASE("file rows: urls are asked for by the ids") {
  CHECK(filesTarget({"5a", "5b"}) ==
        "/1.1/classes/files?limit=2&where="
        "%7B%22objectId%22%3A%7B%22%24in%22%3A%5B%225a%22%2C%225b%22%5D%7D%7D");
  const auto urls = fileUrlsIn(
      R"({"results":[{"objectId":"5b","url":"https://x.example/b"},{"objectId":"5a"}]})");
  CHECK(urls.size() == 2);
  CHECK(urls.at("5b") == "https://x.example/b");
  CHECK(urls.at("5a").empty());
  CHECK(fileUrlsIn(R"({"results":[]})").empty());
  CHECK(fileUrlsIn("x").empty());
}

TEST_CASE("file rows: a line of the list is read as it was written") {
  const FileLine there{"5a", "files/5a-\"x\"", 10, "odd"};
  CHECK(formatFileLine(there) ==
        R"({"objectId":"5a","file":"files/5a-\"x\"","bytes":10,"problem":"odd"})"
        "\n");
  const auto read = parseFileLine(formatFileLine(there));
  REQUIRE(read);
  CHECK(read->file == there.file);
  CHECK(read->bytes == 10);
  CHECK(read->problem == "odd");
  CHECK(formatFileLine({"5a", "", 0, "404"}) == "{\"objectId\":\"5a\",\"problem\":\"404\"}\n");
  CHECK(parseFileLine(R"({"objectId":"5a","problem":"404"})"));
  for (const char* line :
       {"x", "{}", R"({"objectId":"5a","file":"f"})", R"({"objectId":"5a","bytes":1})",
        R"({"objectId":"5a","file":"f","bytes":-1})"}) {
    CAPTURE(line);
    CHECK_FALSE(parseFileLine(line));
  }
}

}  // namespace
}  // namespace kith::rescue
