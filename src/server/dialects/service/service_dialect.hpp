// SPDX-License-Identifier: Apache-2.0
// What an app's own server is answered over HTTP: the bodies of the vendor's REST API 1.2
// (leancloud-current §6). Hub's thread.
#pragma once

#include <string>
#include <string_view>

#include "server/core/dialect.hpp"

namespace kith::dialects {

/// Writes an answer as three digits of an HTTP status and the body behind them. It reads nothing:
/// its commands come as they are (Hub::command()), and no news goes to where they came from.
class ServiceDialect final : public core::Dialect {
 public:
  explicit ServiceDialect(std::size_t number);

  Result<core::Intent> read(char* frame, std::size_t size) override;
  void write(const core::Notice& notice, std::string& out) override;
  void writeShared(const core::Notice& notice, core::SharedFrame& out) override;
  std::array<std::string_view, 3> partsFor(const core::SharedFrame& frame,
                                           const core::Peer& to) override;
  bool isSigned(const core::SignedRequest& request, sign::Signer& signer) const override;
};

/// An answer, taken apart.
struct ServiceAnswer {
  int status{0};
  std::string_view body;
};
ServiceAnswer readServiceAnswer(std::string_view bytes);

}  // namespace kith::dialects
