// SPDX-License-Identifier: Apache-2.0
// Versions of TLS that an option can name. Plain data.
#pragma once

namespace kith {

/// The least version of TLS to speak. There is none below 1.2: RFC 8996 forbids them.
enum class TlsVersion {
  /// 1.2 and later.
  Tls12,
  /// 1.3 and later.
  Tls13,
};

}  // namespace kith
