// SPDX-License-Identifier: Apache-2.0
// The front of the log: a sink and a level. Copied into every part that logs. Any thread.
#pragma once

#include <kith/log.hpp>

#include <string_view>
#include <type_traits>

namespace kith::base {

class LogFront {
 public:
  /// Silent.
  LogFront() = default;
  LogFront(LogSink sink, LogLevel level);

  /// Whether a line of this level gets anywhere. Ask before building a costly text, or hand over a
  /// function that builds it.
  bool on(LogLevel level) const { return level >= level_; }

  void log(LogLevel level, std::string_view room, std::string_view text) const {
    if (on(level)) write(level, room, text);
  }
  /// Calls `text()` only when the line is wanted.
  template <typename MakeText, typename = std::enable_if_t<std::is_invocable_v<MakeText>>>
  void log(LogLevel level, std::string_view room, MakeText&& text) const {
    if (on(level)) write(level, room, text());
  }

 private:
  void write(LogLevel level, std::string_view room, std::string_view text) const;

  LogSink sink_;
  LogLevel level_{LogLevel::Off};
};

/// `trace`, `debug`, `info`, `warn`, `error`, `off`.
std::string_view logLevelName(LogLevel level);

}  // namespace kith::base
