// SPDX-License-Identifier: Apache-2.0
#include "server/rest/standing_api.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <utility>

#include "base/ascii.hpp"
#include "json/json_writer.hpp"
#include "server/rest/rtm_api.hpp"
#include "server/rest/rtm_body.hpp"

namespace kith::rest {
namespace {

using Paths = std::array<std::string_view, 2>;

constexpr Paths kInfos{"/1.2/rtm/conversations/{}/member-infos",
                       "/1.2/rtm/chatrooms/{}/member-infos"};
constexpr Paths kInfo{"/1.2/rtm/conversations/{}/member-infos/{}",
                      "/1.2/rtm/chatrooms/{}/member-infos/{}"};
constexpr Paths kSilenceds{"/1.2/rtm/conversations/{}/permanent-silenceds",
                           "/1.2/rtm/chatrooms/{}/permanent-silenceds"};
constexpr Paths kBlacklists{"/1.2/rtm/conversations/{}/blacklists",
                            "/1.2/rtm/chatrooms/{}/blacklists"};
constexpr std::array kServiceBlacklist{
    std::string_view("/1.2/rtm/service-conversations/{}/blacklists")};

constexpr std::string_view kDeclined = "/1.2/rtm/clients/{}/blacklists";

constexpr Paths kPaused{"/1.2/rtm/conversations/{}/temporary-silenceds",
                        "/1.2/rtm/chatrooms/{}/temporary-silenceds"};

/// As many as can be something in a conversation.
constexpr std::size_t kNamedStandings = 500;
constexpr std::size_t kListed = 10;  // leancloud-current §6
constexpr std::size_t kRecords = 100;
constexpr std::size_t kGroupBytes = 4 * limits::kPeerIdChars;  ///< of an id in JSON
constexpr std::int64_t kPauseSeconds = 24 * 3600;              // leancloud-current §6
constexpr std::string_view kManager = "Manager";

net::HttpReply noConversation() {
  return refuse(404, 4303, "CONVERSATION_NOT_FOUND: there is no such conversation");
}

std::string recordId(std::string_view group, std::string_view peer) {
  return std::string(group).append(":").append(peer);
}

/// The peer that a record is about, by its id in the path; empty = it is no record's.
std::string_view peerOfRecord(const Request& request) {
  const std::string_view group = request.names.at(0);
  const std::string_view id = request.names.at(1);
  const bool fits = id.size() > group.size() && id.starts_with(group) && id[group.size()] == ':';
  return fits ? id.substr(group.size() + 1) : std::string_view();
}

net::HttpReply noRecord() { return refuse(404, 101, "there is no such record of a member"); }

/// A part of a list: so many behind the first ones.
struct Page {
  std::size_t skip{0};
  std::size_t limit{0};
};

bool readCount(std::string_view text, std::size_t& count) {
  if (text.empty()) return true;
  const auto number = base::readNumber<std::uint32_t>(text);
  if (number) count = *number;
  return number.has_value();
}

std::vector<std::string_view> peersThatAre(const storage::GroupRecord& group, StandingKind kind) {
  std::vector<std::string_view> peers;
  for (const storage::Standing& each : group.standings) {
    if (each.has(kind)) peers.push_back(each.peer);
  }
  return peers;
}

/// What of a list is on the page; `next` is where the page behind it begins, 0 = there is none.
std::vector<std::string_view> cut(std::vector<std::string_view> all, const Page& page,
                                  std::size_t& next) {
  const std::size_t first = std::min(page.skip, all.size());
  const std::size_t last = first + std::min(page.limit, all.size() - first);
  next = last < all.size() ? last : 0;
  return {all.begin() + static_cast<std::ptrdiff_t>(first),
          all.begin() + static_cast<std::ptrdiff_t>(last)};
}

net::HttpReply showRecords(const storage::GroupRecord& group, const Page& page) {
  std::size_t next = 0;
  std::string results = "[";
  for (const std::string_view peer : cut(peersThatAre(group, StandingKind::Manager), page, next)) {
    json::JsonWriter record;
    record.text("clientId", peer).text("objectId", recordId(group.id, peer));
    record.text("role", kManager);
    if (results.size() > 1) results += ',';
    results += record.finish();
  }
  json::JsonWriter body;
  body.raw("results", results += ']');
  return jsonReply(body.finish());
}

net::HttpReply showPeers(const storage::GroupRecord& group, StandingKind kind, const Page& page) {
  std::size_t next = 0;
  json::JsonWriter body;
  body.list("client_ids", cut(peersThatAre(group, kind), page, next));
  if (next != 0) body.text("next", std::to_string(next));
  return jsonReply(body.finish());
}

net::HttpReply showGroups(const storage::GroupIds& page) {
  json::JsonWriter body;
  body.list("conv_ids", std::vector<std::string_view>(page.groups.begin(), page.groups.end()));
  if (!page.complete && !page.groups.empty()) body.text("next", page.groups.back());
  return jsonReply(body.finish());
}

/// A role in a command; the creator is the owner, and stays it.
void readRole(std::string_view role, core::ChangeStanding& wish) {
  wish.kind = StandingKind::Manager;
  wish.on = role == kManager;
  wish.unknown_role = !wish.on && role != "Member";
}

}  // namespace

std::vector<Route> StandingApi::routes() {
  std::vector<Route> all;
  addRoles(all);
  addLists(all);
  return all;
}

void StandingApi::addRoles(std::vector<Route>& routes) {
  const auto add = [&](std::string_view method, const Paths& paths, std::uint64_t body,
                       const Route::Handler& handler) {
    for (const std::string_view path : paths)
      routes.push_back({method, path, Who::Master, body, handler});
  };
  add("GET", kInfos, kStrayBody, [this](const Request& r) { return roles(r); });
  add("POST", kInfos, kRtmBody, [this](const Request& r) { return addRole(r); });
  add("PUT", kInfo, kRtmBody, [this](const Request& r) { return changeRole(r); });
  add("DELETE", kInfo, kStrayBody, [this](const Request& r) { return removeRole(r); });
}

void StandingApi::addLists(std::vector<Route>& routes) {
  const auto add = [&](std::span<const std::string_view> paths, StandingKind kind) {
    for (const std::string_view path : paths) {
      routes.push_back({"GET", path, Who::Master, kStrayBody,
                        [this, kind](const Request& r) { return list(r, kind); }});
      routes.push_back({"POST", path, Who::Master, kRtmBody,
                        [this, kind](const Request& r) { return change(r, kind, true); }});
      routes.push_back({"DELETE", path, Who::Master, kRtmBody,
                        [this, kind](const Request& r) { return change(r, kind, false); }});
    }
  };
  add(kServiceBlacklist, StandingKind::Blocked);
  add(kSilenceds, StandingKind::Silenced);
  add(kBlacklists, StandingKind::Blocked);
  routes.push_back({"GET", kDeclined, Who::Master, kStrayBody,
                    [this](const Request& r) { return declined(r); }});
  routes.push_back({"POST", kDeclined, Who::Master, kRtmBody,
                    [this](const Request& r) { return decline(r, true); }});
  routes.push_back({"DELETE", kDeclined, Who::Master, kRtmBody,
                    [this](const Request& r) { return decline(r, false); }});
  for (const std::string_view path : kPaused) {
    routes.push_back(
        {"POST", path, Who::Master, kRtmBody, [this](const Request& r) { return pause(r); }});
    routes.push_back({"DELETE", path, Who::Master, kStrayBody,
                      [this](const Request& r) { return endPause(r); }});
  }
}

StandingApi::Answer StandingApi::command(const Request& request, const core::ChangeStanding& wish) {
  return carryOut(host_, request, {request.app->id, core::kServicePeer, wish});
}

// Only managers have records: all others are members or, as the conversation says, its creator.
StandingApi::Answer StandingApi::roles(const Request& request) {
  Page page{0, kRecords};
  if (!readCount(request.call.arg("skip"), page.skip) ||
      !readCount(request.call.arg("limit"), page.limit)) {
    return badRequest("skip and limit are numbers");
  }
  const std::string_view role = request.call.arg("role");
  if (!role.empty() && role != kManager) page.limit = 0;
  return calls_.askGroup(request, std::string(request.names.front()),
                         [page](const storage::FoundGroup& group) {
                           return group ? showRecords(*group, page) : noConversation();
                         });
}

StandingApi::Answer StandingApi::addRole(const Request& request) {
  RtmBody body(request.body);
  core::ChangeStanding wish;
  wish.group = request.names.front();
  const std::string_view peer = body.text("clientId");
  readRole(body.text("role"), wish);
  if (!body.wrong().empty()) return badRequest(body.wrong());
  wish.peers = core::IdList(&peer, 1);
  return command(request, wish);
}

StandingApi::Answer StandingApi::changeRole(const Request& request) {
  RtmBody body(request.body);
  core::ChangeStanding wish;
  wish.group = request.names.front();
  const std::string_view peer = peerOfRecord(request);
  const std::string_view named = body.text("clientId", false);
  readRole(body.text("role"), wish);
  if (!body.wrong().empty()) return badRequest(body.wrong());
  if (peer.empty()) return noRecord();
  if (!named.empty() && named != peer) {
    return badRequest("clientId is another one than that of the record; add a record for it");
  }
  wish.peers = core::IdList(&peer, 1);
  return command(request, wish);
}

StandingApi::Answer StandingApi::removeRole(const Request& request) {
  const std::string_view peer = peerOfRecord(request);
  if (peer.empty()) return noRecord();
  core::ChangeStanding wish;
  wish.group = request.names.front();
  wish.peers = core::IdList(&peer, 1);
  return command(request, wish);
}

StandingApi::Answer StandingApi::list(const Request& request, StandingKind kind) {
  Page page{0, kListed};
  if (!readCount(request.call.arg("next"), page.skip) ||
      !readCount(request.call.arg("limit"), page.limit)) {
    return badRequest("limit is a number, and next what the page before this one said");
  }
  return calls_.askGroup(request, std::string(request.names.front()),
                         [kind, page](const storage::FoundGroup& group) {
                           return group ? showPeers(*group, kind, page) : noConversation();
                         });
}

StandingApi::Answer StandingApi::change(const Request& request, StandingKind kind, bool on) {
  RtmBody body(request.body);
  const std::vector<std::string_view> peers = body.texts("client_ids", kNamedStandings);
  if (!body.wrong().empty()) return badRequest(body.wrong());
  core::ChangeStanding wish;
  wish.group = request.names.front();
  wish.kind = kind;
  wish.on = on;
  wish.peers = peers;
  return command(request, wish);
}

// A page begins behind an id: what comes and goes meanwhile moves none of the others.
StandingApi::Answer StandingApi::declined(const Request& request) {
  std::size_t limit = kListed;
  if (!readCount(request.call.arg("limit"), limit)) return badRequest("limit is a number");
  limit = std::min(limit, storage::kDeclinedGroups);
  return calls_.ask<storage::GroupIds>(
      request, limit * kGroupBytes,
      [app_id = request.app->id, peer = std::string(request.names.front()),
       after = std::string(request.call.arg("next")),
       limit](storage::Storage& storage, storage::Token token) {
        storage.submit(token, storage::ListDeclined{app_id, peer, after, limit});
      },
      showGroups);
}

StandingApi::Answer StandingApi::decline(const Request& request, bool on) {
  RtmBody body(request.body);
  core::ChangeStanding wish;
  wish.group = body.text("conv_id");
  if (!body.wrong().empty()) return badRequest(body.wrong());
  wish.kind = StandingKind::Declining;
  wish.on = on;
  wish.peers = core::IdList(&request.names.front(), 1);
  return command(request, wish);
}

StandingApi::Answer StandingApi::pause(const Request& request) {
  RtmBody body(request.body);
  const std::string_view peer = body.text("client_id");
  core::ChangeStanding wish;
  wish.group = request.names.front();
  wish.kind = StandingKind::Paused;
  wish.on = true;
  wish.peers = core::IdList(&peer, 1);
  wish.seconds = body.number("ttl");
  if (!body.wrong().empty()) return badRequest(body.wrong());
  if (wish.seconds < 1 || wish.seconds > kPauseSeconds) {
    return badRequest("ttl must be 1 to 86400 seconds");
  }
  return command(request, wish);
}

StandingApi::Answer StandingApi::endPause(const Request& request) {
  const std::string_view peer = request.call.arg("client_id");
  if (peer.empty()) return badRequest("client_id must be the peer that may speak again");
  core::ChangeStanding wish;
  wish.group = request.names.front();
  wish.kind = StandingKind::Paused;
  wish.peers = core::IdList(&peer, 1);
  return command(request, wish);
}

}  // namespace kith::rest
