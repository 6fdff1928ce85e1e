// SPDX-License-Identifier: Apache-2.0
// A server's certificate, key and cipher suites, looked at before the server starts, with errors
// that name the file or the option. Any thread.
#pragma once

#include <kith/result.hpp>

#include <string>

namespace kith::net {

/// InvalidArgument with one line that names the file when one is missing, is no PEM, is protected
/// by a passphrase, or when the two do not belong together.
Result<void> checkTlsFiles(const std::string& cert, const std::string& key);

/// InvalidArgument when OpenSSL knows no suite of a list, or one of them is weak: no
/// authentication, no encryption, or a key of less than 128 bits. Empty lists are fine.
Result<void> checkCiphers(const std::string& tls12, const std::string& tls13);

}  // namespace kith::net
