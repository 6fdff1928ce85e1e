// SPDX-License-Identifier: Apache-2.0
// Add it to the sources of a test program whose library threads end by themselves: waits for them
// before the process exits, or LeakSanitizer may look while one is still tidying up.
#define CATCH_CONFIG_EXTERNAL_INTERFACES  // the listeners of Catch2 version 2

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>

#include "support/catch.hpp"
#include "support/waiter.hpp"

namespace {

/// A thread of the library; sanitizers have threads of their own.
bool isOurs(const std::filesystem::directory_entry& task) {
  std::string name;
  std::getline(std::ifstream(task.path() / "comm"), name);
  return name.rfind("kith-", 0) == 0;
}

bool ourThreadsEnded() {
  std::error_code gone;
  std::filesystem::directory_iterator tasks("/proc/self/task", gone);
  return std::none_of(begin(tasks), end(tasks), isOurs);
}

struct EndOfThreads : Catch::TestEventListenerBase {
  using Catch::TestEventListenerBase::TestEventListenerBase;

  void testRunEnded(const Catch::TestRunStats&) override {
    (void)kith::testing::eventually(ourThreadsEnded);
  }
};

CATCH_REGISTER_LISTENER(EndOfThreads)

}  // namespace
