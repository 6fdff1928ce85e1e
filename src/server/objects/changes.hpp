// SPDX-License-Identifier: Apache-2.0
// Changes of an object as the vendor's clients write them: `{"name":"x","attr.color":"red",
// "score":{"__op":"Increment","amount":1}}`. They say what to do, not what the result is, so that
// two that come at the same time lose nothing. Plain data; any thread.
#pragma once

#include <kith/result.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/objects/query.hpp"

namespace kith::objects {

struct Change {
  enum class Kind : std::uint8_t { Set, Unset, Increment, Add, AddUnique, Remove };
  Kind kind{Kind::Set};
  KeyPath path;
  JsonValue value;  ///< the amount of Increment; the list of Add, AddUnique and Remove
};

struct Changes {
  std::vector<Change> changes;     ///< of fields, in the order they came
  std::optional<std::string> acl;  ///< the new one as it is kept; empty = without one
};

/// Comparisons that the changes of one object may take: AddUnique and Remove look at each item of a
/// list for each of theirs.
inline constexpr std::uint64_t kChangeWork = 1'000'000;

/// The vendor's numbers (avos-v1 §11.1 and its neighbours).
inline constexpr int kBadKey = 105;
inline constexpr int kBadJson = 107;
inline constexpr int kBadType = 111;
inline constexpr int kTooLarge = 116;

/// Understands values, and `__op` with Delete, Increment (amount), Add, AddUnique and Remove
/// (objects). Refused with InvalidArgument, one of the numbers above, and where: names that are
/// empty or begin with `$`, values with a `.` in a name or with `__op` in them, what the server
/// gives (objectId, createdAt, updatedAt), and more than kValueDepth levels.
Result<Changes> parseChanges(std::string_view body);

/// The fields and the ACL of an object as they are kept.
struct ObjectText {
  std::string json{"{}"};
  std::string acl;
};

/// What the changes make of it. All of them or, refused with InvalidArgument, none: when a key
/// leads through something that is no object, when the type does not fit, when it would be larger
/// than kObjectBytes, have more than kObjectFields or take more than kChangeWork.
Result<ObjectText> apply(const Changes& changes, const ObjectText& before);

}  // namespace kith::objects
