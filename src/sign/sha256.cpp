// SPDX-License-Identifier: Apache-2.0
#include "sign/sha256.hpp"

#include <openssl/evp.h>

#include <array>

#include "base/text_codes.hpp"

namespace kith::sign {

struct Sha256::State {
  ~State() { EVP_MD_CTX_free(context); }
  EVP_MD_CTX* context{EVP_MD_CTX_new()};
  bool ok{context != nullptr && EVP_DigestInit_ex(context, EVP_sha256(), nullptr) == 1};
};

Sha256::Sha256() : state_(std::make_unique<State>()) {}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::add(std::string_view bytes) {
  state_->ok = state_->ok && EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()) == 1;
}

std::string Sha256::finish() {
  std::array<unsigned char, 32> bytes{};
  const bool ok = state_->ok && EVP_DigestFinal_ex(state_->context, bytes.data(), nullptr) == 1;
  state_->ok = false;
  return ok ? base::hex(bytes) : std::string();
}

}  // namespace kith::sign
