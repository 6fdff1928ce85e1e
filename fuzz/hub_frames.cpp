// SPDX-License-Identifier: Apache-2.0
// Whatever six clients say, when they come and go and how time passes: the hub keeps its promises,
// and two well-behaved clients are served as if the six were not there.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "hub_script.hpp"

namespace {

kith::core::HubOptions options() {
  kith::core::HubOptions options;
  for (const char* id : {"testapp0001", "watching", "signing"}) {
    kith::AppOptions app;
    app.id = id;
    app.master_key = "key";
    app.require_watch = kith::RequireWatch::Off;
    app.offline_messages = 3;
    app.unacknowledged_messages = 5;
    app.watched_peers = 4;
    app.group_members = 4;
    options.apps.push_back(app);
  }
  options.apps[1].require_watch = kith::RequireWatch::On;
  options.apps[1].offline_grace = std::chrono::milliseconds(500);
  options.apps[2].require_signature = true;
  options.apps[2].legacy_silent = true;
  options.peers_per_connection = 5;
  return options;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  kith::fuzzing::HubScript script(options());
  script.run({reinterpret_cast<const char*>(data), size});
  return 0;
}
