// SPDX-License-Identifier: Apache-2.0
#include "server/storage/objects_rules.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "base/redact.hpp"
#include "json/json_value.hpp"
#include "json/json_writer.hpp"
#include "server/objects/changes.hpp"
#include "server/storage/message_extra.hpp"

namespace kith::storage {
namespace {

using objects::Object;
using objects::Right;

constexpr std::size_t kShownBytes = 100;
constexpr std::int64_t kSecond = 1000;

Result<void> checkClass(std::string_view name) {
  if (objects::isClassName(name)) return {};
  return Error{Errc::InvalidArgument, objects::kBadKey,
               "storage: class " + base::cleanWords(name.substr(0, kShownBytes)) +
                   ": a name has up to 64 letters, digits and _, and begins with no digit",
               false};
}

Result<void> checkId(std::string_view id) {
  if (objects::isObjectId(id)) return {};
  return Error{Errc::InvalidArgument, objects::kBadKey,
               "storage: object " + base::cleanWords(id.substr(0, kShownBytes)) +
                   ": an id has up to 64 letters, digits and signs of _ - : .",
               false};
}

// What may not be read must not be told from what is not there.
template <typename ObjectRequest>
Result<void> checkWrite(const ObjectRequest& request, const Object& before) {
  const objects::Actor actor = actorOf(request);
  if (!objects::isAllowed(before.acl, Right::Write, actor)) {
    if (!objects::isAllowed(before.acl, Right::Read, actor)) return objectMissing();
    return Error{Errc::Rejected, kNotAllowed,
                 "storage: the object's ACL does not allow this user to write it", false};
  }
  if (request.expect_version == 0 || request.expect_version == before.version) return {};
  return Error{Errc::Rejected, kOtherVersion,
               "storage: the object has version " + std::to_string(before.version) +
                   " by now; read it again",
               false};
}

// Fields of conversations that say what they are (leancloud-current §5.2).
constexpr std::string_view kCreatorKey = "c";
constexpr std::string_view kOpenKey = "tr";
constexpr std::string_view kServiceKey = "sys";
constexpr std::string_view kUniqueKey = "unique";
constexpr std::string_view kPairKey = "uniqueId";
constexpr std::string_view kTemporaryKey = "temp";
constexpr std::string_view kLifeKey = "ttl";  ///< seconds

/// The members of a group, and what it is, are not changed as fields.
Result<void> checkGroupChange(const objects::Changes& changes) {
  constexpr std::array kKept{kMembersKey,     kCreatorKey, kOpenKey,      kServiceKey, kUniqueKey,
                             kLastMessageKey, kPairKey,    kTemporaryKey, kLifeKey};
  for (const objects::Change& change : changes.changes) {
    const std::string& key = change.path.front();
    if (std::find(kKept.begin(), kKept.end(), key) == kKept.end()) continue;
    return Error{Errc::InvalidArgument, objects::kBadKey,
                 "object." + key + ": is kept by the server; peers join, are invited and leave",
                 false};
  }
  return {};
}

/// Adds the members of an object to another, which has none of these.
void joinObjects(std::string_view more, std::string& object) {
  if (more == "{}") return;
  if (object == "{}") {
    object = more;
    return;
  }
  object.back() = ',';
  object += more.substr(1);
}

Error notThisWay(std::string_view what) {
  return {Errc::Rejected, kNotAllowed, "storage: a group is " + std::string(what), false};
}

}  // namespace

template <typename ObjectRequest>
Result<void> checkNames(const ObjectRequest& request) {
  if (Result<void> named = checkClass(request.class_name); !named) return named;
  return checkId(request.id);
}
template Result<void> checkNames(const UpdateObject&);
template Result<void> checkNames(const DeleteObject&);
template Result<void> checkNames(const GetObject&);

Result<Object> makeObject(const CreateObject& request) {
  if (Result<void> named = checkNames(request); !named) return named.error();
  if (isGroup(request)) return notThisWay("made by CreateGroup");
  const Result<objects::Changes> changes = objects::parseChanges(request.body);
  if (!changes) return changes.error();
  Result<objects::ObjectText> made = objects::apply(*changes, {});
  if (!made) return made.error();
  return Object{std::string(request.id), std::move(made->json), std::move(made->acl),
                request.now_ms,          request.now_ms,        1};
}

Result<Object> changeObject(const UpdateObject& request, const Object& before) {
  if (Result<void> may = checkWrite(request, before); !may) return may.error();
  const Result<objects::Changes> changes = objects::parseChanges(request.body);
  if (!changes) return changes.error();
  if (isGroup(request)) {
    if (Result<void> may = checkGroupChange(*changes); !may) return may.error();
  }
  Result<objects::ObjectText> made = objects::apply(*changes, {before.json, before.acl});
  if (!made) return made.error();
  Object after = before;
  after.json = std::move(made->json);
  after.acl = std::move(made->acl);
  after.updated = std::max(before.updated, request.now_ms);
  ++after.version;
  return after;
}

Result<void> checkDeletion(const DeleteObject& request, const Object& before) {
  if (isGroup(request)) return notThisWay("there as long as a peer may join it");
  return checkWrite(request, before);
}

ObjectRecord showObject(const GetObject& request, Object object) {
  if (!objects::isAllowed(object.acl, Right::Read, actorOf(request))) return nullptr;
  return std::make_shared<const Object>(std::move(object));
}

Result<objects::Search> beginSearch(const FindObjects& request) {
  if (Result<void> named = checkClass(request.class_name); !named) return named.error();
  return objects::Search::begin({request.where, request.order, request.limit, request.skip,
                                 request.count, actorOf(request),
                                 isGroup(request) ? kMembersKey : std::string_view()});
}

Result<Object> makeGroupObject(const CreateGroup& request) {
  Object made{std::string(request.group_id),
              "{}",
              R"({"*":{"read":true}})",
              request.now_ms,
              request.now_ms,
              1};
  if (!request.fields.empty()) {
    const Result<objects::Changes> changes = objects::parseChanges(request.fields);
    if (!changes) return changes.error();
    if (Result<void> may = checkGroupChange(*changes); !may) return may.error();
    Result<objects::ObjectText> text = objects::apply(*changes, {});
    if (!text) return text.error();
    made.json = std::move(text->json);
  }
  json::JsonWriter more;
  if (!request.by.empty()) more.text(kCreatorKey, request.by);
  if (request.open) more.flag(kOpenKey, true);
  if (request.service) more.flag(kServiceKey, true);
  if (!request.pair.empty()) more.flag(kUniqueKey, true).text(kPairKey, request.pair);
  if (request.life_ms != 0) {
    more.flag(kTemporaryKey, true).integer(kLifeKey, request.life_ms / kSecond);
  }
  joinObjects(more.finish(), made.json);
  return made;
}

std::int64_t endOf(const Object& conversation) {
  if (!base::isTemporaryId(conversation.id)) return 0;
  const Result<json::JsonValue> parsed = json::parseJson(conversation.json, "object");
  const json::JsonValue* const life = parsed ? parsed->find(kLifeKey) : nullptr;
  return conversation.created + (life ? life->integer().value_or(0) * kSecond : 0);
}

GroupFacts factsOf(const Object& object) {
  GroupFacts facts{{}, object.created, endOf(object)};
  const Result<json::JsonValue> parsed = json::parseJson(object.json, "object");
  if (parsed) facts.creator = parsed->textOf(kCreatorKey);
  return facts;
}

std::optional<MembersChanged> stillThere(std::string id, const GroupFacts& facts,
                                         std::int64_t now_ms) {
  if (facts.ends <= now_ms) return std::nullopt;
  MembersChanged there;
  there.existing = std::move(id);
  there.timestamp = facts.made;
  there.ends = facts.ends;
  return there;
}

std::pair<std::string, std::string> temporaryIdsOf(std::string_view pair) {
  const std::string begin = std::string(base::kTemporaryPrefix).append(pair);
  return {begin + '.', begin + '/'};  // the sign that comes behind a dot
}

Object makeImportedGroup(const ImportedConversation& row, bool listed) {
  Object made{std::string(row.id),
              std::string(row.fields),
              R"({"*":{"read":true}})",
              row.created,
              row.updated,
              1};
  json::JsonWriter more;
  if (!row.creator.empty()) more.text(kCreatorKey, row.creator);
  if (row.open) more.flag(kOpenKey, true);
  if (row.service) more.flag(kServiceKey, true);
  if (listed) more.flag(kUniqueKey, true).text(kPairKey, row.pair);
  joinObjects(more.finish(), made.json);
  return made;
}

Result<void> checkImport(const ImportObjects& request) {
  if (isGroup(request)) return notThisWay("imported by ImportConversations");
  return checkClass(request.class_name);
}

ImportFate judgeImport(const Object* there, const Object& row) {
  if (there == nullptr) return ImportFate::Added;
  if (row.updated <= there->updated) return ImportFate::Present;
  return there->version == 1 ? ImportFate::Changed : ImportFate::Kept;
}

void showMembers(const std::vector<std::string>& members, std::string& fields) {
  objects::appendList(kMembersKey, members, fields);
}

void showLastTime(std::int64_t time, std::string& fields) {
  const std::string date =
      json::JsonWriter().text("__type", "Date").text("iso", objects::formatTime(time)).finish();
  joinObjects(R"({")" + std::string(kLastMessageKey) + R"(":)" + date + "}", fields);
}

void showLastMessage(const StoredMessage& message, std::string& fields) {
  const MessageExtra extra = MessageExtra::unpack(message.extra);
  json::JsonWriter shown;
  shown.text("msg", message.text)
      .flag("bin", extra.binary)
      .text("msg_mid", message.id)
      .text("msg_from", message.from)
      .integer("msg_timestamp", message.timestamp);
  if (message.edited_at != 0) shown.integer("patch_timestamp", message.edited_at);
  if (extra.mention_all) shown.flag("mention_all", true);
  if (!extra.mentions.empty()) shown.list("mention_pids", extra.mentions);
  joinObjects(shown.finish(), fields);
}

Error objectMissing() {
  return {Errc::Rejected, kNoSuchObject, "storage: there is no such object in this class", false};
}

Error objectExists() {
  return {Errc::Rejected, kObjectExists, "storage: the class has an object with this id already",
          false};
}

Error tooManyClasses() {
  return {Errc::Rejected, objects::kTooLarge,
          "storage: the app has " + std::to_string(kClasses) + " classes already", false};
}

}  // namespace kith::storage
