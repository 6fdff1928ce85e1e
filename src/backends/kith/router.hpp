// SPDX-License-Identifier: Apache-2.0
// Router discovery (avos-v1 §1). Owned by EngineOutput; loop thread only.
#pragma once

#include <functional>

#include "backends/kith/context.hpp"
#include "base/route.hpp"

namespace kith::backends {

class Router {
 public:
  /// The turn ends after it.
  using Answered = std::function<void(Result<base::Route>)>;

  Router(const Context& context, Answered answered);

  /// Asks; the answer comes once.
  void ask();

 private:
  const Context& context_;
  const Answered answered_;
};

}  // namespace kith::backends
