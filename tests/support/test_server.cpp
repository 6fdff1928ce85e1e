// SPDX-License-Identifier: Apache-2.0
#include "support/test_server.hpp"

#include <chrono>
#include <filesystem>
#include <stdlib.h>
#include <utility>

namespace kith::testing {

TempFolder::TempFolder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "kith-test-XXXXXX").string();
  REQUIRE(::mkdtemp(pattern.data()) != nullptr);
  path_ = pattern;
}

TempFolder::~TempFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

Options clientOptions(const std::string& url) {
  Options options;
  options.app_id = kApp;
  options.server = url;
  options.reconnect.first_delay = std::chrono::milliseconds(5);
  options.reconnect.max_delay = std::chrono::milliseconds(50);
  options.reconnect.hint_interval = std::chrono::milliseconds(0);
  return options;
}

ServerOptions serverOptions() {
  ServerOptions options;
  options.io_threads = ioThreadsOfTests();
  AppOptions app;
  app.id = kApp;
  app.master_key = kMasterKey;
  app.require_watch = RequireWatch::Off;
  options.apps.push_back(std::move(app));
  return options;
}

TestServer::TestServer() : TestServer(serverOptions()) {}
TestServer::TestServer(const ServerOptions& options) {
  auto started = Server::start(options);
  if (!started.ok()) FAIL("server: " << started.error().detail);
  server_ = std::move(started).value();
}
TestServer::~TestServer() = default;

std::string TestServer::url() const { return server_->url(); }
std::string TestServer::address() const { return server_->address(); }
Options TestServer::options() const { return clientOptions(url()); }

Device::Device(Options options, const std::string& peer)
    : manager(std::make_unique<SessionManager>(std::move(options))),
      session(manager->session(peer)),
      heard(std::make_shared<Recorder>()) {
  session->setReceiver(heard);
}
Device::Device(Device&&) noexcept = default;
Device& Device::operator=(Device&&) noexcept = default;
Device::~Device() = default;

Device& Device::open(std::vector<std::string> watch) {
  Answer<void> opened;
  session->open(std::move(watch), opened);
  opened.value();
  return *this;
}

void Device::close() {
  Answer<void> closed;
  session->close(closed);
  closed.value();
}

Receipt Device::send(const std::string& text, std::vector<std::string> to) {
  Answer<Receipt> sent;
  Message message;
  message.text = text;
  message.to = std::move(to);
  session->send(std::move(message), sent);
  return sent.value();
}

std::shared_ptr<Group> Device::newGroup() {
  Answer<std::string> joined;
  auto group = session->group();
  group->join(joined);
  REQUIRE(group->groupId().empty() == joined.value().empty());
  REQUIRE_FALSE(group->groupId().empty());
  return group;
}

std::vector<std::string> Device::invite(Group& group, std::vector<std::string> peers) {
  Answer<std::vector<std::string>> invited;
  group.invite(std::move(peers), invited);
  return invited.value();
}

}  // namespace kith::testing
