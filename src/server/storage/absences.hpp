// SPDX-License-Identifier: Apache-2.0
// When a peer had no session, in positions: what was accepted meanwhile counts for the limit of
// what is kept for a peer that is away (decision 003). Plain values.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "server/storage/answers.hpp"

namespace kith::storage {

class Absences {
 public:
  /// Positions above `from`, up to `to`; to 0 = it lasts.
  struct Interval {
    Position from{0};
    Position to{0};
    bool operator==(const Interval&) const = default;
  };
  /// Beyond so many the oldest is forgotten: what came in it is kept like what was sent to one that
  /// was here.
  static constexpr std::size_t kMost = 8;

  /// Of a peer that is here, and was always.
  Absences() = default;
  /// Of a peer that was never here.
  static Absences sinceEver();

  bool empty() const { return count_ == 0; }
  bool away() const { return count_ > 0 && all_[count_ - 1].to == 0; }
  /// The one that a position lies in; null = the peer was here.
  const Interval* find(Position position) const;
  /// `newest` is the last position that was given. No change when it was so before.
  void leave(Position newest);
  void comeBack(Position newest);
  /// Forgets those that are over. False: there were none.
  bool settle();

  void pack(std::string& out) const;
  static Absences unpack(std::string_view bytes);

  bool operator==(const Absences& other) const;

 private:
  void add(Interval interval);

  std::array<Interval, kMost> all_{};  // oldest first
  std::size_t count_{0};
};

}  // namespace kith::storage
