// SPDX-License-Identifier: Apache-2.0
// How the values of objects compare: a JSON value with its type, as the vendor's classes have it
// (dates and pointers are JSON objects with a `__type`). Plain data; any thread.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "json/json_value.hpp"

namespace kith::objects {

using json::JsonValue;

/// In the order in which values of different types are sorted. Missing and Null are equal there.
enum class Type : std::uint8_t { Missing, Null, Number, Text, Pointer, Object, List, Bool, Date };

/// A JSON number: whole in 64 bits, or real.
struct Number {
  bool whole{true};
  std::int64_t integer{0};
  double real{0};
};

/// Compares by what the numbers are, exactly: 1 equals 1.0, and 2^53+1 is more than 2^53.
std::strong_ordering compare(const Number& a, const Number& b);
/// nullopt when it fits neither into 64 bits nor into a double.
std::optional<Number> parseNumber(std::string_view digits);
/// The shortest text that is read as the same number.
std::string formatNumber(const Number& number);

/// A look at a JSON value, or at a time or id that an object has beside its fields; its texts live
/// as long as those.
struct Value {
  Type type{Type::Missing};
  const JsonValue* json{nullptr};  ///< null for what is no JSON
  Number number;                   ///< of a Number
  std::int64_t time{0};            ///< of a Date, ms since 1970
  std::string_view text;           ///< of a Text; the id of a Pointer
  std::string_view class_name;     ///< of a Pointer
  bool truth{false};               ///< of a Bool

  static Value of(const JsonValue& json);
  static Value ofText(std::string_view text);
  static Value ofTime(std::int64_t ms);
};

/// Counts what matching costs, so that a search can end.
struct Work {
  std::uint64_t done{0};
};

/// The same type and value. Members of objects may be in any order; two pointers are equal when
/// class and id are.
bool equal(const Value& a, const Value& b, Work& work);

/// Whether values of this type have an order among each other: numbers, texts (by bytes), dates.
bool isOrdered(Type type);
/// Of two values of one type that isOrdered().
std::strong_ordering order(const Value& a, const Value& b);

/// What a value is sorted by; owns its text. Lists are equal among each other, and so are objects.
class SortValue {
 public:
  explicit SortValue(const Value& value);
  std::strong_ordering operator<=>(const SortValue& other) const;
  bool operator==(const SortValue& other) const { return std::is_eq(*this <=> other); }

 private:
  Type type_;
  Number number_;
  std::int64_t time_;
  bool truth_;
  std::string text_;
};

/// The member of an object, JSON's null included; null when there is none.
const JsonValue* memberOf(const JsonValue& object, std::string_view name);

/// `2014-12-01T08:30:00.000Z`, as the vendor writes times. Years 0 to 9999.
std::string formatTime(std::int64_t ms);
/// What formatTime() writes, also without a fraction or with one of up to nine digits, of which
/// three count. nullopt for anything else and for days that are in no calendar.
std::optional<std::int64_t> parseTime(std::string_view text);

}  // namespace kith::objects
