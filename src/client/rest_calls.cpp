// SPDX-License-Identifier: Apache-2.0
#include "client/rest_calls.hpp"

#include <array>
#include <chrono>
#include <utility>

#include "base/redact.hpp"
#include "base/url.hpp"
#include "sign/signer.hpp"
#include "wire/rest.hpp"

namespace kith::client {
namespace {

/// What a refused request means: the service's own text, under the code that helps.
Error refusedError(const net::HttpAnswer& answer) {
  const auto told = wire::parseRestError(answer.body);
  const int server_code = told ? static_cast<int>(told->code) : 0;
  const std::string text = told && !told->text.empty()
                               ? base::cleanWords(told->text)
                               : "HTTP status " + std::to_string(answer.status);
  if (answer.status == 404) return {Errc::GroupNotFound, server_code, "http: " + text, false};
  if (answer.status >= 500) return {Errc::ServerBusy, server_code, "http: " + text, false};
  return {Errc::Rejected, server_code, "http: " + text + "; check app_id and app_key", false};
}

bool unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

Message messageOf(wire::HistoryItem item) {
  Message message;
  message.text = std::move(item.text);
  if (item.is_room) {
    message.group_id = item.to.empty() ? item.conv_id : item.to.front();
  } else {
    message.to = std::move(item.to);
  }
  message.id = std::move(item.message_id);
  message.from = std::move(item.from);
  message.timestamp = Timestamp(std::chrono::milliseconds(item.timestamp));
  return message;
}

}  // namespace

std::string escapeUrl(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string result;
  for (const char c : text) {
    if (unreserved(c)) {
      result += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    result += '%';
    result += kDigits[byte >> 4];
    result += kDigits[byte & 15];
  }
  return result;
}

std::string withoutSlash(std::string_view url) {
  while (!url.empty() && url.back() == '/') url.remove_suffix(1);
  return std::string(url);
}

std::string httpBase(const Options& options) {
  if (options.server.empty()) return withoutSlash(options.router);
  auto url = base::parseUrl(options.server, "server", {"ws", "wss"});
  if (!url.ok()) return {};
  base::Url http = *url;
  http.scheme = http.tls() ? "https" : "http";
  http.path = "/";
  return withoutSlash(base::formatUrl(http));
}

std::vector<std::string> httpHeaders(const Options& options) {
  std::vector<std::string> headers{"X-LC-Id: " + options.app_id};
  if (!options.app_key.empty()) headers.push_back("X-LC-Key: " + options.app_key);
  return headers;
}

std::string membersUrl(const Options& options, std::string_view group_id) {
  return httpBase(options) + "/1.1/classes/AVOSRealtimeGroups/" + escapeUrl(group_id) + "?keys=m";
}

Result<std::vector<std::string>> readMembers(const Result<net::HttpAnswer>& answer) {
  if (!answer.ok()) return answer.error();
  if (answer->status != 200) return refusedError(*answer);
  auto group = wire::parseGroup(answer->body);
  if (!group.ok()) return group.error();
  return std::move(group->members);
}

std::string historyUrl(const Options& options, std::string_view peer_id,
                       const HistoryQuery& query) {
  std::string conversation = query.group_id;
  if (conversation.empty()) {
    const std::array<std::string_view, 2> pair{peer_id, query.peer};
    conversation = sign::conversationId(pair);
  }
  std::string url = httpBase(options) + "/1.1/rtm/messages/logs?convid=" + escapeUrl(conversation) +
                    "&limit=" + std::to_string(query.limit);
  if (query.before != Timestamp{}) {
    url += "&max_ts=" + std::to_string(query.before.time_since_epoch().count());
  }
  return url;
}

Result<std::vector<Message>> readHistory(const Result<net::HttpAnswer>& answer) {
  if (!answer.ok()) return answer.error();
  if (answer->status != 200) return refusedError(*answer);
  auto items = wire::parseHistory(answer->body);
  if (!items.ok()) return items.error();
  std::vector<Message> messages;
  messages.reserve(items->size());
  for (wire::HistoryItem& item : *items) messages.push_back(messageOf(std::move(item)));
  return messages;
}

}  // namespace kith::client
