// SPDX-License-Identifier: Apache-2.0
#include "rescue/iso_time.hpp"

#include <algorithm>
#include <chrono>
#include <optional>

#include "base/ascii.hpp"

namespace kith::rescue {
namespace {

using std::chrono::days;
using std::chrono::floor;
using std::chrono::milliseconds;
using std::chrono::sys_days;
using std::chrono::sys_time;
using std::chrono::year_month_day;

/// So many digits at `at`, and `sign` behind them; `at` is behind both then. '\0' = no sign.
std::optional<int> field(std::string_view text, std::size_t& at, std::size_t digits, char sign) {
  const std::string_view part = text.substr(std::min(at, text.size()), digits);
  const auto number = base::readNumber<unsigned>(part);
  if (part.size() != digits || !number) return std::nullopt;
  at += digits;
  if (sign == '\0') return static_cast<int>(*number);
  if (at >= text.size() || text[at] != sign) return std::nullopt;
  ++at;
  return static_cast<int>(*number);
}

std::optional<std::int64_t> timeOf(std::string_view text) {
  std::size_t at = 0;
  const auto year = field(text, at, 4, '-');
  const auto month = year ? field(text, at, 2, '-') : std::nullopt;
  const auto day = month ? field(text, at, 2, '\0') : std::nullopt;
  if (!day) return std::nullopt;
  const year_month_day date{std::chrono::year{*year},
                            std::chrono::month{static_cast<unsigned>(*month)},
                            std::chrono::day{static_cast<unsigned>(*day)}};
  if (!date.ok()) return std::nullopt;
  milliseconds time = sys_days{date}.time_since_epoch();
  if (at == text.size()) return time.count();
  if (text[at++] != 'T') return std::nullopt;
  const bool fraction = text.size() == std::string_view("2026-11-30T12:00:00.000Z").size();
  const auto hour = field(text, at, 2, ':');
  const auto minute = hour ? field(text, at, 2, ':') : std::nullopt;
  const auto second = minute ? field(text, at, 2, fraction ? '.' : 'Z') : std::nullopt;
  const auto part = !fraction ? std::optional(0) : second ? field(text, at, 3, 'Z') : std::nullopt;
  if (!second || !part || at != text.size() || *hour > 23 || *minute > 59 || *second > 59) {
    return std::nullopt;
  }
  time += std::chrono::hours{*hour} + std::chrono::minutes{*minute} +
          std::chrono::seconds{*second} + milliseconds{*part};
  return time.count();
}

std::string padded(std::int64_t number, std::size_t digits) {
  std::string text = std::to_string(number);
  if (text.size() < digits) text.insert(0, digits - text.size(), '0');
  return text;
}

}  // namespace

Result<std::int64_t> parseTime(std::string_view text, std::string_view what) {
  if (const auto time = timeOf(text)) return *time;
  return Error{Errc::InvalidArgument, 0,
               std::string(what) + ": '" + std::string(text) +
                   "' is no time in UTC: write 2026-11-30 or 2026-11-30T12:00:00Z",
               false};
}

std::string formatTime(std::int64_t milliseconds_since_1970) {
  const sys_time<milliseconds> time{milliseconds{milliseconds_since_1970}};
  const sys_days midnight = floor<days>(time);
  const year_month_day date{midnight};
  const std::int64_t rest = (time - midnight).count();
  return padded(int{date.year()}, 4) + "-" + padded(unsigned{date.month()}, 2) + "-" +
         padded(unsigned{date.day()}, 2) + "T" + padded(rest / 3'600'000, 2) + ":" +
         padded(rest / 60'000 % 60, 2) + ":" + padded(rest / 1000 % 60, 2) + "." +
         padded(rest % 1000, 3) + "Z";
}

}  // namespace kith::rescue
