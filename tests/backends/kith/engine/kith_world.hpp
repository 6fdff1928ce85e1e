// SPDX-License-Identifier: Apache-2.0
// A session of tom, open on a server that knows conversations. Owned by a test; one thread.
#pragma once

#include <string>
#include <utility>

#include "support/engine_world.hpp"

namespace kith::test {

inline constexpr engine::SessionRef kTom = 1;

struct KithWorld : EngineWorld {
  /// `server_time`: what the server says when it opens the session.
  explicit KithWorld(engine::EngineOptions options = plainOptions(), long server_time = 0)
      : EngineWorld(std::move(options)) {
    engine.addSession(kTom, "tom");
    engine.open(kTom, {}, 901, now);
    up(true);
    opened(server_time);
    take();
  }
  void opened(long server_time = 0) {
    server("session opened tom" + (server_time != 0 ? " t=" + std::to_string(server_time) : ""));
  }
  void ask(engine::ConversationRequest request, engine::OpId op) {
    engine.ask(kTom, std::move(request), op, now);
  }
  /// The connection is cut and comes back, and the session is asked for again.
  void cutAndAskAgain() {
    down();
    pass(std::chrono::seconds{61});
    up(true);
    take();
  }
  void says(const std::string& fields) { serverSays(R"({"peerId":"tom",)" + fields + "}"); }
};

}  // namespace kith::test
