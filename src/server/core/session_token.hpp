// SPDX-License-Identifier: Apache-2.0
// Tokens of sessions (leancloud-current §5.1): what a client shows when it opens its session on
// another connection, in the place of a signature. The server keeps none of them: a token holds
// what is to be known of its session, under a code that only the server can make. Pure; any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "sign/signer.hpp"

namespace kith::core {

/// Bytes of a tag and of a device's name.
inline constexpr std::size_t kTagBytes = 64;
inline constexpr std::size_t kDeviceBytes = 256;
/// How long a token is good. JavaScript's client shows its token without a tag and without a
/// signature, and cannot get another one by itself (leancloud-current §12), so it is long.
inline constexpr base::Millis kTokenTime{30ll * 24 * 3600 * 1000};

struct SessionToken {
  std::string peer;
  std::string tag;
  std::string device;
  bool proven{false};  ///< its session was opened with a signature
  base::Millis expires{0};
};

/// The key of an app's tokens: another one with another master key. Without a master key a token
/// can be forged, and is not needed.
sign::Signer tokenSigner(std::string_view app_id, std::string_view master_key);

std::string writeToken(const SessionToken& token, sign::Signer& signer);
/// nullopt: it is none of the app's, or is not good any more.
std::optional<SessionToken> readToken(std::string_view text, sign::Signer& signer,
                                      base::Millis now);

}  // namespace kith::core
