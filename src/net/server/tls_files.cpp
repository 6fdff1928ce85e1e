// SPDX-License-Identifier: Apache-2.0
#include "net/server/tls_files.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <memory>

namespace kith::net {
namespace {

constexpr int kLeastBits = 128;

struct FreeContext {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};

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

// The file system's own words when it cannot be read at all.
std::string whyUnreadable(const std::string& path) {
  errno = 0;
  if (std::ifstream(path).good()) return {};
  return errno != 0 ? std::strerror(errno) : "it cannot be opened";
}

// Without it OpenSSL would ask on the terminal.
int noPassphrase(char*, int, int, void*) { return 0; }

}  // namespace

Result<void> checkTlsFiles(const std::string& cert, const std::string& key) {
  for (const std::string& path : {cert, key}) {
    const std::string why = whyUnreadable(path);
    if (!why.empty()) return refuse("tls: file " + path + " cannot be read: " + why);
  }
  const std::unique_ptr<SSL_CTX, FreeContext> context(SSL_CTX_new(TLS_server_method()));
  if (context == nullptr) return refuse("tls: OpenSSL could not be set up");
  SSL_CTX_set_default_passwd_cb(context.get(), noPassphrase);
  if (SSL_CTX_use_certificate_chain_file(context.get(), cert.c_str()) != 1) {
    return refuse("tls: file " + cert + " holds no usable certificate (PEM)");
  }
  ERR_clear_error();
  if (SSL_CTX_use_PrivateKey_file(context.get(), key.c_str(), SSL_FILETYPE_PEM) != 1) {
    if (ERR_GET_REASON(ERR_peek_last_error()) == X509_R_KEY_VALUES_MISMATCH ||
        ERR_GET_REASON(ERR_peek_last_error()) == X509_R_KEY_TYPE_MISMATCH) {
      return refuse("tls: key " + key + " does not belong to certificate " + cert);
    }
    return refuse("tls: file " + key + " holds no usable private key (PEM without passphrase)");
  }
  if (SSL_CTX_check_private_key(context.get()) != 1) {
    return refuse("tls: key " + key + " does not belong to certificate " + cert);
  }
  return {};
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

}  // namespace kith::net
