// SPDX-License-Identifier: Apache-2.0
// Random bytes for all that runs on a thread: all managers of an io thread share one pool.
#pragma once

#include <cstddef>

#include "base/random.hpp"
#include "sign/secure_random.hpp"

namespace kith::sign {

class ThreadRandom final : public base::Random {
 public:
  void fill(unsigned char* bytes, std::size_t size) override {
    static thread_local SecureRandom pool;
    pool.fill(bytes, size);
  }
};

}  // namespace kith::sign
