// SPDX-License-Identifier: Apache-2.0
// How the driver and the engine name sessions and operations, and how an operation ended. What
// happens to a session is a kith::Event.
#pragma once

#include <kith/message.hpp>
#include <kith/result.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace kith::engine {

/// Names a session; chosen by the driver, never reused while the session exists.
using SessionRef = std::uint32_t;
/// Names an operation that somebody waits for; 0 = nobody does.
using OpId = std::uint64_t;

/// How an operation ended. Which of the values is filled in depends on the operation.
struct Outcome {
  Result<void> result;
  std::vector<std::string> peers;  ///< watch, query: who is online; unwatch, invite, kick: for whom
  std::string group_id;            ///< join
  Receipt receipt;                 ///< send
};

}  // namespace kith::engine
