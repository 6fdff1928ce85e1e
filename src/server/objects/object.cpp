// SPDX-License-Identifier: Apache-2.0
#include "server/objects/object.hpp"

#include <algorithm>
#include <utility>

#include "base/ascii.hpp"
#include "json/quote.hpp"

namespace kith::objects {
namespace {

bool isLetter(char c) { return base::lowerCase(c) >= 'a' && base::lowerCase(c) <= 'z'; }
bool isDigit(char c) { return c >= '0' && c <= '9'; }

void appendText(std::string_view name, std::string_view text, std::string& out) {
  out += out.size() > 1 ? ",\"" : "\"";
  out.append(name) += "\":";
  json::quoteJson(text, out);
}

}  // namespace

bool isClassName(std::string_view name) {
  return !name.empty() && name.size() <= kClassChars && !isDigit(name.front()) &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return isLetter(c) || isDigit(c) || c == '_'; });
}

bool isObjectId(std::string_view id) {
  constexpr std::string_view kSigns = "_-:.";
  return !id.empty() && id.size() <= kIdChars && std::all_of(id.begin(), id.end(), [&](char c) {
    return isLetter(c) || isDigit(c) || kSigns.find(c) != std::string_view::npos;
  });
}

void appendList(std::string_view name, const std::vector<std::string>& texts, std::string& fields) {
  fields.pop_back();
  json::quoteJson(name, fields += fields.size() > 1 ? "," : "");
  const char* between = ":[";
  for (const std::string& text : texts) {
    json::quoteJson(text, fields += std::exchange(between, ","));
  }
  fields += texts.empty() ? ":[]}" : "]}";
}

std::string formatObject(const Object& object, const Selection& selection) {
  std::string out = "{";
  appendText(kIdKey, object.id, out);
  appendText(kCreatedKey, formatTime(object.created), out);
  appendText(kUpdatedKey, formatTime(object.updated), out);
  if (!object.acl.empty()) out.append(",\"").append(kAclKey).append("\":").append(object.acl);
  std::string fields;
  if (selection.all()) {
    fields = object.json;
  } else if (const auto parsed = json::parseJson(object.json, "object"); parsed) {
    fields = json::formatJson(selection.of(*parsed));
  }
  constexpr std::size_t kBraces = 2;
  if (fields.size() > kBraces) out.append(",").append(fields, 1, fields.size() - kBraces);
  return out += '}';
}

}  // namespace kith::objects
