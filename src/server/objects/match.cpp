// SPDX-License-Identifier: Apache-2.0
// Whether an object matches a condition.
#include <algorithm>
#include <compare>
#include <span>

#include "base/ascii.hpp"
#include "server/objects/query.hpp"

namespace kith::objects {
namespace {

using Json = JsonValue::Kind;
using Kind = Condition::Kind;
using Names = std::span<const std::string>;

/// Calls `use` with every value that the names lead to, until it returns true. A list is looked
/// through only once in a row: lists of lists have no names.
template <typename Use>
bool anyValue(const JsonValue& json, Names names, Work& work, Use& use) {
  ++work.done;
  if (names.empty()) return use(Value::of(json));
  const Names rest = names.subspan(1);
  if (json.is(Json::Object)) {
    work.done += json.members.size() / 8;
    const JsonValue* const member = memberOf(json, names.front());
    return member != nullptr && anyValue(*member, rest, work, use);
  }
  if (!json.is(Json::List)) return false;
  const auto number = base::readNumber<std::size_t>(names.front());
  if (number && *number < json.items.size() && anyValue(json.items[*number], rest, work, use)) {
    return true;
  }
  return std::any_of(json.items.begin(), json.items.end(), [&](const JsonValue& item) {
    return item.is(Json::Object) && anyValue(item, names, work, use);
  });
}

template <typename Use>
bool anyValue(const Subject& subject, const KeyPath& path, Work& work, Use use) {
  if (path.size() == 1) {
    if (path.front() == kIdKey) return use(Value::ofText(subject.id));
    if (path.front() == kCreatedKey) return use(Value::ofTime(subject.created));
    if (path.front() == kUpdatedKey) return use(Value::ofTime(subject.updated));
  }
  return anyValue(subject.fields, Names(path), work, use);
}

/// Holds for the value, or for an item of it when it is a list.
template <typename Holds>
bool heldBy(const Value& value, Holds holds) {
  if (holds(value)) return true;
  if (value.type != Type::List) return false;
  return std::any_of(value.json->items.begin(), value.json->items.end(),
                     [&](const JsonValue& item) { return holds(Value::of(item)); });
}

class Matcher {
 public:
  Matcher(const Subject& subject, Work& work) : subject_(subject), work_(work) {}

  bool holds(const Condition& condition) {
    ++work_.done;
    const Value operand = Value::of(condition.operand);
    switch (condition.kind) {
      case Kind::And:
        return std::all_of(condition.parts.begin(), condition.parts.end(),
                           [&](const Condition& part) { return holds(part); });
      case Kind::Or:
        return std::any_of(condition.parts.begin(), condition.parts.end(),
                           [&](const Condition& part) { return holds(part); });
      case Kind::Equal: return isEqual(condition.path, operand);
      case Kind::NotEqual: return !isEqual(condition.path, operand);
      case Kind::In: return isIn(condition);
      case Kind::NotIn: return !isIn(condition);
      case Kind::All: return hasAll(condition);
      case Kind::Size: return hasSize(condition);
      case Kind::Exists: return exists(condition.path) == condition.operand.truth;
      case Kind::Matches: return isLike(condition);
      default: return compares(condition, operand);
    }
  }

 private:
  template <typename Use>
  bool any(const KeyPath& path, Use use) {
    return anyValue(subject_, path, work_, use);
  }
  bool exists(const KeyPath& path) {
    return any(path, [](const Value&) { return true; });
  }
  bool isEqual(const KeyPath& path, const Value& operand) {
    if (operand.type == Type::Null && !exists(path)) return true;
    return any(path, [&](const Value& value) {
      return heldBy(value, [&](const Value& one) { return equal(one, operand, work_); });
    });
  }
  bool isIn(const Condition& condition) {
    const auto& wanted = condition.operand.items;
    return std::any_of(wanted.begin(), wanted.end(), [&](const JsonValue& one) {
      return isEqual(condition.path, Value::of(one));
    });
  }
  bool hasAll(const Condition& condition) {
    const auto& wanted = condition.operand.items;
    return !wanted.empty() && std::all_of(wanted.begin(), wanted.end(), [&](const JsonValue& one) {
      return isEqual(condition.path, Value::of(one));
    });
  }
  bool hasSize(const Condition& condition) {
    const auto size = static_cast<std::size_t>(condition.operand.integer().value_or(0));
    return any(condition.path, [&](const Value& value) {
      return value.type == Type::List && value.json->items.size() == size;
    });
  }
  bool isLike(const Condition& condition) {
    return any(condition.path, [&](const Value& value) {
      return heldBy(value, [&](const Value& one) {
        return one.type == Type::Text && condition.pattern.matches(one.text, work_);
      });
    });
  }
  bool compares(const Condition& condition, const Value& operand) {
    const auto one = [&](const Value& value) {
      ++work_.done;
      if (value.type != operand.type) return false;
      const auto how = order(value, operand);
      switch (condition.kind) {
        case Kind::Less: return std::is_lt(how);
        case Kind::LessOrEqual: return std::is_lteq(how);
        case Kind::Greater: return std::is_gt(how);
        default: return std::is_gteq(how);
      }
    };
    return any(condition.path, [&](const Value& value) { return heldBy(value, one); });
  }

  const Subject& subject_;
  Work& work_;
};

}  // namespace

bool matches(const Condition& condition, const Subject& subject, Work& work) {
  return Matcher(subject, work).holds(condition);
}

Value valueAt(const Subject& subject, const KeyPath& path) {
  Work ignored;
  Value found;
  anyValue(subject, path, ignored, [&](const Value& value) {
    found = value;
    return true;
  });
  return found;
}

}  // namespace kith::objects
