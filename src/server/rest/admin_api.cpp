// SPDX-License-Identifier: Apache-2.0
#include "server/rest/admin_api.hpp"

#include <algorithm>
#include <utility>

#include "json/json_writer.hpp"

namespace kith::rest {
namespace {

using json::JsonMember;
using json::JsonValue;
using Kind = JsonValue::Kind;

constexpr std::uint64_t kAdminBody = 64u * 1024;
constexpr int kBusyRetrySeconds = 1;
constexpr std::size_t kKeyBytes = 256;
// As long as the vendor's; 142 bits.
constexpr std::size_t kMadeKeyChars = 24;
constexpr std::string_view kKeyLetters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

bool isKeyName(std::string_view name) { return name == "app_key" || name == "master_key"; }

/// What a header can carry.
bool isKey(const JsonValue& value) {
  const auto fits = [](char c) { return c > ' ' && c <= '~'; };
  return value.is(Kind::Text) && value.text.size() <= kKeyBytes &&
         std::all_of(value.text.begin(), value.text.end(), fits);
}

/// A body: an object, and the id in it.
struct Body {
  apps::AppChange change;
  std::string wrong;  ///< empty = nothing is
};

Body parseBody(std::string_view text) {
  Body body;
  Result<JsonValue> parsed = json::parseJson(text, "the body");
  if (!parsed) {
    body.wrong = parsed.error().detail;
    return body;
  }
  const JsonValue* id = parsed->find("id");
  if (!parsed->is(Kind::Object) || id == nullptr || !id->is(Kind::Text) || id->text.empty()) {
    body.wrong = "the body must be an object with the id of an app";
    return body;
  }
  body.change.id = id->text;
  body.change.settings = std::move(parsed).value();
  auto& members = body.change.settings.members;
  std::erase_if(members, [](const JsonMember& member) { return member.name == "id"; });
  return body;
}

net::HttpReply busy() {
  net::HttpReply reply = refuse(503, 503, "another change is on its way; try again");
  reply.retry_after = kBusyRetrySeconds;
  return reply;
}

net::HttpReply refuseChange(const apps::ChangeOutcome& outcome) {
  switch (outcome.fault) {
    case apps::ChangeFault::NoSuchApp: return refuse(404, 404, outcome.why);
    case apps::ChangeFault::AppExists: return refuse(409, 409, outcome.why);
    case apps::ChangeFault::NotWritten: return refuse(503, 1, outcome.why);
    default: return badRequest(outcome.why);
  }
}

}  // namespace

std::vector<Route> AdminApi::routes() {
  return {{"POST", "/admin/apps", Who::Admin, kAdminBody,
           [this](const Request& request) { return add(request); }},
          {"PATCH", "/admin/apps", Who::Admin, kAdminBody,
           [this](const Request& request) { return change(request); }},
          {"POST", "/admin/apps/keys", Who::AdminOrMaster, kAdminBody,
           [this](const Request& request) { return rotate(request); }}};
}

// An app that says nothing of a key gets one; an empty one is said with an empty text.
AdminApi::Answer AdminApi::add(const Request& request) {
  Body body = parseBody(request.body);
  if (!body.wrong.empty()) return badRequest(std::move(body.wrong));
  body.change.add = true;
  auto& members = body.change.settings.members;
  std::vector<JsonMember> made;
  for (const char* name : {"app_key", "master_key"}) {
    const JsonValue* key = body.change.settings.find(name);
    if (key == nullptr) {
      std::erase_if(members, [&](const JsonMember& member) { return member.name == name; });
      made.push_back(makeKey(name));
    } else if (!isKey(*key)) {
      return badRequest(std::string(name) + " must be a text of ASCII without spaces, 256 at most");
    }
  }
  members.insert(members.end(), made.begin(), made.end());
  return begin(request, 201, std::move(body.change), made);
}

AdminApi::Answer AdminApi::change(const Request& request) {
  Body body = parseBody(request.body);
  if (!body.wrong.empty()) return badRequest(std::move(body.wrong));
  for (const JsonMember& member : body.change.settings.members) {
    if (isKeyName(member.name)) {
      return badRequest(member.name + " is changed with POST /admin/apps/keys");
    }
  }
  if (body.change.settings.members.empty())
    return badRequest("the body names no setting to change");
  return begin(request, 200, std::move(body.change), {});
}

// A key that is null is made here.
AdminApi::Answer AdminApi::rotate(const Request& request) {
  Body body = parseBody(request.body);
  if (!body.wrong.empty()) return badRequest(std::move(body.wrong));
  if (!request.admin && request.app->id != body.change.id) {
    return refuse(403, 119, "this master key is another app's");
  }
  std::vector<JsonMember> made;
  for (JsonMember& member : body.change.settings.members) {
    if (!isKeyName(member.name)) return badRequest("the body may name id, app_key and master_key");
    if (member.value.is(Kind::Null)) {
      member = makeKey(member.name);
      made.push_back(member);
    } else if (!isKey(member.value) || member.value.text.empty()) {
      return badRequest(member.name + " must be a text of ASCII without spaces, 1 to 256, or null");
    }
  }
  if (body.change.settings.members.empty()) return badRequest("the body names neither key");
  return begin(request, 200, std::move(body.change), made);
}

JsonMember AdminApi::makeKey(const std::string& name) {
  JsonMember member{name, {}};
  member.value.kind = Kind::Text;
  for (std::size_t i = 0; i < kMadeKeyChars; ++i) {
    member.value.text += kKeyLetters[random_.upTo(kKeyLetters.size() - 1)];
  }
  return member;
}

AdminApi::Answer AdminApi::begin(const Request& request, int status, apps::AppChange change,
                                 const std::vector<JsonMember>& made) {
  if (pending_) return busy();
  json::JsonWriter body;
  body.text("id", change.id);
  for (const JsonMember& member : made) body.text(member.name, member.value.text);
  pending_ = Pending{request.id, status, body.finish()};
  host_.changeApp(std::move(change));
  return std::nullopt;
}

AdminApi::Reply AdminApi::finish(const apps::ChangeOutcome& outcome) {
  const Pending done = *std::exchange(pending_, std::nullopt);
  if (outcome.fault != apps::ChangeFault::None) return {done.request, refuseChange(outcome)};
  return {done.request, jsonReply(done.body, done.status)};
}

}  // namespace kith::rest
