// SPDX-License-Identifier: Apache-2.0
#include "rescue/message_sample.hpp"

#include <string>
#include <vector>

#include "support/catch.hpp"

namespace kith::rescue {
namespace {

std::string lineOf(int timestamp, const std::string& conversation, const std::string& data = "x") {
  return "{\"timestamp\":" + std::to_string(timestamp) + ",\"msg-id\":\"m" +
         std::to_string(timestamp) + "\",\"conv-id\":\"" + conversation + "\",\"data\":\"" + data +
         "\"}";
}

/// Newest first, of ten conversations in turn.
std::vector<std::string> folder() {
  std::vector<std::string> lines;
  for (int time = 1000; time > 0; --time) {
    lines.push_back(lineOf(time, "c" + std::to_string(time % 10)));
  }
  return lines;
}

MessageSample sampleOf(const std::vector<std::string>& lines, std::size_t wanted) {
  MessageSample sample(wanted);
  for (const std::string& line : lines) sample.choose(line);
  for (const std::string& line : lines) sample.keep(line);
  return sample;
}

TEST_CASE("message sample: so many conversations, the same whatever the order of the lines") {
  std::vector<std::string> lines = folder();
  const auto chosen = sampleOf(lines, 3).conversations();
  CHECK(chosen.size() == 3);
  const std::vector<std::string> back(lines.rbegin(), lines.rend());
  CHECK(sampleOf(back, 3).conversations() == chosen);
  CHECK(sampleOf(lines, 100).conversations().size() == 10);
  CHECK(sampleOf(lines, 0).conversations().empty());
}

TEST_CASE("message sample: what only the vendor has, and what is another row there, is told") {
  std::vector<std::string> lines = folder();
  lines.erase(lines.begin() + 10);  // of c0, at 990
  const MessageSample sample = sampleOf(lines, 10);
  const std::string page = "[" + lineOf(1000, "c0") + "," + lineOf(990, "c0") + "," +
                           lineOf(980, "c0", "edited") + "," + lineOf(970, "c0") + "]";
  const auto difference = sample.compare("c0", page, 0).value();
  CHECK(difference.compared == 4);
  CHECK(difference.missing == std::vector<std::string>{"m990"});
  CHECK(difference.changed == std::vector<std::string>{"m980"});
  CHECK(sample.compare("c0", page, 980)->compared == 3);
  CHECK(sample.compare("c0", "[]", 0)->compared == 0);
  CHECK_FALSE(sample.compare("c0", "{}", 0).ok());
}

TEST_CASE("message sample: as many as the vendor is asked for are kept of each") {
  const std::vector<std::string> lines = folder();
  const MessageSample sample = sampleOf(lines, 10);
  std::string page = "[";
  for (std::size_t i = 0; i < MessageSample::kMessages; ++i) {
    page += (i > 0 ? "," : "") + lineOf(1000 - static_cast<int>(i) * 10, "c0");
  }
  const auto difference = sample.compare("c0", page + "]", 0).value();
  CHECK(difference.compared == 20);
  CHECK(difference.missing.empty());
}

}  // namespace
}  // namespace kith::rescue
