// SPDX-License-Identifier: Apache-2.0
// The application's code that belongs to no session: completions of a manager and calls of its
// signer, in order, on its executor. Any thread.
#pragma once

#include <kith/options.hpp>

#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "base/log.hpp"
#include "dispatch/callback_guard.hpp"
#include "dispatch/executor_slot.hpp"
#include "dispatch/strand.hpp"

namespace kith::dispatch {

/// One call of the application's code, with its arguments bound.
struct Call {
  const char* name{""};  ///< for the log, when it throws
  std::function<void()> run;
};

/// It may outlive the manager, so what its calls need is here.
class AppStrand final : public Strand<Call> {
 public:
  /// Takes executor, log and `on_callback_exception` out of `options`.
  explicit AppStrand(Options& options);

  ExecutorSlot& slot() { return slot_; }
  const base::LogFront& log() const { return log_; }
  const CallbackGuard& guard() const { return guard_; }

 protected:
  std::shared_ptr<Executor> executor() override { return slot_.get(); }
  void runItem(std::vector<Call>& batch, std::size_t index) override {
    if (batch[index].run) guard_.run(batch[index].name, "manager", batch[index].run);
  }

 private:
  void callbackThrew(std::string_view callback, std::string_view whom,
                     const std::exception_ptr& thrown) const;

  ExecutorSlot slot_;
  const base::LogFront log_;
  const std::function<void(std::exception_ptr)> told_;
  const CallbackGuard guard_;
};

}  // namespace kith::dispatch
