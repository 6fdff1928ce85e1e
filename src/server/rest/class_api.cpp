// SPDX-License-Identifier: Apache-2.0
#include "server/rest/class_api.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "base/clock.hpp"
#include "json/json_value.hpp"
#include "json/json_writer.hpp"
#include "server/objects/value.hpp"
#include "server/rest/object_query.hpp"
#include "server/rest/peer_token.hpp"

namespace kith::rest {
namespace {

/// Whose request it is; otherwise what it is answered.
std::optional<net::HttpReply> refuseStranger(const Request& request, std::string& peer) {
  if (request.master) return std::nullopt;
  const std::string_view why = whyNotPeer(*request.app, request.call, base::systemNow().wall, peer);
  if (why.empty()) return std::nullopt;
  return refuse(401, 401, std::string(why));
}

/// The `cid` of a query: in its `where`, or beside it as C# asks.
Result<std::string> conversationOf(const net::HttpCall& call) {
  const std::string_view where = call.arg("where");
  if (where.empty()) return std::string(call.arg("cid"));
  const Result<json::JsonValue> parsed = json::parseJson(where, "where");
  if (!parsed) return parsed.error();
  return parsed->textOf("cid");
}

std::string formatManagers(const storage::GroupRecord& group) {
  std::string list;
  for (const storage::Standing& each : group.standings) {
    if (!each.has(StandingKind::Manager)) continue;
    json::JsonWriter record;
    record.text("clientId", each.peer).text("peerId", each.peer).text("cid", group.id);
    record.text("role", "Manager").text("objectId", group.id + ':' + each.peer);
    list += (list.empty() ? "" : ",") + record.finish();
  }
  return list;
}

net::HttpReply date(const Request&) {
  json::JsonWriter body;
  body.text("__type", "Date").text("iso", objects::formatTime(base::systemNow().wall.count()));
  return jsonReply(body.finish());
}

}  // namespace

std::vector<Route> ClassApi::routes() {
  return {{"GET", "/1.1/date", Who::Anyone, kStrayBody, date},
          {"GET", "/1.1/classes/_Conversation", Who::App, kStrayBody,
           [this](const Request& request) { return find(request); }},
          {"GET", "/1.1/classes/_Conversation/{}", Who::App, kStrayBody,
           [this](const Request& request) { return get(request); }},
          {"GET", "/1.1/classes/_ConversationMemberInfo", Who::App, kStrayBody,
           [this](const Request& request) { return memberInfo(request); }},
          {"GET", "/1.1/classes/_SysMessage", Who::Master, kStrayBody,
           [this](const Request& request) { return findServiceMessages(request); }},
          {"DELETE", "/1.1/classes/_SysMessage/{}", Who::Master, kStrayBody,
           [this](const Request& request) { return removeServiceMessage(request); }}};
}

ClassApi::Answer ClassApi::find(const Request& request) {
  ObjectQuery query;
  if (auto refusal = refuseStranger(request, query.user)) return refusal;
  if (auto refusal = readQuery(request, query)) return refusal;
  return askObjects(calls_, request, std::move(query));
}

// What peers said to service conversations, until the app's server takes it away.
ClassApi::Answer ClassApi::findServiceMessages(const Request& request) {
  ObjectQuery query;
  if (auto refusal = readQuery(request, query)) return refusal;
  query.class_name = storage::kServiceMessagesClass;
  return askObjects(calls_, request, std::move(query));
}

ClassApi::Answer ClassApi::removeServiceMessage(const Request& request) {
  return calls_.removeObject(request, storage::kServiceMessagesClass,
                             std::string(request.names.front()), [] { return jsonReply("{}"); });
}

ClassApi::Answer ClassApi::get(const Request& request) {
  std::string peer;
  if (auto refusal = refuseStranger(request, peer)) return refusal;
  Result<objects::Selection> keys = objects::Selection::parse(request.call.arg("keys"));
  if (!keys) return refuse(keys.error());
  return calls_.askObject(request, storage::kConversationsClass, std::move(peer),
                          [keys = std::move(keys).value()](const storage::ObjectRecord& object) {
                            if (!object)
                              return refuse(404, storage::kNoSuchObject,
                                            "there is no such conversation");
                            return jsonReply(objects::formatObject(*object, keys));
                          });
}

// One record of each manager: the creator is known by the conversation, and all others are members.
// The token of a peer shows those of its own conversations.
ClassApi::Answer ClassApi::memberInfo(const Request& request) {
  std::string peer;
  if (auto refusal = refuseStranger(request, peer)) return refusal;
  const Result<std::string> cid = conversationOf(request.call);
  if (!cid) return refuse(cid.error());
  return calls_.askGroup(request, *cid, [peer](const storage::FoundGroup& group) {
    if (!group) return jsonReply(R"({"results":[]})");
    const auto& members = group->members;
    const bool sees =
        peer.empty() || std::find(members.begin(), members.end(), peer) != members.end();
    return jsonReply(R"({"results":[)" + (sees ? formatManagers(*group) : std::string()) + "]}");
  });
}

}  // namespace kith::rest
