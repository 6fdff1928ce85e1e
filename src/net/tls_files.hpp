// SPDX-License-Identifier: Apache-2.0
// A server's certificate and key, looked at before libwebsockets gets them: its own errors do not
// name the file. Any thread.
#pragma once

#include <kith/result.hpp>

#include <memory>
#include <string>

namespace kith::net {

/// InvalidArgument with one line that names the file when one is missing, is no PEM, is protected
/// by a passphrase, or when the two do not belong together.
Result<void> checkTlsFiles(const std::string& cert, const std::string& key);

/// An SSL_CTX that nobody connects with. libwebsockets makes one with all of the system's
/// authorities for a TLS server too, and forgets to free it when the process has a second context.
std::shared_ptr<void> makeIdleClientTls();

}  // namespace kith::net
