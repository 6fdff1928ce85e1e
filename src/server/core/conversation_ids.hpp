// SPDX-License-Identifier: Apache-2.0
// Conversation ids (avos-v1 §11.2 `convid`) of pairs that talked lately, so that a message between
// two peers costs no hashing with md5. A table in which a new pair takes the place of the one that
// has it, and which grows while many do. Hub's thread.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text_hash.hpp"
#include "sign/signer.hpp"

namespace kith::core {

class ConversationIds {
 public:
  /// `seed` keeps strangers from choosing pairs that take each other's places.
  explicit ConversationIds(std::uint64_t seed) : seed_(seed) {}

  /// Says which pair id() is going to be asked for, so that the place is in the cache by then.
  /// `participants` are good until then, each named once.
  void choose(std::span<const std::string_view> participants) {
    participants_ = participants;
    hash_ = 0;
    if (participants.size() != 2) return;
    const bool sorted = participants[0] < participants[1];
    pair_.assign(participants[sorted ? 0 : 1]).push_back('\0');  // no id has it
    pair_.append(participants[sorted ? 1 : 0]);
    if (places_.empty()) places_.resize(kLeastPlaces);
    hash_ = base::hashText(pair_, seed_);
    first_ = hash_ & (places_.size() - 1);
    __builtin_prefetch(&places_[first_]);
    __builtin_prefetch(&places_[first_ ^ 1]);
  }

  /// A hash of what id() returned, which strangers cannot foresee.
  std::uint64_t hashOf(std::string_view id) const { return base::hashText(id, seed_); }
  /// The id of the chosen ones. Good until the next call.
  std::string_view id() {
    if (participants_.size() != 2) return compute();
    for (const std::size_t at : {first_, first_ ^ 1}) {
      if (places_[at].pair == pair_) return view(places_[at].id);
    }
    const std::string_view id = compute();
    if (id.size() == sizeof(Place::id)) keep(first_, id);  // else it could not be computed
    return id;
  }

 private:
  static constexpr std::size_t kLeastPlaces = 256;
  static constexpr std::size_t kPlaces = 64u * 1024;
  using Id = std::array<char, 32>;
  struct Place {
    std::string pair;
    Id id{};
  };

  static std::string_view view(const Id& id) { return {id.data(), id.size()}; }

  /// A pair may be there or next door.
  std::size_t placeOf(std::string_view pair) const {
    return base::hashText(pair, seed_) & (places_.size() - 1);
  }

  /// Takes pair_ in; a pair that was there moves next door, and the one from there goes.
  void keep(std::size_t first, std::string_view id) {
    Place& here = places_[first];
    Place& next = places_[first ^ 1];
    if (!here.pair.empty()) {
      if (!next.pair.empty()) ++displaced_;
      std::swap(here, next);
    }
    here.pair = pair_;
    std::copy(id.begin(), id.end(), here.id.begin());
    if (displaced_ > places_.size() / 4 && places_.size() < kPlaces) grow();
  }

  std::string_view compute() {
    other_ = sign::conversationId(participants_);
    return other_;
  }

  void grow() {
    displaced_ = 0;
    std::vector<Place> old(2 * places_.size());
    old.swap(places_);
    for (Place& place : old) {
      if (place.pair.empty()) continue;
      const std::size_t first = placeOf(place.pair);
      places_[places_[first].pair.empty() ? first : first ^ 1] = std::move(place);
    }
  }

  std::uint64_t seed_;
  std::vector<Place> places_;  ///< a power of two of them
  std::size_t displaced_{0};   ///< since it grew
  std::span<const std::string_view> participants_;
  std::string pair_;
  std::uint64_t hash_{0};  ///< of pair_
  std::size_t first_{0};   ///< the place of pair_
  std::string other_;
};

}  // namespace kith::core
