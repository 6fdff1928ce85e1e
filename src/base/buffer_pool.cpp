// SPDX-License-Identifier: Apache-2.0
#include "base/buffer_pool.hpp"

#include <utility>

namespace kith::base {
namespace {

constexpr std::size_t kBuffers = 4096;
constexpr std::size_t kBytesInAll = 4u << 20;

}  // namespace

std::string BufferPool::take() {
  if (spare_.empty()) return {};
  std::string buffer = std::move(spare_.back());
  spare_.pop_back();
  bytes_ -= buffer.capacity();
  return buffer;
}

void BufferPool::give(std::string buffer) {
  const std::size_t size = buffer.capacity();
  if (spare_.size() >= kBuffers || size > kBufferBytes || bytes_ + size > kBytesInAll) {
    return;
  }
  buffer.clear();
  bytes_ += size;
  spare_.push_back(std::move(buffer));
}

}  // namespace kith::base
