// SPDX-License-Identifier: Apache-2.0
#include "server/dialects/dialects.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "protocol/kith/subprotocol.hpp"

namespace kith::dialects {
namespace {

using leancloud::Encoding;

constexpr std::array kEncodings{Encoding::Protobuf, Encoding::Base64, Encoding::Json};
constexpr std::array<std::string_view, 3> kNames{"lc.protobuf2.", "lc.proto2base64.", "lc.json."};
constexpr int kModes = 3;

/// `name=` in a query, as it came: the subprotocols hold nothing that is escaped.
std::string_view parameter(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const std::string_view part = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), part.size() + 1));
    if (part.size() > name.size() && part.starts_with(name) && part[name.size()] == '=') {
      return part.substr(name.size() + 1);
    }
  }
  return {};
}

}  // namespace

Dialects::Dialects() : avos_(0), kith_(1 + kEncodings.size()) {
  for (std::size_t encoding = 0; encoding < kEncodings.size(); ++encoding) {
    for (int mode = 1; mode <= kModes; ++mode) {
      current_.push_back(std::make_unique<LeancloudDialect>(
          1 + encoding, leancloud::Subprotocol{kEncodings[encoding], mode}));
    }
  }
}

std::vector<std::string> Dialects::subprotocols() {
  std::vector<std::string> all{std::string(subprotocol::kName)};
  for (const std::string_view name : kNames) {
    for (int mode = 1; mode <= kModes; ++mode)
      all.push_back(std::string(name) + std::to_string(mode));
  }
  return all;
}

core::Dialect& Dialects::of(const net::Accepted& how) {
  if (how.subprotocol == subprotocol::kName) return kith_;
  auto speaks = leancloud::parseSubprotocol(how.subprotocol);
  if (!speaks) speaks = leancloud::parseSubprotocol(parameter(how.query, "subprotocol"));
  if (!speaks) return avos_;
  const auto encoding = static_cast<std::size_t>(speaks->encoding);
  return *current_[encoding * kModes + static_cast<std::size_t>(speaks->mode - 1)];
}

}  // namespace kith::dialects
