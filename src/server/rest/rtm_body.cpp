// SPDX-License-Identifier: Apache-2.0
#include "server/rest/rtm_body.hpp"

#include <algorithm>
#include <utility>

namespace kith::rest {

using json::JsonValue;
using Kind = JsonValue::Kind;

RtmBody::RtmBody(std::string_view text) {
  Result<JsonValue> parsed = json::parseJson(text, "the body");
  if (!parsed) {
    wrong_ = parsed.error().detail;
  } else if (!parsed->is(Kind::Object)) {
    wrong_ = "the body must be an object";
  } else {
    value_ = std::move(parsed).value();
  }
}

const JsonValue* RtmBody::find(std::string_view name, Kind kind, const char* what, bool required) {
  if (!wrong_.empty()) return nullptr;
  const JsonValue* const found = value_.find(name);
  if (found == nullptr ? required : !found->is(kind)) {
    wrong_.append(name).append(" must be ").append(what);
    return nullptr;
  }
  return found;
}

std::string_view RtmBody::text(std::string_view name, bool required) {
  const JsonValue* const found = find(name, Kind::Text, "a text", required);
  if (found == nullptr) return {};
  if (required && found->text.empty()) wrong_.append(name).append(" must not be empty");
  return found->text;
}

bool RtmBody::flag(std::string_view name) {
  const JsonValue* const found = find(name, Kind::Bool, "true or false", false);
  return found != nullptr && found->truth;
}

std::int64_t RtmBody::number(std::string_view name) {
  const JsonValue* const found = find(name, Kind::Number, "a whole number", true);
  if (found == nullptr) return 0;
  const auto number = found->integer();
  if (!number) wrong_.append(name).append(" must be a whole number");
  return number.value_or(0);
}

std::vector<std::string_view> RtmBody::texts(std::string_view name, std::size_t most,
                                             bool required) {
  std::vector<std::string_view> all;
  const JsonValue* const found = find(name, Kind::List, "a list of texts", required);
  if (found == nullptr) return all;
  const bool good = std::all_of(found->items.begin(), found->items.end(),
                                [](const JsonValue& item) { return item.is(Kind::Text); });
  if (!good) {
    wrong_.append(name).append(" must be a list of texts");
  } else if (found->items.size() > most || (required && found->items.empty())) {
    wrong_.append(name).append(" must have 1 to ").append(std::to_string(most)).append(" texts");
  } else {
    for (const JsonValue& item : found->items) all.emplace_back(item.text);
  }
  return all;
}

std::string RtmBody::json(std::string_view name) const {
  const JsonValue* const found = value_.find(name);
  return found != nullptr ? json::formatJson(*found) : std::string();
}

std::string RtmBody::without(std::initializer_list<std::string_view> names) const {
  JsonValue kept = value_;
  std::erase_if(kept.members, [&](const json::JsonMember& member) {
    return std::find(names.begin(), names.end(), member.name) != names.end();
  });
  return json::formatJson(kept);
}

}  // namespace kith::rest
