// SPDX-License-Identifier: Apache-2.0
// What the client's driver and its backend stand on. Handed in, so that neither knows a manager.
#pragma once

#include <kith/options.hpp>

#include <memory>

#include "base/io_loop.hpp"
#include "base/log.hpp"

namespace kith::dispatch {
class AppStrand;
}

namespace kith::backends {

struct DriverHost {
  std::shared_ptr<base::IoLoop> loop;  ///< BackendKind::loop(); null when the options are no good
  std::shared_ptr<dispatch::AppStrand> executor;  ///< runs the application's code
  const base::LogFront& log;                      ///< outlives driver and backend, as `options`
  const Options& options;
};

}  // namespace kith::backends
