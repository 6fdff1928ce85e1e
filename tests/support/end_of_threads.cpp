// SPDX-License-Identifier: Apache-2.0
// Add it to the sources of a test program whose library threads end by themselves: waits for them
// before the process exits, or LeakSanitizer may look while one is still tidying up.
#define CATCH_CONFIG_EXTERNAL_INTERFACES  // the listeners of Catch2 version 2

#include <filesystem>
#include <iterator>

#include "support/catch.hpp"
#include "support/waiter.hpp"

namespace {

#if __has_include(<catch2/catch_all.hpp>)
using Listener = Catch::EventListenerBase;
#else
using Listener = Catch::TestEventListenerBase;
#endif

std::ptrdiff_t threadsNow() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/task"), {});
}

struct EndOfThreads : Listener {
  using Listener::Listener;

  void testRunStarting(const Catch::TestRunInfo&) override { before_ = threadsNow(); }
  void testRunEnded(const Catch::TestRunStats&) override {
    (void)kith::testing::eventually([this] { return threadsNow() <= before_; });
  }

 private:
  std::ptrdiff_t before_{1};
};

CATCH_REGISTER_LISTENER(EndOfThreads)

}  // namespace
