// SPDX-License-Identifier: Apache-2.0
// What both storages say and do about objects alike; how they keep them is their own. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/storage/requests.hpp"

namespace kith::storage {

/// What a request asks for: names that can be names of classes and ids.
template <typename ObjectRequest>
Result<void> checkNames(const ObjectRequest& request);

template <typename ObjectRequest>
objects::Actor actorOf(const ObjectRequest& request) {
  return {request.user_id, request.roles, request.master};
}

/// The object that the request makes.
Result<objects::Object> makeObject(const CreateObject& request);
/// What the request makes of `before`, when it may.
Result<objects::Object> changeObject(const UpdateObject& request, const objects::Object& before);
/// Refused when the request may not take `before` away.
Result<void> checkDeletion(const DeleteObject& request, const objects::Object& before);
/// `object`, or null when the request may not read it.
ObjectRecord showObject(const GetObject& request, objects::Object object);

/// The request as a search, with the name of its class checked.
Result<objects::Search> beginSearch(const FindObjects& request);

// The class of conversations (avos-v1 §9.1, leancloud-current §5.2): an object of it has the
// attributes of a group, whose id it has. Its members are rows of the storage's own, and shown as a
// field.

inline bool isConversation(std::string_view class_name) {
  return class_name == kConversationsClass || class_name == kGroupsClass ||
         class_name == kTemporaryClass;
}
/// The name under which a class is kept.
inline std::string_view classOf(std::string_view name) {
  return name == kGroupsClass ? kConversationsClass : name;
}
/// Whether the request is about that class.
template <typename ObjectRequest>
bool isGroup(const ObjectRequest& request) {
  return isConversation(request.class_name);
}
/// All may read it; what it keeps is changed by the master, unless it gets another ACL. An Error
/// when the fields that it begins with are wrong.
Result<objects::Object> makeGroupObject(const CreateGroup& request);
/// What the object of a group says of it.
struct GroupFacts {
  std::string creator;   ///< empty = that is not known
  std::int64_t made{0};  ///< ms; 0 = there is no such group
  std::int64_t ends{0};  ///< ms: a temporary one is over then; 0 = it stays
};
GroupFacts factsOf(const objects::Object& object);
/// Answers with the temporary group of this id; nullopt: it is over, or there is none.
std::optional<MembersChanged> stillThere(std::string id, const GroupFacts& facts,
                                         std::int64_t now_ms);
/// Between the ids of temporary groups with the same members: from the first of these texts, and
/// before the second.
std::pair<std::string, std::string> temporaryIdsOf(std::string_view pair);
/// The same of a conversation that was made elsewhere; `listed`: as the pair that it says.
objects::Object makeImportedGroup(const ImportedConversation& row, bool listed);

/// Refused when the class cannot be one, or is that of conversations.
Result<void> checkImport(const ImportObjects& request);
/// What becomes of an object that an import brings. `there`: the one with its id, or null.
ImportFate judgeImport(const objects::Object* there, const objects::Object& row);
/// Shows the members in the fields of a group, which have no such field.
void showMembers(const std::vector<std::string>& members, std::string& fields);
/// Shows when the last message of a conversation was accepted, in its fields.
void showLastTime(std::int64_t time, std::string& fields);
/// Shows the message itself, too.
void showLastMessage(const StoredMessage& message, std::string& fields);
/// Shows both in conversations that were found, as the request wants it. `has_times`: they have
/// the time already. `last_of`: the last message of a conversation, if there is one.
template <typename LastOf>
void showLastMessages(const FindObjects& request, bool has_times, objects::FoundObjects& found,
                      LastOf last_of) {
  if (has_times && !request.last_messages) return;
  for (objects::Object& object : found.objects) {
    const std::optional<StoredMessage> last = last_of(object.id);
    if (!last) continue;
    if (!has_times) showLastTime(last->timestamp, object.json);
    if (request.last_messages) showLastMessage(*last, object.json);
  }
}
/// Rows that are looked at for the last message of a log.
inline constexpr int kLastRows = 100;

Error objectMissing();
Error objectExists();
Error tooManyClasses();

}  // namespace kith::storage
