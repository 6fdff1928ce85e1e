// SPDX-License-Identifier: Apache-2.0
// A short way through the frames that make up nearly all traffic. Pure; any thread. Private to
// wire.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/utf8.hpp"
#include "json/plain_text.hpp"

namespace kith::avos {

/// Reads an object whose members are texts without escapes, whole numbers, true, false, null, and
/// lists of such texts, in one pass and without touching it. Tells `handler` what RapidJSON would
/// tell it.
///
/// It knows good frames only: whatever it does not expect, a fault or just `1.5` or `\n`, makes
/// read() return false, and RapidJSON begins anew and says what it is.
template <typename Handler>
class PlainFrame {
 public:
  /// `frame[size]` is readable and 0.
  PlainFrame(const char* frame, std::size_t size, Handler& handler)
      : begin_(frame), at_(frame), end_(frame + size), handler_(handler) {}

  bool read() {
    if (!take('{') || !handler_.StartObject()) return false;
    if (!take('}')) {
      do {
        if (!member()) return false;
      } while (take(','));
      if (!take('}')) return false;
    }
    if (!handler_.EndObject(0) || at_ != end_) return false;
    return ascii_ || base::isUtf8({begin_, static_cast<std::size_t>(end_ - begin_)});
  }

 private:
  bool take(char c) {
    if (*at_ != c) return false;
    ++at_;
    return true;
  }
  bool takeWord(std::string_view word) {
    if (std::string_view(at_, static_cast<std::size_t>(end_ - at_)).substr(0, word.size()) != word)
      return false;
    at_ += word.size();
    return true;
  }

  bool member() {
    std::string_view name;
    if (!text(name) || !take(':')) return false;
    return handler_.Key(name.data(), name.size(), false) && value();
  }

  bool value() {
    switch (*at_) {
      case '"': return element();
      case '[': return list();
      case 't': return takeWord("true") && handler_.Bool(true);
      case 'f': return takeWord("false") && handler_.Bool(false);
      case 'n': return takeWord("null") && handler_.Null();
      default: return number();
    }
  }

  bool element() {
    std::string_view value;
    return text(value) && handler_.String(value.data(), value.size(), false);
  }

  bool list() {
    ++at_;
    if (!handler_.StartArray()) return false;
    if (!take(']')) {
      do {
        if (!element()) return false;
      } while (take(','));
      if (!take(']')) return false;
    }
    return handler_.EndArray(0);
  }

  bool text(std::string_view& value) {
    if (!take('"')) return false;
    const char* const first = at_;
    at_ = json::endOfPlain(at_, end_, ascii_);
    value = {first, static_cast<std::size_t>(at_ - first)};
    return take('"');
  }

  /// JSON has no leading zeros; what follows the digits shows whether it was a whole number.
  bool number() {
    const char* const first = at_;
    if (*at_ == '-') ++at_;
    const char* const digits = at_;
    while (*at_ >= '0' && *at_ <= '9') ++at_;
    if (at_ == digits || (*digits == '0' && at_ - digits > 1)) return false;
    if (*at_ != ',' && *at_ != '}') return false;
    return handler_.RawNumber(first, static_cast<std::size_t>(at_ - first), false);
  }

  const char* const begin_;
  const char* at_;
  const char* const end_;
  Handler& handler_;
  bool ascii_{true};
};

}  // namespace kith::avos
