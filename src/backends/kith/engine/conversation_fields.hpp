// SPDX-License-Identifier: Apache-2.0
// Fields of the current protocol as the application's values have them. Pure.
#pragma once

#include <kith/message.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/text_codes.hpp"
#include "protocol/leancloud/messages.hpp"

namespace kith::engine {

inline std::int64_t millis(Timestamp time) { return time.time_since_epoch().count(); }
inline Timestamp timestampOf(const leancloud::Long& ms) {
  return Timestamp{std::chrono::milliseconds{ms.value_or(0)}};
}
inline std::string textOf(const leancloud::Text& text) {
  return std::string(text.value_or(std::string_view()));
}
/// Bytes that are no text are shown in base64.
inline std::string textOf(const leancloud::Text& text,
                          const std::optional<leancloud::Bytes>& bytes) {
  if (!bytes) return textOf(text);
  std::string base64;
  base::appendBase64(bytes->data, base64);
  return base64;
}

}  // namespace kith::engine
