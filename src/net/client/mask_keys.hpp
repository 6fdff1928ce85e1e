// SPDX-License-Identifier: Apache-2.0
// Keys for client frames, from the kernel's generator, many at a time: one system call per frame
// would cost more than the frame. Owned by the loop, its thread only.
#pragma once

#include <array>
#include <cstddef>

#include "ws/ws_frame.hpp"

namespace kith::net {

class MaskKeys {
 public:
  ws::MaskKey next();

 private:
  void refill();

  std::array<unsigned char, 1024> pool_{};
  std::size_t used_{pool_.size()};
};

}  // namespace kith::net
