// SPDX-License-Identifier: Apache-2.0
#include "sign/md5.hpp"

#include <openssl/evp.h>

#include <array>
#include <memory>

#include "base/text_codes.hpp"

namespace kith::sign {
namespace {

constexpr std::size_t kMd5Bytes = 16;

struct FreeDigest {
  void operator()(EVP_MD* digest) const { EVP_MD_free(digest); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

/// Fetched once per thread: a server asks for one id per message, and a fetch costs more than md5.
struct Md5 {
  std::unique_ptr<EVP_MD, FreeDigest> digest{EVP_MD_fetch(nullptr, "MD5", nullptr)};
  std::unique_ptr<EVP_MD_CTX, FreeDigest> context{EVP_MD_CTX_new()};
};

}  // namespace

std::string md5Hex(std::span<const std::string_view> parts, std::string_view joint) {
  thread_local Md5 md5;
  std::array<unsigned char, kMd5Bytes> bytes{};
  EVP_MD_CTX* context = md5.context.get();
  bool ok = context && md5.digest && EVP_DigestInit_ex(context, md5.digest.get(), nullptr) == 1;
  for (std::size_t i = 0; ok && i < parts.size(); ++i) {
    ok = (i == 0 || EVP_DigestUpdate(context, joint.data(), joint.size()) == 1) &&
         EVP_DigestUpdate(context, parts[i].data(), parts[i].size()) == 1;
  }
  ok = ok && EVP_DigestFinal_ex(context, bytes.data(), nullptr) == 1;
  return ok ? base::hex(bytes) : std::string();
}

}  // namespace kith::sign
