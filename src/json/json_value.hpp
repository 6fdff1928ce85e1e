// SPDX-License-Identifier: Apache-2.0
// A small JSON tree for what is not hot: router and signer answers, REST, the configuration. It
// owns its texts. Frames never go through it. Any thread; plain data.
#pragma once

#include <kith/result.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kith::json {

struct JsonMember;

struct JsonValue {
  enum class Kind : std::uint8_t { Null, Bool, Number, Text, List, Object };

  Kind kind{Kind::Null};
  bool truth{false};
  std::string text;  ///< of a Text, or the characters of a Number as they came
  std::vector<JsonValue> items;
  std::vector<JsonMember> members;  ///< in the order they came
  std::uint32_t line{0};  ///< of the text that it was parsed from, counted from 1; 0 = of none

  bool is(Kind wanted) const { return kind == wanted; }
  /// The member called `name`; null when there is none, or when it is JSON's `null` (avos-v1 §3.1).
  const JsonValue* find(std::string_view name) const;
  /// The text of the member called `name`; empty when there is none, or when it is no Text.
  std::string textOf(std::string_view name) const;
  /// A whole number in 64 bits written in digits only; with `text_too` also digits in a Text.
  std::optional<std::int64_t> integer(bool text_too = false) const;
  bool truthy() const;  ///< as JavaScript has it

  /// Neither the order of members nor the lines count.
  friend bool operator==(const JsonValue& a, const JsonValue& b);
};

struct JsonMember {
  std::string name;
  JsonValue value;
};

/// Parses one JSON value; a byte order mark in front of it is skipped, as RFC 8259 §8.1 allows:
/// some editors and languages write one. Refuses invalid UTF-8, NUL bytes, more than
/// limits::kJsonDepth levels, a member that comes twice and an object of more than 1024 members.
/// `what` begins the error's text.
Result<JsonValue> parseJson(std::string_view text, std::string_view what);

/// The value as JSON without blanks, members in their order, numbers as they came.
std::string formatJson(const JsonValue& value);

}  // namespace kith::json
