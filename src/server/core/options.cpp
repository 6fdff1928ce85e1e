// SPDX-License-Identifier: Apache-2.0
// Which settings the hub takes.
#include <string>
#include <string_view>

#include "server/apps/app_rules.hpp"
#include "server/core/hub.hpp"

namespace kith::core {
namespace {

// Smaller ones could not hold a session open with one watched peer and a signature.
constexpr std::size_t kSmallestFrame = 512;
constexpr std::chrono::hours kLongest{24 * 366 * 100};

Error wrong(std::string_view field, std::string_view what) {
  std::string text = "server options: ";
  return {Errc::InvalidArgument, 0, text.append(field).append(" ").append(what), false};
}

}  // namespace

Result<void> Hub::validate(const HubOptions& options) {
  if (Result<void> good = apps::checkApps(options.apps); !good) return good;
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

}  // namespace kith::core
