// SPDX-License-Identifier: Apache-2.0
#include "dispatch/app_strand.hpp"

#include <string>
#include <utility>

namespace kith::dispatch {

AppStrand::AppStrand(Options& options)
    : slot_(std::exchange(options.executor, nullptr)),
      log_(std::exchange(options.log, nullptr), options.log_level),
      told_(std::exchange(options.on_callback_exception, nullptr)),
      guard_([this](std::string_view callback, std::string_view whom,
                    const std::exception_ptr& thrown) { callbackThrew(callback, whom, thrown); }) {}

void AppStrand::callbackThrew(std::string_view callback, std::string_view whom,
                              const std::exception_ptr& thrown) const {
  log_.log(LogLevel::Warn, "dispatch", [&] {
    return "callback " + std::string(callback) + " of " + std::string(whom) +
           " threw an exception; see Options::on_callback_exception";
  });
  if (told_) told_(thrown);
}

}  // namespace kith::dispatch
