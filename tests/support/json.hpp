// SPDX-License-Identifier: Apache-2.0
// JSON for tests that compare frames: order of keys does not matter, everything else does.
#pragma once

#include <rapidjson/document.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kith::testing {

/// Throws where it is no JSON.
rapidjson::Document parseJson(std::string_view text);
std::string jsonText(const rapidjson::Value& value);

/// A string member, or "" when there is none.
std::string textOf(const rapidjson::Value& object, const char* key);
std::string textOf(std::string_view json, const char* key);

/// A whole number, or 0 when there is none.
std::int64_t numberOf(std::string_view json, const char* key);

/// A list of texts, or an empty one.
std::vector<std::string> listOf(std::string_view json, const char* key);

/// One frame, for looking at its members.
class Frame {
 public:
  explicit Frame(std::string_view json);
  ~Frame();

  bool has(const char* key) const;
  /// A string as it is, anything else as JSON text, "" for what is not there.
  std::string operator[](const char* key) const;

 private:
  rapidjson::Document document_;
};

/// Equal, but for an `appId` that only `actual` has: the transcripts leave it out (avos-v1 §3.1).
bool sameFrame(std::string_view expected, std::string_view actual);

}  // namespace kith::testing
