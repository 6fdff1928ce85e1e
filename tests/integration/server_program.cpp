// SPDX-License-Identifier: Apache-2.0
// server_program LISTEN FOLDER: prints `host:port` and serves until it is killed.
#include <kith/server.hpp>

#include <iostream>
#include <unistd.h>

#include "support/io_threads.hpp"

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  kith::ServerOptions options;
  options.listen = argv[1];
  options.data = argv[2];
  options.io_threads = kith::testing::ioThreadsOfTests();
  kith::AppOptions app;
  app.id = "demo";
  app.require_watch = kith::RequireWatch::Off;
  app.offline_messages = 100000;
  options.apps.push_back(app);
  const auto server = kith::Server::start(options);
  if (!server.ok()) {
    std::cerr << server.error() << std::endl;
    return 1;
  }
  std::cout << (*server)->address() << std::endl;
  for (;;) ::pause();
}
