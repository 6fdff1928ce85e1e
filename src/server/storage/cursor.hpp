// SPDX-License-Identifier: Apache-2.0
// How far a member has acknowledged the log of a conversation. Plain values; nothing here knows a
// table.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "server/storage/answers.hpp"

namespace kith::storage {

/// Rows of one log, both ends included.
struct SeqSpan {
  Seq first{0};
  Seq last{0};
  /// Some of them are not for the member: it was outside then. It must not be forgotten.
  bool outside{false};
  bool operator==(const SeqSpan&) const = default;
};

/// All rows up to a number are acknowledged, and some spans beyond it.
class Cursor {
 public:
  /// Beyond so many spans the highest one is forgotten: its messages come again, and nothing is
  /// lost. When all have rows that are not for the member, the lowest hole is closed instead.
  static constexpr std::size_t kMostSpans = 64;

  Cursor() = default;
  explicit Cursor(Seq acked) : acked_(acked) {}

  Seq acked() const { return acked_; }
  const std::vector<SeqSpan>& beyond() const { return beyond_; }
  bool covers(Seq seq) const;
  /// The highest row up to `seq` that is not acknowledged, or acked() when there is none above it.
  Seq highestOpen(Seq seq) const;
  /// The lowest one from `seq` on, which is above acked().
  Seq lowestOpen(Seq seq) const;
  /// Adds rows. False: nothing changed.
  bool acknowledge(SeqSpan rows);
  /// Rows up to this one are of no member's concern; 0 = there are none.
  void passHistory(Seq last) {
    if (last > acked_) acknowledge({1, last});
  }
  /// Begins anew, with nothing beyond.
  void restart(Seq acked);
  /// The next span that is added may have one be forgotten.
  bool full() const { return beyond_.size() == kMostSpans; }

  void pack(std::string& out) const;
  /// The spans beyond `acked`, as pack() wrote them.
  static Cursor unpack(Seq acked, std::string_view beyond);

  bool operator==(const Cursor&) const = default;

 private:
  void absorb();
  void forgetOne();

  Seq acked_{0};
  std::vector<SeqSpan> beyond_;  // in order, with a gap before each
};

}  // namespace kith::storage
