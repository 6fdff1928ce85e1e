// SPDX-License-Identifier: Apache-2.0
// Buffers for output, used again. Pure; one thread.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace kith::base {

/// Buffers that idle connections do not need and busy ones take in turn, so that ten thousand
/// connections hold no memory for output and a busy one does not allocate.
class BufferPool {
 public:
  std::string take();
  void give(std::string buffer);

  /// A larger buffer is not kept.
  static constexpr std::size_t kBufferBytes = 256u * 1024;

 private:
  std::vector<std::string> spare_;
  std::size_t bytes_{0};
};

}  // namespace kith::base
