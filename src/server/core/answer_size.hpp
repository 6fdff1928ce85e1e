// SPDX-License-Identifier: Apache-2.0
// How many messages have room in one answer (DialectRules::answer_bytes). Pure.
#pragma once

#include <algorithm>
#include <cstddef>

#include "server/storage/storage.hpp"

namespace kith::core {

/// What it takes in a frame of JSON, at most.
inline std::size_t jsonBytesOf(const storage::StoredMessage& message) {
  constexpr std::size_t kEnvelope = 512;  // keys, ids, times
  std::size_t bytes = kEnvelope + message.text.size() + 2 * message.extra.size();
  for (const char c : message.text) {
    if (static_cast<unsigned char>(c) < 0x20) {
      bytes += 5;
    } else if (c == '"' || c == '\\') {
      ++bytes;
    }
  }
  return bytes;
}

/// The first of `rows` that has no room in an answer of so many bytes; one always has.
template <typename Rows, typename MessageOf>
auto endOfAnswer(Rows& rows, std::size_t most, MessageOf message_of) {
  std::size_t bytes = 0;
  return std::find_if(rows.begin(), rows.end(), [&](const auto& row) {
    const bool first = bytes == 0;
    bytes += jsonBytesOf(message_of(row));
    return !first && bytes > most;
  });
}

}  // namespace kith::core
