// SPDX-License-Identifier: Apache-2.0
// A RawSocket that speaks TLS. Link OpenSSL::SSL. Test thread only.
#pragma once

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <string>

#include "support/raw_ws_client.hpp"

namespace kith::testing {

class RawTls final : public RawSocket {
 public:
  /// Trusts `ca_file`; `newest` is the highest version it offers, `ciphers` its suites for TLS 1.2.
  RawTls(const std::string& address, const std::string& ca_file, int newest = TLS1_3_VERSION,
         const std::string& ciphers = {}, int receive_buffer = 0, const char* from = nullptr,
         std::string_view before = {})
      : RawSocket(address, receive_buffer, from), context_(SSL_CTX_new(TLS_client_method())) {
    REQUIRE(context_ != nullptr);
    SSL_CTX_set_security_level(context_, 0);
    SSL_CTX_set_min_proto_version(context_, 0);
    SSL_CTX_set_max_proto_version(context_, newest);
    if (!ciphers.empty()) REQUIRE(SSL_CTX_set_cipher_list(context_, ciphers.c_str()) == 1);
    REQUIRE(SSL_CTX_load_verify_locations(context_, ca_file.c_str(), nullptr) == 1);
    SSL_CTX_set_verify(context_, SSL_VERIFY_PEER, nullptr);
    if (!before.empty()) REQUIRE(RawSocket::send(before));
    ssl_ = SSL_new(context_);
    SSL_set_fd(ssl_, fd());
    established_ = SSL_connect(ssl_) == 1;
    if (!established_) why_ = ERR_reason_error_string(ERR_peek_last_error());
    ERR_clear_error();
  }
  ~RawTls() override {
    SSL_free(ssl_);
    SSL_CTX_free(context_);
  }

  bool established() const { return established_; }
  /// What OpenSSL says of a handshake that failed; the server's alert, when it sent one.
  const std::string& why() const { return why_; }
  std::string version() const { return SSL_get_version(ssl_); }
  std::string cipher() const { return SSL_get_cipher_name(ssl_); }
  /// Whether the server lets a client begin a handshake inside the connection (TLS 1.2).
  bool renegotiates() {
    const bool done = SSL_renegotiate(ssl_) == 1 && SSL_do_handshake(ssl_) == 1;
    ERR_clear_error();
    return done;
  }
  bool compresses() const { return SSL_get_current_compression(ssl_) != nullptr; }

  bool send(std::string_view bytes) override {
    return SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size())) ==
           static_cast<int>(bytes.size());
  }
  std::string receive() override {
    if (SSL_pending(ssl_) == 0) await();
    char bytes[16384];
    const int got = SSL_read(ssl_, bytes, sizeof bytes);
    return got > 0 ? std::string(bytes, static_cast<std::size_t>(got)) : std::string();
  }

 private:
  SSL_CTX* context_;
  SSL* ssl_{nullptr};
  bool established_{false};
  std::string why_;
};

}  // namespace kith::testing
