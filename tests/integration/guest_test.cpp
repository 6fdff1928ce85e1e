// SPDX-License-Identifier: Apache-2.0
// The library as a guest: each case runs one of guest_cases.cpp as a process of its own, which
// forks, exits early, starts programs, or runs out of files and threads.
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/temporary_folder.hpp"
#include "support/test_server.hpp"

using namespace kith;
using namespace kith::testing;

namespace {

/// What a child says until it ends, and how it ends. Killed when it does not.
class Child {
 public:
  Child(const std::string& name, const std::vector<std::string>& environment) {
    std::array<int, 2> out{};
    REQUIRE(::pipe2(out.data(), O_CLOEXEC) == 0);
    out_ = out[0];
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, out[1], 1);
    posix_spawn_file_actions_adddup2(&actions, out[1], 2);
    std::vector<std::string> arguments{"guest", name};
    std::vector<std::string> variables = environment;
    REQUIRE(::posix_spawn(&pid_, "/proc/self/exe", &actions, nullptr, pointers(arguments).data(),
                          pointers(variables).data()) == 0);
    posix_spawn_file_actions_destroy(&actions);
    ::close(out[1]);
  }
  ~Child() {
    ::close(out_);
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  /// Its exit status, or 128 and the signal; -1 when it hangs.
  int status() {
    int status = 0;
    const bool ended = eventually([&] { return ::waitpid(pid_, &status, WNOHANG) == pid_; });
    if (!ended) return -1;
    pid_ = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  std::string said() {
    std::string all;
    std::array<char, 4096> some{};
    ::fcntl(out_, F_SETFL, O_NONBLOCK);
    for (ssize_t got = 0; (got = ::read(out_, some.data(), some.size())) > 0;) {
      all.append(some.data(), static_cast<std::size_t>(got));
    }
    return all;
  }

 private:
  static std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> all;
    for (std::string& text : texts) all.push_back(text.data());
    all.push_back(nullptr);
    return all;
  }

  int out_{-1};
  pid_t pid_{0};
};

/// Runs the case `name` against a server of ours, `times` times; `KITH_GUEST_TIME` counts up.
void runGuest(const std::string& name, int times = 1) {
  const TestServer server;
  for (int i = 0; i < times; ++i) {
    const TemporaryFolder folder;
    std::vector<std::string> environment{
        "KITH_GUEST_URL=" + server.url(), "KITH_GUEST_FOLDER=" + folder.path(),
        "KITH_GUEST_TIME=" + std::to_string(i),
        // Without the parent's threads all of theirs is a leak.
        "ASAN_OPTIONS=detect_leaks=0", "TSAN_OPTIONS=die_after_fork=0"};
    Child child(name, environment);
    const int status = child.status();
    const std::string said = child.said();
    INFO(name << ", time " << i << ": " << said);
    REQUIRE(said.find("guest begins") != said.npos);
    REQUIRE(status == 0);
  }
}

}  // namespace

TEST_CASE("guest: a forked child exits while the parent's threads hold any lock") {
  runGuest("a forked child exits");
}
TEST_CASE("guest: a forked child drops every object of the parent and disturbs nothing") {
  runGuest("a forked child drops what it has");
}
#ifndef KITH_TEST_TSAN  // which knows no threads of a forked child
TEST_CASE("guest: a forked child makes a manager of its own") {
  runGuest("a forked child makes its own manager");
}
#endif
TEST_CASE("guest: a program that the host starts inherits no file of the library") {
  runGuest("a program is started");
}
TEST_CASE("guest: main() may be left while the libraries are being set up") {
  runGuest("main is left early", 40);
}
TEST_CASE("guest: a callback that runs is over before statics are destroyed") {
  runGuest("main is left while a callback runs");
}
TEST_CASE("guest: exit() may be called inside a callback") { runGuest("a callback exits"); }
TEST_CASE("guest: a callback that never ends holds up the exit for two seconds at most") {
  runGuest("main is left while a callback never ends");
}
TEST_CASE("guest: main() may be left with a server running") {
  runGuest("main is left with a server");
}
#ifndef KITH_TEST_UBSAN  // which opens a pipe to look whether an object is one
TEST_CASE("guest: without a free file nothing is lost, and all goes on when there is one") {
  runGuest("there is no free file");
}
TEST_CASE("guest: close() completes without a free file") {
  runGuest("the manager closes without a free file");
}
#endif
TEST_CASE("guest: without a thread every operation says so, and works when there is one") {
  runGuest("there is no thread");
}
TEST_CASE("guest: without further threads the sessions go on") {
  runGuest("there is no further thread");
}
