// SPDX-License-Identifier: Apache-2.0
// Memory for small things that come and go all the time: what is given back is kept for the next
// of about the same size, up to a bound. One thread.
#pragma once

#include <array>
#include <cstddef>
#include <new>
#include <utility>

namespace kith::storage {

class Blocks {
 public:
  Blocks() = default;
  Blocks(const Blocks&) = delete;
  Blocks& operator=(const Blocks&) = delete;
  ~Blocks() {
    for (Free*& first : free_) {
      while (first != nullptr) ::operator delete(std::exchange(first, first->next));
    }
  }

  void* take(std::size_t size) {
    if (size > kLargest) return ::operator new(size);
    const std::size_t place = placeOf(size);
    if (free_[place] == nullptr) return ::operator new((place + 1) * kStep);
    kept_ -= (place + 1) * kStep;
    return std::exchange(free_[place], free_[place]->next);
  }

  /// `size` as it was taken.
  void give(void* block, std::size_t size) {
    const std::size_t place = placeOf(size);
    if (size > kLargest || kept_ + (place + 1) * kStep > kKept) return ::operator delete(block);
    kept_ += (place + 1) * kStep;
    free_[place] = new (block) Free{free_[place]};
  }

 private:
  static constexpr std::size_t kStep = 64;
  static constexpr std::size_t kLargest = 2048;
  static constexpr std::size_t kKept = 1024u * 1024;
  struct Free {
    Free* next;
  };

  static std::size_t placeOf(std::size_t size) { return (size - 1) / kStep; }

  std::array<Free*, kLargest / kStep> free_{};
  std::size_t kept_{0};  ///< bytes on the lists
};

}  // namespace kith::storage
