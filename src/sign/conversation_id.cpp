// SPDX-License-Identifier: Apache-2.0
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <memory>

#include "base/text_codes.hpp"
#include "sign/signer.hpp"

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

std::string conversationId(std::span<const std::string_view> peer_ids) {
  std::vector<std::string_view> sorted(peer_ids.begin(), peer_ids.end());
  std::sort(sorted.begin(), sorted.end());
  thread_local Md5 md5;
  std::array<unsigned char, kMd5Bytes> bytes{};
  EVP_MD_CTX* context = md5.context.get();
  bool ok = context && md5.digest && EVP_DigestInit_ex(context, md5.digest.get(), nullptr) == 1;
  for (std::size_t i = 0; ok && i < sorted.size(); ++i) {
    ok = (i == 0 || EVP_DigestUpdate(context, ":", 1) == 1) &&
         EVP_DigestUpdate(context, sorted[i].data(), sorted[i].size()) == 1;
  }
  ok = ok && EVP_DigestFinal_ex(context, bytes.data(), nullptr) == 1;
  return ok ? base::hex(bytes) : std::string();
}

}  // namespace kith::sign
