// SPDX-License-Identifier: Apache-2.0
// A stranger's program: both libraries in one process, and a word across.
#include <kith/kith.hpp>
#include <kith/server.hpp>

#include <future>
#include <iostream>
#include <memory>

int main() {
  kith::ServerOptions server_options;
  server_options.apps.push_back({"demo"});
  auto server = kith::Server::start(std::move(server_options));
  if (!server) {
    std::cerr << server.error().detail << '\n';
    return 1;
  }

  kith::Options options;
  options.app_id = "demo";
  options.server = (*server)->url();
  kith::SessionManager manager(std::move(options));
  auto tom = manager.session("tom");
  // Shared, because the completion may come after main has given up waiting.
  auto opened = std::make_shared<std::promise<bool>>();
  auto outcome = opened->get_future();
  tom->open({}, [opened](kith::Result<void> result) { opened->set_value(result.ok()); });
  if (outcome.wait_for(std::chrono::seconds(20)) != std::future_status::ready || !outcome.get()) {
    std::cerr << "the session did not open\n";
    return 1;
  }
  std::cout << "kith " << kith::kVersion << ": the session is open\n";
  return 0;
}
