// SPDX-License-Identifier: Apache-2.0
// Log lines on standard error, the same for kith and kithd. Any thread.
#pragma once

#include <kith/log.hpp>

#include <cstdio>
#include <ctime>
#include <string>
#include <string_view>

namespace kith::tools {

inline constexpr std::string_view kLogLevels[] = {"trace", "debug", "info", "warn", "error", "off"};

/// The level with this name; Off for anything else.
inline LogLevel parseLogLevel(std::string_view name) {
  int level = 0;
  for (const std::string_view known : kLogLevels) {
    if (known == name) return static_cast<LogLevel>(level);
    ++level;
  }
  return LogLevel::Off;
}

/// Writes `2026-01-31T12:00:00Z warn net: text`, one line with one call.
inline void writeLogLine(const LogRecord& record) {
  char when[32];
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  std::strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ ", &parts);
  std::string line = when;
  line += kLogLevels[static_cast<std::size_t>(record.level)];
  line.append(" ").append(record.room).append(": ").append(record.text).append("\n");
  std::fwrite(line.data(), 1, line.size(), stderr);
}

}  // namespace kith::tools
