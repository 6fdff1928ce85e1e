// SPDX-License-Identifier: Apache-2.0
#include "tools/rescue_export.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "rescue/iso_time.hpp"
#include "rescue/requests.hpp"

namespace kith::tools {
namespace {

using rescue::Part;
using rescue::Verdict;

constexpr const char* kConversations = "classes/_Conversation";

rescue::Refusal refusalOf(const std::string& what, const rescue::Answer& answer) {
  return {what, answer.status, answer.code, answer.reason};
}

/// An answer that is not what was asked for keeps nothing else from being asked for.
rescue::Refusal oddAnswer(const std::string& what, const rescue::Answer& answer,
                          const Error& error) {
  return {what, answer.status, 0, error.detail};
}

}  // namespace

Result<void> ExportRun::save() const {
  return folder.replace("state.json", rescue::formatState(state));
}

Result<void> RescueExport::run() {
  auto made = run_.folder.makeFolder("classes");
  if (!made) return made;
  // All of them now: a reference to a part must outlast the making of others.
  for (const std::string& name : plan_.classes) run_.state.part("classes/" + name);
  run_.state.part("messages");
  auto saved = run_.save();
  if (!saved) return saved;
  for (const std::string& name : plan_.classes) {
    auto done = exportClass(name);
    if (!done) return done;
  }
  return exportMessages();
}

Result<GrowingFile> RescueExport::openClass(const Part& part, const std::string& name) {
  auto file = GrowingFile::open(run_.folder, part.name + ".jsonl", part.bytes);
  if (!file || part.bytes > 0) return file;
  auto written = file->write(rescue::classHeader(name));
  if (!written) return written.error();
  return file;
}

Result<bool> RescueExport::scanRefused(Part& part, const rescue::Answer& answer, bool again) {
  if (!part.scan.cursor.empty() && again) {
    // A cursor is good for ten minutes.
    part.scan.cursor.clear();
    if (!part.scan.ordered) {
      // What was taken cannot be told from what was not.
      part.scan = {};
      part.rows = part.bytes = 0;
    }
    return true;
  }
  if (answer.verdict == Verdict::Absent && !plan_.classes_named) {
    part.done = true;
  } else {
    run_.state.refuse(part, refusalOf(part.name, answer));
  }
  auto saved = run_.save();
  if (!saved) return saved.error();
  return false;
}

Result<void> RescueExport::takeClassPage(Part& part, GrowingFile& file,
                                         const rescue::ClassPage& page) {
  auto written = file.append(page.lines);
  if (!written) return written;
  part.bytes = file.size();
  part.rows += static_cast<std::int64_t>(page.rows);
  part.done = page.last;
  if (!page.earliest.empty() && (part.earliest.empty() || page.earliest < part.earliest)) {
    part.earliest = page.earliest;
  }
  return run_.save();
}

Result<double> RescueExport::countOf(const std::string& name) {
  const auto reply = run_.api.get(rescue::countTarget(name));
  if (!reply) return reply.error();
  return static_cast<double>(rescue::countIn(reply->body).valueOr(0));
}

Result<void> RescueExport::exportClass(const std::string& name) {
  Part& part = run_.state.part("classes/" + name);
  if (part.done) return {};
  run_.state.forgetRefusals(part);
  const auto total = countOf(name);
  if (!total) return total.error();
  const auto step = [&] {
    const double fraction = *total > 0 ? static_cast<double>(part.rows) / *total : -1;
    return Step{name, part.rows, part.bytes, "", fraction};
  };
  run_.progress.begin(step());
  std::optional<GrowingFile> file;
  std::size_t limit = plan_.limit;
  // A page that begins anew, with what was taken before left out of it.
  bool skipping = false;
  rescue::ClassCursor cursor = part.scan;
  while (!part.done) {
    const auto reply = run_.api.page(
        [&](std::size_t rows) { return rescue::scanTarget(name, cursor, rows); }, limit);
    if (!reply) return reply.error();
    if (reply->answer.verdict != Verdict::Good) {
      const auto again = scanRefused(part, reply->answer, !skipping);
      if (!again) return again.error();
      if (!*again) return {};
      cursor = part.scan;
      skipping = true;
      file.reset();
      continue;
    }
    const auto page = rescue::takeObjects(reply->body, skipping, cursor);
    if (!page) {
      run_.state.refuse(part, oddAnswer(part.name, reply->answer, page.error()));
      return run_.save();
    }
    // A cursor before the objects that are new must not be kept: another run would take them twice.
    if (page->rows == 0 && !page->last) continue;
    if (!file) {
      auto opened = openClass(part, name);
      if (!opened) return opened.error();
      file = std::move(*opened);
    }
    skipping = false;
    part.scan = cursor;
    auto taken = takeClassPage(part, *file, *page);
    if (!taken) return taken;
    run_.progress.show(step());
  }
  return {};
}

double RescueExport::fractionOf(const Part& part) const {
  const Part* conversations = run_.state.find(kConversations);
  if (conversations == nullptr) return -1;
  if (run_.state.by == "conversation") {
    const auto all = static_cast<double>(std::max<std::int64_t>(1, conversations->bytes));
    return static_cast<double>(part.position) / all;
  }
  std::int64_t first = run_.state.range.from;
  if (first == 0) first = rescue::parseTime(conversations->earliest, "createdAt").valueOr(0);
  if (first == 0 || part.newest <= first) return -1;
  return static_cast<double>(part.newest - part.oldest) / static_cast<double>(part.newest - first);
}

Result<void> RescueExport::pageThrough(Part& part, GrowingFile& file, const Target& target,
                                       const std::string& what, bool* refused) {
  std::size_t limit = plan_.limit;
  for (bool last = false; !last;) {
    const auto reply =
        run_.api.page([&](std::size_t rows) { return target(part.messages, rows); }, limit);
    if (!reply) return reply.error();
    *refused = reply->answer.verdict != Verdict::Good;
    if (*refused) {
      run_.state.refuse(part, refusalOf(what, reply->answer));
      return {};
    }
    const auto page = rescue::takeMessages(reply->body, run_.state.range, limit, part.messages);
    *refused = !page;
    if (*refused) {
      run_.state.refuse(part, oddAnswer(what, reply->answer, page.error()));
      return {};
    }
    last = page->last;
    if (page->rows == 0) continue;
    auto written = file.append(page->lines);
    if (!written) return written;
    part.bytes = file.size();
    part.rows += static_cast<std::int64_t>(page->rows);
    part.newest = std::max(part.newest, page->newest);
    part.oldest = part.oldest == 0 ? page->oldest : std::min(part.oldest, page->oldest);
    if (!last) {
      auto saved = run_.save();
      if (!saved) return saved;
    }
    run_.progress.show(
        {"messages", part.rows, part.bytes, rescue::formatTime(page->oldest), fractionOf(part)});
  }
  return {};
}

Result<void> RescueExport::exportMessages() {
  Part& part = run_.state.part("messages");
  if (part.done) return {};
  run_.state.forgetRefusals(part);
  run_.progress.begin({"messages", part.rows, part.bytes, "", fractionOf(part)});
  auto file = GrowingFile::open(run_.folder, "messages.jsonl", part.bytes);
  if (!file) return file.error();
  Result<void> paged;
  bool refused = false;
  if (run_.state.by == "conversation") {
    paged = exportConversations(part, *file);
  } else {
    const auto target = [this](const rescue::MessageCursor& cursor, std::size_t limit) {
      return rescue::messagesTarget(cursor, run_.state.range, limit);
    };
    paged = pageThrough(part, *file, target, "messages", &refused);
  }
  if (!paged) return paged;
  part.done = !refused;
  return run_.save();
}

Result<void> RescueExport::exportConversations(Part& part, GrowingFile& file) {
  const std::string name = std::string(kConversations) + ".jsonl";
  auto list = run_.folder.openToRead(name);
  if (!list) return list.error();
  LineFile lines(std::move(*list), part.position);
  while (const auto line = lines.next()) {
    const rescue::ConversationRow conversation = rescue::conversationIn(*line);
    if (!conversation.id.empty()) {
      const auto target = [&](const rescue::MessageCursor& cursor, std::size_t limit) {
        return rescue::messagesTarget(conversation, cursor, run_.state.range, limit);
      };
      bool refused = false;
      auto paged = pageThrough(part, file, target, "conversations/" + conversation.id, &refused);
      if (!paged) return paged;
    }
    part.position = lines.position();
    part.messages = {};
    auto saved = run_.save();
    if (!saved) return saved;
  }
  if (lines.error() != 0) return run_.folder.failed(name, "cannot be read");
  return {};
}

}  // namespace kith::tools
