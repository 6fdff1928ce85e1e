// SPDX-License-Identifier: Apache-2.0
#include "rescue/state.hpp"

#include <string>

#include "json/json_value.hpp"
#include "support/catch.hpp"

namespace kith::rescue {
namespace {

State example() {
  State state;
  state.app = "app\"1";
  state.server = "https://api.example";
  state.started = "2026-11-30T12:00:00.000Z";
  state.by = "conversation";
  state.range = {1000, 2000};
  Part& conversations = state.part("classes/_Conversation");
  conversations.done = true;
  conversations.bytes = 900;
  conversations.rows = 3;
  conversations.scan = {"cur", "id3", false};
  conversations.earliest = "2020-01-01T00:00:00.000Z";
  Part& messages = state.part("messages");
  messages.bytes = 123456789012;
  messages.rows = 7;
  messages.messages = {1500, "m", {"l", "m"}};
  messages.newest = 1999;
  messages.oldest = 1500;
  messages.position = 450;
  state.part("files").file_bytes = 77;
  state.refuse(state.part("classes/_User"), {"classes/_User", 403, 1, "Forbidden"});
  return state;
}

TEST_CASE("rescue state: what was written is read back") {
  const State state = example();
  const std::string text = formatState(state);
  CHECK(text.find('\n') == text.size() - 1);
  CHECK(parseState(text).value() == state);
  CHECK(parseState(formatState({})).value() == State{});
}

TEST_CASE("rescue state: anything else is refused") {
  std::string text = formatState(example());
  for (std::size_t size = 0; size + 1 < text.size(); ++size) {
    CAPTURE(size);
    REQUIRE_FALSE(parseState(text.substr(0, size)).ok());
  }
  for (const char* word : {"\"version\":1", "\"rows\":3", "\"done\":true", "kith-rescue-state"}) {
    CAPTURE(word);
    std::string other = text;
    other.replace(other.find(word), std::string_view(word).size(), "\"version\":\"x\"");
    CHECK_FALSE(parseState(other).ok());
  }
}

TEST_CASE("rescue state: refusals are counted beyond those that are listed") {
  State state;
  Part& files = state.part("files");
  for (std::size_t i = 0; i < kMostRefusals + 5; ++i) {
    state.refuse(files, {"files/" + std::to_string(i), 404, 0, "HTTP 404"});
  }
  CHECK(state.refusals.size() == kMostRefusals);
  CHECK(files.refused == static_cast<std::int64_t>(kMostRefusals + 5));
}

TEST_CASE("rescue state: the manifest says what the folder holds, without cursors") {
  const State state = example();
  const std::string text = formatManifest(state);
  const auto json = json::parseJson(text, "export.json").value();
  CHECK(json.find("format")->text == "kith-rescue");
  CHECK(json.find("version")->integer() == 1);
  CHECK(json.find("finished") == nullptr);
  CHECK(json.find("classes")->find("_Conversation")->find("rows")->integer() == 3);
  CHECK(json.find("messages")->find("from")->text == "1970-01-01T00:00:01.000Z");
  CHECK(text.find("cur") == text.npos);
  const State read = parseManifest(text).value();
  CHECK(read.app == state.app);
  CHECK(read.range == state.range);
  CHECK(read.find("messages")->rows == 7);
  CHECK(read.find("messages")->newest == 1999);
  CHECK(read.find("files")->file_bytes == 77);
  CHECK(read.refusals == state.refusals);
}

TEST_CASE("rescue state: a manifest of another version is refused") {
  std::string text = formatManifest(example());
  text.replace(text.find("\"version\": 1"), 12, "\"version\": 2");
  CHECK_FALSE(parseManifest(text).ok());
}

}  // namespace
}  // namespace kith::rescue
