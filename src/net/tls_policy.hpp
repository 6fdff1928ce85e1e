// SPDX-License-Identifier: Apache-2.0
// What TLS may do on our connections: versions, cipher suites, no compression, no renegotiation.
// Other files see opaque pointers and numbers only. Any thread, but for takeTlsAlert().
#pragma once

#include <kith/result.hpp>
#include <kith/tls_version.hpp>

#include <string>

namespace kith::net {

/// Suites for TLS 1.2 in OpenSSL's notation: forward secrecy and authenticated encryption.
const char* standardCiphers();

/// Sets a client's SSL_CTX up. Nothing of it can fail: the list is ours.
void applyTlsPolicy(void* ssl_context, TlsVersion least);

/// The SSL_OP_... bits of a server.
long serverTlsBits(TlsVersion least);

/// InvalidArgument when OpenSSL knows no suite of a list, or one of them is weak: no
/// authentication, no encryption, or a key of less than 128 bits. Empty lists are fine.
Result<void> checkCiphers(const std::string& tls12, const std::string& tls13);

/// The last fatal alert that a connection of this thread sent or received, in words; it is then
/// forgotten. Empty when there is none.
std::string takeTlsAlert();

}  // namespace kith::net
