// SPDX-License-Identifier: Apache-2.0
#include "server/objects/changes.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "base/redact.hpp"
#include "server/objects/acl.hpp"
#include "server/objects/object.hpp"

namespace kith::objects {
namespace {

using Json = JsonValue::Kind;
using Kind = Change::Kind;

constexpr std::string_view kOperation = "__op";
constexpr std::size_t kShownBytes = 200;

constexpr std::array<std::pair<std::string_view, Kind>, 5> kOperations{{
    {"Delete", Kind::Unset},
    {"Increment", Kind::Increment},
    {"Add", Kind::Add},
    {"AddUnique", Kind::AddUnique},
    {"Remove", Kind::Remove},
}};

Error refuse(int number, std::string_view key, std::string_view why) {
  std::string detail = "object";
  if (!key.empty()) detail.append(".").append(base::cleanWords(key.substr(0, kShownBytes)));
  detail.append(": ").append(why);
  return {Errc::InvalidArgument, number, std::move(detail), false};
}

Error refuse(int number, const KeyPath& path, std::string_view why) {
  std::string key;
  for (const std::string& name : path) key.append(key.empty() ? "" : ".").append(name);
  return refuse(number, std::string_view(key), why);
}

/// What is wrong with a value that is to be kept; empty when nothing is.
std::string_view whyNotKept(const JsonValue& value, std::size_t depth) {
  if (depth > kValueDepth) return "is nested too deeply";
  if (value.is(Json::Number) && !parseNumber(value.text)) {
    return "has a number that is too large or too small";
  }
  for (const JsonValue& item : value.items) {
    if (const auto why = whyNotKept(item, depth + 1); !why.empty()) return why;
  }
  for (const auto& [name, member] : value.members) {
    if (name.empty() || name.front() == '$' || name.find('.') != std::string::npos) {
      return "has a name that is empty, begins with $ or has a dot in it";
    }
    if (name == kOperation) return "has an operation inside of a value";
    if (const auto why = whyNotKept(member, depth + 1); !why.empty()) return why;
  }
  return {};
}

Result<Change> parseOperation(const std::string& key, const JsonValue& value) {
  const JsonValue& name = *memberOf(value, kOperation);
  const auto* const known = std::find_if(kOperations.begin(), kOperations.end(),
                                         [&](const auto& one) { return one.first == name.text; });
  if (known == kOperations.end()) {
    return refuse(kBadType, key,
                  "the operation is not understood; there are Delete, Increment, Add, AddUnique "
                  "and Remove");
  }
  Change change{known->second, {}, {}};
  if (change.kind == Kind::Unset) return change;
  const bool counts = change.kind == Kind::Increment;
  const JsonValue* const operand = memberOf(value, counts ? "amount" : "objects");
  if (operand == nullptr || !operand->is(counts ? Json::Number : Json::List)) {
    return refuse(kBadType, key,
                  counts ? "Increment needs amount, a number"
                         : "Add, AddUnique and Remove need objects, a list");
  }
  change.value = *operand;
  return change;
}

Result<Change> parseChange(const std::string& key, const JsonValue& value) {
  Result<KeyPath> path = parseKey(key, "object." + key);
  if (!path) return Error{Errc::InvalidArgument, kBadKey, path.error().detail, false};
  const std::string& first = path->front();
  if (first == kIdKey || first == kCreatedKey || first == kUpdatedKey || first == kAclKey ||
      first.starts_with("__")) {
    return refuse(kBadKey, key, "is given by the server, or reserved");
  }
  Result<Change> change = value.is(Json::Object) && memberOf(value, kOperation) != nullptr
                              ? parseOperation(key, value)
                              : Result<Change>(Change{Kind::Set, {}, value});
  if (!change) return change;
  if (const auto why = whyNotKept(change->value, path->size()); !why.empty()) {
    return refuse(kBadType, key, why);
  }
  change->path = std::move(path).value();
  return change;
}

Result<std::string> parseAcl(const JsonValue& value) {
  const JsonValue* const operation = memberOf(value, kOperation);
  if (operation != nullptr && operation->text == "Delete") return std::string();
  Result<std::string> acl = formatAcl(value);
  if (!acl) return refuse(kBadType, std::string_view(), acl.error().detail);
  return acl;
}

/// Carries out changes on the fields of an object.
class Applier {
 public:
  explicit Applier(JsonValue& fields) : fields_(fields) {}

  Result<void> apply(const Change& change) {
    JsonValue* parent = &fields_;
    for (std::size_t i = 0; i + 1 < change.path.size(); ++i) {
      JsonValue* next = find(*parent, change.path[i]);
      if (next == nullptr) {
        if (change.kind == Kind::Unset || change.kind == Kind::Remove) return {};
        next = make(*parent, change.path[i], Json::Object);
      }
      if (!next->is(Json::Object)) {
        return refuse(kBadType, change.path, "leads through a value that is no object");
      }
      parent = next;
    }
    return applyTo(*parent, change);
  }

 private:
  static JsonValue* find(JsonValue& object, const std::string& name) {
    for (auto& [key, value] : object.members) {
      if (key == name) return &value;
    }
    return nullptr;
  }
  static JsonValue* make(JsonValue& object, const std::string& name, Json kind) {
    object.members.push_back({name, {}});
    object.members.back().value.kind = kind;
    return &object.members.back().value;
  }
  Result<void> applyTo(JsonValue& parent, const Change& change) {
    const std::string& name = change.path.back();
    JsonValue* value = find(parent, name);
    switch (change.kind) {
      case Kind::Set:
        *(value != nullptr ? value : make(parent, name, Json::Null)) = change.value;
        return {};
      case Kind::Unset:
        std::erase_if(parent.members, [&](const auto& member) { return member.name == name; });
        return {};
      case Kind::Increment:
        if (value == nullptr) {
          *make(parent, name, Json::Null) = change.value;
          return {};
        }
        return increment(*value, change);
      default: break;
    }
    if (value == nullptr && change.kind == Kind::Remove) return {};
    if (value == nullptr) value = make(parent, name, Json::List);
    if (!value->is(Json::List)) return refuse(kBadType, change.path, "is no list");
    return changeList(value->items, change);
  }
  static Result<void> increment(JsonValue& value, const Change& change) {
    if (!value.is(Json::Number)) return refuse(kBadType, change.path, "is no number");
    const Number a = parseNumber(value.text).value_or(Number{});
    const Number b = parseNumber(change.value.text).value_or(Number{});
    Number sum;
    sum.whole = a.whole && b.whole && !__builtin_add_overflow(a.integer, b.integer, &sum.integer);
    if (!sum.whole) {
      const auto real = [](const Number& n) {
        return n.whole ? static_cast<double>(n.integer) : n.real;
      };
      sum.real = real(a) + real(b);
    }
    if (!sum.whole && !std::isfinite(sum.real)) {
      return refuse(kBadType, change.path, "would become too large a number");
    }
    value.text = formatNumber(sum);
    return {};
  }
  Result<void> changeList(std::vector<JsonValue>& items, const Change& change) {
    if (change.kind == Kind::Remove) {
      std::erase_if(items, [&](const JsonValue& one) { return holds(change.value.items, one); });
    } else {
      for (const JsonValue& item : change.value.items) {
        if (change.kind == Kind::AddUnique && holds(items, item)) continue;
        items.push_back(item);
      }
    }
    if (work_.done <= kChangeWork) return {};
    return refuse(kTooLarge, change.path, "would take too long: the lists are too large");
  }
  bool holds(const std::vector<JsonValue>& list, const JsonValue& wanted) {
    const Value value = Value::of(wanted);
    return std::any_of(list.begin(), list.end(), [&](const JsonValue& one) {
      return work_.done <= kChangeWork && equal(Value::of(one), value, work_);
    });
  }

  JsonValue& fields_;
  Work work_;
};

}  // namespace

Result<Changes> parseChanges(std::string_view body) {
  if (body.size() > kObjectBytes) {
    return refuse(kTooLarge, std::string_view(),
                  "has more than " + std::to_string(kObjectBytes) + " bytes");
  }
  const Result<JsonValue> parsed = json::parseJson(body, "object");
  if (!parsed) return Error{Errc::InvalidArgument, kBadJson, parsed.error().detail, false};
  if (!parsed->is(Json::Object)) return refuse(kBadJson, std::string_view(), "is no JSON object");
  Changes changes;
  for (const auto& [key, value] : parsed->members) {
    if (key == kAclKey) {
      Result<std::string> acl = parseAcl(value);
      if (!acl) return acl.error();
      changes.acl = std::move(acl).value();
      continue;
    }
    Result<Change> change = parseChange(key, value);
    if (!change) return change.error();
    changes.changes.push_back(std::move(change).value());
  }
  return changes;
}

Result<ObjectText> apply(const Changes& changes, const ObjectText& before) {
  Result<JsonValue> fields = json::parseJson(before.json, "object");
  if (!fields) return Error{Errc::Internal, 0, fields.error().detail, false};
  Applier applier(*fields);
  for (const Change& change : changes.changes) {
    if (Result<void> applied = applier.apply(change); !applied) return applied.error();
  }
  if (fields->members.size() > kObjectFields) {
    return refuse(kTooLarge, std::string_view(),
                  "would have more than " + std::to_string(kObjectFields) + " fields");
  }
  ObjectText after;
  after.json = json::formatJson(*fields);
  after.acl = changes.acl.value_or(before.acl);
  if (after.json.size() > kObjectBytes) {
    return refuse(kTooLarge, std::string_view(),
                  "would have more than " + std::to_string(kObjectBytes) + " bytes");
  }
  // What is kept must be read again, with the bounds that reading has.
  if (const auto again = json::parseJson(after.json, "object"); !again) {
    return Error{Errc::InvalidArgument, kTooLarge, again.error().detail, false};
  }
  return after;
}

}  // namespace kith::objects
