// SPDX-License-Identifier: Apache-2.0
// libwebsockets keeps TLS settings per "vhost"; here is one per distinct set, bounded.
// Owned by the core, loop thread only.
#pragma once

#include <kith/options.hpp>
#include <kith/result.hpp>

#include <list>
#include <memory>
#include <string>

#include "net/client/tls_error.hpp"

struct lws_context;
struct lws_vhost;

namespace kith::net {

/// What connections have in common that share a vhost.
struct VhostKey {
  bool tls{false};
  TlsOptions options;  ///< meaningless without `tls`
  std::string name;    ///< expected in the certificate; empty without `tls`

  friend bool operator==(const VhostKey& a, const VhostKey& b);
};

struct Vhost {
  VhostKey key;
  TlsContext tls;
  lws_vhost* handle{nullptr};
};

class Vhosts {
 public:
  /// Makes the first one, plain and direct, which stays: the context's own wiring hangs on it.
  bool open(lws_context* context);
  /// The context is gone, and with it all handles.
  void closed();
  /// Keep what you get as long as the connection lives.
  Result<std::shared_ptr<Vhost>> get(const VhostKey& key);

 private:
  Result<std::shared_ptr<Vhost>> make(const VhostKey& key);
  void makeRoom();

  lws_context* context_{nullptr};
  std::list<std::shared_ptr<Vhost>> vhosts_;  // the longest unused last, but the first never moves
};

}  // namespace kith::net
