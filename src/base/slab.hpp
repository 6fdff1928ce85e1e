// SPDX-License-Identifier: Apache-2.0
// Things in numbered places that are used again with their memory, so that a steady coming and
// going allocates nothing. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

namespace kith::base {

template <typename T>
class Slab {
 public:
  using Place = std::uint32_t;

  /// A free place: the one that was given back last, whose memory the cache still has, or a new
  /// one. What is there is as give() found it. Its address stays until clear().
  Place take() {
    if (free_.empty()) {
      things_.emplace_back();
      return static_cast<Place>(things_.size() - 1);
    }
    const Place place = free_.back();
    free_.pop_back();
    return place;
  }
  /// `place` is taken; what holds more than its own memory is to be emptied before.
  void give(Place place) { free_.push_back(place); }

  T& operator[](Place place) { return things_[place]; }
  const T& operator[](Place place) const { return things_[place]; }

  /// Places below this exist, taken or free.
  std::size_t size() const { return things_.size(); }
  std::size_t taken() const { return things_.size() - free_.size(); }
  /// Gives all memory back. Nothing is taken.
  void clear() {
    std::deque<T>().swap(things_);
    std::vector<Place>().swap(free_);
  }

 private:
  std::deque<T> things_;
  std::vector<Place> free_;
};

}  // namespace kith::base
