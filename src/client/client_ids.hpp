// SPDX-License-Identifier: Apache-2.0
// Names for messages, unlike any other of any process. Owned by ManagerImpl; any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

namespace kith::client {

class ClientIds {
 public:
  ClientIds();
  std::string next();

 private:
  const std::string head_;  // 64 random bits
  std::atomic<std::uint64_t> count_{0};
};

}  // namespace kith::client
