// SPDX-License-Identifier: Apache-2.0
#include "sign/secret.hpp"

#include <openssl/crypto.h>

namespace kith::sign {

bool sameSecret(std::string_view given, std::string_view secret) {
  return !secret.empty() && given.size() == secret.size() &&
         CRYPTO_memcmp(given.data(), secret.data(), secret.size()) == 0;
}

void wipe(std::string& secret) {
  OPENSSL_cleanse(secret.data(), secret.size());
  secret.clear();
}

}  // namespace kith::sign
