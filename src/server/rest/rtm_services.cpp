// SPDX-License-Identifier: Apache-2.0
// Service conversations as an app's server uses them: subscribers, messages to single peers, and
// broadcasts (leancloud-current §6, decision 047).
#include <algorithm>
#include <string>
#include <utility>

#include "base/ascii.hpp"
#include "base/clock.hpp"
#include "base/text_codes.hpp"
#include "json/json_value.hpp"
#include "json/json_writer.hpp"
#include "server/objects/object.hpp"
#include "server/rest/object_query.hpp"
#include "server/rest/rtm_api.hpp"
#include "server/rest/rtm_body.hpp"

namespace kith::rest {
namespace {

/// Subscribers, and subscriptions, in one answer.
constexpr std::size_t kSubscribersListed = 50;
/// A broadcast is listed for so long at most, and without a wish.
constexpr std::int64_t kBroadcastLifeMs = 30ll * 24 * 3600 * 1000;
/// Answers without a message in them have so many bytes at most.
constexpr std::size_t kSmallAnswer = 512;

net::HttpReply noService() {
  return refuse(404, 4303, "CONVERSATION_NOT_FOUND: there is no such service conversation");
}

/// The argument `limit`; nullopt: it is no number from 1 on.
std::optional<std::size_t> readLimit(const net::HttpCall& call) {
  if (call.arg("limit").empty()) return kSubscribersListed;
  const auto limit = base::readNumber<std::int64_t>(call.arg("limit"));
  if (!limit || *limit <= 0) return std::nullopt;
  return std::min(static_cast<std::size_t>(*limit), kSubscribersListed);
}

void addSubscription(std::string_view subscriber, std::string_view conversation,
                     std::string& list) {
  json::JsonWriter row;
  row.text("subscriber", subscriber).text("conv_id", conversation);
  list += (list.size() > 1 ? "," : "") + row.finish();
}

/// A page that begins behind `last`, which is the id of a subscriber; empty = at the first.
net::HttpReply showSubscribers(const storage::FoundGroup& group, std::string_view last,
                               std::size_t limit) {
  if (!group || !group->service) return noService();
  const auto& all = group->members;
  auto at = all.begin();
  if (!last.empty()) at = std::find(all.begin(), all.end(), last);
  if (!last.empty() && at != all.end()) ++at;
  std::string list = "[";
  for (std::size_t left = limit; left > 0 && at != all.end(); --left) {
    addSubscription(*at++, group->id, list);
  }
  return jsonReply(list += ']');
}

/// The same of the service conversations that a peer has subscribed to.
net::HttpReply showSubscriptions(const objects::FoundObjects& found, std::string_view peer,
                                 std::string_view last, std::size_t limit) {
  std::string list = "[";
  bool begun = last.empty();
  for (const objects::Object& object : found.objects) {
    if (begun && limit-- > 0) addSubscription(peer, object.id, list);
    if (limit == 0) break;
    begun = begun || object.id == last;
  }
  return jsonReply(list += ']');
}

}  // namespace

void RtmApi::addServices(std::vector<Route>& routes) {
  const auto add = [&](std::string_view method, std::string_view path, auto handler) {
    const std::uint64_t body = method == "GET" || method == "DELETE" ? kStrayBody : kRtmBody;
    routes.push_back({method, path, Who::Master, body, std::move(handler)});
  };
  constexpr std::string_view kAll = "/1.2/rtm/service-conversations";
  constexpr std::string_view kOne = "/1.2/rtm/service-conversations/{}";
  add("POST", kAll, [this](const Request& r) { return create(r, Kind::Service); });
  add("GET", kAll, [this](const Request& r) { return find(r, Kind::Service); });
  add("PUT", kOne, [this](const Request& r) { return update(r); });
  add("DELETE", kOne, [this](const Request& r) { return takeAway(r); });
  constexpr std::string_view kSubscribers = "/1.2/rtm/service-conversations/{}/subscribers";
  add("GET", kSubscribers, [this](const Request& r) { return subscribers(r); });
  add("POST", kSubscribers, [this](const Request& r) { return subscribe(r); });
  add("GET", "/1.2/rtm/service-conversations/{}/subscribers/count",
      [this](const Request& r) { return countSubscribers(r); });
  add("DELETE", "/1.2/rtm/service-conversations/{}/subscribers/{}",
      [this](const Request& r) { return unsubscribe(r); });
  add("GET", "/1.2/rtm/service-conversations/{}/subscribers/{}/messages",
      [this](const Request& r) { return log(r, r.names.at(0), r.names.at(1)); });
  add("DELETE", "/1.2/rtm/service-conversations/{}/subscribers/{}/messages/{}",
      [this](const Request& r) { return removeFromPeer(r); });
  add("POST", "/1.2/rtm/service-conversations/{}/broadcasts",
      [this](const Request& r) { return send(r, r.names.front(), "from_client", false); });
  add("POST", "/1.2/rtm/service-conversations/{}/messages",
      [this](const Request& r) { return sendToPeers(r); });
  constexpr std::string_view kMessage = "/1.2/rtm/service-conversations/{}/messages/{}";
  add("PUT", kMessage, [this](const Request& r) { return edit(r, false); });
  add("DELETE", kMessage, [this](const Request& r) { return remove(r); });
  add("PUT", "/1.2/rtm/service-conversations/{}/messages/{}/recall",
      [this](const Request& r) { return edit(r, true); });
  add("GET", "/1.2/rtm/clients/{}/service-conversations",
      [this](const Request& r) { return subscriptions(r); });
  constexpr std::string_view kBroadcasts = "/1.2/rtm/broadcasts";
  add("GET", kBroadcasts, [this](const Request& r) { return broadcasts(r); });
  add("POST", kBroadcasts, [this](const Request& r) { return broadcast(r, "from_client"); });
  add("DELETE", "/1.2/rtm/broadcasts/{}", [this](const Request& r) { return removeBroadcast(r); });
}

RtmApi::Answer RtmApi::subscribe(const Request& request) {
  RtmBody body(request.body);
  const std::string_view peer = body.text("client_id");
  if (!body.wrong().empty()) return badRequest(body.wrong());
  core::ChangeMembers wish;
  wish.change = core::MemberChange::Invite;
  wish.group = request.names.front();
  wish.peers = core::IdList(&peer, 1);
  return command(request, core::kServicePeer, wish);
}

RtmApi::Answer RtmApi::unsubscribe(const Request& request) {
  core::ChangeMembers wish;
  wish.change = core::MemberChange::Kick;
  wish.group = request.names.at(0);
  wish.peers = core::IdList(&request.names.at(1), 1);
  return command(request, core::kServicePeer, wish);
}

RtmApi::Answer RtmApi::subscribers(const Request& request) {
  const auto limit = readLimit(request.call);
  if (!limit) return badRequest("limit is no number from 1 to 50");
  return calls_.askGroup(
      request, std::string(request.names.front()),
      [last = std::string(request.call.arg("client_id")), limit = *limit](
          const storage::FoundGroup& group) { return showSubscribers(group, last, limit); });
}

RtmApi::Answer RtmApi::countSubscribers(const Request& request) {
  return calls_.askGroup(request, std::string(request.names.front()),
                         [](const storage::FoundGroup& group) {
                           if (!group || !group->service) return noService();
                           json::JsonWriter count;
                           count.integer("count", static_cast<std::int64_t>(group->members.size()));
                           return jsonReply(count.finish());
                         });
}

RtmApi::Answer RtmApi::sendToPeers(const Request& request) {
  RtmBody body(request.body);
  core::SendMessage wish;
  wish.group = request.names.front();
  const std::string_view from = body.text("from_client");
  const std::vector<std::string_view> to = body.texts("to_clients", core::kNamedReceivers);
  wish.to = to;
  wish.text = body.text("message");
  wish.transient = body.flag("transient");
  wish.without_copies = body.flag("no_sync");
  if (!body.wrong().empty()) return badRequest(body.wrong());
  if (to.empty()) return badRequest("to_clients: names nobody");
  if (!fits(wish.text)) return tooLong();
  return command(request, from, wish);
}

RtmApi::Answer RtmApi::removeFromPeer(const Request& request) {
  const auto time = base::readNumber<std::int64_t>(request.call.arg("timestamp"));
  if (!time) return badRequest("timestamp must be the milliseconds of the message");
  return removeMessage(
      Asker(request), {request.app->id, base::channelName(request.names.at(0), request.names.at(1)),
                       std::string(request.names.at(2)), *time});
}

RtmApi::Answer RtmApi::subscriptions(const Request& request) {
  const auto limit = readLimit(request.call);
  if (!limit) return badRequest("limit is no number from 1 to 50");
  const std::string peer(request.names.front());
  json::JsonWriter where;
  where.flag("sys", true).text("m", peer);
  return calls_.ask<objects::FoundObjects>(
      request, objects::kFoundObjects * kSmallAnswer,
      [app_id = request.app->id, peer, where = where.finish(),
       newest_first = request.call.arg("direction") == "old"](storage::Storage& storage,
                                                              storage::Token token) {
        storage::FindObjects find;
        find.app_id = app_id;
        find.class_name = storage::kConversationsClass;
        find.where = where;
        find.order = newest_first ? "-createdAt" : "createdAt";
        find.limit = objects::kFoundObjects;
        find.user_id = peer;
        find.master = true;
        storage.submit(token, find);
      },
      [peer, last = std::string(request.call.arg("conv_id")),
       limit = *limit](const objects::FoundObjects& found) {
        return showSubscriptions(found, peer, last, limit);
      });
}

RtmApi::Answer RtmApi::broadcast(const Request& request, std::string_view from) {
  RtmBody body(request.body);
  const std::int64_t now = base::systemNow().wall.count();
  core::SendMessage wish;
  wish.group = body.text("conv_id");
  const std::string_view peer = body.text(from);
  wish.text = body.text("message");
  wish.transient = body.flag("transient");
  wish.for_everyone = true;
  wish.valid_till = now + kBroadcastLifeMs;
  if (!body.json("valid_till").empty()) {
    wish.valid_till = std::min(wish.valid_till, body.number("valid_till"));
  }
  if (!body.wrong().empty()) return badRequest(body.wrong());
  if (wish.valid_till <= now) return badRequest("valid_till is over");
  if (!fits(wish.text)) return tooLong();
  return command(request, peer, wish);
}

RtmApi::Answer RtmApi::broadcasts(const Request& request) {
  const std::string_view conversation = request.call.arg("conv_id");
  if (conversation.empty()) return badRequest("conv_id must be the id of a service conversation");
  ObjectQuery query;
  if (auto refusal = readQuery(request, query)) return refusal;
  json::JsonWriter later, where;
  later.integer("$gt", base::systemNow().wall.count());
  where.text("conv_id", conversation).raw("valid_till", later.finish());
  query.class_name = storage::kBroadcastsClass;
  query.where = where.finish();
  query.order = "-createdAt";
  return askObjects(calls_, request, std::move(query));
}

RtmApi::Answer RtmApi::removeBroadcast(const Request& request) {
  return calls_.askObject(
      request, storage::kBroadcastsClass, {},
      [this, asker = Asker(request),
       app_id = request.app->id](const storage::ObjectRecord& found) -> Answer {
        const auto missing = [] {
          return refuse(404, 4404, "MESSAGE_NOT_FOUND: there is no such broadcast");
        };
        if (!found) return missing();
        const Result<json::JsonValue> fields = json::parseJson(found->json, "object");
        const json::JsonValue* const time = fields ? fields->find("timestamp") : nullptr;
        if (time == nullptr) return missing();
        return removeMessage(asker, {app_id, std::string(fields->textOf("conv_id")), found->id,
                                     time->integer().value_or(0), true});
      });
}

}  // namespace kith::rest
