// SPDX-License-Identifier: Apache-2.0
// Peers as an app's server asks for them: their presence, what waits for one, ending its sessions.
#include <string>
#include <utility>

#include "base/text_codes.hpp"
#include "json/json_writer.hpp"
#include "server/rest/rtm_api.hpp"
#include "server/rest/rtm_body.hpp"

namespace kith::rest {
namespace {

constexpr std::size_t kAskedPeers = 20;  // leancloud-current §4
constexpr std::size_t kReasonBytes = 80;
/// As clients are told (leancloud-current §4).
constexpr int kUnreadConversations = 50;
constexpr int kUnreadMessages = 100;
constexpr std::size_t kUnreadBytes = 512u * 1024;

net::HttpReply showCount(std::int64_t count) {
  json::JsonWriter body;
  body.integer("count", count);
  return jsonReply(body.finish());
}

net::HttpReply showUnread(const storage::Unread& unread) { return showCount(unread.count); }

net::HttpReply sumUnread(const storage::UnreadList& list) {
  std::int64_t count = 0;
  for (const storage::UnreadConversation& each : list.conversations) count += each.count;
  return showCount(count);
}

}  // namespace

RtmApi::Answer RtmApi::online(const Request& request, std::string_view name) {
  RtmBody body(request.body);
  const std::vector<std::string_view> peers = body.texts(name, kAskedPeers);
  if (!body.wrong().empty()) return badRequest(body.wrong());
  return command(request, core::kServicePeer, core::QueryPresence{peers});
}

RtmApi::Answer RtmApi::unread(const Request& request) {
  if (!request.master && request.app->require_signature) {
    return refuse(403, 119, "this needs the master key in an app that enforces signatures");
  }
  const std::string app_id = request.app->id;
  const std::string peer(request.names.front());
  const std::string group(request.call.arg("conv_id"));
  if (!group.empty()) {
    return calls_.ask<storage::Unread>(
        request, kUnreadBytes,
        [=, channel = base::channelName(group, peer)](storage::Storage& storage,
                                                      storage::Token token) {
          storage.submit(token,
                         storage::CountUnread{app_id, group, peer, kUnreadMessages, channel});
        },
        showUnread);
  }
  return calls_.ask<storage::UnreadList>(
      request, kUnreadBytes,
      [=](storage::Storage& storage, storage::Token token) {
        storage.submit(token,
                       storage::ListUnread{app_id, peer, kUnreadConversations, kUnreadMessages});
      },
      sumUnread);
}

RtmApi::Answer RtmApi::kick(const Request& request) {
  RtmBody body(request.body.empty() ? "{}" : request.body);
  const std::string_view reason = body.text("reason", false);
  if (!body.wrong().empty()) return badRequest(body.wrong());
  if (reason.size() > kReasonBytes) return badRequest("reason: has more than 80 bytes");
  return command(request, request.names.front(), core::KickPeer{reason});
}

RtmApi::Answer RtmApi::stats(const Request& request) {
  return command(request, core::kServicePeer, core::CountOnline{});
}

}  // namespace kith::rest
