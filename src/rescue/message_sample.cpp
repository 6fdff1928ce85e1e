// SPDX-License-Identifier: Apache-2.0
#include "rescue/message_sample.hpp"

#include <algorithm>
#include <iterator>

#include "base/text_hash.hpp"
#include "rescue/class_pages.hpp"
#include "rescue/message_pages.hpp"

namespace kith::rescue {
namespace {

// Without a secret: the sample is to be the same each time.
constexpr std::uint64_t kSeed = 20270112;

}  // namespace

void MessageSample::choose(std::string_view line) {
  std::string conversation = idIn(line, "conv-id");
  if (conversation.empty() || wanted_ == 0) return;
  const std::uint64_t hash = base::hashText(conversation, kSeed);
  if (chosen_.size() == wanted_ && hash > chosen_.rbegin()->first) return;
  chosen_.emplace(hash, std::move(conversation));
  if (chosen_.size() > wanted_) chosen_.erase(std::prev(chosen_.end()));
}

void MessageSample::keep(std::string_view line) {
  const std::string conversation = idIn(line, "conv-id");
  if (chosen_.count({base::hashText(conversation, kSeed), conversation}) == 0) return;
  auto& rows = kept_[conversation];
  // Lines come newest first.
  if (rows.size() < kMessages) {
    rows.emplace(idIn(line, "msg-id"), std::string(line));
  }
}

std::vector<std::string> MessageSample::conversations() const {
  std::vector<std::string> ids;
  for (const auto& [hash, id] : chosen_) ids.push_back(id);
  return ids;
}

Result<MessageSample::Difference> MessageSample::compare(const std::string& conversation,
                                                         std::string_view body,
                                                         std::int64_t from) const {
  MessageCursor cursor;
  const auto page = takeMessages(body, {from, 0}, kMessages + 1, cursor);
  if (!page) return page.error();
  Difference difference;
  const auto kept = kept_.find(conversation);
  std::string_view lines = page->lines;
  while (!lines.empty()) {
    const std::string_view line = lines.substr(0, lines.find('\n'));
    lines.remove_prefix(line.size() + 1);
    const std::string id = idIn(line, "msg-id");
    ++difference.compared;
    const bool there = kept != kept_.end() && kept->second.count(id) > 0;
    if (!there) {
      difference.missing.push_back(id);
    } else if (kept->second.at(id) != line) {
      difference.changed.push_back(id);
    }
  }
  return difference;
}

}  // namespace kith::rescue
