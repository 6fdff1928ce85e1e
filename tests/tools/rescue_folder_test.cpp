// SPDX-License-Identifier: Apache-2.0
#include "tools/rescue_folder.hpp"

#include <string>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

namespace kith::tools {
namespace {

std::string textOf(const RescueFolder& folder, const std::string& name) {
  return folder.read(name).value().value_or("(none)");
}

TEST_CASE("rescue folder: what is behind the whole bytes is cut off when a file is opened again") {
  const testing::TemporaryFolder place;
  const RescueFolder folder = RescueFolder::open(place.path() + "/out", true).value();
  {
    GrowingFile file = GrowingFile::open(folder, "rows", 0).value();
    REQUIRE(file.append("one\ntwo\nthr"));
    CHECK(file.size() == 11);
  }
  GrowingFile file = GrowingFile::open(folder, "rows", 8).value();
  CHECK(textOf(folder, "rows") == "one\ntwo\n");
  REQUIRE(file.append("three\n"));
  CHECK(textOf(folder, "rows") == "one\ntwo\nthree\n");
  const auto lost = GrowingFile::open(folder, "rows", 15);
  REQUIRE_FALSE(lost.ok());
  CHECK(lost.error().code == Errc::StoreFailed);
  CHECK(lost.error().detail.find("/rows: has 14 bytes of the 15 that were written") !=
        std::string::npos);
}

TEST_CASE("rescue folder: a file is replaced at once, and what is not there is nothing") {
  const testing::TemporaryFolder place;
  const RescueFolder folder = RescueFolder::open(place.path() + "/out", true).value();
  CHECK_FALSE(folder.read("state").value());
  CHECK_FALSE(folder.sizeOf("state"));
  REQUIRE(folder.replace("state", "a longer text"));
  REQUIRE(folder.replace("state", "short"));
  CHECK(textOf(folder, "state") == "short");
  CHECK(folder.sizeOf("state") == 5);
  CHECK_FALSE(folder.sizeOf("state.new"));
}

TEST_CASE("rescue folder: one process writes into it, readers do not mind") {
  const testing::TemporaryFolder place;
  const std::string path = place.path() + "/out";
  CHECK_FALSE(RescueFolder::open(path, false).ok());
  {
    const RescueFolder first = RescueFolder::open(path, true).value();
    const auto second = RescueFolder::open(path, true);
    REQUIRE_FALSE(second.ok());
    CHECK(second.error().detail == path + ": another export is writing into it");
    CHECK(RescueFolder::open(path, false).ok());
  }
  CHECK(RescueFolder::open(path, true).ok());
}

TEST_CASE("rescue folder: lines are read from any place on, and half of one is none") {
  const testing::TemporaryFolder place;
  const RescueFolder folder = RescueFolder::open(place.path() + "/out", true).value();
  // Longer than the pieces that are read.
  const std::string longest(200'000, 'x');
  REQUIRE(folder.replace("rows", "one\n\n" + longest + "\nhalf"));
  LineFile lines(folder.openToRead("rows").value());
  std::vector<std::string> read;
  std::vector<std::int64_t> positions;
  while (const auto line = lines.next()) {
    read.emplace_back(*line);
    positions.push_back(lines.position());
  }
  CHECK(read == std::vector<std::string>{"one", "", longest});
  CHECK(positions == std::vector<std::int64_t>{4, 5, 200'006});
  CHECK(lines.rest() == 4);
  CHECK(lines.error() == 0);
  LineFile later(folder.openToRead("rows").value(), 4);
  CHECK(later.next() == "");
  CHECK(later.next() == longest);
  CHECK_FALSE(later.next());
}

}  // namespace
}  // namespace kith::tools
