// SPDX-License-Identifier: Apache-2.0
#include "server/objects/acl.hpp"

#include <algorithm>

#include "base/redact.hpp"
#include "json/quote.hpp"
#include "server/objects/object.hpp"

namespace kith::objects {
namespace {

using Json = JsonValue::Kind;

constexpr std::string_view kEverybody = "*";
constexpr std::string_view kRole = "role:";
constexpr std::size_t kShownBytes = 100;

Error refuse(std::string_view who, std::string_view why) {
  std::string detail = "ACL";
  if (!who.empty()) detail.append(".").append(base::cleanWords(who.substr(0, kShownBytes)));
  detail.append(": ").append(why);
  return {Errc::InvalidArgument, 0, std::move(detail), false};
}

std::string_view nameOf(Right right) { return right == Right::Read ? "read" : "write"; }

// A user's id that looks like a role, or like `*`, is neither.
bool isAbout(std::string_view who, const Actor& actor) {
  if (who == kEverybody) return true;
  if (who.starts_with(kRole)) {
    return std::find(actor.roles.begin(), actor.roles.end(), who.substr(kRole.size())) !=
           actor.roles.end();
  }
  return !actor.user.empty() && who == actor.user;
}

bool gives(const JsonValue& rights, Right right) {
  const JsonValue* const given = memberOf(rights, nameOf(right));
  return given != nullptr && given->is(Json::Bool) && given->truth;
}

}  // namespace

Result<std::string> formatAcl(const JsonValue& acl) {
  if (!acl.is(Json::Object)) return refuse("", "must be an object");
  std::string out = "{";
  for (const auto& [who, rights] : acl.members) {
    if (who.empty() || who == kRole)
      return refuse(who, "is neither *, a user's id nor role:<name>");
    if (!rights.is(Json::Object)) return refuse(who, R"(must be like {"read":true,"write":true})");
    for (const auto& [name, given] : rights.members) {
      if ((name != nameOf(Right::Read) && name != nameOf(Right::Write)) || !given.is(Json::Bool)) {
        return refuse(who, "may have read and write, true or false");
      }
    }
    const bool read = gives(rights, Right::Read);
    const bool write = gives(rights, Right::Write);
    if (!read && !write) continue;
    json::quoteJson(who, out += out.size() > 1 ? "," : "");
    out += read && write ? R"(:{"read":true,"write":true})"
           : read        ? R"(:{"read":true})"
                         : R"(:{"write":true})";
  }
  out += '}';
  if (out.size() > kAclBytes) {
    return refuse("", "has more than " + std::to_string(kAclBytes) + " bytes");
  }
  return out;
}

bool isAllowed(std::string_view acl, Right right, const Actor& actor) {
  if (actor.master || acl.empty()) return true;
  const Result<JsonValue> parsed = json::parseJson(acl, "ACL");
  return parsed &&
         std::any_of(parsed->members.begin(), parsed->members.end(), [&](const auto& one) {
           return isAbout(one.name, actor) && gives(one.value, right);
         });
}

}  // namespace kith::objects
