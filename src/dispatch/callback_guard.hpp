// SPDX-License-Identifier: Apache-2.0
// The line that no exception of the application crosses (R5). Any thread.
#pragma once

#include <exception>
#include <functional>
#include <string_view>
#include <utility>

namespace kith::dispatch {

/// Runs the application's code and catches what leaves it.
class CallbackGuard {
 public:
  /// Hears the name of the callback that threw, its session or group, and what it threw. May throw
  /// itself; that is swallowed.
  using Told = std::function<void(std::string_view callback, std::string_view whom,
                                  const std::exception_ptr& thrown)>;

  explicit CallbackGuard(Told told) : told_(std::move(told)) {}

  /// True when `call` returned, false when it threw.
  template <typename Call>
  bool run(std::string_view callback, std::string_view whom, Call&& call) const noexcept {
    try {
      std::forward<Call>(call)();
      return true;
    } catch (...) {
      tell(callback, whom, std::current_exception());
      return false;
    }
  }

 private:
  void tell(std::string_view callback, std::string_view whom,
            const std::exception_ptr& thrown) const noexcept;

  Told told_;
};

}  // namespace kith::dispatch
