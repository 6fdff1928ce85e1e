// SPDX-License-Identifier: Apache-2.0
// The library's log front. It is silent until a sink is set; lines hold no message text, keys,
// tokens or signatures (R25).
#pragma once

#include <functional>
#include <string_view>

namespace kith {

/// How important a line is.
enum class LogLevel {
  /// Everything, frame by frame: for work on Kith itself.
  Trace,
  /// Steps of the protocol.
  Debug,
  /// What an operator wants to see once.
  Info,
  /// Something failed and was dealt with.
  Warn,
  /// A bug in Kith.
  Error,
  /// Nothing at all.
  Off,
};

/// One line.
struct LogRecord {
  /// How important it is.
  LogLevel level{LogLevel::Info};
  /// The room it comes from, for example `"net"`.
  std::string_view room;
  /// The text, without a line end.
  std::string_view text;
};

/// Takes log lines. It may be called on any of the library's threads, several at a time, and must
/// not call back into the library. The views die when it returns.
using LogSink = std::function<void(const LogRecord&)>;

}  // namespace kith
