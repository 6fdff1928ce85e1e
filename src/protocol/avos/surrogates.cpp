// SPDX-License-Identifier: Apache-2.0
#include "protocol/avos/surrogates.hpp"

#include <charconv>
#include <string_view>

#include "protocol/avos/fields.hpp"

namespace kith::avos {
namespace {

constexpr std::ptrdiff_t kEscape = 6;  // bytes of \u1234

/// The UTF-16 unit that is escaped at `at`, or 0.
unsigned unitAt(const char* at, const char* end) {
  if (end - at < kEscape || at[0] != '\\' || at[1] != 'u') return 0;
  unsigned unit = 0;
  const auto [stop, failure] = std::from_chars(at + 2, at + kEscape, unit, 16);
  return failure == std::errc{} && stop == at + kEscape ? unit : 0;
}
bool isHigh(unsigned unit) { return (unit & 0xFC00u) == 0xD800u; }
bool isLow(unsigned unit) { return (unit & 0xFC00u) == 0xDC00u; }

void repairText(char* at, const char* end) {
  while (at < end) {
    if (*at != '\\') {
      ++at;
      continue;
    }
    const unsigned unit = unitAt(at, end);
    if (isHigh(unit) && isLow(unitAt(at + kEscape, end))) {
      at += 2 * kEscape;
      continue;
    }
    if (isHigh(unit) || isLow(unit)) std::string_view("fffd").copy(at + 2, 4);
    at += 2;  // the digits of an escape are characters like others
  }
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

/// Nearly no frame has one, and those with other escapes shall not pay for it.
bool mayHaveSurrogates(std::string_view frame) {
  for (std::size_t at = frame.find("\\u"); at != frame.npos; at = frame.find("\\u", at + 2)) {
    if (at + 2 < frame.size() && (frame[at + 2] | 0x20) == 'd') return true;
  }
  return false;
}

}  // namespace

void repairSurrogates(char* frame, std::size_t size) {
  if (mayHaveSurrogates({frame, size})) Walk(frame, size).run();
}

}  // namespace kith::avos
