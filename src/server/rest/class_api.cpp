// SPDX-License-Identifier: Apache-2.0
#include "server/rest/class_api.hpp"

#include <string>
#include <utility>

#include "base/clock.hpp"
#include "json/json_writer.hpp"
#include "server/objects/value.hpp"
#include "server/rest/object_query.hpp"
#include "server/rest/peer_token.hpp"

namespace kith::rest {
namespace {

net::HttpReply json(std::string body) { return {200, "application/json", std::move(body), 0}; }

/// Whose request it is; otherwise what it is answered.
std::optional<net::HttpReply> refuseStranger(const Request& request, std::string& peer) {
  if (request.master) return std::nullopt;
  const std::string_view why = whyNotPeer(*request.app, request.call, base::systemNow().wall, peer);
  if (why.empty()) return std::nullopt;
  return refuse(401, 401, std::string(why));
}

net::HttpReply date(const Request&) {
  json::JsonWriter body;
  body.text("__type", "Date").text("iso", objects::formatTime(base::systemNow().wall.count()));
  return json(body.finish());
}

}  // namespace

std::vector<Route> ClassApi::routes() {
  return {{"GET", "/1.1/date", Who::Anyone, 0, date},
          {"GET", "/1.1/classes/_Conversation", Who::App, 0,
           [this](const Request& request) { return find(request); }},
          {"GET", "/1.1/classes/_Conversation/{}", Who::App, 0,
           [this](const Request& request) { return get(request); }},
          {"GET", "/1.1/classes/_ConversationMemberInfo", Who::App, 0, memberInfo}};
}

ClassApi::Answer ClassApi::find(const Request& request) {
  ObjectQuery query;
  if (auto refusal = refuseStranger(request, query.user)) return refusal;
  if (auto refusal = readQuery(request, query)) return refusal;
  return askObjects(calls_, request, std::move(query));
}

ClassApi::Answer ClassApi::get(const Request& request) {
  std::string peer;
  if (auto refusal = refuseStranger(request, peer)) return refusal;
  Result<objects::Selection> keys = objects::Selection::parse(request.call.arg("keys"));
  if (!keys) return refuse(keys.error());
  return calls_.ask<storage::ObjectRecord>(
      request, objects::kObjectBytes,
      [app_id = request.app->id, id = std::string(request.names.front()), peer,
       master = request.master](storage::Storage& storage, storage::Token token) {
        storage::GetObject wanted;
        wanted.app_id = app_id;
        wanted.class_name = storage::kConversationsClass;
        wanted.id = id;
        wanted.user_id = peer;
        wanted.master = master;
        storage.submit(token, wanted);
      },
      [keys = std::move(keys).value()](const storage::ObjectRecord& object) {
        if (!object) return refuse(404, storage::kNoSuchObject, "there is no such conversation");
        return json(objects::formatObject(*object, keys));
      });
}

// Members have no roles yet, which is what a list without records says.
ClassApi::Answer ClassApi::memberInfo(const Request& request) {
  std::string peer;
  if (auto refusal = refuseStranger(request, peer)) return refusal;
  return json(R"({"results":[]})");
}

}  // namespace kith::rest
