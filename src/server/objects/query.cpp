// SPDX-License-Identifier: Apache-2.0
#include "server/objects/query.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/redact.hpp"

namespace kith::objects {
namespace {

using Json = JsonValue::Kind;
using Kind = Condition::Kind;

/// Of a stranger's key, in an error.
constexpr std::size_t kShownBytes = 200;

struct Operator {
  std::string_view name;
  Kind kind;
};
constexpr Operator kOperators[] = {
    {"$ne", Kind::NotEqual},        {"$lt", Kind::Less},
    {"$lte", Kind::LessOrEqual},    {"$gt", Kind::Greater},
    {"$gte", Kind::GreaterOrEqual}, {"$in", Kind::In},
    {"$nin", Kind::NotIn},          {"$all", Kind::All},
    {"$size", Kind::Size},          {"$exists", Kind::Exists},
    {"$regex", Kind::Matches},
};

/// A date or pointer in a query must be a good one, or it would silently match nothing.
const char* whyNotTyped(const JsonValue& json) {
  const JsonValue* const type = memberOf(json, "__type");
  if (type == nullptr || !type->is(Json::Text)) return nullptr;
  const Value value = Value::of(json);
  if (type->text == "Date" && value.type != Type::Date) {
    return "a Date has the member iso, as 2014-12-01T08:30:00.000Z";
  }
  if (type->text == "Pointer" && value.type != Type::Pointer) {
    return "a Pointer has the members className and objectId";
  }
  return nullptr;
}

bool isTime(const KeyPath& path) {
  return path.size() == 1 && (path.front() == kCreatedKey || path.front() == kUpdatedKey);
}

/// Builds the conditions; the first thing that is wrong ends it.
class WhereParser {
 public:
  Result<Condition> run(const JsonValue& where) {
    Condition all;
    readObject(where, "where", 0, all);
    if (problem_) return *std::move(problem_);
    return all;
  }

 private:
  void readObject(const JsonValue& object, const std::string& at, std::size_t depth,
                  Condition& all) {
    if (!object.is(Json::Object)) return wrong(at, "must be an object with a member for each key");
    for (const auto& [name, value] : object.members) {
      if (problem_) return;
      const std::string inside = at + '.' + name;
      if (name == "$and" || name == "$or") {
        Condition& joined = add(all, inside);
        joined.kind = name == "$and" ? Kind::And : Kind::Or;
        readList(value, inside, depth + 1, joined);
      } else {
        readKey(name, value, inside, all);
      }
    }
  }
  void readList(const JsonValue& list, const std::string& at, std::size_t depth,
                Condition& joined) {
    if (depth > kConditionDepth) {
      return wrong(at, "more than " + std::to_string(kConditionDepth) + " of them are nested");
    }
    if (!list.is(Json::List) || list.items.empty()) {
      return wrong(at, "must be a list with at least one object");
    }
    for (std::size_t i = 0; i < list.items.size() && !problem_; ++i) {
      const std::string inside = at + '[' + std::to_string(i) + ']';
      readObject(list.items[i], inside, depth, add(joined, inside));
    }
  }
  void readKey(const std::string& key, const JsonValue& value, const std::string& at,
               Condition& all) {
    Result<KeyPath> path = parseKey(key, at);
    if (!path) {
      problem_ = path.error();
      return;
    }
    if (!hasOperators(value)) {
      return readOperand(value, at, equalTo(std::move(path).value(), at, all));
    }
    for (const auto& [name, operand] : value.members) {
      if (problem_) return;
      if (name == "$options") continue;  // of $regex
      readOperator(*path, name, operand, value, at + '.' + name, all);
    }
    if (memberOf(value, "$options") != nullptr && memberOf(value, "$regex") == nullptr) {
      wrong(at, "$options belongs to $regex");
    }
  }
  static bool hasOperators(const JsonValue& value) {
    return std::any_of(value.members.begin(), value.members.end(),
                       [](const auto& member) { return member.name.starts_with('$'); });
  }
  Condition& equalTo(KeyPath path, const std::string& at, Condition& all) {
    Condition& one = add(all, at);
    one.kind = Kind::Equal;
    one.path = std::move(path);
    return one;
  }
  void readOperator(const KeyPath& path, const std::string& name, const JsonValue& operand,
                    const JsonValue& all_operators, const std::string& at, Condition& all) {
    const auto* const found =
        std::find_if(std::begin(kOperators), std::end(kOperators),
                     [&](const Operator& known) { return known.name == name; });
    if (found == std::end(kOperators)) {
      return wrong(at,
                   "is not understood; there are $ne $lt $lte $gt $gte $in $nin $all $size "
                   "$exists $regex, and $and and $or around conditions");
    }
    Condition& one = add(all, at);
    one.kind = found->kind;
    one.path = path;
    switch (one.kind) {
      case Kind::Matches: return readPattern(operand, memberOf(all_operators, "$options"), at, one);
      case Kind::Exists:
        if (!operand.is(Json::Bool)) return wrong(at, "must be true or false");
        break;
      case Kind::Size:
        if (operand.integer().value_or(-1) < 0) return wrong(at, "must be a number from 0 on");
        break;
      case Kind::In:
      case Kind::NotIn:
      case Kind::All:
        if (!operand.is(Json::List)) return wrong(at, "must be a list");
        if (operand.items.size() > kOperands) {
          return wrong(at, "has more than " + std::to_string(kOperands) + " values");
        }
        break;
      default: break;
    }
    readOperand(operand, at, one);
    if (one.kind >= Kind::Less && one.kind <= Kind::GreaterOrEqual && !problem_ &&
        !isOrdered(Value::of(one.operand).type)) {
      wrong(at, "must be a number, a text or a Date");
    }
  }
  void readPattern(const JsonValue& pattern, const JsonValue* options, const std::string& at,
                   Condition& one) {
    if (!pattern.is(Json::Text)) return wrong(at, "must be a text");
    if (options != nullptr && !options->is(Json::Text)) return wrong(at, "$options must be a text");
    Result<TextPattern> parsed =
        TextPattern::parse(pattern.text, options != nullptr ? options->text : std::string_view());
    if (!parsed) return wrong(at, parsed.error().detail);
    one.pattern = std::move(parsed).value();
  }
  void readOperand(const JsonValue& operand, const std::string& at, Condition& one) {
    one.operand = operand;
    checkOperand(one.operand, at);
    if (!isTime(one.path)) return;
    makeTime(one.operand);
    for (JsonValue& item : one.operand.items) makeTime(item);
  }
  void checkOperand(const JsonValue& operand, const std::string& at) {
    if (problem_) return;
    if (operand.is(Json::Number) && !parseNumber(operand.text)) {
      return wrong(at, "has a number that is too large or too small");
    }
    if (const char* const why = whyNotTyped(operand)) return wrong(at, why);
    for (const JsonValue& item : operand.items) checkOperand(item, at);
    for (const auto& [name, member] : operand.members) {
      if (name.starts_with('$')) return wrong(at, "has operators beside or below other members");
      checkOperand(member, at);
    }
  }
  /// The times of an object are shown as texts; some clients ask for them the same way.
  static void makeTime(JsonValue& value) {
    if (!value.is(Json::Text) || !parseTime(value.text)) return;
    JsonValue type;
    type.kind = Json::Text;
    type.text = "Date";
    JsonValue date;
    date.kind = Json::Object;
    date.members.push_back({"__type", std::move(type)});
    date.members.push_back({"iso", std::move(value)});
    value = std::move(date);
  }
  Condition& add(Condition& to, const std::string& at) {
    if (++conditions_ > kConditions) {
      wrong(at, "there are more than " + std::to_string(kConditions) + " conditions");
    }
    return to.parts.emplace_back();
  }
  void wrong(const std::string& at, std::string_view why) {
    if (!problem_) problem_ = invalidQuery(at, why);
  }

  std::optional<Error> problem_;
  std::size_t conditions_{0};
};

}  // namespace

Error invalidQuery(std::string_view where, std::string_view why) {
  std::string detail = base::cleanWords(where.substr(0, kShownBytes));
  if (where.size() > kShownBytes) detail += "...";
  detail.append(": ").append(why);
  return {Errc::InvalidArgument, kInvalidQuery, std::move(detail), false};
}

Result<KeyPath> parseKey(std::string_view key, std::string_view where) {
  KeyPath path;
  std::string_view left = key;
  if (key.size() > kKeyBytes) {
    return invalidQuery(where, "the key has more than " + std::to_string(kKeyBytes) + " bytes");
  }
  while (true) {
    const std::string_view name = left.substr(0, left.find('.'));
    if (name.empty()) return invalidQuery(where, "the key has an empty name");
    if (name.front() == '$') {
      return invalidQuery(where, "a name in a key does not begin with $");
    }
    path.emplace_back(name);
    if (path.size() > kKeyNames) {
      return invalidQuery(where, "the key has more than " + std::to_string(kKeyNames) + " names");
    }
    if (name.size() == left.size()) return path;
    left.remove_prefix(name.size() + 1);
  }
}

Result<Condition> parseWhere(std::string_view text) {
  if (text.empty()) return Condition();
  if (text.size() > kWhereBytes) {
    return invalidQuery("where", "has more than " + std::to_string(kWhereBytes) + " bytes");
  }
  const Result<JsonValue> json = json::parseJson(text, "where");
  if (!json) return invalidQuery("query", json.error().detail);
  return WhereParser().run(*json);
}

Result<std::vector<SortKey>> parseOrder(std::string_view text) {
  if (text.size() > kOrderBytes) {
    return invalidQuery("order", "has more than " + std::to_string(kOrderBytes) + " bytes");
  }
  std::vector<SortKey> keys;
  for (std::string_view part : splitKeys(text)) {
    SortKey key;
    key.descending = part.starts_with('-');
    if (key.descending) part.remove_prefix(1);
    Result<KeyPath> path = parseKey(part, "order");
    if (!path) return path.error();
    if (keys.size() == kOrderKeys) {
      return invalidQuery("order", "has more than " + std::to_string(kOrderKeys) + " keys");
    }
    key.path = std::move(path).value();
    keys.push_back(std::move(key));
  }
  return keys;
}

std::vector<std::string_view> splitKeys(std::string_view text) {
  std::vector<std::string_view> keys;
  while (!text.empty()) {
    std::string_view part = text.substr(0, text.find(','));
    text.remove_prefix(std::min(part.size() + 1, text.size()));
    while (!part.empty() && part.front() == ' ') part.remove_prefix(1);
    while (!part.empty() && part.back() == ' ') part.remove_suffix(1);
    keys.push_back(part);
  }
  return keys;
}

}  // namespace kith::objects
