// SPDX-License-Identifier: Apache-2.0
// One JSON object on one line, for `--json` output and benchmark reports:
// `JsonLine().text("event", "message").number("t", 123).str()`. Any thread; one owner.
#pragma once

#include <charconv>
#include <cmath>
#include <concepts>
#include <string>
#include <string_view>

namespace kith::tools {

class JsonLine {
 public:
  JsonLine& text(std::string_view name, std::string_view value) {
    begin(name);
    quote(value);
    return *this;
  }
  JsonLine& flag(std::string_view name, bool value) { return raw(name, value ? "true" : "false"); }
  template <std::integral Number>
  requires(!std::same_as<Number, bool>) JsonLine& number(std::string_view name, Number value) {
    return raw(name, std::to_string(value));
  }
  /// Shortest form that reads back the same; what JSON cannot say (NaN, infinity) becomes null.
  JsonLine& number(std::string_view name, double value) {
    if (!std::isfinite(value)) return raw(name, "null");
    char digits[32];
    const auto result = std::to_chars(digits, digits + sizeof digits, value);
    return raw(name, {digits, static_cast<std::size_t>(result.ptr - digits)});
  }
  /// `values` is a range of strings.
  template <typename Texts>
  JsonLine& list(std::string_view name, const Texts& values) {
    begin(name);
    text_ += '[';
    bool first = true;
    for (const std::string_view value : values) {
      if (!first) text_ += ',';
      first = false;
      quote(value);
    }
    text_ += ']';
    return *this;
  }
  /// `value` is JSON already.
  JsonLine& raw(std::string_view name, std::string_view value) {
    begin(name);
    text_.append(value);
    return *this;
  }
  /// An object inside.
  JsonLine& object(std::string_view name, const JsonLine& inner) { return raw(name, inner.str()); }

  /// The object, without a line end.
  std::string str() const { return text_ + '}'; }

 private:
  void begin(std::string_view name) {
    if (text_.size() > 1) text_ += ',';
    quote(name);
    text_ += ':';
  }
  void quote(std::string_view value) {
    static constexpr char kDigits[] = "0123456789abcdef";
    text_ += '"';
    for (const char c : value) {
      const auto byte = static_cast<unsigned char>(c);
      if (c == '"' || c == '\\') {
        (text_ += '\\') += c;
      } else if (c == '\n') {
        text_ += "\\n";
      } else if (byte < 0x20) {
        ((text_ += "\\u00") += kDigits[byte >> 4]) += kDigits[byte & 15u];
      } else {
        text_ += c;
      }
    }
    text_ += '"';
  }

  std::string text_{"{"};
};

}  // namespace kith::tools
