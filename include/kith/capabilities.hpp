// SPDX-License-Identifier: Apache-2.0
// What the service of a manager can do. Plain data; copy it freely, on any thread.
#pragma once

namespace kith {

/// What a backend's protocol has. A call for what is missing completes with an error.
struct Capabilities {
  /// `watch()`, `unwatch()`, `query()` and PresenceChanged.
  bool presence{false};
  /// Groups with members.
  bool groups{false};
  /// `Group::createOpen()`.
  bool open_groups{false};
  /// `Message::transient`.
  bool transient{false};
  /// `Message::receipt` and MessageDelivered.
  bool receipts{false};
  /// `SessionManager::history()`.
  bool history{false};
  /// `Group::members()`.
  bool members{false};
};

}  // namespace kith
