// SPDX-License-Identifier: Apache-2.0
// Conversations and their members, as an app's server asks for them.
#include <string>
#include <utility>

#include "base/clock.hpp"
#include "json/json_writer.hpp"
#include "server/objects/selection.hpp"
#include "server/objects/value.hpp"
#include "server/rest/object_query.hpp"
#include "server/rest/rtm_api.hpp"
#include "server/rest/rtm_body.hpp"

namespace kith::rest {
namespace {

/// Peers that a command may name; how many a conversation may have, the app's settings say.
constexpr std::size_t kNamedPeers = 1000;
constexpr std::string_view kMutedKey = "mu";

net::HttpReply noConversation() {
  return refuse(404, 4303, "CONVERSATION_NOT_FOUND: there is no such conversation");
}

/// A query of conversations that looks at one kind only.
std::string narrowed(std::string_view where, std::string_view kind) {
  const bool all = where.find_first_not_of(" \t\r\n") == std::string_view::npos;
  return R"({"$and":[)" + std::string(all ? "{}" : where) + ',' + std::string(kind) + "]}";
}

net::HttpReply showList(const std::vector<std::string>& texts) {
  json::JsonWriter body;
  body.list("result", texts);
  return jsonReply(body.finish());
}

net::HttpReply showMutes(const storage::ObjectRecord& object) {
  if (!object) return noConversation();
  std::vector<std::string> muted;
  const Result<json::JsonValue> fields = json::parseJson(object->json, "object");
  const json::JsonValue* const list = fields ? fields->find(kMutedKey) : nullptr;
  if (list != nullptr) {
    for (const json::JsonValue& item : list->items) muted.push_back(item.text);
  }
  return showList(muted);
}

net::HttpReply showUpdated(const storage::ObjectRecord& object) {
  json::JsonWriter body;
  body.text("objectId", object->id).text("updatedAt", objects::formatTime(object->updated));
  return jsonReply(body.finish());
}

}  // namespace

RtmApi::Answer RtmApi::create(const Request& request, Kind kind) {
  RtmBody body(request.body);
  core::StartConversation wish;
  const std::vector<std::string_view> members = body.texts("m", kNamedPeers, false);
  wish.unique = body.flag("unique");
  if (!body.wrong().empty()) return badRequest(body.wrong());
  if (kind == Kind::ChatRoom && !members.empty()) {
    return badRequest("m: a chat room has no members");
  }
  if (kind == Kind::Service && !members.empty()) {
    return badRequest("m: members of a service conversation are its subscribers");
  }
  const std::string fields = body.without({"m", "unique", "tr", "sys"});
  wish.members = members;
  wish.open = kind == Kind::ChatRoom;
  wish.service = kind == Kind::Service;
  wish.fields = fields;
  return command(request, core::kServicePeer, wish);
}

RtmApi::Answer RtmApi::find(const Request& request, Kind kind) {
  ObjectQuery query;
  if (auto refusal = readQuery(request, query)) return refusal;
  if (kind == Kind::Conversation) {
    query.where = narrowed(query.where, R"({"tr":{"$ne":true},"sys":{"$ne":true}})");
  }
  if (kind == Kind::Service) query.where = narrowed(query.where, R"({"sys":true})");
  if (kind == Kind::ChatRoom) query.where = narrowed(query.where, R"({"tr":true})");
  return askObjects(calls_, request, std::move(query));
}

RtmApi::Answer RtmApi::update(const Request& request) {
  const RtmBody body(request.body);
  if (!body.wrong().empty()) return badRequest(body.wrong());
  const std::string fields = body.without({});
  return command(request, core::kServicePeer,
                 core::UpdateConversation{request.names.front(), fields});
}

RtmApi::Answer RtmApi::changeMembers(const Request& request, core::MemberChange change) {
  RtmBody body(request.body);
  const std::vector<std::string_view> peers = body.texts("client_ids", kNamedPeers);
  if (!body.wrong().empty()) return badRequest(body.wrong());
  core::ChangeMembers wish;
  wish.change = change;
  wish.group = request.names.front();
  wish.peers = peers;
  return command(request, core::kServicePeer, wish);
}

RtmApi::Answer RtmApi::takeAway(const Request& request) {
  return command(request, core::kServicePeer, core::RemoveConversation{request.names.front()});
}

RtmApi::Answer RtmApi::members(const Request& request) {
  return calls_.askGroup(request, std::string(request.names.front()),
                         [](const storage::FoundGroup& group) {
                           return group ? showList(group->members) : noConversation();
                         });
}

RtmApi::Answer RtmApi::mutes(const Request& request) {
  return calls_.askObject(request, storage::kConversationsClass, {}, showMutes);
}

// Of the app's own settings no client hears, so it need not go through the hub.
RtmApi::Answer RtmApi::changeMutes(const Request& request, bool muted) {
  RtmBody body(request.body);
  const std::vector<std::string_view> peers = body.texts("client_ids", kNamedPeers);
  if (!body.wrong().empty()) return badRequest(body.wrong());
  json::JsonWriter change;
  change.text("__op", muted ? "AddUnique" : "Remove").list("objects", peers);
  std::string fields = R"({"mu":)" + change.finish() + '}';
  return calls_.ask<storage::ObjectRecord>(
      request, objects::kObjectBytes,
      [app_id = request.app->id, id = std::string(request.names.front()),
       fields = std::move(fields)](storage::Storage& storage, storage::Token token) {
        storage::UpdateObject update;
        update.app_id = app_id;
        update.class_name = storage::kConversationsClass;
        update.id = id;
        update.body = fields;
        update.master = true;
        update.now_ms = base::systemNow().wall.count();
        storage.submit(token, update);
      },
      showUpdated);
}

RtmApi::Answer RtmApi::countInside(const Request& request, std::string_view room) {
  return command(request, core::kServicePeer, core::CountMembers{room});
}

// The clients inside, not the sessions.
RtmApi::Answer RtmApi::inside(const Request& request) {
  return command(request, core::kServicePeer,
                 core::ListMembers{request.names.front(), core::kListedMembers});
}

}  // namespace kith::rest
