// SPDX-License-Identifier: Apache-2.0
// The vendor's REST API 1.2 for an app's own server, with the paths of 1.1 that did the same
// (leancloud-current §6): conversations, chat rooms, service conversations, members, messages,
// clients. What changes something that clients hear of goes to the hub as a command; the rest is
// asked of the storage. Owned by RestApi, loop thread only.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/rest/rest_host.hpp"
#include "server/rest/route_table.hpp"
#include "server/rest/storage_calls.hpp"

namespace kith::rest {

class RtmApi {
 public:
  /// Both outlive it. A message may have so many bytes.
  RtmApi(StorageCalls& calls, CommandHost& host, std::size_t message_bytes)
      : calls_(calls), host_(host), message_bytes_(message_bytes) {}

  /// It outlives them.
  std::vector<Route> routes();

 private:
  using Answer = std::optional<net::HttpReply>;
  /// What a list of conversations has.
  enum class Kind { Conversation, ChatRoom, Service, Any };

  void addConversations(std::vector<Route>& routes);
  void addMessages(std::vector<Route>& routes);
  void addServices(std::vector<Route>& routes);
  void addClients(std::vector<Route>& routes);
  void addLegacy(std::vector<Route>& routes);

  // rtm_conversations.cpp
  Answer create(const Request& request, Kind kind);
  Answer find(const Request& request, Kind kind);
  Answer update(const Request& request);
  Answer takeAway(const Request& request);
  Answer changeMembers(const Request& request, core::MemberChange change);
  Answer members(const Request& request);
  Answer mutes(const Request& request);
  Answer changeMutes(const Request& request, bool muted);
  Answer countInside(const Request& request, std::string_view room);
  Answer inside(const Request& request);
  // rtm_messages.cpp
  Answer send(const Request& request, std::string_view conversation, std::string_view from,
              bool room);
  Answer edit(const Request& request, bool recall);
  Answer remove(const Request& request);
  Answer log(const Request& request, std::string_view conversation, std::string_view peer = {});
  Answer history(const Request& request, std::string_view from);
  // rtm_services.cpp
  Answer subscribe(const Request& request);
  Answer unsubscribe(const Request& request);
  Answer subscribers(const Request& request);
  Answer countSubscribers(const Request& request);
  Answer sendToPeers(const Request& request);
  Answer removeFromPeer(const Request& request);
  Answer subscriptions(const Request& request);
  Answer broadcast(const Request& request, std::string_view from);
  Answer broadcasts(const Request& request);
  Answer removeBroadcast(const Request& request);
  // rtm_clients.cpp
  Answer online(const Request& request, std::string_view name);
  Answer unread(const Request& request);
  Answer kick(const Request& request);
  Answer stats(const Request& request);

  template <typename Wish>
  Answer command(const Request& request, std::string_view peer, const Wish& wish) {
    return carryOut(host_, request, {request.app->id, peer, wish});
  }
  bool fits(std::string_view message) const { return message.size() <= message_bytes_; }
  net::HttpReply tooLong() const;
  /// Clients do not hear of it, as with the vendor, so it need not go through the hub.
  struct GoneMessage {
    std::string app_id;
    std::string group;
    std::string id;
    std::int64_t time;
    bool broadcast{false};  ///< it is not listed as one any more
  };
  Answer removeMessage(const Asker& asker, GoneMessage gone);

  StorageCalls& calls_;
  CommandHost& host_;
  const std::size_t message_bytes_;
};

/// Of a body without a large message.
inline constexpr std::uint64_t kRtmBody = 128u * 1024;

}  // namespace kith::rest
