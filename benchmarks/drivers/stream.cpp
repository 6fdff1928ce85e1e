// SPDX-License-Identifier: Apache-2.0
#include "benchmarks/drivers/stream.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <stdexcept>
#include <sys/socket.h>

namespace kith::bench {
namespace {

/// Null without TLS; one for the process.
SSL_CTX* context = nullptr;

int clamp(std::size_t size) { return static_cast<int>(std::min<std::size_t>(size, 1 << 30)); }

}  // namespace

void Stream::useTls() {
  // OpenSSL writes without MSG_NOSIGNAL.
  std::signal(SIGPIPE, SIG_IGN);
  context = SSL_CTX_new(TLS_client_method());
  if (context == nullptr) throw std::runtime_error("OpenSSL gave no context");
  SSL_CTX_set_verify(context, SSL_VERIFY_NONE, nullptr);
  // A record may have left in part when more is appended behind it.
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                SSL_MODE_RELEASE_BUFFERS);
  // Else every record takes two reads of the socket.
  SSL_CTX_set_read_ahead(context, 1);
}

void Stream::Free::operator()(ssl_st* tls) const { SSL_free(tls); }

void Stream::begin(int fd) {
  fd_ = fd;
  tls_.reset();
  if (context == nullptr) return;
  tls_.reset(SSL_new(context));
  SSL_set_fd(tls_.get(), fd);
  SSL_set_connect_state(tls_.get());
}

int Stream::shakeHands() {
  if (!tls_) return 1;
  ERR_clear_error();
  const int done = SSL_do_handshake(tls_.get());
  if (done == 1) return 1;
  return result(done) < 0 && errno == EAGAIN ? 0 : -1;
}

ssize_t Stream::receive(char* to, std::size_t size) {
  if (!tls_) return recv(fd_, to, size, 0);
  ERR_clear_error();
  return result(SSL_read(tls_.get(), to, clamp(size)));
}

ssize_t Stream::send(std::string_view bytes) {
  if (!tls_) return ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  ERR_clear_error();
  return result(SSL_write(tls_.get(), bytes.data(), clamp(bytes.size())));
}

ssize_t Stream::result(int count) {
  if (count > 0) return count;
  switch (SSL_get_error(tls_.get(), count)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE: errno = EAGAIN; return -1;
    case SSL_ERROR_ZERO_RETURN: return 0;
    case SSL_ERROR_SYSCALL: return errno == 0 ? 0 : -1;
    default: errno = EPROTO; return -1;
  }
}

}  // namespace kith::bench
