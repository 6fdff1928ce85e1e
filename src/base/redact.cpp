// SPDX-License-Identifier: Apache-2.0
#include "base/redact.hpp"

#include <algorithm>

namespace kith::base {

std::string redactUrl(std::string_view url) {
  url = url.substr(0, url.find_first_of("?#"));
  const std::size_t scheme_end = url.find("://");
  const std::size_t authority = scheme_end == std::string_view::npos ? 0 : scheme_end + 3;
  const std::size_t authority_end = std::min(url.find('/', authority), url.size());
  const std::size_t at = url.substr(0, authority_end).rfind('@');
  if (at == std::string_view::npos || at < authority) return std::string(url);
  std::string clean(url.substr(0, authority));
  clean.append(url.substr(at + 1));
  return clean;
}

}  // namespace kith::base
