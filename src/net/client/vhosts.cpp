// SPDX-License-Identifier: Apache-2.0
#include "net/client/vhosts.hpp"

#include <libwebsockets.h>

#include <array>
#include <iterator>
#include <tuple>
#include <utility>

#include "net/client/client_socket.hpp"

namespace kith::net {
namespace {

/// A TLS vhost holds the system's authorities, some two megabytes.
constexpr std::size_t kMaxVhosts = 16;
constexpr int kNoTimeoutSeconds = 24 * 3600;

/// The context's user is LoopCore::woken_.
int onEvent(lws* wsi, lws_callback_reasons reason, void* user, void* in, std::size_t size) {
  if (reason != LWS_CALLBACK_EVENT_WAIT_CANCELLED) {
    return ClientSocket::callback(wsi, reason, user, in, size);
  }
  *static_cast<bool*>(lws_context_user(lws_get_context(wsi))) = true;
  return 0;
}

/// Lives as long as the process: every context of every loop points to it.
constexpr std::array<lws_protocols, 2> kProtocols{
    lws_protocols{"kith", onEvent, 0, 0, 0, nullptr, ClientSocket::kMaxWrite},
    lws_protocols{nullptr, nullptr, 0, 0, 0, nullptr, 0}};

}  // namespace

bool operator==(const VhostKey& a, const VhostKey& b) {
  const auto tls = [](const VhostKey& key) {
    const TlsOptions& o = key.options;
    return std::tie(key.name, o.ca_file, o.ca_pem, o.client_cert_file, o.client_key_file,
                    o.min_version, o.dangerously_accept_any_certificate);
  };
  return a.tls == b.tls && (!a.tls || tls(a) == tls(b));
}

bool Vhosts::open(lws_context* context) {
  context_ = context;
  auto first = make({});
  if (!first) return false;
  vhosts_.push_back(*first);
  return true;
}

void Vhosts::closed() {
  context_ = nullptr;
  for (const auto& vhost : vhosts_) vhost->handle = nullptr;
  vhosts_.clear();
}

Result<std::shared_ptr<Vhost>> Vhosts::get(const VhostKey& key) {
  if (context_ == nullptr) {
    return Error{Errc::NetworkDown, 0,
                 "net: the io thread got no file or memory for its sockets; does the process have "
                 "as many files open as it may (RLIMIT_NOFILE)?",
                 false};
  }
  for (auto at = vhosts_.begin(); at != vhosts_.end(); ++at) {
    if (!((*at)->key == key)) continue;
    if (at != vhosts_.begin()) vhosts_.splice(std::next(vhosts_.begin()), vhosts_, at);
    return *std::next(vhosts_.begin(), at == vhosts_.begin() ? 0 : 1);
  }
  makeRoom();
  auto made = make(key);
  if (made) vhosts_.insert(std::next(vhosts_.begin()), *made);
  return made;
}

void Vhosts::makeRoom() {
  for (auto at = vhosts_.end(); vhosts_.size() >= kMaxVhosts && --at != vhosts_.begin();) {
    if (at->use_count() > 1) continue;
    lws_vhost_destroy((*at)->handle);
    at = vhosts_.erase(at);
  }
}

Result<std::shared_ptr<Vhost>> Vhosts::make(const VhostKey& key) {
  auto vhost = std::make_shared<Vhost>();
  vhost->key = key;
  lws_context_creation_info info{};
  info.port = CONTEXT_PORT_NO_LISTEN;
  info.vhost_name = "kith";
  info.protocols = kProtocols.data();
  info.connect_timeout_secs = kNoTimeoutSeconds;
  // Without an address libwebsockets takes one from the environment; port 0 means none.
  info.http_proxy_address = "-:0";
  if (key.tls) {
    auto tls = makeClientTls(key.options, key.name);
    if (!tls) return tls.error();
    vhost->tls = *tls;
    info.options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
    info.provided_client_ssl_ctx = static_cast<SSL_CTX*>(vhost->tls.get());
  }
  vhost->handle = lws_create_vhost(context_, &info);
  if (vhost->handle == nullptr) {
    return Error{Errc::Internal, 0, "net: libwebsockets made no vhost; is memory short?", false};
  }
  return vhost;
}

}  // namespace kith::net
