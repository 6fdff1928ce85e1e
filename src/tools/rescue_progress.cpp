// SPDX-License-Identifier: Apache-2.0
#include "tools/rescue_progress.hpp"

#include <algorithm>
#include <cstdio>
#include <unistd.h>

#include "tools/terminal.hpp"

namespace kith::tools {
namespace {

using std::chrono::duration;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

// Often enough for an eye.
constexpr milliseconds kRedraw{200};

std::string withOneDigit(double number) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", number);
  return text;
}

std::string timeText(double seconds) {
  if (seconds < 60) return std::to_string(static_cast<int>(std::max(1.0, seconds))) + " s";
  if (seconds < 7200) return std::to_string(static_cast<int>(seconds / 60)) + " min";
  return withOneDigit(seconds / 3600) + " h";
}

}  // namespace

std::string bytesText(std::int64_t bytes) {
  if (bytes < 1000) return std::to_string(bytes) + " bytes";
  double number = static_cast<double>(bytes);
  const char* unit = "";
  for (const char* next : {"kB", "MB", "GB", "TB"}) {
    if (number < 1000) break;
    number /= 1000;
    unit = next;
  }
  return withOneDigit(number) + " " + unit;
}

RescueProgress::RescueProgress(milliseconds interval)
    : terminal_(isatty(STDERR_FILENO) == 1), interval_(terminal_ ? kRedraw : interval) {}

void RescueProgress::end() {
  if (open_) std::fputc('\n', stderr);
  open_ = false;
}

void RescueProgress::begin(const Step& step) {
  began_ = steady_clock::now();
  first_fraction_ = std::max(0.0, step.fraction);
  show(step);
}

void RescueProgress::show(const Step& step) {
  std::string line = step.what + ": ";
  if (step.rows >= 0) line += std::to_string(step.rows) + " rows, ";
  line += bytesText(step.bytes);
  if (!step.where.empty()) line += ", at " + step.where;
  if (step.fraction >= 0) {
    const double fraction = std::min(step.fraction, 1.0);
    line += ", " + std::to_string(static_cast<int>(fraction * 100)) + " %";
    const double seconds = duration<double>(steady_clock::now() - began_).count();
    const double gained = fraction - first_fraction_;
    if (gained > 0 && seconds > 1) {
      line += ", about " + timeText(seconds * (1 - fraction) / gained) + " left";
    }
  }
  print(line, false);
}

void RescueProgress::pause(const std::string& why, milliseconds time) {
  print("waiting " + timeText(duration<double>(time).count()) + ": " + why, time >= interval_);
}

void RescueProgress::print(const std::string& line, bool now) {
  const Time time = steady_clock::now();
  if (!now && time - printed_ < interval_) return;
  printed_ = time;
  const std::string text = screenText(line);
  if (terminal_) {
    std::fprintf(stderr, "\r\x1b[K%s", text.c_str());
    open_ = true;
  } else {
    std::fprintf(stderr, "kith: %s\n", text.c_str());
  }
  std::fflush(stderr);
}

}  // namespace kith::tools
