// SPDX-License-Identifier: Apache-2.0
// What Kith's own client speaks (decision 038): sessions, messages and groups as in v1, and what v1
// has no words for in those of the current protocol. Hub's thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "server/core/dialect.hpp"
#include "server/dialects/avos/avos_dialect.hpp"
#include "server/dialects/leancloud/leancloud_dialect.hpp"

namespace kith::dialects {

class KithDialect final : public core::Dialect {
 public:
  explicit KithDialect(std::size_t number);

  Result<core::Intent> read(char* frame, std::size_t size) override;
  void write(const core::Notice& notice, std::string& out) override;
  void writeShared(const core::Notice& notice, core::SharedFrame& out) override;
  std::array<std::string_view, 3> partsFor(const core::SharedFrame& frame,
                                           const core::Peer& to) override;
  bool isSigned(const core::SignedRequest& request, sign::Signer& signer) const override;

 private:
  bool isBase64(std::string_view text);

  // Both keep nothing of a connection, and only read and write here: their rules and numbers have
  // no meaning.
  AvosDialect v1_;
  LeancloudDialect current_;
  std::string bytes_;  ///< scratch of isBase64()
};

}  // namespace kith::dialects
