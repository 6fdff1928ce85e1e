// SPDX-License-Identifier: Apache-2.0
// Queries over the objects of a class: `where` and `order` as the vendor's clients write
// them (leancloud-current §5.2), and whether an object matches. Plain data; any thread.
#pragma once

#include <kith/result.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "server/objects/text_pattern.hpp"
#include "server/objects/value.hpp"

namespace kith::objects {

/// Bytes of a `where`, of an `order`.
inline constexpr std::size_t kWhereBytes = 64u * 1024;
inline constexpr std::size_t kOrderBytes = 4096;
/// Conditions of a `where`, `$and` and `$or` and what is in them included.
inline constexpr std::size_t kConditions = 128;
/// `$and` and `$or` inside each other.
inline constexpr std::size_t kConditionDepth = 8;
/// Values behind `$in`, `$nin` and `$all`.
inline constexpr std::size_t kOperands = 1024;
/// Names in a dotted key, and bytes of the key.
inline constexpr std::size_t kKeyNames = 8;
inline constexpr std::size_t kKeyBytes = 512;
/// Keys of an `order`.
inline constexpr std::size_t kOrderKeys = 8;

inline constexpr std::string_view kIdKey = "objectId";
inline constexpr std::string_view kCreatedKey = "createdAt";
inline constexpr std::string_view kUpdatedKey = "updatedAt";
inline constexpr std::string_view kAclKey = "ACL";

/// The vendor's number for a query that is wrong (avos-v1 §11.1 has others).
inline constexpr int kInvalidQuery = 102;

/// A dotted key, name by name.
using KeyPath = std::vector<std::string>;

/// Refused with InvalidArgument when it has an empty name, one that begins with `$`, or too many.
/// `where` begins the error's text.
Result<KeyPath> parseKey(std::string_view key, std::string_view where);

/// An error about a query: `where` it is wrong and why; what is in `where` may be of a stranger.
Error invalidQuery(std::string_view where, std::string_view why);

/// What conditions look at: the fields of an object, and what it has beside them under the names
/// `objectId`, `createdAt` and `updatedAt`.
struct Subject {
  const JsonValue& fields;
  std::string_view id;
  std::int64_t created{0};  ///< ms
  std::int64_t updated{0};  ///< ms
};

/// One condition, or several with `And` or `Or` between them.
struct Condition {
  enum class Kind : std::uint8_t {
    And,
    Or,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
    NotIn,
    All,
    Size,
    Exists,
    Matches,
  };
  Kind kind{Kind::And};
  std::vector<Condition> parts;  ///< of And and Or; And without any is true
  KeyPath path;                  ///< of the others
  JsonValue operand;             ///< a list for In, NotIn and All
  TextPattern pattern;           ///< of Matches
};

/// Refused with InvalidArgument (server code 102, as the vendor has it) and where it is wrong.
/// An empty text asks for everything.
Result<Condition> parseWhere(std::string_view text);

/// How an object stands to a condition:
/// - A key that leads through a list looks into each of its objects, and a number names one item.
/// - Equal, In, All, the comparisons and the pattern also hold for a list when they hold for one of
///   its items. NotEqual and NotIn are the opposites of Equal and In.
/// - Null is equal to null and to what is missing. Exists asks whether the key is there, also with
///   null in it.
/// - Values of different types are never equal and have no order; neither have null, lists, objects
///   and truth values.
bool matches(const Condition& condition, const Subject& subject, Work& work);

/// What to sort by.
struct SortKey {
  KeyPath path;
  bool descending{false};
};
/// `a,-b`: at most kOrderKeys keys with commas between; one behind a `-` sorts the greatest first.
Result<std::vector<SortKey>> parseOrder(std::string_view text);

/// The parts of a list with commas, without the blanks around them.
std::vector<std::string_view> splitKeys(std::string_view text);

/// The first value that a key leads to; Missing when there is none.
Value valueAt(const Subject& subject, const KeyPath& path);

}  // namespace kith::objects
