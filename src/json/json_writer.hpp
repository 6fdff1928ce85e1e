// SPDX-License-Identifier: Apache-2.0
// Writes one JSON object, member after member. Any thread; one owner.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "json/quote.hpp"

namespace kith::json {

class JsonWriter {
 public:
  JsonWriter& text(std::string_view name, std::string_view value) {
    begin(name);
    quoteJson(value, out_);
    return *this;
  }
  JsonWriter& integer(std::string_view name, std::int64_t value) {
    begin(name);
    out_ += std::to_string(value);
    return *this;
  }
  JsonWriter& flag(std::string_view name, bool value) {
    begin(name);
    out_ += value ? "true" : "false";
    return *this;
  }
  /// `value` is JSON.
  JsonWriter& raw(std::string_view name, std::string_view value) {
    begin(name);
    out_ += value;
    return *this;
  }
  /// `texts` is a range of strings.
  template <typename Texts>
  JsonWriter& list(std::string_view name, const Texts& texts) {
    begin(name);
    out_ += '[';
    bool first = true;
    for (const std::string_view text : texts) {
      if (!std::exchange(first, false)) out_ += ',';
      quoteJson(text, out_);
    }
    out_ += ']';
    return *this;
  }
  /// The finished object; the writer is empty afterwards.
  std::string finish() {
    out_ += '}';
    return std::exchange(out_, "{");
  }

 private:
  void begin(std::string_view name) {
    if (out_.size() > 1) out_ += ',';
    quoteJson(name, out_);
    out_ += ':';
  }

  std::string out_{"{"};
};

}  // namespace kith::json
