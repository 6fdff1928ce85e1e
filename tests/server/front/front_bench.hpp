// SPDX-License-Identifier: Apache-2.0
// A running server for the tests of this folder, and the few frames they speak (avos-v1 §4).
#pragma once

#include <kith/server.hpp>

#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "support/io_threads.hpp"
#include "support/raw_ws_client.hpp"
#include "support/temporary_folder.hpp"

namespace kith::testing {

/// One app named `app`, no need to watch, port 0, in memory.
inline ServerOptions plainOptions() {
  ServerOptions options;
  options.io_threads = ioThreadsOfTests();
  AppOptions app;
  app.id = "app";
  app.require_watch = RequireWatch::Off;
  options.apps.push_back(std::move(app));
  return options;
}

inline std::unique_ptr<Server> startServer(ServerOptions options = plainOptions()) {
  auto server = Server::start(std::move(options));
  if (!server) FAIL(server.error().detail);
  return std::move(server).value();
}

inline std::string whyNotStarted(ServerOptions options) {
  const auto server = Server::start(std::move(options));
  if (server) return "it started";
  CHECK(server.error().code == Errc::InvalidArgument);
  CHECK(server.error().detail.find('\n') == std::string::npos);
  return server.error().detail;
}

inline std::string openFrame(const std::string& peer) {
  return R"({"cmd":"session","op":"open","appId":"app","peerId":")" + peer + R"("})";
}

/// With `transient`, nothing is stored and no ack comes.
inline std::string directFrame(const std::string& from, const std::string& to,
                               const std::string& text, bool transient = false) {
  return R"({"cmd":"direct","appId":"app","peerId":")" + from + R"(","toPeerIds":[")" + to +
         R"("],"msg":")" + text + '"' + (transient ? R"(,"transient":true})" : "}");
}

/// Opens a session and takes the answer.
inline void openSession(RawWsClient& client, const std::string& peer) {
  REQUIRE(client.text(openFrame(peer)));
  CHECK_THAT(client.nextText(), Catch::Contains(R"("opened")"));
}

/// The text behind `"name":"`; empty when it is not there.
inline std::string field(const std::string& frame, const std::string& name) {
  const std::string key = '"' + name + "\":\"";
  const std::size_t at = frame.find(key);
  if (at == std::string::npos) return {};
  return frame.substr(at + key.size(), frame.find('"', at + key.size()) - at - key.size());
}

}  // namespace kith::testing
