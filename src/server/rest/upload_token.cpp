// SPDX-License-Identifier: Apache-2.0
#include "server/rest/upload_token.hpp"

#include "base/ascii.hpp"
#include "sign/signer.hpp"

namespace kith::rest {
namespace {

/// Another key than those of sessions and signatures: a code for one is none for the other.
sign::Signer uploadSigner(std::string_view app_id, std::string_view master_key) {
  std::string key = "file upload\n";
  key.append(app_id).append("\n").append(master_key);
  return sign::Signer(key);
}

}  // namespace

std::string makeUploadToken(std::string_view app_id, std::string_view master_key,
                            std::string_view file, base::Millis expires) {
  std::string token(file);
  token.append("-").append(std::to_string(expires.count()));
  return token + '-' + uploadSigner(app_id, master_key).sign(token);
}

std::optional<std::string> readUploadToken(std::string_view token, std::string_view app_id,
                                           std::string_view master_key, base::Millis now) {
  const std::size_t last = token.rfind('-');
  if (last == token.npos) return std::nullopt;
  const std::string_view content = token.substr(0, last);
  const std::size_t first = content.find('-');
  if (first == content.npos) return std::nullopt;
  if (!uploadSigner(app_id, master_key).verify(content, token.substr(last + 1))) {
    return std::nullopt;
  }
  const auto expires = base::readNumber<std::int64_t>(content.substr(first + 1));
  if (!expires || base::Millis(*expires) <= now) return std::nullopt;
  return std::string(content.substr(0, first));
}

}  // namespace kith::rest
