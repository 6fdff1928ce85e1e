// SPDX-License-Identifier: Apache-2.0
// A queue of pending commands that are linked through themselves; see pending_command.hpp. It owns
// none of them.
#pragma once

namespace kith::core {

struct PendingCommand;

struct PendingQueue {
  PendingCommand* first{nullptr};
  PendingCommand* last{nullptr};

  bool empty() const { return first == nullptr; }
};

}  // namespace kith::core
