// SPDX-License-Identifier: Apache-2.0
// A command, and a serial, that outlive the frame they came in. Plain data; reuse keeps the memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/avos/command.hpp"

namespace kith::core {

/// Longest `i` that is a text, in bytes: it is kept until its command is answered. The original
/// clients count, or send a few digits.
inline constexpr std::size_t kSerialBytes = 64;

class OwnedSerial {
 public:
  void assign(const avos::Serial& serial) {
    kind_ = serial.kind;
    number_ = serial.number;
    text_.assign(serial.text);
  }
  /// Points into this object.
  avos::Serial get() const { return {kind_, number_, text_}; }

 private:
  avos::Serial::Kind kind_{avos::Serial::Kind::None};
  std::int64_t number_{0};
  std::string text_;
};

class OwnedCommand {
 public:
  OwnedCommand() = default;
  // The views of get() point into this object.
  OwnedCommand(const OwnedCommand&) = delete;
  OwnedCommand& operator=(const OwnedCommand&) = delete;

  void assign(const avos::Command& command);
  const avos::Command& get() const { return command_; }

 private:
  avos::IdList keep(avos::IdList list);
  std::string_view keep(std::string_view text);

  avos::Command command_;
  std::string bytes_;
  std::vector<std::string_view> ids_;
};

}  // namespace kith::core
