// SPDX-License-Identifier: Apache-2.0
// TLS for a WsPeer: a small blocking acceptor on OpenSSL. Link OpenSSL::SSL.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "support/certs.hpp"
#include "support/ws_peer.hpp"

namespace kith::testing {

class TlsLine final : public Line {
 public:
  TlsLine(int fd, SSL* ssl) : Line(fd), ssl_(ssl) {}
  ~TlsLine() override { SSL_free(ssl_); }

  long readSome(char* to, std::size_t room) override {
    return SSL_read(ssl_, to, static_cast<int>(room));
  }
  long writeSome(const char* from, std::size_t size) override {
    return SSL_write(ssl_, from, static_cast<int>(size));
  }

 private:
  SSL* ssl_;
};

struct TlsSettings {
  int max_version{TLS1_3_VERSION};
  std::string client_ca;  ///< when set, clients must show a certificate of it
  int min_version{0};     ///< 0 = the oldest there is
  std::string ciphers;    ///< for TLS 1.2; when set, weak ones are allowed
  bool renegotiates{false};
};

/// Makes TLS lines with this certificate. Those whose handshake fails are dropped.
inline LineMaker tlsLines(const CertFiles& files, const TlsSettings& settings = {}) {
  std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  REQUIRE(SSL_CTX_use_certificate_chain_file(context.get(), files.cert.c_str()) == 1);
  REQUIRE(SSL_CTX_use_PrivateKey_file(context.get(), files.key.c_str(), SSL_FILETYPE_PEM) == 1);
  SSL_CTX_set_max_proto_version(context.get(), settings.max_version);
  SSL_CTX_set_min_proto_version(context.get(), settings.min_version);
  if (settings.max_version < TLS1_2_VERSION || !settings.ciphers.empty()) {
    SSL_CTX_set_security_level(context.get(), 0);
  }
  if (!settings.ciphers.empty()) {
    REQUIRE(SSL_CTX_set_cipher_list(context.get(), settings.ciphers.c_str()) == 1);
  }
  if (settings.renegotiates) SSL_CTX_set_options(context.get(), SSL_OP_ALLOW_CLIENT_RENEGOTIATION);
  if (!settings.client_ca.empty()) {
    REQUIRE(SSL_CTX_load_verify_file(context.get(), settings.client_ca.c_str()) == 1);
    SSL_CTX_set_purpose(context.get(), X509_PURPOSE_ANY);  // the leaves of certs.hpp are servers'
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  }
  return [context](int fd) -> std::unique_ptr<Line> {
    SSL* const ssl = SSL_new(context.get());
    SSL_set_fd(ssl, fd);
    auto line = std::make_unique<TlsLine>(fd, ssl);
    if (SSL_accept(ssl) != 1) return nullptr;
    return line;
  };
}

}  // namespace kith::testing
