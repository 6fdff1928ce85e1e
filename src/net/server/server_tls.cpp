// SPDX-License-Identifier: Apache-2.0
#include "net/server/server_tls.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string_view>

#include "net/server/listener.hpp"
#include "tls/tls_policy.hpp"

namespace kith::net {
namespace {

constexpr std::string_view kHttp = "\x08http/1.1";
// Beside what applyTlsPolicy() sets, which knows the least version, too.
constexpr auto kServerBits = SSL_OP_CIPHER_SERVER_PREFERENCE;

// A client that offers none of it is served all the same.
int chooseHttp(SSL*, const unsigned char** chosen, unsigned char* size, const unsigned char* offer,
               unsigned offered, void*) {
  unsigned char* choice = nullptr;
  const auto* ours = reinterpret_cast<const unsigned char*>(kHttp.data());
  if (SSL_select_next_proto(&choice, size, ours, kHttp.size(), offer, offered) !=
      OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_NOACK;
  }
  *chosen = choice;
  return SSL_TLSEXT_ERR_OK;
}

bool setUp(SSL_CTX* context, const ListenOptions& options) {
  tls::applyTlsPolicy(context, options.tls_min_version);
  SSL_CTX_set_options(context, kServerBits);
  // Idle connections keep no buffers, and a write may go on from a buffer that has moved.
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  // Tickets bring sessions back; a cache would remember every client that ever came.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_alpn_select_cb(context, chooseHttp, nullptr);
  if (!options.tls_ciphers.empty() &&
      SSL_CTX_set_cipher_list(context, options.tls_ciphers.c_str()) != 1) {
    return false;
  }
  if (!options.tls13_ciphers.empty() &&
      SSL_CTX_set_ciphersuites(context, options.tls13_ciphers.c_str()) != 1) {
    return false;
  }
  return SSL_CTX_use_certificate_chain_file(context, options.tls_cert.c_str()) == 1 &&
         SSL_CTX_use_PrivateKey_file(context, options.tls_key.c_str(), SSL_FILETYPE_PEM) == 1 &&
         SSL_CTX_check_private_key(context) == 1;
}

int most(std::size_t size) {
  return static_cast<int>(
      std::min(size, static_cast<std::size_t>(std::numeric_limits<int>::max())));
}

}  // namespace

Result<std::shared_ptr<void>> makeServerTls(const ListenOptions& options) {
  const std::shared_ptr<void> context(SSL_CTX_new(TLS_server_method()), [](void* made) {
    SSL_CTX_free(static_cast<SSL_CTX*>(made));
  });
  const bool good = context != nullptr && setUp(static_cast<SSL_CTX*>(context.get()), options);
  ERR_clear_error();
  if (good) return context;
  return Error{Errc::InvalidArgument, 0,
               "listen: TLS could not be set up with certificate " + options.tls_cert +
                   " and key " + options.tls_key + "; did the files change?",
               false};
}

TlsSession::TlsSession(void* context, int fd) : ssl_(SSL_new(static_cast<SSL_CTX*>(context))) {
  if (ssl_ == nullptr) return;
  SSL_set_fd(ssl_, fd);
  SSL_set_accept_state(ssl_);
}

TlsSession::~TlsSession() { SSL_free(ssl_); }

Io TlsSession::outcome(int returned) {
  const int error = SSL_get_error(ssl_, returned);
  wants_write_ = error == SSL_ERROR_WANT_WRITE;
  if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return Io::Again;
  if (error == SSL_ERROR_ZERO_RETURN) {
    ended_ = true;
    return Io::End;
  }
  broken_ = true;
  ERR_clear_error();
  return Io::Broken;
}

IoResult TlsSession::read(char* bytes, std::size_t size) {
  if (ended_ || broken_) return {ended_ ? Io::End : Io::Broken, 0};
  IoResult result;
  while (result.bytes < size) {
    ERR_clear_error();
    const int got = SSL_read(ssl_, bytes + result.bytes, most(size - result.bytes));
    if (got <= 0) {
      result.how = outcome(got);
      break;
    }
    result.bytes += static_cast<std::size_t>(got);
  }
  if (result.bytes > 0) result.how = Io::Done;
  return result;
}

IoResult TlsSession::write(const char* bytes, std::size_t size) {
  if (broken_) return {Io::Broken, 0};
  IoResult result{Io::Done, 0};
  while (result.bytes < size) {
    ERR_clear_error();
    const int put = SSL_write(ssl_, bytes + result.bytes, most(size - result.bytes));
    if (put <= 0) {
      result.how = outcome(put);
      wants_write_ = false;  // the writer knows already
      break;
    }
    result.bytes += static_cast<std::size_t>(put);
  }
  return result;
}

void TlsSession::endSending() {
  if (broken_ || SSL_is_init_finished(ssl_) == 0) return;
  ERR_clear_error();
  SSL_shutdown(ssl_);
  ERR_clear_error();
}

bool TlsSession::hasMore() const { return ended_ || broken_ || SSL_has_pending(ssl_) != 0; }

}  // namespace kith::net
