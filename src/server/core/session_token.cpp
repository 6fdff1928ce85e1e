// SPDX-License-Identifier: Apache-2.0
#include "server/core/session_token.hpp"

#include <utility>

#include "base/text_codes.hpp"
#include "json/json_value.hpp"
#include "json/json_writer.hpp"

namespace kith::core {
namespace {

/// Hex digits of HMAC-SHA1, in front of the rest.
constexpr std::size_t kCodeDigits = 40;
constexpr std::size_t kTokenBytes = 4096;

}  // namespace

sign::Signer tokenSigner(std::string_view app_id, std::string_view master_key) {
  std::string key = "session token\n";
  key.append(app_id).append("\n").append(master_key);
  return sign::Signer(key);
}

std::string writeToken(const SessionToken& token, sign::Signer& signer) {
  json::JsonWriter out;
  out.text("p", token.peer).integer("e", token.expires.count());
  if (!token.tag.empty()) out.text("t", token.tag);
  if (!token.device.empty()) out.text("d", token.device);
  if (token.proven) out.flag("s", true);
  const std::string content = out.finish();
  std::string text = signer.sign(content);
  base::appendBase64(content, text);
  return text;
}

std::optional<SessionToken> readToken(std::string_view text, sign::Signer& signer,
                                      base::Millis now) {
  if (text.size() <= kCodeDigits || text.size() > kTokenBytes) return std::nullopt;
  const std::string_view coded = text.substr(kCodeDigits);
  std::string content(base::mostBase64Bytes(coded.size()), '\0');
  const std::optional<std::size_t> size = base::readBase64(coded, content.data());
  if (!size) return std::nullopt;
  content.resize(*size);
  if (!signer.verify(content, text.substr(0, kCodeDigits))) return std::nullopt;
  const Result<json::JsonValue> parsed = json::parseJson(content, "token");
  if (!parsed) return std::nullopt;
  SessionToken token;
  for (const auto& [name, to] :
       {std::pair("p", &token.peer), std::pair("t", &token.tag), std::pair("d", &token.device)}) {
    if (const json::JsonValue* value = parsed->find(name)) *to = value->text;
  }
  token.proven = parsed->find("s") != nullptr;
  const json::JsonValue* const expires = parsed->find("e");
  token.expires = base::Millis(expires != nullptr ? expires->integer().value_or(0) : 0);
  if (token.expires <= now) return std::nullopt;
  return token;
}

}  // namespace kith::core
