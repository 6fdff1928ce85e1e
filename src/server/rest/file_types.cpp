// SPDX-License-Identifier: Apache-2.0
#include "server/rest/file_types.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "base/ascii.hpp"

namespace kith::rest {
namespace {

struct Named {
  std::string_view end;
  FileType type;
};
constexpr std::array kTypes{
    Named{"png", {"image/png", true}},          Named{"jpg", {"image/jpeg", true}},
    Named{"jpeg", {"image/jpeg", true}},        Named{"gif", {"image/gif", true}},
    Named{"webp", {"image/webp", true}},        Named{"bmp", {"image/bmp", true}},
    Named{"heic", {"image/heic", true}},        Named{"mp3", {"audio/mpeg", true}},
    Named{"m4a", {"audio/mp4", true}},          Named{"aac", {"audio/aac", true}},
    Named{"ogg", {"audio/ogg", true}},          Named{"wav", {"audio/wav", true}},
    Named{"amr", {"audio/amr", true}},          Named{"mp4", {"video/mp4", true}},
    Named{"mov", {"video/quicktime", true}},    Named{"webm", {"video/webm", true}},
    Named{"txt", {"text/plain", true}},         Named{"pdf", {"application/pdf", false}},
    Named{"json", {"application/json", false}}, Named{"zip", {"application/zip", false}},
};

}  // namespace

FileType typeOf(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  if (dot == name.npos) return {};
  std::string end(name.substr(dot + 1));
  std::transform(end.begin(), end.end(), end.begin(), base::lowerCase);
  const auto found = std::find_if(kTypes.begin(), kTypes.end(),
                                  [&](const Named& each) { return each.end == end; });
  return found == kTypes.end() ? FileType{} : found->type;
}

}  // namespace kith::rest
