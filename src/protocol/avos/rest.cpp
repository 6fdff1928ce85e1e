// SPDX-License-Identifier: Apache-2.0
#include "protocol/avos/rest.hpp"

#include <utility>

#include "json/json_value.hpp"
#include "json/json_writer.hpp"

namespace kith::avos {
namespace {

using Kind = json::JsonValue::Kind;

Error bad(std::string_view what, std::string_view why) {
  std::string detail(what);
  detail.append(": ").append(why);
  return {Errc::ProtocolError, 0, std::move(detail), false};
}

bool readText(const json::JsonValue& object, std::string_view name, std::string& out) {
  const json::JsonValue* value = object.find(name);
  if (value == nullptr || !value->is(Kind::Text)) return false;
  out = value->text;
  return true;
}

/// A list of texts, or one text that stands for such a list.
bool readTexts(const json::JsonValue& object, std::string_view name,
               std::vector<std::string>& out) {
  const json::JsonValue* value = object.find(name);
  if (value == nullptr) return false;
  if (value->is(Kind::Text)) {
    out = {value->text};
    return true;
  }
  if (!value->is(Kind::List)) return false;
  for (const json::JsonValue& item : value->items) {
    if (!item.is(Kind::Text)) return false;
    out.push_back(item.text);
  }
  return true;
}

bool readFlag(const json::JsonValue& object, std::string_view name) {
  const json::JsonValue* value = object.find(name);
  return value != nullptr && value->truthy();
}

/// Empty when the record is good, else what is wrong with it.
std::string_view readItem(const json::JsonValue& record, HistoryItem& item) {
  const json::JsonValue* timestamp = record.find("timestamp");
  const auto time = timestamp != nullptr ? timestamp->integer() : std::nullopt;
  if (!time) return "a record has no whole timestamp";
  item.timestamp = *time;
  if (!readText(record, "from", item.from)) return "a record has no from";
  if (!readText(record, "data", item.text)) return "a record has no data";
  // Both shapes of `to` are on the way, whatever `is-room` says (§11.2).
  if (!readTexts(record, "to", item.to)) return "a record has no to";
  if (!readText(record, "conv-id", item.conv_id)) return "a record has no conv-id";
  readText(record, "msg-id", item.message_id);
  item.is_room = readFlag(record, "is-room");
  if (const json::JsonValue* acked = record.find("ack-at"); acked != nullptr) {
    item.acked_at = acked->integer();
  }
  return {};
}

}  // namespace

std::string formatHistory(std::span<const HistoryItem> items, std::size_t enough) {
  std::string out = "[";
  for (const HistoryItem& item : items) {
    // With the bracket that closes it.
    if (out.size() + 1 >= enough) break;
    if (out.size() > 1) out += ',';
    json::JsonWriter json;
    json.integer("timestamp", item.timestamp).text("conv-id", item.conv_id);
    json.text("from", item.from).text("data", item.text);
    // Android needs a text for a group and a list for peers.
    if (item.is_room) {
      json.text("to", item.to.empty() ? std::string_view(item.conv_id) : item.to.front());
    } else {
      json.list("to", item.to);
    }
    json.flag("is-room", item.is_room);
    if (!item.message_id.empty()) json.text("msg-id", item.message_id);
    if (item.acked_at) json.integer("ack-at", *item.acked_at);
    out += json.finish();
  }
  return out + ']';
}

Result<std::vector<HistoryItem>> parseHistory(std::string_view body) {
  const Result<json::JsonValue> parsed = json::parseJson(body, "history: answer");
  if (!parsed) return parsed.error();
  if (!parsed->is(Kind::List)) return bad("history", "answer is not a list");
  std::vector<HistoryItem> items;
  items.reserve(parsed->items.size());
  for (const json::JsonValue& record : parsed->items) {
    const std::string_view why = readItem(record, items.emplace_back());
    if (!why.empty()) return bad("history", why);
  }
  return items;
}

std::string formatGroup(const GroupObject& group) {
  json::JsonWriter json;
  json.text("objectId", group.id).list("m", group.members).flag("tr", group.open);
  if (!group.created_at.empty()) json.text("createdAt", group.created_at);
  return json.finish();
}

Result<GroupObject> parseGroup(std::string_view body) {
  const Result<json::JsonValue> parsed = json::parseJson(body, "group: answer");
  if (!parsed) return parsed.error();
  GroupObject group;
  if (!readText(*parsed, "objectId", group.id)) return bad("group", "answer has no objectId");
  // An open group keeps no list of members (§9.3).
  if (parsed->find("m") != nullptr && !readTexts(*parsed, "m", group.members)) {
    return bad("group", "answer's m is not a list of texts");
  }
  group.open = readFlag(*parsed, "tr");
  readText(*parsed, "createdAt", group.created_at);
  return group;
}

std::string formatRestError(const RestError& error) {
  return json::JsonWriter().integer("code", error.code).text("error", error.text).finish();
}

std::optional<RestError> parseRestError(std::string_view body) {
  const Result<json::JsonValue> parsed = json::parseJson(body, "error");
  if (!parsed) return std::nullopt;
  RestError error;
  if (!readText(*parsed, "error", error.text)) return std::nullopt;
  if (const json::JsonValue* code = parsed->find("code"); code != nullptr) {
    error.code = code->integer().value_or(0);
  }
  return error;
}

}  // namespace kith::avos
