// SPDX-License-Identifier: Apache-2.0
#include "rescue/list_pages.hpp"

#include <optional>

#include "base/text_codes.hpp"
#include "json/quote.hpp"
#include "json/raw_json.hpp"

namespace kith::rescue {
namespace {

// The most that the vendor's pages of subscribers have.
constexpr std::size_t kPage = 50;

std::string textOf(std::string_view object, std::string_view name) {
  const auto value = json::rawMember(object, name);
  return value ? json::rawText(*value).value_or("") : std::string();
}

/// A page of subscribers goes on behind its last one.
std::string lastSubscriber(std::string_view list) {
  std::string last;
  json::RawList rows(list);
  while (const auto row = rows.next()) last = textOf(*row, "subscriber");
  return last;
}

std::string lineOf(const ConversationRow& conversation, std::string_view list,
                   std::string_view member, std::string_view items) {
  std::string line = "{\"conv-id\":";
  json::quoteJson(conversation.id, line);
  line += ",\"list\":";
  json::quoteJson(list, line);
  line += ",";
  json::quoteJson(member, line);
  line += ":";
  json::appendOnOneLine(items, line);
  return line + "}\n";
}

}  // namespace

ConversationRow conversationIn(std::string_view line) {
  ConversationRow row;
  const auto object = json::checkedJson(line, "the line");
  if (!object) return row;
  row.id = textOf(*object, "objectId");
  if (json::rawMember(*object, "tr") == "true") row.kind = ConversationRow::Kind::ChatRoom;
  if (json::rawMember(*object, "sys") == "true") row.kind = ConversationRow::Kind::Service;
  return row;
}

std::string conversationTarget(const ConversationRow& conversation) {
  const std::string id = base::encodePercent(conversation.id);
  switch (conversation.kind) {
    case ConversationRow::Kind::ChatRoom: return "/1.2/rtm/chatrooms/" + id;
    case ConversationRow::Kind::Service: return "/1.2/rtm/service-conversations/" + id;
    case ConversationRow::Kind::Plain: break;
  }
  return "/1.2/rtm/conversations/" + id;
}

std::vector<std::string> listsOf(ConversationRow::Kind kind) {
  if (kind == ConversationRow::Kind::Service) return {std::string(kSubscribers), "blacklists"};
  return {"permanent-silenceds", "blacklists"};
}

std::string listTarget(const ConversationRow& conversation, std::string_view list,
                       std::string_view next) {
  std::string target = conversationTarget(conversation) + "/" + std::string(list) +
                       "?limit=" + std::to_string(kPage);
  if (next.empty()) return target;
  const char* name = list == kSubscribers ? "client_id" : "next";
  return target + "&" + name + "=" + base::encodePercent(next);
}

Result<ListPage> takeList(std::string_view body, const ConversationRow& conversation,
                          std::string_view list, std::string_view next) {
  const auto broken = [&list](const char* why) {
    return Error{Errc::ProtocolError, 0, "the page of " + std::string(list) + " " + why, false};
  };
  const auto checked = json::checkedJson(body, "the page of " + std::string(list));
  if (!checked) return checked.error();
  const bool subscribers = list == kSubscribers;
  const auto items =
      subscribers ? std::optional(*checked) : json::rawMember(*checked, "client_ids");
  if (!items || items->front() != '[') return broken("has no list");
  ListPage page;
  if (!json::RawList(*items).next()) return page;
  page.line = lineOf(conversation, list, subscribers ? kSubscribers : "client_ids", *items);
  page.next = subscribers ? lastSubscriber(*items) : textOf(*checked, "next");
  if (!page.next.empty() && page.next == next) return broken("leads to itself");
  return page;
}

}  // namespace kith::rescue
