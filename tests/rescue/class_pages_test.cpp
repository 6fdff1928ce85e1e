// SPDX-License-Identifier: Apache-2.0
#include "rescue/class_pages.hpp"

#include <initializer_list>
#include <string>

#include "support/catch.hpp"

namespace kith::rescue {
namespace {

std::string pageOf(std::initializer_list<const char*> ids, const std::string& cursor) {
  std::string body = "{\"results\": [";
  for (const char* id : ids) {
    body += std::string(body.back() == '[' ? "" : ",") + "{\"objectId\": \"" + id + "\"}";
  }
  return body + "]" + (cursor.empty() ? "" : ",\"cursor\":\"" + cursor + "\"") + "}";
}

ClassPage taken(const std::string& body, ClassCursor& cursor, bool skipping = false) {
  return takeObjects(body, skipping, cursor).value();
}

TEST_CASE("class pages: the first line of a file is the vendor's") {
  CHECK(classHeader("_Conversation") ==
        "#filetype:JSON-streaming {\"type\":\"Class\",\"class\":\"_Conversation\"}\n");
}

TEST_CASE("class pages: each asks with the cursor of the one before until there is none") {
  ClassCursor cursor;
  CHECK(scanQuery(cursor, 1000) == "limit=1000&returnACL=true");
  ClassPage page = taken(pageOf({"a1", "a2"}, "p+/="), cursor);
  CHECK(page.rows == 2);
  CHECK(page.lines == "{\"objectId\":\"a1\"}\n{\"objectId\":\"a2\"}\n");
  CHECK_FALSE(page.last);
  CHECK(scanQuery(cursor, 2) == "limit=2&returnACL=true&cursor=p%2B%2F%3D");
  page = taken("{\"results\":[{\"objectId\":\"a3\"}],\"cursor\":null}", cursor);
  CHECK(page.last);
  CHECK(cursor.last_id == "a3");
}

TEST_CASE("class pages: the object at the edge is taken once") {
  ClassCursor cursor;
  taken(pageOf({"a1", "a2"}, "x"), cursor);
  CHECK(taken(pageOf({"a2", "a3"}, "y"), cursor).lines == "{\"objectId\":\"a3\"}\n");
}

TEST_CASE("class pages: a scan that begins anew leaves out what was taken") {
  ClassCursor cursor;
  taken(pageOf({"a1", "a2"}, "x"), cursor);
  cursor.cursor.clear();
  ClassPage page = taken(pageOf({"a0", "a1"}, "y"), cursor, true);
  CHECK(page.rows == 0);
  CHECK_FALSE(page.last);
  CHECK(cursor.ordered);
  page = taken(pageOf({"a2", "a3"}, ""), cursor, true);
  CHECK(page.lines == "{\"objectId\":\"a3\"}\n");
  CHECK(page.last);
}

TEST_CASE("class pages: objects out of order are kept, and that is remembered") {
  ClassCursor cursor;
  CHECK(taken(pageOf({"b", "a"}, "x"), cursor).rows == 2);
  CHECK_FALSE(cursor.ordered);
}

TEST_CASE("class pages: the least creation time is told") {
  ClassCursor cursor;
  CHECK(taken(R"({"results":[{"objectId":"1","createdAt":"2026-02-01T00:00:00.000Z"},
                             {"objectId":"2","createdAt":"2025-02-01T00:00:00.000Z"},
                             {"objectId":"3"}]})",
              cursor)
            .earliest == "2025-02-01T00:00:00.000Z");
}

TEST_CASE("class pages: an answer that is none is refused and moves nothing") {
  for (const char* body :
       {"", "[]", "{}", "{\"results\":{}}", "{\"results\":[{}]}", "{\"results\":[1]}",
        R"({"results":[{"objectId":1}]})", R"({"results":[],"cursor":"here"})"}) {
    CAPTURE(body);
    ClassCursor cursor;
    cursor.cursor = "here";
    cursor.last_id = "x";
    const ClassCursor before = cursor;
    const auto page = takeObjects(body, false, cursor);
    REQUIRE_FALSE(page.ok());
    CHECK(page.error().code == Errc::ProtocolError);
    CHECK(cursor == before);
  }
}

TEST_CASE("class pages: the count of a class") {
  CHECK(countIn(R"({"results":[],"count":7})").value() == 7);
  CHECK_FALSE(countIn(R"({"results":[]})").ok());
  CHECK_FALSE(countIn(R"({"count":-1})").ok());
  CHECK_FALSE(countIn("x").ok());
}

}  // namespace
}  // namespace kith::rescue
