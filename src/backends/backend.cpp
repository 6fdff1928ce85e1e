// SPDX-License-Identifier: Apache-2.0
#include "backends/backend.hpp"

namespace kith::backends {

Backend::~Backend() = default;

std::size_t bytesOf(const Message& message) {
  std::size_t bytes = message.text.size() + message.group_id.size();
  for (const std::string& peer : message.to) bytes += peer.size();
  for (const std::string& peer : message.mentions) bytes += peer.size();
  return bytes;
}

}  // namespace kith::backends
