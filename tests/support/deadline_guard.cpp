// SPDX-License-Identifier: Apache-2.0
// In every test program: what waits for ever, in whatever call, ends the program a little after
// globalDeadline() and names the test case. No test can hang, under ctest or by hand.
#define CATCH_CONFIG_EXTERNAL_INTERFACES  // the listeners of Catch2 version 2

#include <algorithm>
#include <csignal>
#include <cstring>
#include <unistd.h>

#include "support/catch.hpp"
#include "support/waiter.hpp"

namespace {

// For the waits that see the deadline themselves and say more.
constexpr unsigned kGraceSeconds = 10;
char running[256];

void say(const char* text) {
  if (::write(STDERR_FILENO, text, std::strlen(text)) < 0) return;
}

extern "C" void onDeadline(int) {
  say("\nthe deadline of the tests is over, and this one has not ended: ");
  say(running);
  say("\n");
  ::_exit(1);
}

struct DeadlineGuard : Catch::TestEventListenerBase {
  using Catch::TestEventListenerBase::TestEventListenerBase;

  void testCaseStarting(const Catch::TestCaseInfo& test) override {
    const std::string name = test.name;
    const std::size_t size = std::min(name.size(), sizeof running - 1);
    std::memcpy(running, name.data(), size);
    running[size] = '\0';
    if (started_) return;
    started_ = true;
    std::signal(SIGALRM, onDeadline);
    const auto seconds = kith::testing::timeLeft().count() / 1000 + 1;
    ::alarm(static_cast<unsigned>(seconds) + kGraceSeconds);
  }

 private:
  bool started_{false};
};

CATCH_REGISTER_LISTENER(DeadlineGuard)

}  // namespace
