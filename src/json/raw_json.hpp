// SPDX-License-Identifier: Apache-2.0
// JSON as the bytes that it came in: what passes through and must not change on its way, down to
// escapes that stand for no character, is cut out of an answer and never built anew. Any thread;
// views live as long as the text that they were cut from.
#pragma once

#include <kith/result.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kith::json {

/// Levels that checkedJson() lets through.
inline constexpr std::size_t kRawDepth = 512;

/// The one JSON value that `text` is (RFC 8259), without the blanks around it; a byte order mark in
/// front is skipped. What the characters of a text are is not looked at: a lone surrogate, written
/// as an escape, and bytes that are not UTF-8 pass. Repeated members pass, too. ProtocolError
/// begins with `what` and says at which byte it is no JSON.
Result<std::string_view> checkedJson(std::string_view text, std::string_view what);

// What follows takes values that checkedJson() gave, and parts of them.

/// The items of a list, one after the other.
class RawList {
 public:
  /// Of what is no list there are none.
  explicit RawList(std::string_view list);
  std::optional<std::string_view> next();

 private:
  std::string_view rest_;
};

struct RawMember {
  std::string_view name;  ///< between its quotation marks, escapes as they came
  std::string_view value;
};

/// The members of an object, in the order they came.
class RawObject {
 public:
  /// Of what is no object there are none.
  explicit RawObject(std::string_view object);
  std::optional<RawMember> next();

 private:
  std::string_view rest_;
};

/// The first member called `name`, which is ASCII without anything that JSON escapes; nullopt when
/// there is none, or when it is `null`.
std::optional<std::string_view> rawMember(std::string_view object, std::string_view name);
/// What a text says, without quotation marks and escapes; an escape that stands for no character is
/// U+FFFD. nullopt for what is no text.
std::optional<std::string> rawText(std::string_view value);
/// A number of digits only that fits; nullopt for anything else.
std::optional<std::int64_t> rawInteger(std::string_view value);
/// Appends `value` without the blanks and line ends between its parts.
void appendOnOneLine(std::string_view value, std::string& out);

}  // namespace kith::json
