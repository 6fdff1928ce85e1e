// SPDX-License-Identifier: Apache-2.0
#include "backends/kith/engine/conversation_info.hpp"

#include <algorithm>
#include <cstdint>
#include <string>

#include "backends/kith/engine/conversation_fields.hpp"
#include "json/json_value.hpp"

namespace kith::engine {
namespace {

using json::JsonValue;

std::vector<std::string> textsIn(const JsonValue& object, std::string_view name) {
  std::vector<std::string> texts;
  const JsonValue* const found = object.find(name);
  if (found == nullptr) return texts;
  for (const JsonValue& item : found->items) {
    if (item.is(JsonValue::Kind::Text)) texts.push_back(item.text);
  }
  return texts;
}

std::int64_t numberIn(const JsonValue& object, std::string_view name) {
  const JsonValue* const found = object.find(name);
  return found != nullptr ? found->integer().value_or(0) : 0;
}

bool isTrue(const JsonValue& object, std::string_view name) {
  const JsonValue* const found = object.find(name);
  return found != nullptr && found->truthy();
}

void readLast(const JsonValue& object, std::string_view reader, Message& last) {
  last.id = object.textOf("msg_mid");
  if (last.id.empty()) return;
  last.group_id = object.textOf("objectId");
  last.from = object.textOf("msg_from");
  fillContent(last, object.textOf("msg"), isTrue(object, "bin"));
  last.timestamp = timestampOf(numberIn(object, "msg_timestamp"));
  last.edited_at = timestampOf(numberIn(object, "patch_timestamp"));
  fillMentions(last, textsIn(object, "mention_pids"), isTrue(object, "mention_all"), reader);
}

}  // namespace

bool readConversations(std::string_view list, std::string_view peer,
                       const leancloud::Long& server_time, std::vector<ConversationInfo>& found) {
  const Result<JsonValue> parsed = json::parseJson(list, "results");
  if (!parsed || !parsed->is(JsonValue::Kind::List)) return false;
  for (const JsonValue& object : parsed->items) {
    ConversationInfo info;
    info.id = object.textOf("objectId");
    if (info.id.empty()) return false;
    info.name = object.textOf("name");
    info.creator = object.textOf("c");
    info.members = textsIn(object, "m");
    const std::vector<std::string> muted = textsIn(object, "mu");
    info.muted = std::find(muted.begin(), muted.end(), peer) != muted.end();
    readLast(object, peer, info.last);
    info.ends = endAfter(numberIn(object, "ttl"), server_time);
    info.json = json::formatJson(object);
    found.push_back(std::move(info));
  }
  return true;
}

}  // namespace kith::engine
