// SPDX-License-Identifier: Apache-2.0
// Fields of the current protocol as the application's values have them. Pure.
#pragma once

#include <kith/conversation_data.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
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
/// When what lasts so many seconds from a time of the server's clock on is over; the epoch: it
/// stays, or these are no times.
inline Timestamp endAfter(std::int64_t seconds, const leancloud::Long& server_time) {
  const std::int64_t now = server_time.value_or(0);
  const bool known = seconds > 0 && seconds <= INT32_MAX && now > 0 && now <= INT64_MAX / 2;
  return known ? timestampOf(now + seconds * 1000) : Timestamp{};
}
inline std::string textOf(const leancloud::Text& text) {
  return std::string(text.value_or(std::string_view()));
}
/// What a message says: text, or bytes.
inline void fillContent(Message& message, const leancloud::Text& text,
                        const std::optional<leancloud::Bytes>& bytes) {
  message.binary = bytes.has_value();
  message.text = bytes ? std::string(bytes->data) : textOf(text);
}
/// The same where bytes are base64. What is none of either stays as it came.
inline void fillContent(Message& message, std::string_view text, bool binary) {
  if (binary) {
    message.text.resize(base::mostBase64Bytes(text.size()));
    const std::optional<std::size_t> size = base::readBase64(text, message.text.data());
    message.binary = size.has_value();
    if (size) return message.text.resize(*size);
  }
  message.text = text;
}
/// The peers that it mentions; its sender is set. `reader` is the one that looks.
template <typename Ids>
void fillMentions(Message& message, const Ids& peers, bool all, std::string_view reader) {
  message.mentions.assign(peers.begin(), peers.end());
  message.mention_all = all;
  const bool named = std::find(peers.begin(), peers.end(), reader) != peers.end();
  message.mentioned = message.from != reader && (all || named);
}

inline UnreadCount countOf(const leancloud::UnreadTuple& tuple) {
  UnreadCount count;
  count.conversation_id = tuple.cid;
  count.count = tuple.unread;
  count.mentioned = tuple.mentioned.value_or(false);
  if (!tuple.mid) return count;
  fillContent(count.last, tuple.data, tuple.binary_msg);
  count.last.group_id = tuple.cid;
  count.last.id = textOf(tuple.mid);
  count.last.from = textOf(tuple.from);
  count.last.timestamp = timestampOf(tuple.timestamp);
  count.last.edited_at = timestampOf(tuple.patch_timestamp);
  return count;
}

}  // namespace kith::engine
