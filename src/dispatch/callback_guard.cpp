// SPDX-License-Identifier: Apache-2.0
#include "dispatch/callback_guard.hpp"

namespace kith::dispatch {

void CallbackGuard::tell(std::string_view callback, std::string_view whom,
                         const std::exception_ptr& thrown) const noexcept {
  if (!told_) return;
  try {
    told_(callback, whom, thrown);
  } catch (...) {  // NOLINT: what a reporter throws has no reporter
  }
}

}  // namespace kith::dispatch
