// SPDX-License-Identifier: Apache-2.0
#include "server/objects/value.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <system_error>

#include "base/ascii.hpp"

namespace kith::objects {
namespace {

using Kind = JsonValue::Kind;

std::string_view textMember(const JsonValue& object, std::string_view name) {
  const JsonValue* const member = memberOf(object, name);
  return member != nullptr && member->is(Kind::Text) ? std::string_view(member->text)
                                                     : std::string_view();
}

/// A date or pointer when it is a good one, otherwise an object like any other.
Value typed(const JsonValue& json) {
  Value value;
  value.type = Type::Object;
  value.json = &json;
  const std::string_view type = textMember(json, "__type");
  if (type == "Date") {
    if (const auto time = parseTime(textMember(json, "iso"))) {
      value.type = Type::Date;
      value.time = *time;
    }
  } else if (type == "Pointer") {
    value.text = textMember(json, "objectId");
    value.class_name = textMember(json, "className");
    if (!value.text.empty() && !value.class_name.empty()) value.type = Type::Pointer;
  }
  return value;
}

std::strong_ordering compareWithReal(std::int64_t whole, double real) {
  constexpr double kBeyond = 9223372036854775808.0;  // 2^63
  if (real >= kBeyond) return std::strong_ordering::less;
  if (real < -kBeyond) return std::strong_ordering::greater;
  const double floor = std::floor(real);
  const auto near = static_cast<std::int64_t>(floor);
  if (whole != near) return whole <=> near;
  return floor < real ? std::strong_ordering::less : std::strong_ordering::equal;
}

std::strong_ordering opposite(std::strong_ordering how) {
  if (std::is_eq(how)) return how;
  return std::is_lt(how) ? std::strong_ordering::greater : std::strong_ordering::less;
}

bool equalMembers(const JsonValue& a, const JsonValue& b, Work& work) {
  if (a.members.size() != b.members.size()) return false;
  return std::all_of(a.members.begin(), a.members.end(), [&](const json::JsonMember& member) {
    work.done += b.members.size();
    const JsonValue* const other = memberOf(b, member.name);
    return other != nullptr && equal(Value::of(member.value), Value::of(*other), work);
  });
}

bool equalItems(const JsonValue& a, const JsonValue& b, Work& work) {
  return std::equal(a.items.begin(), a.items.end(), b.items.begin(), b.items.end(),
                    [&](const JsonValue& one, const JsonValue& other) {
                      return equal(Value::of(one), Value::of(other), work);
                    });
}

constexpr std::size_t kSecondsEnd = std::string_view("2014-12-01T08:30:00").size();

/// The digits at `begin`, so many; -1 when there is something else.
int digits(std::string_view text, std::size_t begin, std::size_t count) {
  int number = 0;
  for (const char c : text.substr(begin, count)) {
    if (c < '0' || c > '9') return -1;
    number = number * 10 + (c - '0');
  }
  return number;
}

/// The milliseconds of what stands behind the seconds; -1 when that is not `Z` or `.digitsZ`.
int fraction(std::string_view text) {
  if (text == "Z") return 0;
  if (text.size() < 3 || text.size() > 11 || text.front() != '.' || text.back() != 'Z') return -1;
  int ms = 0;
  for (std::size_t i = 1; i < text.size() - 1; ++i) {
    const int digit = digits(text, i, 1);
    if (digit < 0) return -1;
    if (i <= 3) ms = ms * 10 + digit;
  }
  for (std::size_t i = text.size() - 1; i <= 3; ++i) ms *= 10;
  return ms;
}

void appendDigits(std::string& out, std::int64_t number, std::size_t count) {
  const std::string text = std::to_string(number);
  out.append(count - std::min(count, text.size()), '0').append(text);
}

}  // namespace

std::strong_ordering compare(const Number& a, const Number& b) {
  if (a.whole && b.whole) return a.integer <=> b.integer;
  if (a.whole) return compareWithReal(a.integer, b.real);
  if (b.whole) return opposite(compareWithReal(b.integer, a.real));
  if (a.real == b.real) return std::strong_ordering::equal;
  return a.real < b.real ? std::strong_ordering::less : std::strong_ordering::greater;
}

std::optional<Number> parseNumber(std::string_view digits) {
  if (const auto whole = base::readNumber<std::int64_t>(digits)) return Number{true, *whole, 0};
  Number number{false, 0, 0};
  const char* const end = digits.data() + digits.size();
  const auto [stop, problem] = std::from_chars(digits.data(), end, number.real);
  if (problem != std::errc{} || stop != end || !std::isfinite(number.real)) return std::nullopt;
  return number;
}

std::string formatNumber(const Number& number) {
  if (number.whole) return std::to_string(number.integer);
  char text[32];
  const auto [end, problem] = std::to_chars(std::begin(text), std::end(text), number.real);
  return problem == std::errc{} ? std::string(text, end) : "0";
}

Value Value::of(const JsonValue& json) {
  Value value;
  value.json = &json;
  switch (json.kind) {
    case Kind::Null: value.type = Type::Null; break;
    case Kind::Bool:
      value.type = Type::Bool;
      value.truth = json.truth;
      break;
    case Kind::Number:
      value.type = Type::Number;
      value.number = parseNumber(json.text).value_or(Number{});
      break;
    case Kind::Text:
      value.type = Type::Text;
      value.text = json.text;
      break;
    case Kind::List: value.type = Type::List; break;
    case Kind::Object: return typed(json);
  }
  return value;
}

Value Value::ofText(std::string_view text) {
  Value value;
  value.type = Type::Text;
  value.text = text;
  return value;
}

Value Value::ofTime(std::int64_t ms) {
  Value value;
  value.type = Type::Date;
  value.time = ms;
  return value;
}

bool equal(const Value& a, const Value& b, Work& work) {
  ++work.done;
  if (a.type != b.type) return false;
  switch (a.type) {
    case Type::Missing:
    case Type::Null: return true;
    case Type::Number: return std::is_eq(compare(a.number, b.number));
    case Type::Text: return a.text == b.text;
    case Type::Pointer: return a.text == b.text && a.class_name == b.class_name;
    case Type::Object: return equalMembers(*a.json, *b.json, work);
    case Type::List: return equalItems(*a.json, *b.json, work);
    case Type::Bool: return a.truth == b.truth;
    case Type::Date: return a.time == b.time;
  }
  return false;
}

bool isOrdered(Type type) {
  return type == Type::Number || type == Type::Text || type == Type::Date;
}

std::strong_ordering order(const Value& a, const Value& b) {
  if (a.type == Type::Number) return compare(a.number, b.number);
  if (a.type == Type::Date) return a.time <=> b.time;
  return a.text <=> b.text;
}

SortValue::SortValue(const Value& value)
    : type_(value.type == Type::Missing ? Type::Null : value.type),
      number_(value.number),
      time_(value.time),
      truth_(value.truth),
      text_(value.text) {
  if (type_ == Type::Pointer) text_.insert(0, std::string(value.class_name) + '$');
}

std::strong_ordering SortValue::operator<=>(const SortValue& other) const {
  if (type_ != other.type_) return type_ <=> other.type_;
  switch (type_) {
    case Type::Number: return compare(number_, other.number_);
    case Type::Text:
    case Type::Pointer: return text_ <=> other.text_;
    case Type::Bool: return truth_ <=> other.truth_;
    case Type::Date: return time_ <=> other.time_;
    default: return std::strong_ordering::equal;
  }
}

const JsonValue* memberOf(const JsonValue& object, std::string_view name) {
  for (const auto& [key, value] : object.members) {
    if (key == name) return &value;
  }
  return nullptr;
}

std::string formatTime(std::int64_t ms) {
  using namespace std::chrono;
  const sys_time<milliseconds> time{milliseconds(ms)};
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss clock(time - day);
  std::string out;
  appendDigits(out, int{date.year()}, 4);
  appendDigits(out += '-', unsigned{date.month()}, 2);
  appendDigits(out += '-', unsigned{date.day()}, 2);
  appendDigits(out += 'T', clock.hours().count(), 2);
  appendDigits(out += ':', clock.minutes().count(), 2);
  appendDigits(out += ':', clock.seconds().count(), 2);
  appendDigits(out += '.', clock.subseconds().count(), 3);
  return out += 'Z';
}

std::optional<std::int64_t> parseTime(std::string_view text) {
  using namespace std::chrono;
  constexpr std::string_view kShape = "0000-00-00T00:00:00";
  if (text.size() <= kSecondsEnd) return std::nullopt;
  for (std::size_t i = 0; i < kShape.size(); ++i) {
    if (kShape[i] == '0' ? text[i] < '0' || text[i] > '9' : text[i] != kShape[i]) {
      return std::nullopt;
    }
  }
  const int ms = fraction(text.substr(kSecondsEnd));
  const year_month_day date(year(digits(text, 0, 4)),
                            month(static_cast<unsigned>(digits(text, 5, 2))),
                            day(static_cast<unsigned>(digits(text, 8, 2))));
  const int hour = digits(text, 11, 2);
  const int minute = digits(text, 14, 2);
  const int second = digits(text, 17, 2);
  if (ms < 0 || !date.ok() || hour > 23 || minute > 59 || second > 59) return std::nullopt;
  const auto time = sys_days(date) + hours(hour) + minutes(minute) + seconds(second);
  return duration_cast<milliseconds>(time.time_since_epoch()).count() + ms;
}

}  // namespace kith::objects
