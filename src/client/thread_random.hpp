// SPDX-License-Identifier: Apache-2.0
// Random bytes for whoever runs on a thread: all managers of an io thread share one pool.
#pragma once

#include <cstddef>

#include "base/random.hpp"
#include "sign/secure_random.hpp"

namespace kith::client {

class ThreadRandom final : public base::Random {
 public:
  void fill(unsigned char* bytes, std::size_t size) override {
    static thread_local sign::SecureRandom pool;
    pool.fill(bytes, size);
  }
};

}  // namespace kith::client
