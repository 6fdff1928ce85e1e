// SPDX-License-Identifier: Apache-2.0
// What waits for one peer in a storage in memory, oldest first. Rows come at the end and mostly go
// at the front; one that goes elsewhere leaves an empty place. Owns no message. One thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "server/storage/memory_messages.hpp"

namespace kith::storage {

class MemoryQueue {
 public:
  std::string peer;
  std::uint64_t hash{0};

  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }
  /// Rows that came while the peer was away.
  std::size_t offline() const { return offline_; }

  /// Positions grow from one call to the next; false for one that was the last to come.
  bool push(Message* message, bool offline) {
    if (!rows_.empty() && rows_.back().position == message->position) return false;
    if (rows_.size() == rows_.capacity() && rows_.size() >= 2 * size_) closeGaps();
    rows_.push_back({message->position, message, offline});
    ++size_;
    if (offline) ++offline_;
    return true;
  }

  /// Takes the row of this position out; null when there is none.
  Message* take(Position position) {
    const std::size_t row = find(position);
    return row < rows_.size() && rows_[row].position == position ? takeAt(row) : nullptr;
  }
  /// The oldest one. There is one.
  Message* takeOldest() { return takeAt(first_); }
  /// The oldest of those that came while the peer was away. There is one.
  Message* takeOldestOffline() {
    std::size_t row = find(offline_from_);
    while (rows_[row].message == nullptr || !rows_[row].offline) ++row;
    offline_from_ = rows_[row].position + 1;
    return takeAt(row);
  }

  /// From the oldest with a position above `after` on, until `use` returns false.
  template <typename Use>
  void eachAfter(Position after, Use use) const {
    for (std::size_t row = find(after + 1); row < rows_.size(); ++row) {
      if (rows_[row].message != nullptr && !use(*rows_[row].message)) return;
    }
  }

  /// Takes out the rows of the messages for which `wanted` is true.
  template <typename Wanted, typename Use>
  void takeIf(Wanted wanted, Use use) {
    for (std::size_t row = first_; row < rows_.size(); ++row) {
      if (rows_[row].message != nullptr && wanted(*rows_[row].message)) use(takeAt(row));
    }
  }

  /// For another peer, with the memory of this one. The queue is empty.
  void reset() { offline_from_ = 0; }
  /// What it takes, about.
  std::size_t bytes() const {
    return sizeof *this + peer.capacity() + rows_.capacity() * sizeof(Row);
  }

 private:
  struct Row {
    Position position;
    Message* message;  ///< null = taken out
    bool offline;
  };
  /// The first row, empty or not, that is not before `position`.
  std::size_t find(Position position) const {
    if (first_ == rows_.size() || rows_[first_].position >= position) return first_;
    const auto row =
        std::lower_bound(rows_.begin() + static_cast<std::ptrdiff_t>(first_), rows_.end(), position,
                         [](const Row& each, Position wanted) { return each.position < wanted; });
    return static_cast<std::size_t>(row - rows_.begin());
  }

  Message* takeAt(std::size_t row) {
    Message* const message = std::exchange(rows_[row].message, nullptr);
    if (message == nullptr) return nullptr;
    --size_;
    if (rows_[row].offline) --offline_;
    if (size_ == 0) {
      rows_.clear();
      first_ = 0;
      return message;
    }
    while (rows_[first_].message == nullptr) ++first_;
    return message;
  }

  void closeGaps() {
    std::erase_if(rows_, [](const Row& row) { return row.message == nullptr; });
    first_ = 0;
  }

  std::vector<Row> rows_;
  std::size_t first_{0};  ///< the first row that is not empty
  std::size_t size_{0};
  std::size_t offline_{0};
  Position offline_from_{0};  ///< no row of a peer that was away lies before it
};

}  // namespace kith::storage
