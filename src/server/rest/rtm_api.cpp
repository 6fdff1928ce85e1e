// SPDX-License-Identifier: Apache-2.0
#include "server/rest/rtm_api.hpp"

#include <array>
#include <utility>

namespace kith::rest {

std::vector<Route> RtmApi::routes() {
  std::vector<Route> all;
  addConversations(all);
  addMessages(all);
  addServices(all);
  addClients(all);
  addLegacy(all);
  return all;
}

void RtmApi::addConversations(std::vector<Route>& routes) {
  const auto add = [&](std::string_view method, std::string_view path, auto handler) {
    const std::uint64_t body = method == "GET" ? kStrayBody : kRtmBody;
    routes.push_back({method, path, Who::Master, body, std::move(handler)});
  };
  using core::MemberChange;
  add("POST", "/1.2/rtm/conversations",
      [this](const Request& r) { return create(r, Kind::Conversation); });
  add("POST", "/1.2/rtm/chatrooms", [this](const Request& r) { return create(r, Kind::ChatRoom); });
  add("GET", "/1.2/rtm/conversations",
      [this](const Request& r) { return find(r, Kind::Conversation); });
  add("GET", "/1.2/rtm/chatrooms", [this](const Request& r) { return find(r, Kind::ChatRoom); });
  add("GET", "/1.2/rtm/all-conversations", [this](const Request& r) { return find(r, Kind::Any); });
  add("PUT", "/1.2/rtm/conversations/{}", [this](const Request& r) { return update(r); });
  add("PUT", "/1.2/rtm/chatrooms/{}", [this](const Request& r) { return update(r); });
  add("DELETE", "/1.2/rtm/conversations/{}", [this](const Request& r) { return takeAway(r); });
  add("DELETE", "/1.2/rtm/chatrooms/{}", [this](const Request& r) { return takeAway(r); });
  constexpr std::string_view kMembers = "/1.2/rtm/conversations/{}/members";
  add("GET", kMembers, [this](const Request& r) { return members(r); });
  add("POST", kMembers,
      [this](const Request& r) { return changeMembers(r, MemberChange::Invite); });
  add("DELETE", kMembers,
      [this](const Request& r) { return changeMembers(r, MemberChange::Kick); });
  constexpr std::string_view kMutes = "/1.2/rtm/conversations/{}/mutes";
  add("GET", kMutes, [this](const Request& r) { return mutes(r); });
  add("POST", kMutes, [this](const Request& r) { return changeMutes(r, true); });
  add("DELETE", kMutes, [this](const Request& r) { return changeMutes(r, false); });
  add("GET", "/1.2/rtm/chatrooms/{}/members", [this](const Request& r) { return inside(r); });
  add("GET", "/1.2/rtm/chatrooms/{}/members/online-count",
      [this](const Request& r) { return countInside(r, r.names.front()); });
}

void RtmApi::addMessages(std::vector<Route>& routes) {
  const auto add = [&](std::string_view method, std::string_view path, auto handler) {
    const std::uint64_t body = method == "GET" || method == "DELETE" ? kStrayBody : kRtmBody;
    routes.push_back({method, path, Who::Master, body, std::move(handler)});
  };
  const auto toConversation = [this](const Request& r) {
    return send(r, r.names.front(), "from_client", false);
  };
  const auto toRoom = [this](const Request& r) {
    return send(r, r.names.front(), "from_client", true);
  };
  add("POST", "/1.2/rtm/conversations/{}/messages", toConversation);
  add("POST", "/1.2/rtm/chatrooms/{}/messages", toRoom);
  constexpr std::array kOne{std::string_view("/1.2/rtm/conversations/{}/messages/{}"),
                            std::string_view("/1.2/rtm/chatrooms/{}/messages/{}")};
  for (const std::string_view path : kOne) {
    add("PUT", path, [this](const Request& r) { return edit(r, false); });
    add("DELETE", path, [this](const Request& r) { return remove(r); });
  }
  constexpr std::array kRecall{std::string_view("/1.2/rtm/conversations/{}/messages/{}/recall"),
                               std::string_view("/1.2/rtm/chatrooms/{}/messages/{}/recall")};
  for (const std::string_view path : kRecall) {
    add("PUT", path, [this](const Request& r) { return edit(r, true); });
  }
  constexpr std::array kLogs{std::string_view("/1.2/rtm/conversations/{}/messages"),
                             std::string_view("/1.2/rtm/chatrooms/{}/messages")};
  for (const std::string_view path : kLogs) {
    add("GET", path, [this](const Request& r) { return log(r, r.names.front()); });
  }
  add("GET", "/1.2/rtm/messages", [this](const Request& r) { return history(r, {}); });
  add("GET", "/1.2/rtm/clients/{}/messages",
      [this](const Request& r) { return history(r, r.names.front()); });
}

void RtmApi::addClients(std::vector<Route>& routes) {
  routes.push_back({"POST", "/1.2/rtm/clients/check-online", Who::Master, kRtmBody,
                    [this](const Request& r) { return online(r, "client_ids"); }});
  routes.push_back({"GET", "/1.2/rtm/clients/{}/unread-count", Who::App, kStrayBody,
                    [this](const Request& r) { return unread(r); }});
  routes.push_back({"POST", "/1.2/rtm/clients/{}/kick", Who::Master, kRtmBody,
                    [this](const Request& r) { return kick(r); }});
  routes.push_back({"GET", "/1.2/rtm/stats", Who::Master, kStrayBody,
                    [this](const Request& r) { return stats(r); }});
}

void RtmApi::addLegacy(std::vector<Route>& routes) {
  routes.push_back({"POST", "/1.1/rtm/messages", Who::Master, kRtmBody,
                    [this](const Request& r) { return send(r, {}, "from_peer", false); }});
  routes.push_back({"GET", "/1.1/rtm/messages/history", Who::Master, kStrayBody,
                    [this](const Request& r) { return log(r, r.call.arg("convid")); }});
  routes.push_back({"POST", "/1.1/rtm/broadcast", Who::Master, kRtmBody,
                    [this](const Request& r) { return broadcast(r, "from_peer"); }});
  routes.push_back({"POST", "/1.1/rtm/online", Who::Master, kRtmBody,
                    [this](const Request& r) { return online(r, "peers"); }});
  routes.push_back({"GET", "/1.1/rtm/transient_group/onlines", Who::Master, kStrayBody,
                    [this](const Request& r) { return countInside(r, r.call.arg("gid")); }});
}

}  // namespace kith::rest
