// SPDX-License-Identifier: Apache-2.0
// What can be asked of a storage about objects of classes. As in requests.hpp, of which this is a
// part.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/text_codes.hpp"
#include "server/objects/search.hpp"
#include "server/storage/answers.hpp"
#include "server/storage/field_list.hpp"

namespace kith::storage {

/// Classes that an app may have; a class begins with its first object.
inline constexpr std::size_t kClasses = 500;

// The numbers of the vendor that errors have as server_code (avos-v1 §11.1 and its neighbours),
// beside those of objects/query.hpp, objects/changes.hpp and objects/search.hpp.
inline constexpr int kNoSuchObject = 101;
inline constexpr int kNotAllowed = 119;
inline constexpr int kObjectExists = 137;
inline constexpr int kOtherVersion = 305;

/// The class of conversations: CreateGroup makes its objects, and `m` of one are its members. Pairs
/// that are not listed are not in it.
inline constexpr std::string_view kConversationsClass = "_Conversation";
/// The same of temporary ones, which no query among conversations finds.
inline constexpr std::string_view kTemporaryClass = "_TemporaryConversation";
/// The longest life of one; Expire takes away those that were made before that.
inline constexpr std::int64_t kTemporaryLifeMs = 24ll * 3600 * 1000;
/// What peers said to service conversations, for an app's server: `from`, `conv`, `msgId`, `data`.
inline constexpr std::string_view kServiceMessagesClass = "_SysMessage";
/// What service conversations said to all that were here: the id is the message's.
inline constexpr std::string_view kBroadcastsClass = "_Broadcast";
/// Its name in v1 (avos-v1 §9.1).
inline constexpr std::string_view kGroupsClass = "AVOSRealtimeGroups";
/// When a temporary one is over, in ms; 0 = it stays.
std::int64_t endOf(const objects::Object& conversation);
/// The class that the group of this id is in.
inline std::string_view classOfGroup(std::string_view id) {
  return base::isTemporaryId(id) ? kTemporaryClass : kConversationsClass;
}
inline constexpr std::string_view kMembersKey = "m";
/// When its last message was accepted; the storage shows it.
inline constexpr std::string_view kLastMessageKey = "lm";

/// Makes an object. Refused when the class has one with this id.
struct CreateObject {
  using Reply = ObjectRecord;
  static constexpr bool kWrites = true;

  std::string_view app_id;
  std::string_view class_name;
  std::string_view id;    ///< made by the caller
  std::string_view body;  ///< objects/changes.hpp, on an object without fields
  std::int64_t now_ms{0};

  using Fields = FieldList<&CreateObject::app_id, &CreateObject::class_name, &CreateObject::id,
                           &CreateObject::body, &CreateObject::now_ms>;
};

/// Changes an object, all of `body` or nothing; two changes at the same time are made one after the
/// other. Brings the object as it is then.
struct UpdateObject {
  using Reply = ObjectRecord;
  static constexpr bool kWrites = true;

  std::string_view app_id;
  std::string_view class_name;
  std::string_view id;
  std::string_view body;           ///< objects/changes.hpp
  std::int64_t expect_version{0};  ///< refused when the object has another one; 0 = any
  std::string_view user_id;        ///< empty = no user is logged in
  std::span<const std::string_view> roles;
  bool master{false};
  std::int64_t now_ms{0};

  using Fields =
      FieldList<&UpdateObject::app_id, &UpdateObject::class_name, &UpdateObject::id,
                &UpdateObject::body, &UpdateObject::expect_version, &UpdateObject::user_id,
                &UpdateObject::roles, &UpdateObject::master, &UpdateObject::now_ms>;
};

struct DeleteObject {
  using Reply = Changed;
  static constexpr bool kWrites = true;

  std::string_view app_id;
  std::string_view class_name;
  std::string_view id;
  std::int64_t expect_version{0};  ///< as of UpdateObject
  std::string_view user_id;
  std::span<const std::string_view> roles;
  bool master{false};

  using Fields = FieldList<&DeleteObject::app_id, &DeleteObject::class_name, &DeleteObject::id,
                           &DeleteObject::expect_version, &DeleteObject::user_id,
                           &DeleteObject::roles, &DeleteObject::master>;
};

/// One object. What may not be read is not there.
struct GetObject {
  using Reply = ObjectRecord;
  static constexpr bool kWrites = false;

  std::string_view app_id;
  std::string_view class_name;
  std::string_view id;
  std::string_view user_id;
  std::span<const std::string_view> roles;
  bool master{false};

  using Fields = FieldList<&GetObject::app_id, &GetObject::class_name, &GetObject::id,
                           &GetObject::user_id, &GetObject::roles, &GetObject::master>;
};

/// The objects of a class that a query asks for (objects/query.hpp), within the bounds of
/// objects/search.hpp.
struct FindObjects {
  using Reply = objects::FoundObjects;
  static constexpr bool kWrites = false;

  std::string_view app_id;
  std::string_view class_name;
  std::string_view where;
  std::string_view order;
  std::size_t limit{0};
  std::size_t skip{0};
  bool count{false};
  std::string_view user_id;
  std::span<const std::string_view> roles;
  bool master{false};
  /// Conversations have their last messages in fields of their own (leancloud-current §5.2).
  bool last_messages{false};

  using Fields = FieldList<&FindObjects::app_id, &FindObjects::class_name, &FindObjects::where,
                           &FindObjects::order, &FindObjects::limit, &FindObjects::skip,
                           &FindObjects::count, &FindObjects::user_id, &FindObjects::roles,
                           &FindObjects::master, &FindObjects::last_messages>;
};

}  // namespace kith::storage
