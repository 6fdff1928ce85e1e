// SPDX-License-Identifier: Apache-2.0
// The real server on a free port of 127.0.0.1, and clients that are set up for it. The test's
// thread.
#pragma once

#include <kith/kith.hpp>
#include <kith/server.hpp>

#include <memory>
#include <string>
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
  TempFolder();
  ~TempFolder();
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// Options for a client of `url`. Tests do not want to wait for the back-off.
Options clientOptions(const std::string& url);
ServerOptions serverOptions();

class TestServer {
 public:
  TestServer();
  explicit TestServer(const ServerOptions& options);
  ~TestServer();

  std::string url() const;
  std::string address() const;
  Options options() const;
  Server& server() { return *server_; }
  void stop() { server_.reset(); }

 private:
  std::unique_ptr<Server> server_;
};

/// One peer with a manager of its own: a device.
struct Device {
  std::unique_ptr<SessionManager> manager;
  std::shared_ptr<Session> session;
  std::shared_ptr<Recorder> heard;

  Device(Options options, const std::string& peer);
  Device(Device&&) noexcept;
  Device& operator=(Device&&) noexcept;
  ~Device();
  /// Opens, and waits until it is.
  Device& open(std::vector<std::string> watch = {});
  void close();
  Receipt send(const std::string& text, std::vector<std::string> to);
  std::shared_ptr<Group> newGroup();
  std::vector<std::string> invite(Group& group, std::vector<std::string> peers);
};

}  // namespace kith::testing
