// SPDX-License-Identifier: Apache-2.0
// Where a page of what waits for a peer ends, beside its limit of messages. Plain data; any thread.
#pragma once

#include <cstddef>

#include "server/storage/answers.hpp"

namespace kith::storage {

/// Bytes of texts after which a page has no more messages: pages of short ones may be long, and
/// many that are on their way at a time stay far below what a connection may buffer.
inline constexpr std::size_t kPageBytes = 48u * 1024;

class PageBytes {
 public:
  void add(const StoredMessage& message) { bytes_ += message.text.size(); }
  bool isFull() const { return bytes_ >= kPageBytes; }

 private:
  std::size_t bytes_{0};
};

}  // namespace kith::storage
