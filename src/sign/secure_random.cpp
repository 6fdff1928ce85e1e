// SPDX-License-Identifier: Apache-2.0
#include "sign/secure_random.hpp"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <utility>

#include "base/fork.hpp"

namespace kith::sign {
namespace {

void drawFromSystem(unsigned char* bytes, std::size_t size) {
  if (RAND_bytes(bytes, static_cast<int>(size)) == 1) return;
  // OpenSSL without its generator: the system's own source rather than repeating bytes.
  std::random_device device;
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<unsigned char>(device());
}

}  // namespace

void SecureRandom::fill(unsigned char* bytes, std::size_t size) {
  // After fork() both processes have the same pool: what one hands out the other must not. To ask
  // for the process id would be a system call a message. A child of a raw clone(2), or one that
  // shares our memory as vfork()'s does, is not noticed: it must not call the library at all.
  const std::uint32_t forks = base::forkCount();
  if (std::exchange(forks_, forks) != forks) used_ = pool_.size();
  while (size > 0) {
    if (used_ == pool_.size()) {
      drawFromSystem(pool_.data(), pool_.size());
      used_ = 0;
    }
    const std::size_t part = std::min(size, pool_.size() - used_);
    std::memcpy(bytes, pool_.data() + used_, part);
    // What was handed out must not be found in memory later.
    OPENSSL_cleanse(pool_.data() + used_, part);
    used_ += part;
    bytes += part;
    size -= part;
  }
}

}  // namespace kith::sign
