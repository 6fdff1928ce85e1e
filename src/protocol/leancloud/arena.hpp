// SPDX-License-Identifier: Apache-2.0
// Memory for what one frame unpacks into. Not shared between threads.
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <span>
#include <type_traits>
#include <vector>

namespace kith::leancloud {

/// Bump memory: taken piece by piece, given up all at once. It keeps what the largest frame so far
/// needed, up to kKeptBytes, so that a warm one takes nothing from the heap.
class Arena {
 public:
  /// What is kept between frames at most; the rest of a larger frame's memory is given back.
  static constexpr std::size_t kKeptBytes = 64 * 1024;

  /// Everything taken so far becomes invalid.
  void reset();

  /// Room for `count` objects, none of which is made yet.
  template <typename T>
  T* room(std::size_t count) {
    static_assert(std::is_trivially_destructible_v<T> && alignof(T) <= alignof(std::max_align_t));
    return static_cast<T*>(take(count * sizeof(T)));
  }

  /// Adds an element to a list that lies here, at its end. What the list holds may move.
  template <typename T>
  T& append(std::span<const T>& list) {
    T* items = const_cast<T*>(list.data());  // of this arena, or null
    const std::size_t size = list.size();
    // The room of a list follows from its size: 4, 8, 16 ...
    if (size == 0 || (size >= kFirst && (size & (size - 1)) == 0)) {
      T* larger = room<T>(size == 0 ? kFirst : 2 * size);
      std::uninitialized_copy_n(items, size, larger);
      items = larger;
    }
    T* added = ::new (static_cast<void*>(items + size)) T{};
    list = {items, size + 1};
    return *added;
  }

 private:
  static constexpr std::size_t kFirst = 4;
  static constexpr std::size_t kBlockBytes = 1024;  ///< the first block

  struct Block {
    std::unique_ptr<std::byte[]> bytes;
    std::size_t size{0};
  };

  void* take(std::size_t bytes) {
    constexpr std::size_t kAlign = alignof(std::max_align_t);
    bytes = (bytes + kAlign - 1) / kAlign * kAlign;
    if (block_.size - used_ < bytes) grow(bytes);
    std::byte* taken = block_.bytes.get() + used_;
    used_ += bytes;
    return taken;
  }
  void grow(std::size_t bytes);

  Block block_;              ///< the one that is taken from
  std::size_t used_{0};      ///< of block_
  std::vector<Block> full_;  ///< earlier ones of this frame
  std::size_t full_bytes_{0};
};

}  // namespace kith::leancloud
