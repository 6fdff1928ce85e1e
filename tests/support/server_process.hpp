// SPDX-License-Identifier: Apache-2.0
// The server as a process of its own, to be killed. Needs KITH_SERVER_PROGRAM, the path of
// tests/integration/server_program.cpp as built. The test's thread.
#pragma once

#include <array>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

#include "support/catch.hpp"

namespace kith::testing {

class ServerProcess {
 public:
  explicit ServerProcess(std::string data) : data_(std::move(data)) {}
  ~ServerProcess() { kill9(); }
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  /// Starts it and waits until it listens. Returns `host:port`.
  std::string start(const std::string& listen) {
    std::array<int, 2> out{};
    REQUIRE(::pipe2(out.data(), O_CLOEXEC) == 0);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, out[1], 1);
    std::string program = KITH_SERVER_PROGRAM;
    std::string where = listen;
    std::array<char*, 4> arguments{program.data(), where.data(), data_.data(), nullptr};
    REQUIRE(::posix_spawn(&pid_, program.c_str(), &actions, nullptr, arguments.data(), environ) ==
            0);
    posix_spawn_file_actions_destroy(&actions);
    ::close(out[1]);
    std::string line;
    char c = 0;
    while (::read(out[0], &c, 1) == 1 && c != '\n') line += c;
    ::close(out[0]);
    REQUIRE_FALSE(line.empty());
    return line;
  }

  void kill9() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }

 private:
  std::string data_;
  pid_t pid_{0};
};

}  // namespace kith::testing
