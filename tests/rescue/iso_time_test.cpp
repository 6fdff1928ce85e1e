// SPDX-License-Identifier: Apache-2.0
#include "rescue/iso_time.hpp"

#include "support/catch.hpp"

namespace kith::rescue {
namespace {

TEST_CASE("rescue time: days and times in UTC, to the millisecond and back") {
  CHECK(parseTime("2026-11-30", "--from").value() == 1795996800000);
  CHECK(parseTime("2026-11-30T12:34:56Z", "--from").value() == 1796042096000);
  CHECK(parseTime("2026-11-30T12:34:56.789Z", "--from").value() == 1796042096789);
  CHECK(formatTime(1796042096789) == "2026-11-30T12:34:56.789Z");
  CHECK(formatTime(0) == "1970-01-01T00:00:00.000Z");
  CHECK(formatTime(parseTime("2024-02-29", "--from").value()) == "2024-02-29T00:00:00.000Z");
}

TEST_CASE("rescue time: what is no time is refused with the option's name") {
  for (const char* text :
       {"", "2026", "2026-13-01", "2026-02-29", "2026-11-31", "26-11-30", "2026-11-30T",
        "2026-11-30T12:34Z", "2026-11-30T24:00:00Z", "2026-11-30T12:60:00Z", "2026-11-30T12:34:56",
        "2026-11-30T12:34:56.7Z", "2026-11-30T12:34:56.789Zx", "2026-11-30 12:34:56Z", "2026-1-030",
        "+026-11-30", "yesterday"}) {
    CAPTURE(text);
    const auto time = parseTime(text, "--from");
    REQUIRE_FALSE(time.ok());
    CHECK(time.error().code == Errc::InvalidArgument);
    CHECK(time.error().detail.substr(0, 8) == "--from: ");
  }
}

}  // namespace
}  // namespace kith::rescue
