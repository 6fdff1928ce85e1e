// SPDX-License-Identifier: Apache-2.0
// libwebsockets sets SIGPIPE to "ignore" for the whole process when a context is made. A library
// has no business there: this puts the host's disposition back. The loop threads block the signal.
// One keeper at a time, or the second would take the "ignore" for the host's.
#pragma once

#include <signal.h>

#include "base/fork.hpp"
#include "base/sync.hpp"

namespace kith::net {

class SigpipeKeeper {
 public:
  SigpipeKeeper() : lock_(host_.mutex) { host_.keep(); }
  ~SigpipeKeeper() { host_.putBack(); }
  SigpipeKeeper(const SigpipeKeeper&) = delete;
  SigpipeKeeper& operator=(const SigpipeKeeper&) = delete;

 private:
  /// Called while lock_ is held, which the analysis does not see in a member.
  struct Disposition {
    void keep() KITH_UNCHECKED { ::sigaction(SIGPIPE, nullptr, &before); }
    void putBack() KITH_UNCHECKED { ::sigaction(SIGPIPE, &before, nullptr); }

    base::Mutex mutex;
    struct sigaction before KITH_GUARDED_BY(mutex) {};
  };
  Disposition& host_{base::OfProcess<Disposition>::get()};
  const base::Lock lock_;  // until the disposition is back
};

}  // namespace kith::net
