// SPDX-License-Identifier: Apache-2.0
// libwebsockets sets SIGPIPE to "ignore" for the whole process when a context is made. A library
// has no business there: this puts the host's disposition back. The loop threads block the signal.
// One keeper at a time, or the second would take the "ignore" for the host's.
#pragma once

#include <mutex>
#include <signal.h>

#include "base/fork.hpp"

namespace kith::net {

class SigpipeKeeper {
 public:
  SigpipeKeeper() : lock_(base::OfProcess<Turn>::get().mutex) {
    ::sigaction(SIGPIPE, nullptr, &before_);
  }
  ~SigpipeKeeper() { ::sigaction(SIGPIPE, &before_, nullptr); }
  SigpipeKeeper(const SigpipeKeeper&) = delete;
  SigpipeKeeper& operator=(const SigpipeKeeper&) = delete;

 private:
  struct Turn {
    std::mutex mutex;
  };
  const std::lock_guard<std::mutex> lock_;  // first: held until the disposition is back
  struct sigaction before_ {};
};

}  // namespace kith::net
