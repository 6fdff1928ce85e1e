// SPDX-License-Identifier: Apache-2.0
#include "rescue/requests.hpp"

#include <algorithm>

#include "base/text_codes.hpp"
#include "base/url.hpp"

namespace kith::rescue {
namespace {

Error wrong(std::string_view what, const std::string& why) {
  return {Errc::InvalidArgument, 0, std::string(what) + ": " + why, false};
}

bool isThisMachine(std::string_view host) {
  const bool four = host.find_first_not_of("0123456789.") == std::string_view::npos;
  return host == "localhost" || host == "::1" || (four && host.substr(0, 4) == "127.");
}

bool isClassName(std::string_view name) {
  constexpr std::string_view kLetters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";
  return !name.empty() && name.size() <= 128 &&
         name.find_first_not_of(kLetters) == std::string_view::npos;
}

}  // namespace

Result<std::string> parseServer(std::string_view text, std::string_view what) {
  const auto url = base::parseUrl(text, what, {"http", "https"});
  if (!url) return url.error();
  if (!url->tls() && !isThisMachine(url->host)) {
    return wrong(what, "http would send the master key for all to read; say https");
  }
  std::string server = base::formatUrl(*url);
  if (server.find('?') != server.npos) return wrong(what, "an address with a query is none");
  while (!server.empty() && server.back() == '/') server.pop_back();
  return server;
}

Result<std::vector<std::string>> parseClasses(std::string_view text, std::string_view what) {
  std::vector<std::string> names;
  for (std::size_t from = 0; from <= text.size();) {
    const std::size_t comma = std::min(text.find(',', from), text.size());
    const std::string name(text.substr(from, comma - from));
    if (!isClassName(name)) {
      return wrong(what, "'" + name + "' is no name of a class: letters, digits and _ only");
    }
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    from = comma + 1;
  }
  return names;
}

std::vector<std::string> defaultClasses() {
  return {"_Conversation", "_ConversationMemberInfo", "_User", "_Installation", "_File",
          "_SysMessage",   "AVOSRealtimeGroups"};
}

std::string scanTarget(std::string_view name, const ClassCursor& cursor, std::size_t limit) {
  return "/1.1/scan/classes/" + std::string(name) + "?" + scanQuery(cursor, limit);
}

std::string countTarget(std::string_view name) {
  return "/1.1/classes/" + std::string(name) + "?count=1&limit=0";
}

std::string messagesTarget(const MessageCursor& cursor, const MessageRange& range,
                           std::size_t limit) {
  return "/1.2/rtm/messages?" + messageQuery(cursor, range, limit);
}

std::string messagesTarget(const ConversationRow& conversation, const MessageCursor& cursor,
                           const MessageRange& range, std::size_t limit) {
  ConversationRow asked = conversation;
  if (asked.kind == ConversationRow::Kind::Service) asked.kind = ConversationRow::Kind::Plain;
  return conversationTarget(asked) + "/messages?" + messageQuery(cursor, range, limit);
}

}  // namespace kith::rescue
