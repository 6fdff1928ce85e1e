// SPDX-License-Identifier: Apache-2.0
#include "net/tls_policy.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <memory>
#include <utility>

namespace kith::net {
namespace {

constexpr const char* kCiphers = "ECDHE+AESGCM:ECDHE+CHACHA20";
// 112 bits and more for keys and signatures, whatever the system's default is.
constexpr int kSecurityLevel = 2;
constexpr int kLeastBits = 128;
constexpr auto kBothSides = SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION;

struct FreeContext {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};

// libwebsockets does not pass on why a handshake failed, but it fails right after the alert.
thread_local std::string last_alert;

void noteAlert(const SSL*, int where, int value) {
  if ((where & SSL_CB_ALERT) == 0 || value >> 8 != SSL3_AL_FATAL) return;
  last_alert = (where & SSL_CB_WRITE) != 0 ? "alert sent: " : "alert received: ";
  last_alert += SSL_alert_desc_string_long(value);
}

Error refuse(const std::string& what) {
  ERR_clear_error();
  return {Errc::InvalidArgument, 0, what, false};
}

Result<void> refuseWeak(SSL_CTX* context) {
  const STACK_OF(SSL_CIPHER)* const list = SSL_CTX_get_ciphers(context);
  for (int i = 0; i < sk_SSL_CIPHER_num(list); ++i) {
    const SSL_CIPHER* const cipher = sk_SSL_CIPHER_value(list, i);
    if (SSL_CIPHER_get_bits(cipher, nullptr) < kLeastBits ||
        SSL_CIPHER_get_auth_nid(cipher) == NID_auth_null) {
      return refuse(std::string("tls_ciphers: ") + SSL_CIPHER_get_name(cipher) +
                    " is weak; leave it out, or leave tls_ciphers empty");
    }
  }
  return {};
}

}  // namespace

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

long serverTlsBits(TlsVersion least) {
  auto bits = kBothSides | SSL_OP_NO_SSLv3 | SSL_OP_NO_TLSv1 | SSL_OP_NO_TLSv1_1 |
              SSL_OP_CIPHER_SERVER_PREFERENCE;
  if (least == TlsVersion::Tls13) bits |= SSL_OP_NO_TLSv1_2;
  return static_cast<long>(bits);
}

Result<void> checkCiphers(const std::string& tls12, const std::string& tls13) {
  const std::unique_ptr<SSL_CTX, FreeContext> context(SSL_CTX_new(TLS_server_method()));
  if (context == nullptr) return refuse("tls: OpenSSL could not be set up");
  if (!tls13.empty() && SSL_CTX_set_ciphersuites(context.get(), tls13.c_str()) != 1) {
    return refuse("tls13_ciphers: OpenSSL knows no such list of TLS 1.3 suites");
  }
  if (tls12.empty()) return {};
  // Without the level weak ones would be left out of the list in silence.
  SSL_CTX_set_security_level(context.get(), 0);
  if (SSL_CTX_set_cipher_list(context.get(), tls12.c_str()) != 1) {
    return refuse("tls_ciphers: OpenSSL knows no suite of this list");
  }
  return refuseWeak(context.get());
}

std::string takeTlsAlert() { return std::exchange(last_alert, {}); }

}  // namespace kith::net
