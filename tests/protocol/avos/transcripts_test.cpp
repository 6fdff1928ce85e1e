// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "json/json_value.hpp"
#include "protocol/avos/frames.hpp"
#include "support/catch.hpp"

namespace kith::avos {
namespace {

struct Line {
  std::string where;
  std::string json;
};

/// The frame of a transcript's line, if it has one; a remark in brackets may follow it.
std::optional<std::string> frameOf(const std::string& line) {
  const std::size_t space = line.find(' ');
  if (space == std::string::npos || line.substr(0, space).find('>') == std::string::npos) return {};
  if (line.find("HTTP") != std::string::npos) return {};
  std::string rest = line.substr(space + 1);
  if (rest.empty() || rest.front() != '{') return {};
  return rest.substr(0, rest.rfind('}') + 1);
}

std::vector<Line> allFrames() {
  std::vector<Line> frames;
  for (int number = 1; number <= 13; ++number) {
    const std::string name = (number < 10 ? "T0" : "T") + std::to_string(number) + ".txt";
    std::ifstream file(std::filesystem::path(KITH_SOURCE_DIR) / "tests/transcripts" / name);
    REQUIRE(file);
    std::string line;
    for (int row = 1; std::getline(file, line); ++row) {
      if (auto frame = frameOf(line)) frames.push_back({name + ":" + std::to_string(row), *frame});
    }
  }
  return frames;
}

/// Where we write the same in another way.
void writeOurWay(json::JsonValue& frame) {
  using json::JsonValue;
  const auto* op = frame.find("op");
  // An open without a list watches no peer, as one with an empty list does (§4.1).
  if (op && op->text == "open" && !frame.find("sessionPeerIds")) {
    frame.members.push_back({"sessionPeerIds", JsonValue{JsonValue::Kind::List, {}, {}, {}, {}}});
  }
  // `transient` is false when it is not there.
  std::erase_if(frame.members, [](const json::JsonMember& member) {
    return member.name == "transient" && !member.value.truth;
  });
  // `r` is 1 or true (§4.2).
  for (auto& [name, value] : frame.members) {
    if (name == "r") value = JsonValue{JsonValue::Kind::Bool, true, {}, {}, {}};
  }
}

TEST_CASE("transcripts: every frame of T1 to T13 decodes and encodes to an equal JSON value") {
  const std::vector<Line> frames = allFrames();
  CHECK(frames.size() == 97);
  for (const Line& line : frames) {
    CAPTURE(line.where, line.json);
    const DecodedFrame frame(line.json);
    REQUIRE(frame.result);
    json::JsonValue expected = json::parseJson(line.json, "transcript").value();
    writeOurWay(expected);
    const std::string again = encoded(*frame.result);
    CAPTURE(again);
    CHECK(json::parseJson(again, "again").value() == expected);
  }
}

}  // namespace
}  // namespace kith::avos
