// SPDX-License-Identifier: Apache-2.0
// The way from a session to the io thread. Any thread.
#pragma once

#include <kith/error.hpp>

#include "client/submission.hpp"

namespace kith::client {

class Commands {
 public:
  virtual ~Commands() = default;

  /// False: so many calls wait for the io thread that one more is refused (QueueFull).
  virtual bool hasRoomForCall() = 0;
  /// Hands it over. When the manager is closed, or has no thread, it is refused here and now: its
  /// completion is told refusal().
  virtual void submit(Submission&& submission) = 0;
  /// The same, made where it stays: messages are large.
  virtual void submit(SendCall&& call) = 0;
  virtual void submit(ShownCall&& call) = 0;
  /// Why a call of this name is refused now.
  virtual Error refusal(const char* name) = 0;
};

}  // namespace kith::client
