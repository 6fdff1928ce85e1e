// SPDX-License-Identifier: Apache-2.0
#include "server/apps/app_rules.hpp"

#include <algorithm>
#include <chrono>
#include <string>
#include <unordered_set>

#include "base/seeded_hash.hpp"
#include "base/utf8.hpp"

namespace kith::apps {
namespace {

// A peer's sessions are looked through when one more opens beyond the limit.
constexpr std::size_t kMostSessions = 10 * 1000;
constexpr std::chrono::hours kLongest{24 * 366 * 100};

Error wrong(std::size_t place, const Fault& fault) {
  std::string text = "server options: apps[" + std::to_string(place) + "].";
  return {Errc::InvalidArgument, 0, text.append(fault.field).append(" ").append(fault.what), false};
}

/// What is no address at all; what is behind it, the first question shows.
bool isHttpUrl(std::string_view url) {
  constexpr std::size_t kUrlBytes = 2048;
  const bool printable =
      std::all_of(url.begin(), url.end(), [](char c) { return c > ' ' && c < '\x7f'; });
  const bool http = url.starts_with("http://") || url.starts_with("https://");
  return http && printable && url.size() <= kUrlBytes && url.find('@') == url.npos;
}

Fault faultOfRates(const RateLimits& rates) {
  if (rates.peer_burst == 0) return {"rates.peer_burst", "must be at least 1"};
  if (rates.app_burst == 0) return {"rates.app_burst", "must be at least 1"};
  if (rates.patience.count() < 0 || rates.patience > kLongest) {
    return {"rates.patience", "must be from 0 (never) to 100 years"};
  }
  return {};
}

}  // namespace

Fault faultOf(const AppOptions& app) {
  if (app.id.empty()) return {"id", "is empty; give the app the id that clients send"};
  if (!base::isUtf8(app.id)) return {"id", "is not UTF-8"};
  if (app.require_signature && app.master_key.empty()) {
    return {"master_key", "is empty; require_signature needs the key that signs"};
  }
  if (app.require_signature && !app.allow_colons && app.id.find(':') != app.id.npos) {
    return {"id", "has a colon, which signatures join ids by; see allow_colons"};
  }
  if (!app.sign_in_url.empty() && !isHttpUrl(app.sign_in_url)) {
    return {"sign_in_url", "must begin with http:// or https://, and have no password"};
  }
  if (!app.sign_in_url.empty() && app.master_key.empty()) {
    return {"master_key", "is empty; sign_in_url needs the key that signs"};
  }
  if (app.signature_window.count() < 0 || app.signature_window > kLongest) {
    return {"signature_window", "must be from 0 (any age) to 100 years"};
  }
  if (app.offline_age.count() < 1 || app.offline_age > kLongest) {
    return {"offline_age", "must be from 1 second to 100 years"};
  }
  if (app.offline_grace.count() < 0 || app.offline_grace > kLongest) {
    return {"offline_grace", "must be from 0 to 100 years"};
  }
  if (app.unacknowledged_messages == 0) {
    return {"unacknowledged_messages", "must be at least 1"};
  }
  if (app.sessions_per_peer == 0 || app.sessions_per_peer > kMostSessions) {
    return {"sessions_per_peer", "must be from 1 to 10000"};
  }
  if (app.group_members == 0) return {"group_members", "must be at least 1"};
  return faultOfRates(app.rates);
}

Result<void> checkApps(const std::vector<AppOptions>& apps) {
  std::unordered_set<std::string_view, base::TextHash> ids;
  for (std::size_t i = 0; i < apps.size(); ++i) {
    const Fault fault = faultOf(apps[i]);
    if (!fault.field.empty()) return wrong(i, fault);
    if (!ids.insert(apps[i].id).second) {
      return wrong(i, {"id", "is the id of another app; ids must differ"});
    }
  }
  return {};
}

}  // namespace kith::apps
