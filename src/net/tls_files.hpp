// SPDX-License-Identifier: Apache-2.0
// A server's certificate and key, looked at before the server starts, with errors that name the
// file. Any thread.
#pragma once

#include <kith/result.hpp>

#include <string>

namespace kith::net {

/// InvalidArgument with one line that names the file when one is missing, is no PEM, is protected
/// by a passphrase, or when the two do not belong together.
Result<void> checkTlsFiles(const std::string& cert, const std::string& key);

}  // namespace kith::net
