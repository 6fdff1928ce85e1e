// SPDX-License-Identifier: Apache-2.0
// The strings of avos-v1 §10 and their HMAC-SHA1. Pure but for OpenSSL; any thread, one Signer per
// thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"

namespace kith::sign {

/// The moment that a signature's `t` names: seconds, or milliseconds where it is too large for
/// them, as the iOS guide once said (§10). Nothing for what no clock shows.
std::optional<base::Millis> timeOfSignature(std::int64_t t);

/// Whether a part holds what joins the parts of a signed text, which could then be cut in two ways.
inline bool hasColon(std::string_view part) { return part.find(':') != std::string_view::npos; }

enum class IdOrder { Utf8, Utf16 };  ///< §10 "Sort order": bytes first, then JS code units

/// `appId:peerId:<ids>:t:n[:suffix]`; `ids` in any order, sorted here. `time` is the digits as
/// sent.
std::string sessionText(std::string_view app_id, std::string_view peer_id,
                        std::span<const std::string_view> ids, std::string_view time,
                        std::string_view nonce, std::string_view suffix = {},
                        IdOrder order = IdOrder::Utf8);
/// `appId:peerId:groupId:<ids>:t:n:action`.
std::string groupText(std::string_view app_id, std::string_view peer_id, std::string_view group_id,
                      std::span<const std::string_view> ids, std::string_view time,
                      std::string_view nonce, std::string_view action,
                      IdOrder order = IdOrder::Utf8);
/// `appId:peerId:convId:nonce:time` (another order, §10).
std::string historyText(std::string_view app_id, std::string_view peer_id, std::string_view conv_id,
                        std::string_view nonce, std::string_view time);

/// One key's HMAC-SHA1, with the keyed context kept between calls.
class Signer {
 public:
  explicit Signer(std::string_view key);
  ~Signer();
  Signer(Signer&&) noexcept;
  Signer& operator=(Signer&&) noexcept;

  /// 40 lower-case hex digits.
  std::string sign(std::string_view text);
  /// Constant-time and case-insensitive.
  bool verify(std::string_view text, std::string_view hex);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Lower-case md5 hex of the ids sorted by UTF-8 bytes and joined by `:` (§11.2 `convid`).
std::string conversationId(std::span<const std::string_view> peer_ids);

}  // namespace kith::sign
