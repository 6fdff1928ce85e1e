// SPDX-License-Identifier: Apache-2.0
#include "backends/kith/rest_calls.hpp"

#include <kith/limits.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "backends/kith/http_verdict.hpp"
#include "base/redact.hpp"
#include "base/text_codes.hpp"
#include "base/url.hpp"
#include "protocol/avos/rest.hpp"
#include "sign/signer.hpp"

namespace kith::backends {
namespace {

// A frame as servers take it, read as it was written, and time, ids and names around it.
constexpr std::size_t kLongestRow = limits::kServerFrameBytes + 2048;
// The largest that a server of ours may be set to take.
constexpr std::size_t kLongestFrame = 2u * 1024 * 1024;
constexpr std::int64_t kNoSuchObject = 101;  // avos-v1 §11.1
// Of a 404 that is another page of the host, or another host's: the service said nothing of a
// group.
constexpr const char* kWhichPath =
    "; is the service at that address? Check the path of Options::server or router";

/// What a refused request means: the service's own text, under the code that helps.
Error refusedError(const net::HttpAnswer& answer) {
  const auto told = avos::parseRestError(answer.body);
  const int server_code = told ? static_cast<int>(told->code) : 0;
  const bool has_words = told && !told->text.empty();
  const std::string words =
      has_words ? base::cleanWords(told->text) : "HTTP status " + std::to_string(answer.status);
  if (passes(answer)) {
    Error busy = busyError("http: the server", answer);
    busy.server_code = server_code;
    if (has_words) busy.detail += " (" + words + ")";
    if (answer.status == 404) busy.detail += kWhichPath;
    return busy;
  }
  std::string text = "http: " + words;
  if (answer.status == 404 && server_code == kNoSuchObject) {
    return {Errc::GroupNotFound, server_code, std::move(text), false};
  }
  if (answer.status == 404) {
    text += kWhichPath;
  } else if (!has_words) {
    text += "; check app_id and app_key";
  }
  return {Errc::Rejected, server_code, std::move(text), false};
}

/// What a read shows for itself (avos-v1 §11.2), behind other arguments.
std::string proofArgs(std::string_view peer_id, const Signature* proof) {
  if (proof == nullptr) return {};
  return "&peerid=" + base::encodePercent(peer_id) + "&nonce=" + base::encodePercent(proof->nonce) +
         "&signature_ts=" + std::to_string(proof->timestamp) +
         "&signature=" + base::encodePercent(proof->signature);
}

Message messageOf(avos::HistoryItem item) {
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

std::string serviceUrl(const Options& options, std::string_view path, std::string_view query) {
  auto url = options.server.empty() ? base::parseUrl(options.router, "router", {"http", "https"})
                                    : base::parseUrl(options.server, "server", {"ws", "wss"});
  if (!url.ok()) return {};
  url->scheme = url->tls() ? "https" : "http";
  url->path = base::pathOf(*url);
  return base::urlBelow(*url, path, query);
}

std::string routeUrl(const Options& options) {
  const auto router = base::parseUrl(options.router, "router", {"http", "https"});
  if (!router.ok()) return {};
  std::string query = "appId=" + base::encodePercent(options.app_id);
  // A TLS router means that the application wants its messages encrypted too (avos-v1 §1.1).
  if (router->tls()) query += "&secure=1";
  const std::string_view prefix = base::pathOf(*router);
  if (!prefix.empty()) query += "&path=" + base::encodePercent(prefix);
  return base::urlBelow(*router, "/v1/route", query);
}

std::vector<std::string> httpHeaders(const Options& options) {
  std::vector<std::string> headers{"X-LC-Id: " + options.app_id};
  if (!options.app_key.empty()) headers.push_back("X-LC-Key: " + options.app_key);
  return headers;
}

std::string membersUrl(const Options& options, std::string_view peer_id, std::string_view group_id,
                       const Signature* proof) {
  return serviceUrl(options, "/1.1/classes/AVOSRealtimeGroups/" + base::encodePercent(group_id),
                    "keys=m" + proofArgs(peer_id, proof));
}

Result<std::vector<std::string>> readMembers(const Result<net::HttpAnswer>& answer) {
  if (!answer.ok()) return answer.error();
  if (answer->status != 200) return refusedError(*answer);
  auto group = avos::parseGroup(answer->body);
  if (!group.ok()) return group.error();
  return std::move(group->members);
}

std::size_t historyAnswerBytes(int limit) {
  return std::max(static_cast<std::size_t>(limit) * kLongestRow,
                  avos::kHistoryAnswerBytes + kLongestFrame);
}

std::string historyUrl(const Options& options, std::string_view peer_id, const HistoryQuery& query,
                       const Signature* proof) {
  std::string conversation = query.group_id;
  if (conversation.empty()) {
    const std::array<std::string_view, 2> pair{peer_id, query.peer};
    conversation = sign::conversationId(pair);
  }
  std::string args =
      "convid=" + base::encodePercent(conversation) + "&limit=" + std::to_string(query.limit);
  if (query.before != Timestamp{}) {
    args += "&max_ts=" + std::to_string(query.before.time_since_epoch().count());
  }
  if (!query.before_id.empty()) args += "&msgid=" + base::encodePercent(query.before_id);
  args += proofArgs(peer_id, proof);
  return serviceUrl(options, "/1.1/rtm/messages/logs", args);
}

Result<std::vector<Message>> readHistory(const Result<net::HttpAnswer>& answer) {
  if (!answer.ok()) return answer.error();
  if (answer->status != 200) return refusedError(*answer);
  auto items = avos::parseHistory(answer->body);
  if (!items.ok()) return items.error();
  std::vector<Message> messages;
  messages.reserve(items->size());
  for (avos::HistoryItem& item : *items) messages.push_back(messageOf(std::move(item)));
  return messages;
}

}  // namespace kith::backends
