// SPDX-License-Identifier: Apache-2.0
// Any answer of a router, a log or a group query is parsed or refused; a good route goes round.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "protocol/avos/rest.hpp"
#include "protocol/avos/route.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  if (const auto route = kith::avos::parseRoute(body); route) {
    const auto again = kith::avos::parseRoute(kith::avos::formatRoute(*route, ""));
    if (!again || !(*again == *route)) std::abort();
  }
  if (const auto items = kith::avos::parseHistory(body); items) {
    if (!kith::avos::parseHistory(kith::avos::formatHistory(*items))) std::abort();
  }
  if (const auto group = kith::avos::parseGroup(body); group) {
    const auto again = kith::avos::parseGroup(kith::avos::formatGroup(*group));
    if (!again || !(*again == *group)) std::abort();
  }
  (void)kith::avos::parseRestError(body);
  return 0;
}
