// SPDX-License-Identifier: Apache-2.0
#include "base/log.hpp"

#include <string>
#include <utility>

#include "base/redact.hpp"

namespace kith::base {

LogFront::LogFront(LogSink sink, LogLevel level)
    : sink_(std::move(sink)), level_(sink_ ? level : LogLevel::Off) {}

void LogFront::write(LogLevel level, std::string_view room, std::string_view text) const {
  // Off is not a level of a line: with it `on()` would let a line pass a silent front.
  if (!sink_ || level == LogLevel::Off) return;
  try {
    // Ids and reasons come from strangers: none of them may start a line of its own.
    const std::string escaped = escapeLine(text);
    sink_({level, room, escaped.empty() ? text : std::string_view(escaped)});
  } catch (...) {
    // A sink that throws must not end the thread that happened to log.
  }
}

std::string_view logLevelName(LogLevel level) {
  switch (level) {
    case LogLevel::Trace: return "trace";
    case LogLevel::Debug: return "debug";
    case LogLevel::Info: return "info";
    case LogLevel::Warn: return "warn";
    case LogLevel::Error: return "error";
    case LogLevel::Off: return "off";
  }
  return "off";
}

}  // namespace kith::base
