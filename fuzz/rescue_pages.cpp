// SPDX-License-Identifier: Apache-2.0
// An answer of the vendor, whatever it is: a page of messages or objects, a job, an object of a
// file. What is taken of it is as many whole lines of JSON as it says, and no name leads elsewhere.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "json/raw_json.hpp"
#include "rescue/answers.hpp"
#include "rescue/class_pages.hpp"
#include "rescue/export_job.hpp"
#include "rescue/file_rows.hpp"
#include "rescue/folder_check.hpp"
#include "rescue/list_pages.hpp"
#include "rescue/message_pages.hpp"
#include "rescue/message_sample.hpp"
#include "rescue/state.hpp"

namespace {

using namespace kith;

void demand(bool holds) {
  if (!holds) std::abort();
}

void checkLines(std::string_view lines, std::size_t rows) {
  demand(static_cast<std::size_t>(std::count(lines.begin(), lines.end(), '\n')) == rows);
  while (!lines.empty()) {
    const std::string_view line = lines.substr(0, lines.find('\n'));
    const auto value = json::checkedJson(line, "a line");
    demand(value.ok() && *value == line);
    lines.remove_prefix(line.size() + 1);
  }
}

void takePages(std::string_view text) {
  rescue::MessageCursor messages;
  for (int again = 0; again < 2; ++again) {
    const auto page = rescue::takeMessages(text, {}, 1000, messages);
    if (page) checkLines(page->lines, page->rows);
    // The same page once more has nothing new.
    if (page && again == 1) demand(page->rows == 0 && page->last);
  }
  rescue::ClassCursor objects;
  if (const auto page = rescue::takeObjects(text, false, objects)) {
    checkLines(page->lines, page->rows);
  }
}

void checkNames(std::string_view text) {
  if (const auto row = rescue::fileRowOf(text)) {
    const std::string name = rescue::fileNameOf(*row);
    demand(!name.empty() && name.size() <= 255 - std::string_view(".part").size());
    demand(name.find('/') == std::string::npos && name.find('\0') == std::string::npos);
  }
  for (const auto& [id, url] : rescue::fileUrlsIn(text))
    demand(id.size() + url.size() <= 4 * text.size());
  if (const auto line = rescue::parseFileLine(text)) {
    const auto again = rescue::parseFileLine(rescue::formatFileLine(*line));
    demand(again && again->file == line->file && again->bytes == line->bytes);
  }
}

void checkFolder(std::string_view text) {
  rescue::Findings findings;
  const rescue::KnownConversations known;
  rescue::MessageCheck messages("messages", known, false, findings);
  messages.line(text);
  messages.close();
  rescue::MessageSample sample(1);
  sample.choose(text);
  sample.keep(text);
  static_cast<void>(sample.compare("", text, 0));
  if (const auto state = rescue::parseState(text)) {
    demand(rescue::parseState(rescue::formatState(*state)).value() == *state);
  }
  static_cast<void>(rescue::parseManifest(text));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  takePages(text);
  checkNames(text);
  checkFolder(text);
  static_cast<void>(rescue::judge(200, text));
  static_cast<void>(rescue::jobIn(text));
  const rescue::ConversationRow conversation = rescue::conversationIn(text);
  for (const std::string& list : rescue::listsOf(conversation.kind)) {
    if (const auto page = rescue::takeList(text, conversation, list, "")) {
      checkLines(page->line, page->line.empty() ? 0 : 1);
    }
  }
  static_cast<void>(rescue::countIn(text));
  return 0;
}
