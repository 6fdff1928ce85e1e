// SPDX-License-Identifier: Apache-2.0
// Bytes as text: base64url for message ids and nonces, hex for group ids. Pure; any thread.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "base/random.hpp"

namespace kith::base {

/// RFC 4648 §5 without padding: 16 bytes make 22 characters.
std::string base64url(std::span<const unsigned char> bytes);
/// Lower-case digits.
std::string hex(std::span<const unsigned char> bytes);

/// A message id of the shape the service makes: 16 random bytes (avos-v1 §8).
std::string makeMessageId(Random& random);
/// A group id: 24 hex digits (avos-v1 §9.1).
std::string makeGroupId(Random& random);
/// A signature's nonce: 12 random bytes.
std::string makeNonce(Random& random);

}  // namespace kith::base
