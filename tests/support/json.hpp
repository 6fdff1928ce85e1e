// SPDX-License-Identifier: Apache-2.0
// JSON for tests that compare frames: order of keys does not matter, everything else does.
#pragma once

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace kith::testing {

inline rapidjson::Document parseJson(std::string_view text) {
  rapidjson::Document document;
  document.Parse(text.data(), text.size());
  if (document.HasParseError()) {
    throw std::runtime_error("not JSON at byte " + std::to_string(document.GetErrorOffset()) +
                             ": " + std::string(text));
  }
  return document;
}

inline std::string jsonText(const rapidjson::Value& value) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  value.Accept(writer);
  return {buffer.GetString(), buffer.GetSize()};
}

/// A string member, or "" when there is none.
inline std::string textOf(const rapidjson::Value& object, const char* key) {
  const auto found = object.FindMember(key);
  return found != object.MemberEnd() && found->value.IsString() ? found->value.GetString() : "";
}

inline std::string textOf(std::string_view json, const char* key) {
  return textOf(parseJson(json), key);
}

/// A whole number, or 0 when there is none.
inline std::int64_t numberOf(std::string_view json, const char* key) {
  const auto document = parseJson(json);
  const auto found = document.FindMember(key);
  return found != document.MemberEnd() && found->value.IsInt64() ? found->value.GetInt64() : 0;
}

/// A list of texts, or an empty one.
inline std::vector<std::string> listOf(std::string_view json, const char* key) {
  const auto document = parseJson(json);
  const auto found = document.FindMember(key);
  std::vector<std::string> all;
  if (found == document.MemberEnd() || !found->value.IsArray()) return all;
  for (const auto& each : found->value.GetArray()) all.emplace_back(each.GetString());
  return all;
}

/// One frame, for looking at its members.
class Frame {
 public:
  explicit Frame(std::string_view json) : document_(parseJson(json)) {}

  bool has(const char* key) const { return document_.HasMember(key); }
  /// A string as it is, anything else as JSON text, "" for what is not there.
  std::string operator[](const char* key) const {
    const auto found = document_.FindMember(key);
    if (found == document_.MemberEnd()) return {};
    return found->value.IsString() ? found->value.GetString() : jsonText(found->value);
  }

 private:
  rapidjson::Document document_;
};

/// Equal, but for an `appId` that only `actual` has: the transcripts leave it out (avos-v1 §3.1).
inline bool sameFrame(std::string_view expected, std::string_view actual) {
  auto want = parseJson(expected);
  auto have = parseJson(actual);
  if (want.IsObject() && have.IsObject() && !want.HasMember("appId")) have.RemoveMember("appId");
  return want == have;
}

}  // namespace kith::testing
