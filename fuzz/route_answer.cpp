// SPDX-License-Identifier: Apache-2.0
// Any answer of a router, a log or a group query is parsed or refused; a good route goes round.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "wire/rest.hpp"
#include "wire/route.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  if (const auto route = kith::wire::parseRoute(body); route) {
    const auto again = kith::wire::parseRoute(kith::wire::formatRoute(*route, ""));
    if (!again || !(*again == *route)) std::abort();
  }
  if (const auto items = kith::wire::parseHistory(body); items) {
    if (!kith::wire::parseHistory(kith::wire::formatHistory(*items))) std::abort();
  }
  if (const auto group = kith::wire::parseGroup(body); group) {
    const auto again = kith::wire::parseGroup(kith::wire::formatGroup(*group));
    if (!again || !(*again == *group)) std::abort();
  }
  (void)kith::wire::parseRestError(body);
  return 0;
}
