// SPDX-License-Identifier: Apache-2.0
#include <kith/typed_message.hpp>

#include <array>
#include <charconv>
#include <cmath>
#include <utility>

#include "base/utf8.hpp"
#include "client/check.hpp"
#include "json/json_value.hpp"
#include "json/json_writer.hpp"

namespace kith {
namespace {

using json::JsonValue;
using json::JsonWriter;

bool isMedia(int type) { return type <= message_type::kImage && type >= message_type::kVideo; }
bool needsFile(int type) { return isMedia(type) || type == message_type::kFile; }

/// The shortest text that reads back as the same number, whatever the locale.
std::string numberText(double value) {
  std::array<char, 32> text;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  return {text.data(), end};
}

void addIfAny(JsonWriter& object, std::string_view name, std::string_view value) {
  if (!value.empty()) object.text(name, value);
}
void addIfAny(JsonWriter& object, std::string_view name, double value) {
  if (value != 0) object.raw(name, numberText(value));
}

Result<void> checkFile(const MessageFile& file) {
  if (file.url.empty()) return client::badArgument("file.url: is empty; give the file's address");
  for (const auto& [name, text] :
       {std::pair("url", &file.url), std::pair("object_id", &file.object_id),
        std::pair("name", &file.name), std::pair("format", &file.format)}) {
    if (!base::isUtf8(*text)) {
      return client::badArgument(std::string("file.") + name + ": is not UTF-8");
    }
  }
  for (const auto& [name, number] :
       {std::pair("size", static_cast<double>(file.size)), std::pair("width", file.width),
        std::pair("height", file.height), std::pair("duration", file.duration)}) {
    if (!(number >= 0) || !std::isfinite(number)) {
      return client::badArgument(std::string("file.") + name +
                                 ": is not a number of 0 or more; 0 = unknown");
    }
  }
  return {};
}

Result<void> checkLocation(const MessageLocation& place) {
  if (!(std::abs(place.latitude) <= 90)) {
    return client::badArgument("location.latitude: is not between -90 and 90 degrees");
  }
  if (!(std::abs(place.longitude) <= 180)) {
    return client::badArgument("location.longitude: is not between -180 and 180 degrees");
  }
  return {};
}

Result<void> checkTyped(const TypedMessage& message) {
  if (!base::isUtf8(message.text)) return client::badArgument("text: is not UTF-8");
  if (!message.attributes.empty()) {
    const Result<JsonValue> attributes = json::parseJson(message.attributes, "attributes");
    if (!attributes || !attributes->is(JsonValue::Kind::Object)) {
      return client::badArgument("attributes: is not a JSON object");
    }
  }
  if (needsFile(message.type) && !message.file) {
    return client::badArgument("file: is missing; a message of this type has one");
  }
  if (message.type == message_type::kLocation && !message.location) {
    return client::badArgument("location: is missing; a message of this type has one");
  }
  if (message.file) {
    if (auto ok = checkFile(*message.file); !ok) return ok;
  }
  return message.location ? checkLocation(*message.location) : Result<void>{};
}

std::string fileText(const MessageFile& file) {
  JsonWriter facts;
  addIfAny(facts, "name", file.name);
  addIfAny(facts, "format", file.format);
  if (file.size != 0) facts.integer("size", file.size);
  addIfAny(facts, "width", file.width);
  addIfAny(facts, "height", file.height);
  addIfAny(facts, "duration", file.duration);
  JsonWriter text;
  addIfAny(text, "objId", file.object_id);
  return text.text("url", file.url).raw("metaData", facts.finish()).finish();
}

std::optional<double> numberIn(const JsonValue& object, std::string_view name) {
  const JsonValue* const found = object.find(name);
  if (found == nullptr || !found->is(JsonValue::Kind::Number)) return {};
  double value = 0;
  const char* const end = found->text.data() + found->text.size();
  const auto [stop, failure] = std::from_chars(found->text.data(), end, value);
  if (failure != std::errc{} || stop != end) return {};
  return value;
}

std::optional<MessageFile> fileIn(const JsonValue& object) {
  const JsonValue* const found = object.find("_lcfile");
  if (found == nullptr) return {};
  MessageFile file;
  file.url = found->textOf("url");
  if (file.url.empty()) return {};
  file.object_id = found->textOf("objId");
  const JsonValue* const facts = found->find("metaData");
  if (facts == nullptr) return file;
  file.name = facts->textOf("name");
  file.format = facts->textOf("format");
  const JsonValue* const size = facts->find("size");
  if (size != nullptr) file.size = size->integer().value_or(0);
  file.width = numberIn(*facts, "width").value_or(0);
  file.height = numberIn(*facts, "height").value_or(0);
  file.duration = numberIn(*facts, "duration").value_or(0);
  return file;
}

std::optional<MessageLocation> locationIn(const JsonValue& object) {
  const JsonValue* const found = object.find("_lcloc");
  if (found == nullptr) return {};
  const auto latitude = numberIn(*found, "latitude");
  const auto longitude = numberIn(*found, "longitude");
  if (!latitude || !longitude) return {};
  return MessageLocation{*latitude, *longitude};
}

}  // namespace

Result<std::string> formatTyped(const TypedMessage& message) {
  if (auto ok = checkTyped(message); !ok) return ok.error();
  JsonWriter text;
  text.integer("_lctype", message.type);
  addIfAny(text, "_lctext", message.text);
  if (!message.attributes.empty()) text.raw("_lcattrs", message.attributes);
  if (message.file) text.raw("_lcfile", fileText(*message.file));
  if (message.location) {
    JsonWriter place;
    place.raw("latitude", numberText(message.location->latitude));
    place.raw("longitude", numberText(message.location->longitude));
    text.raw("_lcloc", place.finish());
  }
  return text.finish();
}

Result<TypedMessage> parseTyped(std::string_view text) {
  const Result<JsonValue> parsed = json::parseJson(text, "text");
  if (!parsed || !parsed->is(JsonValue::Kind::Object)) {
    return client::badArgument("text: is no typed message, which is a JSON object");
  }
  const JsonValue* const type = parsed->find("_lctype");
  const auto number = type != nullptr ? type->integer() : std::nullopt;
  if (!number || *number != static_cast<int>(*number)) {
    return client::badArgument("text: is no typed message: it has no number _lctype");
  }
  TypedMessage message;
  message.type = static_cast<int>(*number);
  message.text = parsed->textOf("_lctext");
  const JsonValue* const attributes = parsed->find("_lcattrs");
  if (attributes != nullptr && attributes->is(JsonValue::Kind::Object)) {
    message.attributes = json::formatJson(*attributes);
  }
  message.file = fileIn(*parsed);
  message.location = locationIn(*parsed);
  return message;
}

}  // namespace kith
