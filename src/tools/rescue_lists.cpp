// SPDX-License-Identifier: Apache-2.0
#include "tools/rescue_lists.hpp"

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

namespace kith::tools {
namespace {

using rescue::Part;
using rescue::Verdict;

constexpr const char* kConversations = "classes/_Conversation.jsonl";
// Most conversations have nothing in their lists: then there is nothing that must be on the disk.
constexpr int kConversationsASave = 50;

}  // namespace

Result<void> ListExport::run() {
  const Part* conversations = run_.state.find("classes/_Conversation");
  // When the class was refused, that is noted already.
  if (conversations == nullptr || !conversations->done || conversations->bytes == 0) return {};
  const auto all = static_cast<double>(conversations->bytes);
  Part& part = run_.state.part("lists");
  if (part.done) return {};
  auto file = GrowingFile::open(run_.folder, "lists.jsonl", part.bytes);
  if (!file) return file.error();
  auto opened = run_.folder.openToRead(kConversations);
  if (!opened) return opened.error();
  LineFile lines(std::move(*opened), part.position);
  const auto step = [&] {
    return Step{"lists", part.rows, part.bytes, "", static_cast<double>(part.position) / all};
  };
  run_.progress.begin(step());
  int unsaved = 0;
  while (const auto line = lines.next()) {
    const rescue::ConversationRow conversation = rescue::conversationIn(*line);
    if (!conversation.id.empty()) {
      auto asked = askAbout(part, *file, conversation);
      if (!asked) return asked;
    }
    part.position = lines.position();
    part.scan = {};
    if (++unsaved % kConversationsASave == 0) {
      auto saved = run_.save();
      if (!saved) return saved;
    }
    run_.progress.show(step());
  }
  if (lines.error() != 0) return run_.folder.failed(kConversations, std::strerror(lines.error()));
  part.done = true;
  return run_.save();
}

Result<void> ListExport::askAbout(Part& part, GrowingFile& file,
                                  const rescue::ConversationRow& conversation) {
  const std::vector<std::string> lists = rescue::listsOf(conversation.kind);
  auto at = std::find(lists.begin(), lists.end(), part.scan.last_id);
  if (at == lists.end()) at = lists.begin();
  for (; at != lists.end(); ++at) {
    if (part.scan.last_id != *at) part.scan = {"", *at, true};
    auto paged = pageThrough(part, file, conversation, *at);
    if (!paged) return paged;
  }
  return {};
}

Result<void> ListExport::pageThrough(Part& part, GrowingFile& file,
                                     const rescue::ConversationRow& conversation,
                                     const std::string& list) {
  std::string& next = part.scan.cursor;
  for (;;) {
    const auto reply = run_.api.get(rescue::listTarget(conversation, list, next));
    if (!reply) return reply.error();
    // Of a conversation that was deleted meanwhile there are none.
    if (reply->answer.verdict == Verdict::Absent) return {};
    if (reply->answer.verdict != Verdict::Good) {
      run_.state.refuse(part, {"lists/" + conversation.id + "/" + list, reply->answer.status,
                               reply->answer.code, reply->answer.reason});
      return {};
    }
    auto page = rescue::takeList(reply->body, conversation, list, next);
    if (!page) {
      run_.state.refuse(part, {"lists/" + conversation.id + "/" + list, reply->answer.status, 0,
                               page.error().detail});
      return {};
    }
    if (!page->line.empty()) {
      auto written = file.append(page->line);
      if (!written) return written;
      ++part.rows;
      part.bytes = file.size();
    }
    next = page->next;
    if (!next.empty()) {
      auto saved = run_.save();
      if (!saved) return saved;
    }
    if (next.empty()) return {};
  }
}

}  // namespace kith::tools
