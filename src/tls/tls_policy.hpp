// SPDX-License-Identifier: Apache-2.0
// What TLS is on either end of our connections: versions, cipher suites, no compression, no
// renegotiation. Other files see opaque pointers only. Any thread, but for takeTlsAlert().
#pragma once

#include <kith/tls_version.hpp>

#include <string>

namespace kith::tls {

/// Starts OpenSSL, so that its exit handler is older, and runs later, than ours. Call it on the
/// thread that starts another, before: on the new one it would race with exit(). False when the
/// process is leaving and OpenSSL was cleaned up already.
/// Thread: any. Blocks: never.
bool initTls();

/// Suites for TLS 1.2 in OpenSSL's notation: forward secrecy and authenticated encryption.
const char* standardCiphers();

/// Sets an SSL_CTX up, of a client or of a server. Nothing of it can fail: the list is ours.
void applyTlsPolicy(void* ssl_context, TlsVersion least);

/// The last fatal alert that a connection of this thread sent or received, in words; it is then
/// forgotten. Empty when there is none.
std::string takeTlsAlert();

}  // namespace kith::tls
