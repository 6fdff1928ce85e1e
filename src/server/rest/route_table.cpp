// SPDX-License-Identifier: Apache-2.0
#include "server/rest/route_table.hpp"

#include <algorithm>
#include <utility>

#include "protocol/avos/rest.hpp"

namespace kith::rest {
namespace {

constexpr std::string_view kVersion = "/1.1/";
constexpr std::string_view kOldVersion = "/1/";  // before August of 2014
constexpr std::string_view kAny = "{}";

std::string_view takeSegment(std::string_view& path) {
  path.remove_prefix(1);
  const std::string_view segment = path.substr(0, path.find('/'));
  path.remove_prefix(segment.size());
  return segment;
}

/// `path` and `pattern` begin with a slash, and have none at the end.
bool matches(std::string_view path, std::string_view pattern,
             std::vector<std::string_view>& names) {
  names.clear();
  while (!path.empty() && !pattern.empty()) {
    const std::string_view segment = takeSegment(path);
    const std::string_view wanted = takeSegment(pattern);
    if (wanted == kAny && !segment.empty()) {
      names.push_back(segment);
    } else if (segment != wanted) {
      return false;
    }
  }
  return path.empty() && pattern.empty();
}

void addMethod(std::string& methods, std::string_view method) {
  if (!methods.empty()) methods += ", ";
  methods += method;
  if (method == "GET") methods += ", HEAD";
}

}  // namespace

RouteTable::Found RouteTable::find(std::string_view method, std::string_view path) const {
  Found found;
  if (method == "HEAD") method = "GET";
  if (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  const bool old = path.starts_with(kOldVersion);
  std::vector<std::string_view> names;
  for (const Route& route : routes_) {
    std::string_view pattern = route.path;
    std::string_view rest = path;
    if (old && pattern.starts_with(kVersion)) {
      pattern.remove_prefix(kVersion.size() - 1);
      rest.remove_prefix(kOldVersion.size() - 1);
    }
    if (!rest.starts_with('/') || !matches(rest, pattern, names)) continue;
    addMethod(found.methods, route.method);
    if (found.route != nullptr || route.method != method) continue;
    found.route = &route;
    found.names = names;
  }
  return found;
}

net::HttpReply jsonReply(std::string body, int status) {
  return {status, "application/json", std::move(body), 0};
}

net::HttpReply refuse(int status, std::int64_t code, std::string text) {
  return jsonReply(avos::formatRestError({code, std::move(text)}), status);
}

net::HttpReply badRequest(std::string what) { return refuse(400, 1, std::move(what)); }

}  // namespace kith::rest
