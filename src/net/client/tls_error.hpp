// SPDX-License-Identifier: Apache-2.0
// What a client does with OpenSSL: its settings, and what is wrong with a certificate, in words
// (R14). Other files see opaque pointers only.
#pragma once

#include <kith/options.hpp>
#include <kith/result.hpp>

#include <memory>
#include <string>

namespace kith::net {

/// An SSL_CTX for connections to one name. `name` may be an address.
using TlsContext = std::shared_ptr<void>;
Result<TlsContext> makeClientTls(const TlsOptions& options, const std::string& name);

/// Why a certificate was refused; number 0 = it was not.
struct CertificateFault {
  long number{0};  ///< X509_V_ERR_...
  std::string subject;
  std::string issuer;
};

/// X509_V_ERR_HOSTNAME_MISMATCH.
inline constexpr long kHostnameMismatch = 62;

/// Reads an X509_STORE_CTX, in the middle of a verification.
CertificateFault faultOf(void* store_context);
/// Makes the verification go on as if nothing was wrong.
void overlookFault(void* store_context);

/// TlsUntrusted, TlsHostname or TlsExpired, with the number, the names and what to set.
Error certificateError(const std::string& host, const CertificateFault& fault);
/// TlsProtocol. `least` is what was asked for.
Error tlsError(const std::string& host, const std::string& why, TlsVersion least);

}  // namespace kith::net
