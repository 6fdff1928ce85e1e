// SPDX-License-Identifier: Apache-2.0
#include "server/front/http_api.hpp"

#include <kith/limits.hpp>

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/clock.hpp"
#include "server/front/settings.hpp"
#include "sign/secret.hpp"
#include "wire/rest.hpp"
#include "wire/route.hpp"

namespace kith::front {
namespace {

constexpr int kLogLimit = 100;  // avos-v1 §11.2
constexpr int kMostLogLimit = 1000;
constexpr int kHistoryRetrySeconds = 60;
constexpr int kBusyRetrySeconds = 10;
// Beside what came in one frame, a message of an answer has so many bytes at most: its time, its
// id, the conversation's, and names.
constexpr std::size_t kBesideFrame = 512;
// Of a member's id in JSON.
constexpr std::size_t kMemberBytes = 4 * limits::kPeerIdChars;
constexpr std::size_t kCallbackBytes = 128;
constexpr const char* kMethods = "GET, HEAD";
constexpr std::string_view kGroups = "/classes/AVOSRealtimeGroups/";

net::HttpReply refuse(int status, std::int64_t code, std::string text) {
  return {status, "application/json", wire::formatRestError({code, std::move(text)}), 0};
}

net::HttpReply tooBusy() {
  net::HttpReply reply = refuse(503, 503, "too many requests; try again later");
  reply.retry_after = kBusyRetrySeconds;
  return reply;
}

// Anything else could be script of somebody else's.
bool isCallbackName(std::string_view name) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '$' || c == '[' || c == ']';
  };
  return !name.empty() && name.size() <= kCallbackBytes &&
         std::all_of(name.begin(), name.end(), fits);
}

// A Host header goes into our answer: nothing but what a host and port are made of.
bool isHost(std::string_view host) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == ':' || c == '[' || c == ']';
  };
  return !host.empty() && host.size() <= 255 && std::all_of(host.begin(), host.end(), fits);
}

// So does the prefix that a client has reached us by, where a proxy cuts it off.
bool isPath(std::string_view path) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~' || c == '%' || c == '/';
  };
  return path.front() == '/' && path.back() != '/' && path.size() <= 255 &&
         std::all_of(path.begin(), path.end(), fits);
}

bool readNumber(std::string_view text, std::int64_t& number) {
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  return problem == std::errc{} && end == text.data() + text.size() && number > 0;
}

wire::HistoryItem toItem(storage::StoredMessage&& message) {
  wire::HistoryItem item;
  item.timestamp = message.timestamp;
  item.conv_id = std::move(message.conv_id);
  item.from = std::move(message.from);
  item.text = std::move(message.text);
  item.is_room = !message.group_id.empty();
  item.to = std::move(message.addressed);
  if (item.is_room) item.to.push_back(std::move(message.group_id));
  item.message_id = std::move(message.id);
  return item;
}

}  // namespace

HttpApi::HttpApi(const Settings& settings, StorageMux& storage, Reply reply, Refused refused)
    : settings_(settings),
      storage_(storage),
      reply_(std::move(reply)),
      refused_(std::move(refused)),
      auth_(settings.hub.apps),
      reads_(settings.listen.connections, kHttpToken),
      history_on_(settings.hub.switches.history) {}

std::vector<std::string> HttpApi::headers() {
  return {"x-lc-id", "x-lc-key", "x-avoscloud-application-id", "x-avoscloud-application-key",
          "x-avoscloud-master-key"};
}

void HttpApi::answer(net::RequestId request, const net::HttpCall& call) {
  if (call.has_body) return reply_(request, refuse(413, 413, "no body is taken here"));
  if (call.method == "OPTIONS") {
    return reply_(request, {204, "text/plain", {}, 0, {}, kMethods});
  }
  if (call.method != "GET" && call.method != "HEAD") {
    net::HttpReply reply = refuse(405, 405, "only GET is understood here");
    reply.allow = kMethods;
    return reply_(request, std::move(reply));
  }
  std::string_view path = call.path;
  if (path == "/healthz") return reply_(request, {200, "text/plain", "ok\n", 0});
  if (path == "/v1/route") return reply_(request, route(call));
  if (call.small_only) return reply_(request, tooBusy());
  std::optional<net::HttpReply> reply = refuse(404, 404, "there is nothing at this path");
  const bool versioned = path.starts_with("/1.1/") || path.starts_with("/1/");
  if (versioned) {
    path.remove_prefix(path.find('/', 1));
    if (path == "/rtm/messages/logs" || path == "/rtm/messages/logs/") {
      reply = history(request, call);
    } else if (path.starts_with(kGroups) && path.size() > kGroups.size()) {
      reply = group(request, call, path.substr(kGroups.size()));
    }
  }
  if (reply) reply_(request, std::move(*reply));
}

const AppOptions* HttpApi::findApp(std::string_view id) const {
  for (const AppOptions& app : settings_.hub.apps) {
    if (app.id == id) return &app;
  }
  return nullptr;
}

// avos-v1 §1.2. A client that asks for wss where there is none is told ws rather than nothing.
net::HttpReply HttpApi::route(const net::HttpCall& call) const {
  const std::string_view callback = call.arg("cb");
  if (!callback.empty() && !isCallbackName(callback)) {
    return refuse(400, 400, "cb is no name of a function");
  }
  const std::string_view app_id = call.arg("appId");
  if (app_id.empty()) return refuse(400, 400, "appId is missing");
  if (findApp(app_id) == nullptr) return refuse(404, 404, "there is no such app");
  base::Route route;
  route.server = settings_.public_url;
  if (route.server.empty()) {
    if (!isHost(call.host)) return refuse(400, 400, "the Host header is missing or malformed");
    const bool tls = !settings_.listen.tls_cert.empty();
    const std::string_view path = call.arg("path");
    if (!path.empty() && !isPath(path)) return refuse(400, 400, "path is no path");
    route.server.assign(tls ? "wss://" : "ws://").append(call.host).append(path).append("/");
  }
  route.group_id = "g0";
  route.ttl = settings_.route_ttl;
  std::string body = wire::formatRoute(route, {});
  if (callback.empty()) return {200, "application/json", std::move(body), 0};
  return {200, "application/javascript", std::string(callback) + '(' + body + ");", 0};
}

// avos-v1 §11.1. The master key may do whatever the app key may.
const AppOptions* HttpApi::authorize(const net::HttpCall& call, bool& master,
                                     net::HttpReply& refusal) const {
  refusal = refuse(401, 401, "unauthorized: check the app id and key headers");
  const std::string_view id = call.header("x-lc-id");
  const AppOptions* app = findApp(id.empty() ? call.header("x-avoscloud-application-id") : id);
  if (app == nullptr) return nullptr;
  std::string_view key = call.header("x-lc-key");
  std::string_view master_key = call.header("x-avoscloud-master-key");
  constexpr std::string_view kMaster = ",master";
  if (key.ends_with(kMaster)) master_key = key.substr(0, key.size() - kMaster.size());
  if (key.empty()) key = call.header("x-avoscloud-application-key");
  master = sign::sameSecret(master_key, app->master_key);
  if (master || app->app_key.empty() || sign::sameSecret(key, app->app_key)) return app;
  return nullptr;
}

net::HttpReply HttpApi::refuseUnsigned(const net::HttpCall& call, const AppOptions& app,
                                       std::string_view why) {
  refused_(call, app.id, why, ReadAuth::isForgery(why));
  return refuse(401, 401, std::string(why));
}

std::optional<net::HttpReply> HttpApi::history(net::RequestId request, const net::HttpCall& call) {
  bool master = false;
  net::HttpReply refusal;
  const AppOptions* app = authorize(call, master, refusal);
  if (app == nullptr) return refusal;
  if (!history_on_ || !app->switches.history) {
    refusal = refuse(503, 503, "history is switched off for now");
    refusal.retry_after = kHistoryRetrySeconds;
    return refusal;
  }
  storage::HistoryRange range;
  range.app_id = app->id;
  range.conv_id = call.arg("convid");
  range.from = call.arg("from");
  range.limit = kLogLimit;
  if (!range.conv_id.empty() && !range.from.empty()) {
    return refuse(400, 1, "convid and from do not go together");
  }
  if (range.conv_id.empty() && !master) {
    return refuse(403, 119, "reading beyond one conversation needs the master key");
  }
  std::int64_t limit = kLogLimit;
  if (const auto text = call.arg("limit"); !text.empty() && !readNumber(text, limit)) {
    return refuse(400, 1, "limit is no number from 1 to 1000");
  }
  range.limit = static_cast<int>(std::min<std::int64_t>(limit, kMostLogLimit));
  const std::string_view max_ts = call.arg("max_ts");
  const std::string_view start = max_ts.empty() ? call.arg("timestamp") : max_ts;
  if (!start.empty() && !readNumber(start, range.before)) {
    return refuse(400, 1, "timestamp and max_ts are milliseconds");
  }
  range.before_exclusive = !max_ts.empty();
  range.before_id = call.arg("msgid");
  // Last, so that a request that is refused for something else uses no signature up.
  if (const std::string_view why =
          master ? "" : auth_.whyNotHistory(*app, call, range.conv_id, base::systemNow().wall);
      !why.empty()) {
    return refuseUnsigned(call, *app, why);
  }
  const std::size_t bytes =
      static_cast<std::size_t>(range.limit) * (settings_.hub.frame_bytes + kBesideFrame);
  return read(request, call, bytes,
              [this, range](storage::Token token) { storage_.submit(token, range.request()); });
}

std::optional<net::HttpReply> HttpApi::group(net::RequestId request, const net::HttpCall& call,
                                             std::string_view id) {
  bool master = false;
  net::HttpReply refusal;
  const AppOptions* app = authorize(call, master, refusal);
  if (app == nullptr) return refusal;
  if (const std::string_view why =
          master ? "" : auth_.whyNotMembers(*app, call, id, base::systemNow().wall);
      !why.empty()) {
    return refuseUnsigned(call, *app, why);
  }
  const auto load = [this, app_id = app->id, group_id = std::string(id)](storage::Token token) {
    storage_.submit(token, storage::LoadGroup{app_id, group_id});
  };
  return read(request, call, app->group_members * kMemberBytes, load);
}

std::optional<net::HttpReply> HttpApi::read(net::RequestId request, const net::HttpCall& call,
                                            std::size_t bytes,
                                            std::function<void(storage::Token)> begin) {
  if (reads_.add({request, call.from, bytes, std::move(begin)})) return std::nullopt;
  return tooBusy();
}

void HttpApi::onAnswer(storage::Answer& answer) {
  const net::RequestId request = reads_.finish(answer.token);
  if (auto* group = std::get_if<Result<storage::FoundGroup>>(&answer.value)) {
    onGroup(request, *group);
  } else if (auto* page = std::get_if<Result<storage::HistoryPage>>(&answer.value)) {
    onHistory(request, *page);
  }
}

void HttpApi::onGroup(net::RequestId request, Result<storage::FoundGroup>& group) {
  if (!group) return reply_(request, refuse(503, 1, group.error().detail));
  if (!*group) return reply_(request, refuse(404, 101, "there is no such group"));
  storage::GroupRecord& found = **group;
  const wire::GroupObject object{found.id, std::move(found.members), found.open, {}};
  reply_(request, {200, "application/json", wire::formatGroup(object), 0});
}

void HttpApi::onHistory(net::RequestId request, Result<storage::HistoryPage>& page) {
  if (!page) return reply_(request, refuse(503, 1, page.error().detail));
  std::vector<wire::HistoryItem> items;
  items.reserve(page->messages.size());
  for (storage::StoredMessage& message : page->messages)
    items.push_back(toItem(std::move(message)));
  reply_(request,
         {200, "application/json", wire::formatHistory(items, wire::kHistoryAnswerBytes), 0});
}

}  // namespace kith::front
