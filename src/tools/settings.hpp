// SPDX-License-Identifier: Apache-2.0
// What the flags before the command say: where the service is and how we sign. Plain data.
#pragma once

#include <kith/options.hpp>
#include <kith/result.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace kith::tools {

struct Settings {
  std::string server{"ws://127.0.0.1:7700"};
  /// ID[:KEY]
  std::string app;
  std::string master_key;
  std::string sign_url;
  std::string ca_file;
  /// Where unsent and unshown messages wait for the next start; empty = nowhere.
  std::string store;
  bool json{false};
  double timeout_s{15};
  std::string log_level{"off"};

  std::string appId() const { return app.substr(0, app.find(':')); }
  std::string appKey() const {
    const std::size_t colon = app.find(':');
    return colon == std::string::npos ? std::string() : app.substr(colon + 1);
  }
  std::chrono::milliseconds timeout() const {
    return std::chrono::milliseconds(static_cast<std::int64_t>(timeout_s * 1000));
  }
};

/// The library's options for these settings; callbacks go to `executor`.
Result<Options> makeOptions(const Settings& settings, std::shared_ptr<Executor> executor);

/// `A,B,C` as a list; empty names are kept, so that the library can refuse them.
std::vector<std::string> splitPeers(const std::string& text);

}  // namespace kith::tools
