// SPDX-License-Identifier: Apache-2.0
// What waits on a session's strand for its turn on the executor. Plain data that owns everything it
// holds.
#pragma once

#include <kith/event.hpp>
#include <kith/session.hpp>

#include <cstdint>
#include <utility>
#include <variant>

#include "dispatch/app_strand.hpp"

namespace kith::client {

/// A completion of anything but a send, with its outcome bound.
using dispatch::Call;

/// The completion of a send: apart, because it is the one that comes by the hundred thousand.
struct SendEnd {
  SendCompletion done;
  Result<Receipt> result;
};

/// An event for the receiver.
struct EventItem {
  Event event;
  /// How many close() calls the session had when this happened. What is older than the last
  /// close() says nothing about the session any more.
  std::uint32_t epoch{0};

  EventItem() = default;
  // Makes it where it stays: events are large, and come by the hundred thousand.
  EventItem(Event&& the_event, std::uint32_t the_epoch)
      : event(std::move(the_event)), epoch(the_epoch) {}
};

using Item = std::variant<std::monostate, Call, SendEnd, EventItem>;

}  // namespace kith::client
