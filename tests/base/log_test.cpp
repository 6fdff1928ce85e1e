// SPDX-License-Identifier: Apache-2.0
#include "base/log.hpp"

#include <stdexcept>
#include <string>
#include <vector>

#include "support/catch.hpp"

namespace {

using kith::LogLevel;
using kith::LogRecord;
using kith::base::LogFront;

TEST_CASE("log: lines at or above the level reach the sink, others do not") {
  std::vector<std::string> lines;
  const LogFront log(
      [&](const LogRecord& r) { lines.push_back(std::string(r.room) + ":" + std::string(r.text)); },
      LogLevel::Warn);
  log.log(LogLevel::Info, "net", "quiet");
  log.log(LogLevel::Warn, "net", "loud");
  log.log(LogLevel::Error, "hub", "louder");
  CHECK(lines == std::vector<std::string>{"net:loud", "hub:louder"});
  CHECK_FALSE(log.on(LogLevel::Info));
  CHECK(log.on(LogLevel::Error));
}

TEST_CASE("log: a text is built only when it is wanted") {
  int built = 0;
  std::string got;
  const LogFront log([&](const LogRecord& r) { got = r.text; }, LogLevel::Info);
  const auto text = [&] {
    ++built;
    return std::string("costly");
  };
  log.log(LogLevel::Debug, "x", text);
  CHECK(built == 0);
  log.log(LogLevel::Info, "x", text);
  CHECK(built == 1);
  CHECK(got == "costly");
}

TEST_CASE("log: without a sink, or switched off, nothing is on") {
  const LogFront none;
  const LogFront empty(kith::LogSink{}, LogLevel::Trace);
  int lines = 0;
  const LogFront off([&](const LogRecord&) { ++lines; }, LogLevel::Off);
  CHECK_FALSE(none.on(LogLevel::Error));
  CHECK_FALSE(empty.on(LogLevel::Error));
  off.log(LogLevel::Error, "x", "y");
  off.log(LogLevel::Off, "x", "y");
  none.log(LogLevel::Off, "x", "y");
  CHECK(lines == 0);
}

TEST_CASE("log: a line end in an id or a reason starts no line of its own") {
  std::vector<std::string> lines;
  const LogFront log([&](const LogRecord& r) { lines.emplace_back(r.text); }, LogLevel::Trace);
  log.log(LogLevel::Warn, "net",
          "closed: bye\n2026-01-01T00:00:00Z error hub: all is lost\r\x1b[A");
  log.log(LogLevel::Warn, "net", [] { return std::string("peer a\nb"); });
  CHECK(lines ==
        std::vector<std::string>{
            "closed: bye\\n2026-01-01T00:00:00Z error hub: all is lost\\r\\x1b[A", "peer a\\nb"});
}

TEST_CASE("log: a sink that throws does not disturb who logs") {
  const LogFront log([](const LogRecord&) { throw std::runtime_error("disk full"); },
                     LogLevel::Trace);
  CHECK_NOTHROW(log.log(LogLevel::Error, "x", "y"));
}

TEST_CASE("log: levels have names") {
  CHECK(kith::base::logLevelName(LogLevel::Trace) == "trace");
  CHECK(kith::base::logLevelName(LogLevel::Debug) == "debug");
  CHECK(kith::base::logLevelName(LogLevel::Info) == "info");
  CHECK(kith::base::logLevelName(LogLevel::Warn) == "warn");
  CHECK(kith::base::logLevelName(LogLevel::Error) == "error");
  CHECK(kith::base::logLevelName(LogLevel::Off) == "off");
}

}  // namespace
