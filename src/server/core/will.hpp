// SPDX-License-Identifier: Apache-2.0
// A message that is sent when the connection of its session is lost without a goodbye
// (leancloud-current §5.3). Hub's thread.
#pragma once

#include "server/core/model.hpp"
#include "server/core/owned_intent.hpp"

namespace kith::core {

struct Will {
  OwnedIntent message;  ///< a SendMessage
  Ref<Group> group;
};

}  // namespace kith::core
