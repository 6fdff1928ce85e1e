// SPDX-License-Identifier: Apache-2.0
#include "net/tls_files.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <memory>

namespace kith::net {
namespace {

struct FreeContext {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};

Error refuse(const std::string& what) {
  ERR_clear_error();
  return {Errc::InvalidArgument, 0, "tls: " + what, false};
}

// The file system's own words when it can not be read at all.
std::string whyUnreadable(const std::string& path) {
  errno = 0;
  if (std::ifstream(path).good()) return {};
  return errno != 0 ? std::strerror(errno) : "it can not be opened";
}

// Without it OpenSSL would ask on the terminal.
int noPassphrase(char*, int, int, void*) { return 0; }

}  // namespace

Result<void> checkTlsFiles(const std::string& cert, const std::string& key) {
  for (const std::string& path : {cert, key}) {
    const std::string why = whyUnreadable(path);
    if (!why.empty()) return refuse("file " + path + " can not be read: " + why);
  }
  const std::unique_ptr<SSL_CTX, FreeContext> context(SSL_CTX_new(TLS_server_method()));
  if (context == nullptr) return refuse("OpenSSL could not be set up");
  SSL_CTX_set_default_passwd_cb(context.get(), noPassphrase);
  if (SSL_CTX_use_certificate_chain_file(context.get(), cert.c_str()) != 1) {
    return refuse("file " + cert + " holds no usable certificate (PEM)");
  }
  ERR_clear_error();
  if (SSL_CTX_use_PrivateKey_file(context.get(), key.c_str(), SSL_FILETYPE_PEM) != 1) {
    if (ERR_GET_REASON(ERR_peek_last_error()) == X509_R_KEY_VALUES_MISMATCH ||
        ERR_GET_REASON(ERR_peek_last_error()) == X509_R_KEY_TYPE_MISMATCH) {
      return refuse("key " + key + " does not belong to certificate " + cert);
    }
    return refuse("file " + key + " holds no usable private key (PEM without passphrase)");
  }
  if (SSL_CTX_check_private_key(context.get()) != 1) {
    return refuse("key " + key + " does not belong to certificate " + cert);
  }
  return {};
}

}  // namespace kith::net
