// SPDX-License-Identifier: Apache-2.0
// Bytes as text and back: base64, hex and the percent signs of URLs. Pure; any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/random.hpp"

namespace kith::base {

/// Characters that so many bytes make in base64url: 16 make 22.
constexpr std::size_t base64Size(std::size_t bytes) { return (bytes * 4 + 2) / 3; }
/// RFC 4648 §5 without padding.
std::string base64url(std::span<const unsigned char> bytes);
/// The same into `out`, which has room for base64Size(bytes.size()) characters.
void writeBase64url(std::span<const unsigned char> bytes, char* out);
/// RFC 4648 §4, with padding.
std::string base64(std::span<const unsigned char> bytes);
/// The same, appended.
void appendBase64(std::string_view bytes, std::string& out);
/// Most bytes that so many characters of base64 stand for.
constexpr std::size_t mostBase64Bytes(std::size_t characters) { return characters / 4 * 3 + 3; }
/// Undoes RFC 4648 §4, with or without its padding, into `out`, which has room for
/// mostBase64Bytes(text.size()) bytes. How many it wrote; nullopt for anything but the text that
/// base64() makes of some bytes.
std::optional<std::size_t> readBase64(std::string_view text, char* out);
/// Lower-case digits.
std::string hex(std::span<const unsigned char> bytes);
/// 16 of them, so that texts are in the order of the numbers. `number` is not negative.
std::string hexOf(std::int64_t number);

/// `%XX` for everything but the unreserved characters of RFC 3986 §2.3.
std::string encodePercent(std::string_view text);
/// Undoes percent signs, and `+` for a space if `plus`. False for a broken one and for a NUL.
bool decodePercent(std::string_view text, bool plus, std::string& decoded);

/// A group id: 24 hex digits (avos-v1 §9.1).
std::string makeGroupId(Random& random);
/// How the ids of temporary conversations begin, and no others (leancloud-current §5.2).
inline constexpr std::string_view kTemporaryPrefix = "_tmp:";
inline bool isTemporaryId(std::string_view id) { return id.starts_with(kTemporaryPrefix); }
/// The name of a channel: the log of what passes between a service conversation and one peer alone.
/// It has a control character, so that it can be the id of no conversation, and no client names
/// one.
std::string channelName(std::string_view service, std::string_view peer);
/// Names of the channels of a service conversation are from channelName(service, "") on, and before
/// this.
std::string channelsEnd(std::string_view service);
/// The service conversation of a channel with this name.
std::string_view serviceOfChannel(std::string_view name);
/// A signature's nonce: 12 random bytes.
std::string makeNonce(Random& random);

}  // namespace kith::base
