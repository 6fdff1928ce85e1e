// SPDX-License-Identifier: Apache-2.0
#include "protocol/leancloud/arena.hpp"

#include <algorithm>
#include <utility>

namespace kith::leancloud {

void Arena::reset() {
  const std::size_t needed = full_bytes_ + used_;
  used_ = 0;
  if (full_.empty() && block_.size <= kKeptBytes) return;
  full_.clear();
  full_bytes_ = 0;
  // One block for all of it, so that the next frame of this size fits.
  block_ = {};
  grow(std::min(needed, kKeptBytes));
}

void Arena::grow(std::size_t bytes) {
  const std::size_t size = std::max({bytes, 2 * block_.size, kBlockBytes});
  if (used_ > 0) {
    full_bytes_ += block_.size;
    full_.push_back(std::move(block_));
  }
  block_ = {std::make_unique_for_overwrite<std::byte[]>(size), size};
  used_ = 0;
}

}  // namespace kith::leancloud
