// SPDX-License-Identifier: Apache-2.0
// Names for messages, unlike any other of any process. Owned by ManagerImpl; any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <utility>

namespace kith::client {

class ClientIds {
 public:
  /// `head`: 64 random bits as text, so that two processes, or two managers of one, never name two
  /// messages alike.
  explicit ClientIds(std::string head) : head_(std::move(head)) {}
  std::string next();

 private:
  const std::string head_;
  std::atomic<std::uint64_t> count_{0};
};

}  // namespace kith::client
