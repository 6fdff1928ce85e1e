// SPDX-License-Identifier: Apache-2.0
#include "net/client/mask_keys.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <sys/random.h>

namespace kith::net {

ws::MaskKey MaskKeys::next() {
  if (used_ == pool_.size()) refill();
  ws::MaskKey key;
  std::copy_n(pool_.begin() + static_cast<std::ptrdiff_t>(used_), key.size(), key.begin());
  used_ += key.size();
  return key;
}

void MaskKeys::refill() {
  std::size_t filled = 0;
  while (filled < pool_.size()) {
    const ssize_t got = ::getrandom(pool_.data() + filled, pool_.size() - filled, 0);
    // Before Linux 3.17 there is no such call; a guessable mask is no mask, so nothing is sent.
    if (got < 0 && errno != EINTR) std::abort();
    if (got > 0) filled += static_cast<std::size_t>(got);
  }
  used_ = 0;
}

}  // namespace kith::net
