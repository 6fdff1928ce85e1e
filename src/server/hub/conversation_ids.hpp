// SPDX-License-Identifier: Apache-2.0
// Conversation ids (avos-v1 §11.2 `convid`) of pairs that talked lately, so that a message between
// two peers costs no hashing. A small table in which a newcomer takes the place of whoever has it.
// Hub's thread.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sign/signer.hpp"

namespace kith::hub {

class ConversationIds {
 public:
  /// The id for these participants, each named once. Good until the next call.
  std::string_view of(std::span<const std::string_view> participants) {
    if (participants.size() != 2) {
      other_ = sign::conversationId(participants);
      return other_;
    }
    const bool sorted = participants[0] < participants[1];
    const std::string_view low = participants[sorted ? 0 : 1];
    const std::string_view high = participants[sorted ? 1 : 0];
    if (places_.empty()) places_.resize(kPlaces);
    const std::hash<std::string_view> hash;
    Place& place = places_[(hash(low) * 31 + hash(high)) % kPlaces];
    if (place.id.empty() || place.low != low || place.high != high) {
      place.low = low;
      place.high = high;
      place.id = sign::conversationId(participants);
    }
    return place.id;
  }

 private:
  static constexpr std::size_t kPlaces = 4096;
  struct Place {
    std::string low, high, id;
  };
  std::vector<Place> places_;
  std::string other_;
};

}  // namespace kith::hub
