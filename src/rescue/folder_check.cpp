// SPDX-License-Identifier: Apache-2.0
#include "rescue/folder_check.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/seeded_hash.hpp"
#include "base/text_hash.hpp"
#include "json/raw_json.hpp"
#include "rescue/class_pages.hpp"

namespace kith::rescue {
namespace {

std::string where(const std::string& file, std::int64_t line) {
  return file + ": line " + std::to_string(line);
}

std::string textOf(std::string_view object, std::string_view name) {
  const auto value = json::rawMember(object, name);
  return value ? json::rawText(*value).value_or("") : std::string();
}

/// The object that a line is; a fault if it is none.
std::optional<std::string_view> objectOf(std::string_view line, const std::string& place,
                                         Findings& findings) {
  const auto object = json::checkedJson(line, place);
  if (!object) {
    findings.fault(object.error().detail);
    return std::nullopt;
  }
  if (object->front() == '{') return *object;
  findings.fault(place + " is no object");
  return std::nullopt;
}

}  // namespace

void Findings::fault(std::string text) {
  ++all_faults;
  if (faults.size() < kMostNamed) faults.push_back(std::move(text));
}

KnownConversations::KnownConversations() : seed_(base::processSeed()) {}
void KnownConversations::add(std::string_view id) { hashes_.push_back(base::hashText(id, seed_)); }
void KnownConversations::close() { std::sort(hashes_.begin(), hashes_.end()); }
bool KnownConversations::has(std::string_view id) const {
  return std::binary_search(hashes_.begin(), hashes_.end(), base::hashText(id, seed_));
}

ClassCheck::ClassCheck(std::string file, std::string_view name, Findings& findings, OnId on_id)
    : file_(std::move(file)),
      header_(classHeader(name)),
      findings_(findings),
      on_id_(std::move(on_id)) {
  header_.pop_back();  // the line end
}

void ClassCheck::line(std::string_view line) {
  const std::string place = where(file_, ++lines_);
  if (lines_ == 1) {
    if (line != header_) findings_.fault(place + " is not " + header_);
    return;
  }
  ++rows_;
  const auto object = objectOf(line, place, findings_);
  if (!object) return;
  const std::string id = textOf(*object, "objectId");
  if (id.empty()) return findings_.fault(place + " has no objectId");
  on_id_(id);
}

MessageCheck::MessageCheck(std::string file, const KnownConversations& known, bool by_conversation,
                           Findings& findings)
    : file_(std::move(file)),
      known_(known),
      by_conversation_(by_conversation),
      findings_(findings) {}

void MessageCheck::line(std::string_view line) {
  const std::string place = where(file_, ++rows_);
  const auto object = objectOf(line, place, findings_);
  if (!object) return;
  const auto timestamp = json::rawMember(*object, "timestamp");
  const std::int64_t time = timestamp ? json::rawInteger(*timestamp).value_or(0) : 0;
  const std::string id = textOf(*object, "msg-id");
  const std::string conversation = textOf(*object, "conv-id");
  if (time <= 0 || id.empty()) return findings_.fault(place + " has no timestamp or no msg-id");
  if (by_conversation_ && conversation != last_conversation_) last_timestamp_ = 0;
  if (last_timestamp_ != 0 && time > last_timestamp_) {
    findings_.fault(place + " is newer than the one before it");
  }
  last_timestamp_ = time;
  last_conversation_ = conversation;
  newest_ = std::max(newest_, time);
  oldest_ = oldest_ == 0 ? time : std::min(oldest_, time);
  seeConversation(conversation);
}

void MessageCheck::seeConversation(const std::string& id) {
  if (known_.has(id)) return;
  ++unknown_messages_;
  const auto at = unknown_.find(id);
  if (at != unknown_.end()) {
    ++at->second;
  } else if (unknown_.size() < kMostUnknown) {
    unknown_.emplace(id, 1);
  }
}

void MessageCheck::close() {
  if (unknown_messages_ == 0) return;
  std::string note = std::to_string(unknown_messages_) + " messages of " +
                     (unknown_.size() == kMostUnknown ? "more than " : "") +
                     std::to_string(unknown_.size()) +
                     " conversations that are not among the classes:";
  std::size_t named = 0;
  for (const auto& [id, messages] : unknown_) {
    if (++named > Findings::kMostNamed) {
      note += " ...";
      break;
    }
    note += " " + (id.empty() ? "(none)" : id) + " (" + std::to_string(messages) + ")";
  }
  findings_.notes.push_back(std::move(note));
}

}  // namespace kith::rescue
