// SPDX-License-Identifier: Apache-2.0
// The completion of each OpId. Loop thread only.
#pragma once

#include <kith/session.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <variant>

#include "base/slab.hpp"
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
    const Place place = slots_.take();
    slots_[place].op = std::move(op);
    return name(place);
  }

  /// The operation, which is then over; monostate for one that was over before.
  Op take(OpId id) {
    const auto place = static_cast<Place>(id & 0xffffffffu) - 1;
    if (place >= slots_.size() || name(place) != id) return {};
    Op op = std::exchange(slots_[place].op, Op{});
    ++slots_[place].round;
    slots_.give(place);
    return op;
  }

 private:
  struct Slot {
    Op op;
    std::uint32_t round{1};
  };

  using Place = base::Slab<Slot>::Place;

  OpId name(Place place) const { return (OpId{slots_[place].round} << 32) | (place + 1); }

  base::Slab<Slot> slots_;
};

}  // namespace kith::client
