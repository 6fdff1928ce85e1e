// SPDX-License-Identifier: Apache-2.0
#include "rescue/message_pages.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/text_codes.hpp"
#include "json/raw_json.hpp"

namespace kith::rescue {
namespace {

Error broken(const std::string& why) {
  return {Errc::ProtocolError, 0, "the page of messages " + why, false};
}

struct Key {
  std::int64_t timestamp{0};
  std::string id;
};

std::optional<Key> keyOf(std::string_view row) {
  const auto timestamp = json::rawMember(row, "timestamp");
  const auto id = json::rawMember(row, "msg-id");
  if (!timestamp || !id) return std::nullopt;
  const auto number = json::rawInteger(*timestamp);
  auto text = json::rawText(*id);
  if (!number || *number <= 0 || !text || text->empty()) return std::nullopt;
  return Key{*number, std::move(*text)};
}

/// The bare list that the vendor sends, or the one in `{"results": [...]}`.
std::string_view listIn(std::string_view value) {
  if (!value.empty() && value.front() == '{') {
    return json::rawMember(value, "results").value_or(std::string_view{});
  }
  return value;
}

/// True when the row is new; the cursor is at it then.
bool advance(MessageCursor& cursor, Key key) {
  if (key.timestamp == cursor.timestamp) {
    auto& edge = cursor.edge;
    if (std::find(edge.begin(), edge.end(), key.id) != edge.end()) return false;
  } else {
    cursor.edge.clear();
  }
  cursor.timestamp = key.timestamp;
  cursor.edge.push_back(key.id);
  cursor.id = std::move(key.id);
  return true;
}

}  // namespace

std::string messageQuery(const MessageCursor& cursor, const MessageRange& range,
                         std::size_t limit) {
  std::string query = "limit=" + std::to_string(limit);
  if (cursor.timestamp != 0) {
    query += "&timestamp=" + std::to_string(cursor.timestamp) +
             "&msgid=" + base::encodePercent(cursor.id);
  } else if (range.until != 0) {
    query += "&timestamp=" + std::to_string(range.until);
  }
  // The end is left out of an answer, and `from` is wanted.
  if (range.from != 0) query += "&till_timestamp=" + std::to_string(range.from - 1);
  return query;
}

Result<MessagePage> takeMessages(std::string_view body, const MessageRange& range,
                                 std::size_t limit, MessageCursor& cursor) {
  const auto checked = json::checkedJson(body, "the page of messages");
  if (!checked) return checked.error();
  const std::string_view list = listIn(*checked);
  if (list.empty() || list.front() != '[') return broken("is no list");
  MessagePage page;
  MessageCursor next = cursor;
  std::size_t came = 0;
  json::RawList rows(list);
  while (const auto row = rows.next()) {
    ++came;
    auto key = keyOf(*row);
    if (!key) return broken("has a row without timestamp or msg-id");
    if (next.timestamp != 0 && key->timestamp > next.timestamp) {
      return broken("is not newest first: " + std::to_string(key->timestamp) + " comes after " +
                    std::to_string(next.timestamp));
    }
    if (key->timestamp < range.from) {
      page.last = true;
      break;
    }
    const std::int64_t timestamp = key->timestamp;
    if (!advance(next, std::move(*key))) {
      ++page.repeated;
      continue;
    }
    if (page.rows++ == 0) page.newest = timestamp;
    page.oldest = timestamp;
    json::appendOnOneLine(*row, page.lines);
    page.lines += '\n';
  }
  if (page.rows == 0 && !page.last) {
    // A bound that is taken to be inside gives the last row again and again.
    if (came >= limit && came > 0) {
      return broken("has only messages that came before, all of " +
                    std::to_string(cursor.timestamp) + "; ask for more at a time with --limit");
    }
    page.last = true;
  }
  cursor = std::move(next);
  return page;
}

}  // namespace kith::rescue
