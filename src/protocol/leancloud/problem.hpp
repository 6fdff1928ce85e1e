// SPDX-License-Identifier: Apache-2.0
// Why a frame is refused: which field of which message, what is wrong with it, and where. Pure; any
// thread. Private to the codec.
#pragma once

#include <kith/error.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace kith::leancloud {

struct Problem {
  std::string_view message;  ///< empty: the frame as a whole
  std::string_view field;
  const char* what{nullptr};  ///< null: nothing is wrong
  std::size_t at{0};          ///< byte of the frame

  /// Always false, for `return problem.say(...)`. The first problem stays.
  bool say(const char* text, std::size_t byte) {
    if (what == nullptr) {
      what = text;
      at = byte;
    }
    return false;
  }
  /// Names the field that the problem is in; the innermost stays.
  bool in(std::string_view message_name, std::string_view field_name) {
    if (message.empty()) {
      message = message_name;
      field = field_name;
    }
    return false;
  }
  Error error() const {
    std::string detail("frame");
    if (!message.empty()) detail.append(": ").append(message).append(".").append(field);
    detail.append(" ").append(what).append(" (byte ").append(std::to_string(at)).append(")");
    return {Errc::ProtocolError, 0, std::move(detail), false};
  }
};

}  // namespace kith::leancloud
