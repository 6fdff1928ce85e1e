// SPDX-License-Identifier: Apache-2.0
#include "server/front/app_changer.hpp"

#include <string>
#include <system_error>
#include <utility>

namespace kith::front {

AppChanger::~AppChanger() {
  if (worker_.thread.joinable()) worker_.thread.join();
}

void AppChanger::begin(apps::AppChange change) {
  busy_ = true;
  try {
    worker_ = base::startWorker("kith-apps", [this, change = std::move(change)] { run(change); });
  } catch (const std::system_error& problem) {
    const base::Lock lock(mutex_);
    outcome_ = {apps::ChangeFault::NotWritten, std::string("no thread: ") + problem.what()};
  }
}

void AppChanger::run(const apps::AppChange& change) {
  apps::ChangeOutcome outcome = registry_.change(change);
  {
    const base::Lock lock(mutex_);
    outcome_ = std::move(outcome);
  }
  wake_();
}

std::optional<apps::ChangeOutcome> AppChanger::take() {
  if (!busy_) return std::nullopt;
  std::optional<apps::ChangeOutcome> outcome;
  {
    const base::Lock lock(mutex_);
    outcome = std::exchange(outcome_, std::nullopt);
  }
  if (!outcome) return std::nullopt;
  if (worker_.thread.joinable()) worker_.thread.join();
  busy_ = false;
  return outcome;
}

}  // namespace kith::front
