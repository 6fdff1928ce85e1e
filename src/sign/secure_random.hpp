// SPDX-License-Identifier: Apache-2.0
// Cryptographic random bytes, buffered: one call of the system for many small requests. One per
// thread; a child of fork() gets other bytes than its parent.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/random.hpp"

namespace kith::sign {

class SecureRandom final : public base::Random {
 public:
  void fill(unsigned char* bytes, std::size_t size) override;

 private:
  std::array<unsigned char, 1024> pool_{};
  std::size_t used_{1024};
  std::uint32_t forks_{0};  ///< base::forkCount() when the pool was filled
};

}  // namespace kith::sign
