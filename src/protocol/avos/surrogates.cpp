// SPDX-License-Identifier: Apache-2.0
#include "protocol/avos/surrogates.hpp"

#include <string_view>

#include "json/half_escapes.hpp"
#include "protocol/avos/fields.hpp"

namespace kith::avos {
namespace {

void repairText(char* first, const char* last) {
  json::eachHalfEscape({first, static_cast<std::size_t>(last - first)},
                       [&](std::size_t at) { json::replaceEscape(first, at); });
}

/// A key that is spelled with escapes is not looked up, so it counts as strict.
bool mayBeRepaired(std::string_view key) {
  if (key.find('\\') != key.npos) return false;
  const Key known = keyOf(key);
  return known == Key::None || known == Key::Msg || known == Key::Reason;
}

/// Walks over the texts of a frame and knows of which member each one is.
class Walk {
 public:
  Walk(char* frame, std::size_t size) : at_(frame), end_(frame + size) {}

  void run() {
    while (at_ != end_) {
      switch (*at_) {
        case '"': text(); break;
        case '{':
        case '[': ++depth_, ++at_; break;
        case '}':
        case ']': --depth_, ++at_; break;
        default: ++at_;
      }
    }
  }

 private:
  void text() {
    char* const first = ++at_;
    while (at_ != end_ && *at_ != '"') at_ += *at_ == '\\' && end_ - at_ > 1 ? 2 : 1;
    char* const last = at_;
    if (at_ != end_) ++at_;
    if (depth_ == 1 && colonFollows()) {
      repairs_ = mayBeRepaired({first, static_cast<std::size_t>(last - first)});
    } else if (repairs_) {
      repairText(first, last);
    }
  }

  bool colonFollows() {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\t' || *at_ == '\n' || *at_ == '\r')) ++at_;
    return at_ != end_ && *at_ == ':';
  }

  char* at_;
  char* const end_;
  int depth_{0};
  bool repairs_{false};  ///< the present member of the frame
};

}  // namespace

void repairSurrogates(char* frame, std::size_t size) {
  if (json::mayHaveHalfEscapes({frame, size})) Walk(frame, size).run();
}

}  // namespace kith::avos
