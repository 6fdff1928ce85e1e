// SPDX-License-Identifier: Apache-2.0
// The vendor's current protocol (leancloud-current) in one of its encodings and modes. Hub's
// thread.
#pragma once

#include <cstddef>
#include <string>

#include "protocol/leancloud/codec.hpp"
#include "server/core/dialect.hpp"
#include "server/dialects/leancloud/reading.hpp"
#include "server/dialects/leancloud/writing.hpp"

namespace kith::dialects {

class LeancloudDialect final : public core::Dialect {
 public:
  LeancloudDialect(std::size_t number, leancloud::Subprotocol speaks);

  Result<core::Intent> read(char* frame, std::size_t size) override;
  void write(const core::Notice& notice, std::string& out) override;
  void writeShared(const core::Notice& notice, core::SharedFrame& out) override;
  std::array<std::string_view, 3> partsFor(const core::SharedFrame& frame,
                                           const core::Peer& to) override;
  bool isSigned(const core::SignedRequest& request, sign::Signer& signer) const override;

 private:
  leancloud::Encoding encoding_;
  leancloud::Decoder decoder_;
  leancloud::Encoder encoder_;
  leancloud::Command command_;  ///< the last one read: intents point into it
  ReadingScratch read_;
  WritingScratch scratch_;
  std::string frame_;  ///< scratch of partsFor()
};

}  // namespace kith::dialects
