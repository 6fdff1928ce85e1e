// SPDX-License-Identifier: Apache-2.0
#include "protocol/avos/route.hpp"

#include <algorithm>
#include <cstdint>

#include "base/redact.hpp"
#include "base/url.hpp"
#include "json/json_value.hpp"
#include "json/json_writer.hpp"

namespace kith::avos {
namespace {

// A year: an answer that asks to be kept longer is taken for one.
constexpr std::int64_t kLongestTtl = 365ll * 24 * 3600;

Error failed(std::string why) { return {Errc::RouterFailed, 0, "router: " + why, false}; }

/// The member's text, or an empty one when it is absent or no text.
std::string textOf(const json::JsonValue& object, std::string_view name) {
  const json::JsonValue* value = object.find(name);
  return value != nullptr && value->is(json::JsonValue::Kind::Text) ? value->text : std::string();
}

bool isAddress(const std::string& url) { return base::parseUrl(url, "server", {"ws", "wss"}).ok(); }

}  // namespace

Result<base::Route> parseRoute(std::string_view body) {
  const Result<json::JsonValue> parsed = json::parseJson(body, "answer");
  if (!parsed) return failed(parsed.error().detail + "; check Options::router");
  if (!parsed->is(json::JsonValue::Kind::Object)) return failed("answer is not a JSON object");

  base::Route route{textOf(*parsed, "server"), textOf(*parsed, "secondary"),
                    textOf(*parsed, "groupId"), base::Millis{0}};
  if (route.server.empty()) return failed("answer has no server; check the app id");
  if (!isAddress(route.server)) {
    return failed("answer's server '" + base::redactUrl(route.server) +
                  "' is no ws:// or wss:// address");
  }
  if (!isAddress(route.secondary)) route.secondary.clear();
  if (const json::JsonValue* ttl = parsed->find("ttl"); ttl != nullptr) {
    const auto seconds = ttl->integer();
    if (!seconds || *seconds < 0) return failed("answer's ttl is not a number of seconds");
    route.ttl = base::Millis{std::min(*seconds, kLongestTtl) * 1000};
  }
  return route;
}

std::string formatRoute(const base::Route& route, std::string_view group_url) {
  json::JsonWriter json;
  if (!route.group_id.empty()) json.text("groupId", route.group_id);
  if (!group_url.empty()) json.text("groupUrl", group_url);
  json.text("server", route.server);
  if (!route.secondary.empty()) json.text("secondary", route.secondary);
  json.integer("ttl", route.ttl.count() / 1000);
  return json.finish();
}

}  // namespace kith::avos
