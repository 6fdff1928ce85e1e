// SPDX-License-Identifier: Apache-2.0
// One object of a class, and what it may be called. Plain data; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "server/objects/selection.hpp"

namespace kith::objects {

/// Bytes of an object's fields as JSON, and of its ACL.
inline constexpr std::size_t kObjectBytes = 128u * 1024;
inline constexpr std::size_t kAclBytes = 16u * 1024;
/// Fields of an object: with what is shown beside them it is still read by parseJson().
inline constexpr std::size_t kObjectFields = 1000;
/// Characters of an object's id and of a class's name.
inline constexpr std::size_t kIdChars = 64;
inline constexpr std::size_t kClassChars = 64;
/// How deep a value may be in others: an object is an item of a list in answers.
inline constexpr std::size_t kValueDepth = 24;

/// Fields and ACL are texts, because most of what reads an object hands them on.
struct Object {
  std::string id;
  std::string json{"{}"};   ///< its fields: an object without id, times and ACL
  std::string acl;          ///< empty = none: all read and write
  std::int64_t created{0};  ///< ms
  std::int64_t updated{0};  ///< ms; never before the last one
  std::int64_t version{0};  ///< 1 when it was made; one more with every change

  friend bool operator==(const Object&, const Object&) = default;
};

/// A letter or `_`, then letters, digits and `_` (ASCII), at most kClassChars.
bool isClassName(std::string_view name);
/// Letters, digits and `_ - : .` (ASCII), at most kIdChars.
bool isObjectId(std::string_view id);

/// Adds a field that fields as JSON do not have yet: a list of texts.
void appendList(std::string_view name, const std::vector<std::string>& texts, std::string& fields);

/// As REST and the queries of clients show it: the fields that were selected, and `objectId`,
/// `createdAt`, `updatedAt` and `ACL` beside them.
std::string formatObject(const Object& object, const Selection& selection);

}  // namespace kith::objects
