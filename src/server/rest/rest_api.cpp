// SPDX-License-Identifier: Apache-2.0
#include "server/rest/rest_api.hpp"

#include <kith/limits.hpp>

#include <algorithm>
#include <utility>

#include "base/ascii.hpp"
#include "base/clock.hpp"
#include "protocol/avos/rest.hpp"
#include "protocol/avos/route.hpp"
#include "server/rest/peer_token.hpp"
#include "server/rest/public_url.hpp"

namespace kith::rest {
namespace {

constexpr int kLogLimit = 100;  // avos-v1 §11.2
constexpr int kMostLogLimit = 1000;
constexpr int kHistoryRetrySeconds = 60;
// Beside what came in one frame, a message of an answer has so many bytes at most: its time, its
// id, the conversation's, and names.
constexpr std::size_t kBesideFrame = 512;
constexpr std::size_t kCallbackBytes = 128;

// Anything else could be a script of the caller's.
bool isCallbackName(std::string_view name) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '$' || c == '[' || c == ']';
  };
  return !name.empty() && name.size() <= kCallbackBytes &&
         std::all_of(name.begin(), name.end(), fits);
}

// The prefix that a client has reached us by, where a proxy cuts it off, goes into our answer.
bool isPath(std::string_view path) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~' || c == '%' || c == '/';
  };
  return path.front() == '/' && path.back() != '/' && path.size() <= 255 &&
         std::all_of(path.begin(), path.end(), fits);
}

bool readPositive(std::string_view text, std::int64_t& out) {
  const auto number = base::readNumber<std::int64_t>(text);
  if (number) out = *number;
  return number && *number > 0;
}

avos::HistoryItem toItem(storage::StoredMessage&& message) {
  avos::HistoryItem item;
  item.timestamp = message.timestamp;
  item.conv_id = message.conv_id;
  item.from = std::move(message.from);
  item.text = std::move(message.text);
  item.is_room = !storage::isPair(message.kind);
  item.to = std::move(message.addressed);
  if (item.is_room) item.to.push_back(std::move(message.conv_id));
  item.message_id = std::move(message.id);
  return item;
}

net::HttpReply showGroup(storage::FoundGroup& found) {
  if (!found) return refuse(404, 101, "there is no such group");
  const avos::GroupObject object{found->id, std::move(found->members), found->open, {}};
  return jsonReply(avos::formatGroup(object));
}

net::HttpReply showHistory(storage::HistoryPage& page) {
  std::vector<avos::HistoryItem> items;
  items.reserve(page.messages.size());
  for (storage::StoredMessage& message : page.messages) items.push_back(toItem(std::move(message)));
  return jsonReply(avos::formatHistory(items, avos::kHistoryAnswerBytes));
}

}  // namespace

RestApi::RestApi(RestOptions options, storage::Storage& storage, const RestHosts& hosts,
                 base::Random& random, std::vector<Route> more)
    : options_(std::move(options)),
      host_(hosts.rest),
      keys_(options_.apps),
      auth_(*options_.apps),
      calls_(options_.connections, options_.first_token, storage, hosts.rest),
      rtm_(calls_, hosts.commands, options_.frame_bytes),
      standings_(calls_, hosts.commands),
      sign_(hosts.outbound, random),
      files_(calls_, hosts.files, random,
             {options_.public_url, options_.tls,
              [this](std::string_view id) { return keys_.findApp(id); }}),
      import_(calls_, hosts.rest),
      table_(routes(std::move(more))) {}

void RestApi::setApps(const apps::AppsPtr& apps) {
  keys_.setApps(apps);
  auth_.setApps(*apps);
}

RouteTable RestApi::routes(std::vector<Route> more) {
  const auto ok = [](const Request&) -> std::optional<net::HttpReply> {
    return net::HttpReply{200, "text/plain", "ok\n", 0};
  };
  std::vector<Route> all{
      {"GET", "/healthz", Who::Anyone, 0, ok},
      {"GET", "/v1/route", Who::Anyone, 0, [this](const Request& r) { return route(r); }},
      {"GET", "/1.1/rtm/messages/logs", Who::App, 0,
       [this](const Request& r) { return history(r); }},
      {"GET", "/1.1/classes/AVOSRealtimeGroups/{}", Who::App, 0,
       [this](const Request& r) { return group(r); }},
  };
  for (std::vector<Route> each :
       {classes_.routes(), events_.routes(), rtm_.routes(), standings_.routes(), sign_.routes(),
        files_.routes(), import_.routes(), std::move(more)}) {
    all.insert(all.end(), std::make_move_iterator(each.begin()),
               std::make_move_iterator(each.end()));
  }
  return RouteTable(std::move(all));
}

std::vector<std::string> RestApi::headers() {
  std::vector<std::string> all = KeyAuth::headers();
  all.insert(all.end(), {"content-type", "range", std::string(kSessionTokenHeader)});
  return all;
}

// The order counts: whether there is such a path is no secret, so it comes before keys; what costs
// something comes behind them.
void RestApi::answer(net::RequestId id, const net::HttpCall& call) {
  RouteTable::Found found = table_.find(call.method, call.path);
  const bool open = found.route != nullptr && found.route->who == Who::Anyone;
  if (call.small_only && !open) return host_.reply(id, tooBusy());
  if (call.method == "OPTIONS" && !found.methods.empty()) {
    return host_.reply(id, {204, "text/plain", {}, 0, {}, std::move(found.methods)});
  }
  if (found.methods.empty()) {
    return host_.reply(id, refuse(404, 404, "there is nothing at this path"));
  }
  if (found.route == nullptr) {
    net::HttpReply reply = refuse(405, 405, "here is understood: " + found.methods);
    reply.allow = found.methods;
    return host_.reply(id, std::move(reply));
  }
  const Route& route = *found.route;
  if (call.has_body && call.body_bytes > route.body) {
    return host_.reply(id, refuse(413, 413, "the body is longer than is taken here"));
  }
  Request request{id, call, nullptr, false, std::move(found.names), {}, false};
  if (!authorize(route, request)) return;
  if (call.has_body) {
    if (route.body == 0) return host_.reply(id, refuse(413, 413, "no body is taken here"));
    waiting_.insert_or_assign(id, call);
    return host_.takeBody(id, route.body);
  }
  if (auto reply = route.handler(request)) host_.reply(id, std::move(*reply));
}

void RestApi::body(net::RequestId id, std::string_view bytes) {
  const auto found = waiting_.find(id);
  if (found == waiting_.end()) return;
  const net::HttpCall call = std::move(found->second);
  waiting_.erase(found);
  RouteTable::Found where = table_.find(call.method, call.path);
  Request request{id, call, nullptr, false, std::move(where.names), bytes, false};
  // Again, as keys may have changed while the body was on its way.
  if (!authorize(*where.route, request)) return;
  if (auto reply = where.route->handler(request)) host_.reply(id, std::move(*reply));
}

bool RestApi::turnAway(const Request& request, int status, int code, std::string_view why) {
  host_.refused(request.call, request.app != nullptr ? std::string_view(request.app->id) : "", why,
                false);
  host_.reply(request.id, refuse(status, code, std::string(why)));
  return false;
}

bool RestApi::authorize(const Route& route, Request& request) {
  switch (route.who) {
    case Who::Anyone:
    case Who::Bearer: return true;
    case Who::App: return authorizeKey(request);
    case Who::Admin: return authorizeAdmin(request);
    case Who::AdminOrMaster:
      if (KeyAuth::hasAdminKey(request.call)) return authorizeAdmin(request);
      if (!mayAdminister(request)) return false;
      break;
    case Who::Master: break;
  }
  if (!authorizeKey(request)) return false;
  return request.master || turnAway(request, 403, 119, "this needs the master key");
}

bool RestApi::authorizeKey(Request& request) {
  const KeyAuth::Judgement judged = keys_.judge(request.call, base::systemNow().wall);
  if (judged.app == nullptr) return turnAway(request, 401, 401, judged.why);
  request.app = judged.app;
  request.master = judged.master;
  return true;
}

bool RestApi::mayAdminister(const Request& request) {
  return options_.admin_remote || KeyAuth::isLocal(request.call) ||
         turnAway(request, 403, 119, "this is for the server's own machine (admin_remote)");
}

bool RestApi::authorizeAdmin(Request& request) {
  if (!mayAdminister(request)) return false;
  if (options_.admin_key.empty()) {
    return turnAway(request, 403, 119, "this server has no admin key (admin_key)");
  }
  request.admin = KeyAuth::showsAdminKey(request.call, options_.admin_key);
  return request.admin || turnAway(request, 401, 401, "unauthorized: check X-Kith-Admin-Key");
}

// avos-v1 §1.2. A client that asks for wss where there is none is told ws rather than nothing.
std::optional<net::HttpReply> RestApi::route(const Request& request) const {
  const net::HttpCall& call = request.call;
  const std::string_view callback = call.arg("cb");
  if (!callback.empty() && !isCallbackName(callback)) {
    return refuse(400, 400, "cb is no name of a function");
  }
  const std::string_view app_id = call.arg("appId");
  if (app_id.empty()) return refuse(400, 400, "appId is missing");
  if (keys_.findApp(app_id) == nullptr) return refuse(404, 404, "there is no such app");
  base::Route route;
  route.server = options_.public_url;
  if (route.server.empty()) {
    if (!isHost(call.host)) return refuse(400, 400, "the Host header is missing or malformed");
    const std::string_view path = call.arg("path");
    if (!path.empty() && !isPath(path)) return refuse(400, 400, "path is no path");
    route.server.assign(options_.tls ? "wss://" : "ws://")
        .append(call.host)
        .append(path)
        .append("/");
  }
  route.group_id = "g0";
  route.ttl = options_.route_ttl;
  std::string body = avos::formatRoute(route, {});
  if (callback.empty()) return jsonReply(std::move(body));
  return net::HttpReply{200, "application/javascript", std::string(callback) + '(' + body + ");",
                        0};
}

net::HttpReply RestApi::refuseUnsigned(const Request& request, std::string_view why) {
  host_.refused(request.call, request.app->id, why, ReadAuth::isForgery(why));
  return refuse(401, 401, std::string(why));
}

std::optional<net::HttpReply> RestApi::history(const Request& request) {
  const net::HttpCall& call = request.call;
  const AppOptions* const app = request.app;
  const bool master = request.master;
  if (!apps::both(app->switches, keys_.apps().switches()).history) {
    net::HttpReply refusal = refuse(503, 503, "history is switched off for now");
    refusal.retry_after = kHistoryRetrySeconds;
    return refusal;
  }
  storage::HistoryRange range;
  range.app_id = app->id;
  range.conv_id = call.arg("convid");
  range.from = call.arg("from");
  range.limit = kLogLimit;
  if (!range.conv_id.empty() && !range.from.empty()) {
    return badRequest("convid and from do not go together");
  }
  if (range.conv_id.empty() && !master) {
    return refuse(403, 119, "reading beyond one conversation needs the master key");
  }
  std::int64_t limit = kLogLimit;
  if (const auto text = call.arg("limit"); !text.empty() && !readPositive(text, limit)) {
    return badRequest("limit is no number from 1 to 1000");
  }
  range.limit = static_cast<int>(std::min<std::int64_t>(limit, kMostLogLimit));
  const std::string_view max_ts = call.arg("max_ts");
  const std::string_view start = max_ts.empty() ? call.arg("timestamp") : max_ts;
  if (!start.empty() && !readPositive(start, range.before)) {
    return badRequest("timestamp and max_ts are milliseconds");
  }
  range.before_exclusive = !max_ts.empty();
  range.before_id = call.arg("msgid");
  // Last, so that a request that is refused for something else uses no signature up.
  if (const std::string_view why =
          master ? "" : auth_.whyNotHistory(*app, call, range.conv_id, base::systemNow().wall);
      !why.empty()) {
    return refuseUnsigned(request, why);
  }
  const std::size_t bytes =
      static_cast<std::size_t>(range.limit) * (options_.frame_bytes + kBesideFrame);
  return calls_.ask<storage::HistoryPage>(
      request, bytes,
      [range](storage::Storage& storage, storage::Token token) {
        storage.submit(token, range.request());
      },
      showHistory);
}

std::optional<net::HttpReply> RestApi::group(const Request& request) {
  const AppOptions* const app = request.app;
  const std::string_view id = request.names.front();
  if (const std::string_view why =
          request.master ? "" : auth_.whyNotMembers(*app, request.call, id, base::systemNow().wall);
      !why.empty()) {
    return refuseUnsigned(request, why);
  }
  return calls_.askGroup(request, std::string(id), showGroup);
}

}  // namespace kith::rest
