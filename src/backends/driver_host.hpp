// SPDX-License-Identifier: Apache-2.0
// What the client's driver and its backend stand on. Handed in, so that neither knows a manager.
#pragma once

#include <kith/options.hpp>

#include <memory>

#include "base/log.hpp"

namespace kith::net {
class Loop;
}
namespace kith::dispatch {
class AppStrand;
}

namespace kith::backends {

struct DriverHost {
  std::shared_ptr<net::Loop> loop;                ///< null when the options are no good
  std::shared_ptr<dispatch::AppStrand> executor;  ///< runs the application's code
  const base::LogFront& log;                      ///< outlives driver and backend, as `options`
  const Options& options;
};

}  // namespace kith::backends
