// SPDX-License-Identifier: Apache-2.0
// What a client calls a request, so that it finds the answer. Any thread; plain data.
#pragma once

#include <cstdint>
#include <string_view>

namespace kith::base {

/// `i`, echoed with its own JSON type (avos-v1 §3.2 R1). The view belongs to the frame.
struct Serial {
  enum class Kind : std::uint8_t { None, Integer, Text };
  Kind kind{Kind::None};
  std::int64_t number{0};
  std::string_view text;

  friend bool operator==(const Serial& a, const Serial& b) {
    return a.kind == b.kind && (a.kind != Kind::Integer || a.number == b.number) &&
           (a.kind != Kind::Text || a.text == b.text);
  }
};

}  // namespace kith::base
