// SPDX-License-Identifier: Apache-2.0
// Any configuration file, overlay of apps and URL is parsed or refused.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/url.hpp"
#include "server/apps/app_overlay.hpp"
#include "server/config/config.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)kith::config::parseServerOptions(text);
  if (const auto overlay = kith::apps::AppOverlay::parse(text); overlay) {
    const auto again = kith::apps::AppOverlay::parse(overlay->format());
    if (!again || again->format() != overlay->format() || !again->over({})) std::abort();
  }
  (void)kith::base::parseHostPort(text, "x");
  if (const auto url = kith::base::parseUrl(text, "x"); url) {
    const auto again = kith::base::parseUrl(kith::base::formatUrl(*url), "x");
    if (!again || !(*again == *url)) std::abort();
  }
  return 0;
}
