// SPDX-License-Identifier: Apache-2.0
// Which settings the hub takes.
#include <string>
#include <string_view>

#include "server/hub/hub.hpp"
#include "server/hub/model.hpp"
#include "wire/codec.hpp"

namespace kith::hub {
namespace {

// Smaller ones could not hold a session open with one watched peer and a signature.
constexpr std::size_t kSmallestFrame = 512;
// They are looked through when one more opens beyond the limit.
constexpr std::size_t kMostSessions = 10 * 1000;
constexpr std::chrono::hours kLongest{24 * 366 * 100};

Error wrong(std::string_view field, std::string_view what) {
  std::string text = "server options: ";
  return {Errc::InvalidArgument, 0, text.append(field).append(" ").append(what), false};
}

/// The first field of an app that is wrong, and why.
struct Fault {
  std::string_view field;
  std::string_view what;
};

Fault faultOf(const AppOptions& app) {
  if (app.id.empty()) return {"id", "is empty; give the app the id that clients send"};
  if (!wire::isUtf8(app.id)) return {"id", "is not UTF-8"};
  if (app.require_signature && app.master_key.empty()) {
    return {"master_key", "is empty; require_signature needs the key that signs"};
  }
  if (app.require_signature && !app.allow_colons && app.id.find(':') != app.id.npos) {
    return {"id", "has a colon, which signatures join ids by; see allow_colons"};
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
  if (app.rates.peer_burst == 0) return {"rates.peer_burst", "must be at least 1"};
  if (app.rates.app_burst == 0) return {"rates.app_burst", "must be at least 1"};
  if (app.rates.patience.count() < 0 || app.rates.patience > kLongest) {
    return {"rates.patience", "must be from 0 (never) to 100 years"};
  }
  return {};
}

}  // namespace

Result<void> Hub::validate(const HubOptions& options) {
  if (options.apps.empty()) return wrong("apps", "is empty; the server needs at least one app");
  IdSet ids;
  for (std::size_t i = 0; i < options.apps.size(); ++i) {
    const std::string where = "apps[" + std::to_string(i) + "].";
    const Fault fault = faultOf(options.apps[i]);
    if (!fault.field.empty()) return wrong(where + std::string(fault.field), fault.what);
    if (!ids.insert(options.apps[i].id).second) {
      return wrong(where + "id", "is the id of another app; ids must differ");
    }
  }
  if (options.frame_bytes < kSmallestFrame) return wrong("frame_bytes", "must be at least 512");
  if (options.login_timeout.count() < 1 || options.login_timeout > kLongest) {
    return wrong("login_timeout", "must be from 1 ms to 100 years");
  }
  if (options.idle_timeout.count() < 1 || options.idle_timeout > kLongest) {
    return wrong("idle_timeout", "must be from 1 ms to 100 years");
  }
  if (options.peers_per_connection == 0) {
    return wrong("peers_per_connection", "must be at least 1");
  }
  if (options.connections.commands_burst == 0) {
    return wrong("connections.commands_burst", "must be at least 1");
  }
  return {};
}

}  // namespace kith::hub
