// SPDX-License-Identifier: Apache-2.0
#include "server/storage/requests.hpp"

namespace kith::storage {

bool isAnswered(const Request& request) {
  return std::visit([](const auto& one) { return kAnswered<std::decay_t<decltype(one)>>; },
                    request);
}

}  // namespace kith::storage
