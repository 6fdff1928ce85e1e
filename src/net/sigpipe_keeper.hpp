// SPDX-License-Identifier: Apache-2.0
// libwebsockets sets SIGPIPE to "ignore" for the whole process when a context is made. A library
// has no business there: this puts the host's disposition back. The loop threads block the signal.
#pragma once

#include <signal.h>

namespace kith::net {

class SigpipeKeeper {
 public:
  SigpipeKeeper() { ::sigaction(SIGPIPE, nullptr, &before_); }
  ~SigpipeKeeper() { ::sigaction(SIGPIPE, &before_, nullptr); }
  SigpipeKeeper(const SigpipeKeeper&) = delete;
  SigpipeKeeper& operator=(const SigpipeKeeper&) = delete;

 private:
  struct sigaction before_ {};
};

}  // namespace kith::net
