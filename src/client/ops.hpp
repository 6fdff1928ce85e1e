// SPDX-License-Identifier: Apache-2.0
// The completion of each OpId. Loop thread only.
#pragma once

#include <kith/session.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <variant>
#include <vector>

#include "client/submission.hpp"

namespace kith::client {

struct SendOp {
  std::shared_ptr<SessionImpl> session;
  SendCompletion done;
  std::size_t bytes{0};
};

struct CallOp {
  std::shared_ptr<SessionImpl> session;  ///< null = the manager's own
  const char* name{""};
  Finish finish;
};

/// See CloseCall.
struct CloseOp {
  std::shared_ptr<SessionImpl> session;  ///< null = the manager
  Finish finish;
};

using Op = std::variant<std::monostate, SendOp, CallOp, CloseOp>;

/// Slots that are used again, so that a steady stream of sends allocates nothing here.
class OpTable {
 public:
  OpId add(Op op) {
    if (free_.empty()) {
      slots_.push_back({std::move(op), 1});
      return name(slots_.size() - 1);
    }
    const std::size_t index = free_.back();
    free_.pop_back();
    slots_[index].op = std::move(op);
    return name(index);
  }

  /// The operation, which is then over; monostate for one that was over before.
  Op take(OpId id) {
    const std::size_t index = static_cast<std::size_t>(id & 0xffffffffu) - 1;
    if (index >= slots_.size() || name(index) != id) return {};
    Op op = std::exchange(slots_[index].op, Op{});
    ++slots_[index].round;
    free_.push_back(index);
    return op;
  }

 private:
  struct Slot {
    Op op;
    std::uint32_t round{1};
  };

  OpId name(std::size_t index) const { return (OpId{slots_[index].round} << 32) | (index + 1); }

  std::vector<Slot> slots_;
  std::vector<std::size_t> free_;
};

}  // namespace kith::client
