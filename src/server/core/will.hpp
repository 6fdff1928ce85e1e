// SPDX-License-Identifier: Apache-2.0
// A message that is sent when the connection of its session is lost without a goodbye
// (leancloud-current §5.3). Hub's thread.
#pragma once

#include <string_view>
#include <variant>

#include "server/core/model.hpp"
#include "server/core/owned_intent.hpp"

namespace kith::core {

struct Will {
  /// `its_total` counts the bytes of all wills.
  Will(std::size_t its_bytes, std::size_t& its_total) : bytes(its_bytes), total(its_total) {
    total += bytes;
  }
  ~Will() { total -= bytes; }
  Will(const Will&) = delete;
  Will& operator=(const Will&) = delete;

  /// The group it goes to, by name: wills must not keep groups in memory.
  std::string_view group() const { return std::get<SendMessage>(message.get()).group; }

  OwnedIntent message;  ///< a SendMessage
  std::size_t bytes;
  std::size_t& total;
};

}  // namespace kith::core
