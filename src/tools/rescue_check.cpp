// SPDX-License-Identifier: Apache-2.0
#include "tools/rescue_check.hpp"

#include <array>
#include <cstring>
#include <unistd.h>
#include <utility>

#include "rescue/file_rows.hpp"
#include "rescue/message_sample.hpp"
#include "rescue/repeat_finder.hpp"
#include "rescue/requests.hpp"

namespace kith::tools {
namespace {

using rescue::Part;
using rescue::Verdict;

constexpr std::string_view kClasses = "classes/";
constexpr const char* kMessages = "messages.jsonl";

bool isClass(const Part& part) { return part.name.compare(0, kClasses.size(), kClasses) == 0; }
std::string nameOf(const Part& part) { return part.name.substr(kClasses.size()); }

}  // namespace

Result<void> RescueCheck::walk(const std::string& file, const OnLine& on_line, bool again) {
  auto opened = folder_.openToRead(file);
  if (!opened) return opened.error();
  LineFile lines(std::move(*opened));
  std::int64_t rows = 0;
  const auto all = static_cast<double>(folder_.sizeOf(file).value_or(0));
  progress_.begin({file, 0, 0, "", 0});
  while (const auto line = lines.next()) {
    on_line(*line);
    if (++rows % 10'000 == 0) {
      const auto at = static_cast<double>(lines.position());
      progress_.show({file, rows, lines.position(), "", at / all});
    }
  }
  if (lines.error() != 0) return folder_.failed(file, std::strerror(lines.error()));
  if (!again && lines.rest() > 0) findings_.fault(file + ": ends inside of a line");
  return {};
}

Result<void> RescueCheck::findRepeats(const std::string& file, std::string_view id_name,
                                      std::int64_t rows) {
  rescue::RepeatFinder finder(rows);
  const auto withId = [id_name](const std::function<void(std::string_view)>& on_id) {
    return [id_name, on_id](std::string_view line) {
      const std::string id = rescue::idIn(line, id_name);
      if (!id.empty()) on_id(id);
    };
  };
  for (std::size_t pass = 0; pass < finder.passes(); ++pass) {
    auto walked = walk(file, withId([&finder](std::string_view id) { finder.see(id); }), true);
    if (!walked) return walked;
    finder.endPass();
  }
  if (!finder.suspicious()) return {};
  auto walked = walk(file, withId([&finder](std::string_view id) { finder.confirm(id); }), true);
  if (!walked) return walked;
  for (const std::string& id : finder.repeated()) findings_.fault(file + ": twice: " + id);
  return {};
}

void RescueCheck::compare(const Part& part, const std::string& file, std::int64_t rows) {
  const auto differ = [&](const char* what, std::int64_t is, std::int64_t should) {
    if (is == should) return;
    findings_.fault(file + ": has " + std::to_string(is) + " " + what + ", export.json says " +
                    std::to_string(should));
  };
  differ("rows", rows, part.rows);
  differ("bytes", folder_.sizeOf(file).value_or(0), part.bytes);
}

Result<void> RescueCheck::checkFolder() {
  const auto text = folder_.read("export.json");
  if (!text) return text.error();
  if (!*text) return folder_.failed("export.json", "is not there; is this folder an export?");
  auto manifest = rescue::parseManifest(**text);
  if (!manifest) return manifest.error();
  manifest_ = std::move(*manifest);
  if (manifest_.finished.empty()) findings_.fault("the export is not finished");
  for (const Part& part : manifest_.parts) {
    auto checked = isClass(part) ? checkClass(part) : Result<void>();
    if (!checked) return checked;
  }
  known_.close();
  for (const Part& part : manifest_.parts) {
    Result<void> checked;
    if (part.name == "messages") checked = checkMessages(part);
    if (part.name == "lists") checked = checkLists(part);
    if (part.name == "files") checked = checkFiles(part);
    if (part.name == "job") checkArchive(part);
    if (!checked) return checked;
  }
  for (const rescue::Refusal& refusal : manifest_.refusals) {
    findings_.notes.push_back(refusal.what + " was refused: " + refusal.reason);
  }
  return {};
}

Result<void> RescueCheck::checkClass(const Part& part) {
  const std::string file = part.name + ".jsonl";
  const std::string name = nameOf(part);
  if (part.bytes == 0) {
    // The application does not have it, or it was refused.
    compare(part, file, 0);
    return {};
  }
  const bool conversations = name == "_Conversation";
  rescue::ClassCheck check(file, name, findings_, [&](std::string_view id) {
    if (conversations) known_.add(id);
  });
  auto walked = walk(file, [&check](std::string_view line) { check.line(line); });
  if (!walked) return walked;
  compare(part, file, check.rows());
  return findRepeats(file, "objectId", check.rows());
}

Result<void> RescueCheck::checkMessages(const Part& part) {
  if (part.bytes == 0 && !folder_.sizeOf(kMessages)) return {};
  const bool by_conversation = manifest_.by == "conversation";
  rescue::MessageCheck check(kMessages, known_, by_conversation, findings_);
  auto walked = walk(kMessages, [&check](std::string_view line) { check.line(line); });
  if (!walked) return walked;
  check.close();
  compare(part, kMessages, check.rows());
  return findRepeats(kMessages, "msg-id", check.rows());
}

Result<void> RescueCheck::checkLists(const Part& part) {
  const std::string file = "lists.jsonl";
  std::int64_t rows = 0;
  auto walked = walk(file, [&](std::string_view line) {
    const std::string place = file + ": line " + std::to_string(++rows);
    if (rescue::idIn(line, "conv-id").empty() || rescue::idIn(line, "list").empty()) {
      findings_.fault(place + " is no list of a conversation");
    }
  });
  if (walked) compare(part, file, rows);
  return walked;
}

Result<void> RescueCheck::checkFiles(const Part& part) {
  const std::string list = "files.jsonl";
  std::int64_t rows = 0;
  std::int64_t bytes = 0;
  auto walked = walk(list, [&](std::string_view text) {
    const std::string place = list + ": line " + std::to_string(++rows);
    const auto line = rescue::parseFileLine(text);
    if (!line) return findings_.fault(place + " is about no file");
    if (line->file.empty()) return;
    bytes += line->bytes;
    const auto size = folder_.sizeOf(line->file);
    if (!size) return findings_.fault(line->file + ": is not there");
    if (*size == line->bytes) return;
    findings_.fault(line->file + ": has " + std::to_string(*size) + " bytes, " + list + " says " +
                    std::to_string(line->bytes));
  });
  if (!walked) return walked;
  compare(part, list, rows);
  if (bytes != part.file_bytes) {
    findings_.fault("files: have " + std::to_string(bytes) + " bytes, export.json says " +
                    std::to_string(part.file_bytes));
  }
  return {};
}

void RescueCheck::checkArchive(const Part& part) {
  const std::string file = "classes.tar.gz";
  compare(part, file, 0);
  if (part.bytes == 0) return;
  const auto opened = folder_.openToRead(file);
  std::array<unsigned char, 2> begin{};
  const bool read = opened && pread(opened->get(), begin.data(), begin.size(), 0) == 2;
  if (!read || begin[0] != 0x1f || begin[1] != 0x8b) findings_.fault(file + ": is no gzip file");
}

Result<void> RescueCheck::checkServer(VendorApi& api, std::size_t sample) {
  for (const Part& part : manifest_.parts) {
    auto checked = isClass(part) ? checkCount(api, part) : Result<void>();
    if (!checked) return checked;
  }
  return checkSample(api, sample);
}

Result<void> RescueCheck::checkCount(VendorApi& api, const Part& part) {
  const auto reply = api.get(rescue::countTarget(nameOf(part)));
  if (!reply) return reply.error();
  if (reply->answer.verdict == Verdict::Absent && part.rows == 0) return {};
  if (reply->answer.verdict != Verdict::Good) {
    findings_.notes.push_back(nameOf(part) +
                              ": the vendor gives no count: " + reply->answer.reason);
    return {};
  }
  const auto count = rescue::countIn(reply->body);
  if (!count) return count.error();
  if (*count != part.rows) {
    findings_.fault(nameOf(part) + ": the vendor has " + std::to_string(*count) +
                    " objects now, the folder " + std::to_string(part.rows));
  }
  return {};
}

Result<void> RescueCheck::checkSample(VendorApi& api, std::size_t sample) {
  const Part* messages = manifest_.find("messages");
  if (messages == nullptr || messages->rows == 0 || sample == 0) return {};
  rescue::MessageSample chosen(sample);
  auto walked = walk(
      kMessages, [&chosen](std::string_view line) { chosen.choose(line); }, true);
  if (walked) {
    walked = walk(
        kMessages, [&chosen](std::string_view line) { chosen.keep(line); }, true);
  }
  if (!walked) return walked;
  // What was written after the newest that is here cannot be here.
  const rescue::MessageRange range{manifest_.range.from, messages->newest + 1};
  std::int64_t compared = 0;
  for (const std::string& conversation : chosen.conversations()) {
    rescue::ConversationRow row{conversation, rescue::ConversationRow::Kind::Plain};
    const auto target = [&row, &range] {
      return rescue::messagesTarget(row, {}, range, rescue::MessageSample::kMessages);
    };
    auto reply = api.get(target());
    if (reply && reply->answer.verdict == Verdict::Absent) {
      // A message does not say of what kind its conversation is.
      row.kind = rescue::ConversationRow::Kind::ChatRoom;
      reply = api.get(target());
    }
    if (!reply) return reply.error();
    if (reply->answer.verdict != Verdict::Good) {
      findings_.notes.push_back("conversation " + conversation +
                                ": the vendor refuses: " + reply->answer.reason);
      continue;
    }
    const auto difference = chosen.compare(conversation, reply->body, range.from);
    if (!difference) return difference.error();
    compared += difference->compared;
    for (const std::string& id : difference->missing) {
      findings_.fault("conversation " + conversation + ": message " + id + " is not in the folder");
    }
    for (const std::string& id : difference->changed) {
      findings_.notes.push_back("conversation " + conversation + ": message " + id +
                                " is another one at the vendor's: edited or recalled since");
    }
  }
  findings_.notes.push_back(std::to_string(compared) + " messages of " +
                            std::to_string(chosen.conversations().size()) +
                            " conversations compared with the vendor's");
  return {};
}

}  // namespace kith::tools
