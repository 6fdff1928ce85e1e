// SPDX-License-Identifier: Apache-2.0
#include "rescue/class_pages.hpp"

#include <optional>
#include <utility>

#include "base/text_codes.hpp"
#include "json/quote.hpp"
#include "json/raw_json.hpp"

namespace kith::rescue {
namespace {

Error broken(const std::string& why) {
  return {Errc::ProtocolError, 0, "the page of objects " + why, false};
}

std::string textOf(std::string_view object, std::string_view name) {
  const auto value = json::rawMember(object, name);
  return value ? json::rawText(*value).value_or("") : std::string();
}

void takeObject(std::string_view object, ClassPage& page) {
  const std::string created = textOf(object, "createdAt");
  if (!created.empty() && (page.earliest.empty() || created < page.earliest)) {
    page.earliest = created;
  }
  ++page.rows;
  json::appendOnOneLine(object, page.lines);
  page.lines += '\n';
}

}  // namespace

std::string classHeader(std::string_view name) {
  std::string line = "#filetype:JSON-streaming {\"type\":\"Class\",\"class\":";
  json::quoteJson(name, line);
  return line + "}\n";
}

std::string scanQuery(const ClassCursor& cursor, std::size_t limit) {
  std::string query = "limit=" + std::to_string(limit) + "&returnACL=true";
  if (!cursor.cursor.empty()) query += "&cursor=" + base::encodePercent(cursor.cursor);
  return query;
}

Result<ClassPage> takeObjects(std::string_view body, bool skipping, ClassCursor& cursor) {
  const auto checked = json::checkedJson(body, "the page of objects");
  if (!checked) return checked.error();
  const auto results = json::rawMember(*checked, "results");
  if (!results || results->front() != '[') return broken("has no list of results");
  ClassPage page;
  ClassCursor next = cursor;
  bool came = false;
  json::RawList objects(*results);
  while (const auto object = objects.next()) {
    came = true;
    std::string id = textOf(*object, "objectId");
    if (id.empty()) return broken("has an object without an objectId");
    if (id == next.last_id || (skipping && id < next.last_id)) continue;
    if (id < next.last_id) next.ordered = false;
    next.last_id = std::move(id);
    takeObject(*object, page);
  }
  next.cursor = textOf(*checked, "cursor");
  page.last = next.cursor.empty();
  if (!came && !page.last && next.cursor == cursor.cursor) {
    return broken("is empty, and its cursor leads to itself");
  }
  cursor = std::move(next);
  return page;
}

std::string idIn(std::string_view line, std::string_view name) {
  const auto object = json::checkedJson(line, "the line");
  return object ? textOf(*object, name) : std::string();
}

Result<std::int64_t> countIn(std::string_view body) {
  const auto checked = json::checkedJson(body, "the count");
  if (!checked) return checked.error();
  const auto count = json::rawMember(*checked, "count");
  const auto number = count ? json::rawInteger(*count) : std::nullopt;
  if (number && *number >= 0) return *number;
  return Error{Errc::ProtocolError, 0, "the answer has no count", false};
}

}  // namespace kith::rescue
