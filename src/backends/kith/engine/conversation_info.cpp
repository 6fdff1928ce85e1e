// SPDX-License-Identifier: Apache-2.0
#include "backends/kith/engine/conversation_info.hpp"

#include <algorithm>
#include <string>

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

}  // namespace

bool readConversations(std::string_view list, std::string_view peer,
                       std::vector<ConversationInfo>& found) {
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
    info.json = json::formatJson(object);
    found.push_back(std::move(info));
  }
  return true;
}

}  // namespace kith::engine
