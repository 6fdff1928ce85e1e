// SPDX-License-Identifier: Apache-2.0
// The v1 protocol in its six variants (avos-v1 §0.1): they differ in what they leave out, not in
// how it is spelled. Hub's thread.
#pragma once

#include <vector>

#include "protocol/avos/codec.hpp"
#include "server/core/dialect.hpp"

namespace kith::dialects {

/// Whose words it speaks.
enum class AvosWords {
  Original,
  Kith,  ///< with the fields that kith.json.1 has beside v1's (decision 038)
};

class AvosDialect final : public core::Dialect {
 public:
  explicit AvosDialect(std::size_t number, AvosWords words = AvosWords::Original)
      : Dialect(number, {true, true}), words_(words) {}

  Result<core::Intent> read(char* frame, std::size_t size) override;
  void write(const core::Notice& notice, std::string& out) override;
  void writeShared(const core::Notice& notice, core::SharedFrame& out) override;
  std::array<std::string_view, 3> partsFor(const core::SharedFrame& frame,
                                           const core::Peer& to) override;
  bool isSigned(const core::SignedRequest& request, sign::Signer& signer) const override;

 private:
  avos::Frame frameOf(const core::Notice& notice);

  AvosWords words_;
  avos::Decoder decoder_;
  avos::Encoder encoder_;
  avos::Frame frame_;                       ///< the last one read: intents point into it
  std::vector<std::string_view> mentions_;  ///< of the last message written
};

}  // namespace kith::dialects
