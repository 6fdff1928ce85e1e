// SPDX-License-Identifier: Apache-2.0
// A page of history out of as many answers as it takes, so that the next page can go on behind it
// without a gap. Pure; one thread.
#pragma once

#include <kith/session_manager.hpp>

#include <cstddef>
#include <vector>

namespace kith::backends {

/// What a page without `before_id` may hold beyond its limit, of the time of its oldest message.
inline constexpr std::size_t kMostOfOneTime = 1000;
/// A page ends when its answers have so many bytes together.
inline constexpr std::size_t kHistoryPageBytes = 16u * 1024 * 1024;

/// With `before_id` a page ends where its limit says. Without, the caller may have nothing but the
/// oldest time to go on from, and whole bursts have one time: the page has all messages of its
/// oldest time or, where a bound ends it in between, none (unless it would be empty then).
class HistoryPager {
 public:
  /// `query` was checked.
  explicit HistoryPager(HistoryQuery query);

  /// What to ask for next: `before`, `before_id` and `limit` are those of the request.
  const HistoryQuery& next() const { return next_; }
  /// Takes the answer to it: its messages, newest first, and its size. True: ask on.
  bool take(std::vector<Message> messages, std::size_t bytes);
  /// The page, when take() was false.
  std::vector<Message> finish();

 private:
  std::size_t wanted() const;
  bool hasEnough() const;

  const std::size_t limit_;
  const bool exact_;  // the caller pages by id
  HistoryQuery next_;
  std::vector<Message> messages_;
  std::size_t bytes_{0};
  bool ended_{false};  // there is nothing older, as far as can be known
};

}  // namespace kith::backends
