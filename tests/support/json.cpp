// SPDX-License-Identifier: Apache-2.0
#include "support/json.hpp"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <stdexcept>

namespace kith::testing {

rapidjson::Document parseJson(std::string_view text) {
  rapidjson::Document document;
  document.Parse(text.data(), text.size());
  if (document.HasParseError()) {
    throw std::runtime_error("not JSON at byte " + std::to_string(document.GetErrorOffset()) +
                             ": " + std::string(text));
  }
  return document;
}

std::string jsonText(const rapidjson::Value& value) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  value.Accept(writer);
  return {buffer.GetString(), buffer.GetSize()};
}

std::string textOf(const rapidjson::Value& object, const char* key) {
  const auto found = object.FindMember(key);
  return found != object.MemberEnd() && found->value.IsString() ? found->value.GetString() : "";
}

std::string textOf(std::string_view json, const char* key) { return textOf(parseJson(json), key); }

std::int64_t numberOf(std::string_view json, const char* key) {
  const auto document = parseJson(json);
  const auto found = document.FindMember(key);
  return found != document.MemberEnd() && found->value.IsInt64() ? found->value.GetInt64() : 0;
}

std::vector<std::string> listOf(std::string_view json, const char* key) {
  const auto document = parseJson(json);
  const auto found = document.FindMember(key);
  std::vector<std::string> all;
  if (found == document.MemberEnd() || !found->value.IsArray()) return all;
  for (const auto& each : found->value.GetArray()) all.emplace_back(each.GetString());
  return all;
}

Frame::Frame(std::string_view json) : document_(parseJson(json)) {}
Frame::~Frame() = default;

bool Frame::has(const char* key) const { return document_.HasMember(key); }

std::string Frame::operator[](const char* key) const {
  const auto found = document_.FindMember(key);
  if (found == document_.MemberEnd()) return {};
  return found->value.IsString() ? found->value.GetString() : jsonText(found->value);
}

bool sameFrame(std::string_view expected, std::string_view actual) {
  auto want = parseJson(expected);
  auto have = parseJson(actual);
  if (want.IsObject() && have.IsObject() && !want.HasMember("appId")) have.RemoveMember("appId");
  return want == have;
}

}  // namespace kith::testing
