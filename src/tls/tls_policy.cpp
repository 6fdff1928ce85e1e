// SPDX-License-Identifier: Apache-2.0
#include "tls/tls_policy.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <utility>

#include "base/threads.hpp"

namespace kith::tls {
namespace {

constexpr const char* kCiphers = "ECDHE+AESGCM:ECDHE+CHACHA20";
// 112 bits and more for keys and signatures, whatever the system's default is.
constexpr int kSecurityLevel = 2;
constexpr auto kBothSides = SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION;

// libwebsockets does not pass on why a handshake failed, but it fails right after the alert.
thread_local std::string last_alert;

void noteAlert(const SSL*, int where, int value) {
  if ((where & SSL_CB_ALERT) == 0 || value >> 8 != SSL3_AL_FATAL) return;
  last_alert = (where & SSL_CB_WRITE) != 0 ? "alert sent: " : "alert received: ";
  last_alert += SSL_alert_desc_string_long(value);
}

}  // namespace

bool initTls() {
  OPENSSL_init_ssl(0, nullptr);
  // OpenSSL has its exit handler now, whether set up here or before: ours must run before.
  static const bool ordered = (base::endBeforeLibraries(), true);
  // Fails once OpenSSL was cleaned up, perhaps between the two lines above.
  return OPENSSL_init_ssl(0, nullptr) == 1 && ordered;
}

const char* standardCiphers() { return kCiphers; }

void applyTlsPolicy(void* ssl_context, TlsVersion least) {
  auto* const context = static_cast<SSL_CTX*>(ssl_context);
  SSL_CTX_set_security_level(context, kSecurityLevel);
  SSL_CTX_set_min_proto_version(context,
                                least == TlsVersion::Tls13 ? TLS1_3_VERSION : TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(context, kCiphers);
  SSL_CTX_set_options(context, kBothSides);
  SSL_CTX_set_info_callback(context, noteAlert);
}

std::string takeTlsAlert() { return std::exchange(last_alert, {}); }

}  // namespace kith::tls
