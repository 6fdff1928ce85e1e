// SPDX-License-Identifier: Apache-2.0
// Which app a request is of, and with which key it says so (avos-v1 §11.1). Loop thread only.
#pragma once

#include <kith/server.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "net/server/listener.hpp"
#include "server/apps/app_snapshot.hpp"

namespace kith::rest {

class KeyAuth {
 public:
  explicit KeyAuth(apps::AppsPtr apps) : apps_(std::move(apps)) {}
  const apps::AppSnapshot& apps() const { return *apps_; }
  /// From now on these; what judge() and findApp() gave is of the apps before.
  void setApps(apps::AppsPtr apps) { apps_ = std::move(apps); }

  /// Headers that it looks at, lower case.
  static std::vector<std::string> headers();

  /// Null: there is none. Good until setApps().
  const AppOptions* findApp(std::string_view id) const { return apps_->find(id); }

  struct Judgement {
    const AppOptions* app{nullptr};  ///< null = `why` says what is wrong
    bool master{false};
    std::string_view why;
  };
  /// The key headers, or X-LC-Sign: md5 over a time and a key, good for the app's signature_window
  /// (docs/decisions/024). An app without an app key asks for none. The master key may do whatever
  /// the app key may.
  Judgement judge(const net::HttpCall& call, base::Millis now) const;

  /// Whether the request shows `admin_key`, which is none when it is empty.
  static bool showsAdminKey(const net::HttpCall& call, std::string_view admin_key);
  static bool hasAdminKey(const net::HttpCall& call);
  /// Whether it was made on this machine: by its address, and handed on by no proxy.
  static bool isLocal(const net::HttpCall& call);

 private:
  Judgement judgeSign(const AppOptions& app, std::string_view sign, base::Millis now) const;

  apps::AppsPtr apps_;
};

}  // namespace kith::rest
