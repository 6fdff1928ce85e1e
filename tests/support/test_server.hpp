// SPDX-License-Identifier: Apache-2.0
// The real server on a free port of 127.0.0.1, and clients that are set up for it. The test's
// thread.
#pragma once

#include <kith/kith.hpp>
#include <kith/server.hpp>

#include <filesystem>
#include <memory>
#include <stdlib.h>
#include <string>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "support/io_threads.hpp"
#include "support/recorder.hpp"

namespace kith::testing {

inline constexpr const char* kApp = "demo";
inline constexpr const char* kMasterKey = "master-key-of-the-tests";

/// A folder that is gone when the test is over.
class TempFolder {
 public:
  TempFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "kith-test-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// Options for a client of `url`. Tests do not want to wait for the back-off.
inline Options clientOptions(const std::string& url) {
  Options options;
  options.app_id = kApp;
  options.server = url;
  options.reconnect.first_delay = std::chrono::milliseconds(5);
  options.reconnect.max_delay = std::chrono::milliseconds(50);
  options.reconnect.hint_interval = std::chrono::milliseconds(0);
  return options;
}

inline ServerOptions serverOptions() {
  ServerOptions options;
  options.io_threads = ioThreadsOfTests();
  AppOptions app;
  app.id = kApp;
  app.master_key = kMasterKey;
  app.require_watch = RequireWatch::Off;
  options.apps.push_back(std::move(app));
  return options;
}

class TestServer {
 public:
  explicit TestServer(const ServerOptions& options = serverOptions()) {
    auto started = Server::start(options);
    if (!started.ok()) FAIL("server: " << started.error().detail);
    server_ = std::move(started).value();
  }

  std::string url() const { return server_->url(); }
  std::string address() const { return server_->address(); }
  Options options() const { return clientOptions(url()); }
  Server& server() { return *server_; }
  void stop() { server_.reset(); }

 private:
  std::unique_ptr<Server> server_;
};

/// One peer with a manager of its own: a device.
struct Device {
  std::unique_ptr<SessionManager> manager;
  std::shared_ptr<Session> session;
  std::shared_ptr<Recorder> heard{std::make_shared<Recorder>()};

  Device(Options options, const std::string& peer)
      : manager(std::make_unique<SessionManager>(std::move(options))),
        session(manager->session(peer)) {
    session->setReceiver(heard);
  }
  /// Opens, and waits until it is.
  Device& open(std::vector<std::string> watch = {}) {
    Answer<void> opened;
    session->open(std::move(watch), opened);
    opened.value();
    return *this;
  }
  void close() {
    Answer<void> closed;
    session->close(closed);
    closed.value();
  }
  Receipt send(const std::string& text, std::vector<std::string> to) {
    Answer<Receipt> sent;
    Message message;
    message.text = text;
    message.to = std::move(to);
    session->send(std::move(message), sent);
    return sent.value();
  }
  std::shared_ptr<Group> newGroup() {
    Answer<std::string> joined;
    auto group = session->group();
    group->join(joined);
    REQUIRE(group->groupId().empty() == joined.value().empty());
    REQUIRE_FALSE(group->groupId().empty());
    return group;
  }
  std::vector<std::string> invite(Group& group, std::vector<std::string> peers) {
    Answer<std::vector<std::string>> invited;
    group.invite(std::move(peers), invited);
    return invited.value();
  }
};

}  // namespace kith::testing
