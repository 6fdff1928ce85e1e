// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <vector>

#include "sign/md5.hpp"
#include "sign/signer.hpp"

namespace kith::sign {

std::string conversationId(std::span<const std::string_view> peer_ids) {
  std::vector<std::string_view> sorted(peer_ids.begin(), peer_ids.end());
  std::sort(sorted.begin(), sorted.end());
  return md5Hex(sorted, ":");
}

}  // namespace kith::sign
