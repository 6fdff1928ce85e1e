// SPDX-License-Identifier: Apache-2.0
#include "server/apps/app_registry.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "base/redact.hpp"
#include "server/apps/app_rules.hpp"
#include "server/config/config.hpp"

namespace kith::apps {
namespace {

void put(std::vector<AppOptions>& apps, const AppOptions& app) {
  const auto same = [&](const AppOptions& known) { return known.id == app.id; };
  const auto known = std::find_if(apps.begin(), apps.end(), same);
  if (known == apps.end()) {
    apps.push_back(app);
  } else {
    *known = app;
  }
}

bool has(const std::vector<AppOptions>& apps, const std::string& id) {
  return std::any_of(apps.begin(), apps.end(), [&](const AppOptions& app) { return app.id == id; });
}

/// What checkApps() refuses of `apps`; `what` says whose fault it is.
Result<std::vector<AppOptions>> checked(Result<std::vector<AppOptions>> apps,
                                        const std::string& what) {
  if (!apps) return Error{Errc::InvalidArgument, 0, what + ": " + apps.error().detail, false};
  for (const AppOptions& app : *apps) {
    const Fault fault = faultOf(app);
    if (fault.field.empty()) continue;
    std::string detail = what + ": app '" + base::cleanWords(app.id) + "': ";
    detail.append(fault.field).append(" ").append(fault.what);
    return Error{Errc::InvalidArgument, 0, std::move(detail), false};
  }
  return apps;
}

}  // namespace

AppRegistry::AppRegistry(std::vector<AppOptions> apps, const Switches& switches, Changed changed)
    : changed_(std::move(changed)), base_(std::move(apps)), apps_(base_), switches_(switches) {
  const base::Lock lock(mutex_);
  publish();
}

Result<void> AppRegistry::open(const std::string& folder) {
  Result<AppsFile> file = AppsFile::in(folder);
  if (!file) return file.error();
  const Result<std::string> text = file->read();
  if (!text) return text.error();
  const Result<AppOverlay> kept = AppOverlay::parse(*text);
  if (!kept) {
    return Error{Errc::InvalidArgument, 0, file->path() + ": " + kept.error().detail, false};
  }
  const base::Lock lock(mutex_);
  auto apps = checked(kept->over(base_), file->path());
  if (!apps) return apps.error();
  file_ = std::move(file).value();
  overlay_ = *kept;
  apps_ = std::move(apps).value();
  publish();
  return {};
}

AppsPtr AppRegistry::current() const {
  const base::Lock lock(current_mutex_);
  return current_;
}

Result<void> AppRegistry::update(const std::vector<AppOptions>& apps) {
  if (Result<void> good = checkApps(apps); !good) return good;
  {
    const base::Lock lock(mutex_);
    std::vector<AppOptions> base = base_;
    for (const AppOptions& app : apps) put(base, app);
    auto all = checked(overlay_.over(base), "with what was changed over HTTP");
    if (!all) return all.error();
    base_ = std::move(base);
    apps_ = std::move(all).value();
    publish();
  }
  changed_();
  return {};
}

void AppRegistry::setSwitches(const Switches& switches) {
  {
    const base::Lock lock(mutex_);
    switches_ = switches;
    publish();
  }
  changed_();
}

ChangeOutcome AppRegistry::change(const AppChange& change) {
  ChangeOutcome outcome;
  {
    const base::Lock lock(mutex_);
    outcome = tryChange(change);
  }
  if (outcome.fault == ChangeFault::None) changed_();
  return outcome;
}

ChangeOutcome AppRegistry::tryChange(const AppChange& change) {
  const bool there = has(apps_, change.id);
  if (change.add && there) return {ChangeFault::AppExists, "there is an app with this id"};
  if (!change.add && !there) return {ChangeFault::NoSuchApp, "there is no such app"};
  // First what is wrong with the change alone, whose members the administrator knows.
  AppOptions alone;
  alone.id = change.id;
  if (std::string why = config::readApp(change.settings, {}, alone); !why.empty()) {
    return {ChangeFault::BadSettings, std::move(why)};
  }
  AppOverlay overlay = overlay_;
  overlay.put(change.id, change.settings);
  Result<std::vector<AppOptions>> apps = overlay.over(base_);
  if (!apps) return {ChangeFault::BadSettings, apps.error().detail};
  const auto place = std::find_if(apps->begin(), apps->end(),
                                  [&](const AppOptions& app) { return app.id == change.id; });
  if (const Fault fault = faultOf(*place); !fault.field.empty()) {
    return {ChangeFault::BadSettings, std::string(fault.field).append(" ").append(fault.what)};
  }
  if (file_) {
    if (Result<void> written = file_->write(overlay.format()); !written) {
      return {ChangeFault::NotWritten, written.error().detail};
    }
  }
  overlay_ = std::move(overlay);
  apps_ = std::move(apps).value();
  publish();
  return {};
}

void AppRegistry::publish() {
  auto next = std::make_shared<const AppSnapshot>(apps_, switches_, ++made_);
  {
    const base::Lock lock(current_mutex_);
    current_ = std::move(next);
  }
  version_.store(made_, std::memory_order_release);
}

}  // namespace kith::apps
