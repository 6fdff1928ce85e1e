// SPDX-License-Identifier: Apache-2.0
// What administrators changed of apps while the server ran: settings that lie over those that it
// was started with. Kept as they came, so that a setting that was never changed stays the settings
// file's. Plain data; any thread.
#pragma once

#include <kith/result.hpp>
#include <kith/server_app.hpp>

#include <string>
#include <string_view>
#include <vector>

#include "json/json_value.hpp"

namespace kith::apps {

class AppOverlay {
 public:
  /// What format() wrote; an empty text is an overlay with nothing in it. InvalidArgument names
  /// what is wrong.
  static Result<AppOverlay> parse(std::string_view json);
  /// `{"apps":[...]}`, an app a line, as in the settings file.
  std::string format() const;

  /// Puts members of AppOptions, under their names in the settings file, over those that it has of
  /// the app; one that is null is the settings file's again.
  void put(const std::string& id, const json::JsonValue& settings);

  /// `base` with all that lies over it; apps that are not among `base` come behind. InvalidArgument
  /// names a member that cannot be.
  Result<std::vector<AppOptions>> over(std::vector<AppOptions> base) const;

 private:
  struct App {
    std::string id;
    json::JsonValue settings;  ///< an object without `id`
  };

  App& find(const std::string& id);

  std::vector<App> apps_;
};

}  // namespace kith::apps
