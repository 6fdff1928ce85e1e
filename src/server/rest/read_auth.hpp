// SPDX-License-Identifier: Apache-2.0
// The right to read over HTTP in an app that enforces signatures (avos-v1 §11.2, decision 019).
// Owned by RestApi, loop thread only.
#pragma once

#include <kith/server.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.hpp"
#include "base/seeded_hash.hpp"
#include "net/server/listener.hpp"
#include "server/apps/app_snapshot.hpp"
#include "server/core/nonce_cache.hpp"
#include "sign/signer.hpp"

namespace kith::rest {

class ReadAuth {
 public:
  explicit ReadAuth(const apps::AppSnapshot& apps) { setApps(apps); }
  /// From now on these. What was used of signatures stays so.
  void setApps(const apps::AppSnapshot& apps);

  /// Why `call` may not read the history of `conv_id`; empty when it may. A good signature is used
  /// up by it. An app that does not enforce signatures asks for none.
  std::string_view whyNotHistory(const AppOptions& app, const net::HttpCall& call,
                                 std::string_view conv_id, base::Millis now);
  /// The same for the members of a group.
  std::string_view whyNotMembers(const AppOptions& app, const net::HttpCall& call,
                                 std::string_view group_id, base::Millis now);
  /// Whether `why` is of a signature that no key of ours made. The others are of clocks and
  /// retries.
  static bool isForgery(std::string_view why);

 private:
  struct Keys {
    std::string master_key;
    sign::Signer signer;
    /// Apart from the hub's: many reads must not push a nonce of a login out, which would be good
    /// again.
    core::NonceCache used;
  };

  std::string_view judge(const AppOptions& app, const net::HttpCall& call, std::string_view id,
                         base::Millis now, const std::function<std::string()>& signedText);

  /// By id, of the apps that enforce signatures or once did.
  std::unordered_map<std::string, Keys, base::TextHash, std::equal_to<>> keys_;
};

}  // namespace kith::rest
