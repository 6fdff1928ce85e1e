// SPDX-License-Identifier: Apache-2.0
// Queries against a second reading of their rules, which is written as plainly as it can be: values
// are a struct, conditions are functions over it, and nothing is shared with what is tested.
#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "server/objects/query.hpp"
#include "server/objects/value.hpp"
#include "support/catch.hpp"

namespace kith::objects {
namespace {

constexpr int kObjects = 2000;
constexpr int kQueries = 2000;
constexpr int kObjectsOfQuery = 100;

/// A value as the oracle knows it.
struct Plain {
  enum Kind { Null, Number, Text, Bool, Date, List, Object };
  Kind kind{Null};
  int number{0};  ///< of Date: days
  std::string text;
  std::vector<Plain> items;
  std::map<std::string, Plain> members;

  bool operator==(const Plain& other) const {
    return kind == other.kind && number == other.number && text == other.text &&
           items == other.items && members == other.members;
  }
};
using Found = std::vector<Plain>;
using Holds = std::function<bool(const Plain&)>;

std::string dateOf(int day) { return "2020-01-0" + std::to_string(1 + day) + "T00:00:00.000Z"; }

std::string jsonOf(const Plain& value) {
  std::string out;
  const auto add = [&](const std::string& text) { out += (out.size() > 1 ? "," : "") + text; };
  switch (value.kind) {
    case Plain::Null: return "null";
    case Plain::Number: return std::to_string(value.number);
    case Plain::Text: return '"' + value.text + '"';
    case Plain::Bool: return value.number != 0 ? "true" : "false";
    case Plain::Date: return R"({"__type":"Date","iso":")" + dateOf(value.number) + "\"}";
    case Plain::List:
      out = "[";
      for (const Plain& item : value.items) add(jsonOf(item));
      return out + "]";
    default:
      out = "{";
      for (const auto& [name, member] : value.members) add('"' + name + "\":" + jsonOf(member));
      return out + "}";
  }
}

/// Makes objects and queries out of few names and few values, so that they meet.
class Maker {
 public:
  explicit Maker(std::uint32_t seed) : random_(seed) {}

  int below(int end) { return static_cast<int>(random_() % static_cast<std::uint32_t>(end)); }
  std::string name() { return std::string(1, static_cast<char>('a' + below(4))); }
  std::string word() {
    std::string text;
    for (int i = below(4); i >= 0; --i) text += static_cast<char>('x' + below(3));
    return text;
  }
  Plain simple() {
    Plain value;
    value.kind = static_cast<Plain::Kind>(below(Plain::List));
    if (value.kind == Plain::Text) value.text = word();
    if (value.kind == Plain::Number) value.number = below(5) - 1;
    if (value.kind == Plain::Bool) value.number = below(2);
    if (value.kind == Plain::Date) value.number = below(4);
    return value;
  }
  Plain value(int depth) {
    const int what = below(6);
    if (depth == 0 || what < 3) return simple();
    Plain made;
    made.kind = what == 3 ? Plain::Object : Plain::List;
    if (made.kind == Plain::Object) return object(depth);
    for (int i = below(4); i > 0; --i) {
      made.items.push_back(what == 4 ? simple() : object(depth - 1));
    }
    return made;
  }
  Plain object(int depth) {
    Plain made;
    made.kind = Plain::Object;
    for (int i = below(5); i > 0; --i) made.members[name()] = value(depth - 1);
    return made;
  }
  std::vector<std::string> path() {
    std::vector<std::string> names{name()};
    while (below(3) == 0 && names.size() < 3) {
      names.push_back(below(4) == 0 ? std::to_string(below(3)) : name());
    }
    return names;
  }

 private:
  std::mt19937 random_;
};

/// All values that a path leads to: through lists into each of their objects, and by a number to an
/// item.
void follow(const Plain& value, const std::vector<std::string>& path, std::size_t at,
            Found& found) {
  if (at == path.size()) {
    found.push_back(value);
    return;
  }
  if (value.kind == Plain::Object) {
    const auto member = value.members.find(path[at]);
    if (member != value.members.end()) follow(member->second, path, at + 1, found);
  }
  if (value.kind != Plain::List) return;
  if (path[at].find_first_not_of("0123456789") == std::string::npos) {
    const auto number = static_cast<std::size_t>(std::stoi(path[at]));
    if (number < value.items.size()) follow(value.items[number], path, at + 1, found);
  }
  for (const Plain& item : value.items) {
    if (item.kind == Plain::Object) follow(item, path, at, found);
  }
}

/// Each value, and the items of those that are lists.
Found withItems(const Found& found) {
  Found all = found;
  for (const Plain& value : found) {
    if (value.kind == Plain::List) all.insert(all.end(), value.items.begin(), value.items.end());
  }
  return all;
}

bool isEqual(const Found& found, const Plain& wanted) {
  if (wanted.kind == Plain::Null && found.empty()) return true;
  const Found all = withItems(found);
  return std::find(all.begin(), all.end(), wanted) != all.end();
}

bool isOrdered(const Plain& value) {
  return value.kind == Plain::Number || value.kind == Plain::Text || value.kind == Plain::Date;
}

/// A condition, as a query has it and as the oracle holds it.
struct Query {
  std::string text;
  Holds holds;
};

class Asker {
 public:
  explicit Asker(Maker& make) : make_(make) {}

  Query query(int depth) {
    const int what = make_.below(depth > 0 ? 8 : 6);
    if (what < 6) {
      const std::vector<std::string> path = make_.path();
      std::string key;
      for (const std::string& name : path) key += (key.empty() ? "" : ".") + name;
      auto [text, holds] = condition();
      return {"{\"" + key + "\":" + text + "}", [path, holds = holds](const Plain& object) {
                Found found;
                follow(object, path, 0, found);
                return holds(found);
              }};
    }
    const bool all = what == 6;
    std::vector<Holds> parts;
    std::string text = all ? R"({"$and":[)" : R"({"$or":[)";
    for (int i = 0; i <= make_.below(3); ++i) {
      Query part = query(depth - 1);
      text += (i > 0 ? "," : "") + part.text;
      parts.push_back(std::move(part.holds));
    }
    return {text + "]}", [all, parts](const Plain& object) {
              const auto one = [&](const Holds& part) { return part(object); };
              return all ? std::all_of(parts.begin(), parts.end(), one)
                         : std::any_of(parts.begin(), parts.end(), one);
            }};
  }

 private:
  using Judge = std::function<bool(const Found&)>;

  std::pair<std::string, Judge> condition() {
    switch (make_.below(9)) {
      case 0: return equality();
      case 1: {
        auto [text, holds] = equality();
        return {R"({"$ne":)" + text + "}",
                [holds = holds](const Found& found) { return !holds(found); }};
      }
      case 2: return comparison();
      case 3: return membership(R"({"$in":[)", false, false);
      case 4: return membership(R"({"$nin":[)", false, true);
      case 5: return membership(R"({"$all":[)", true, false);
      case 6: {
        const auto size = static_cast<std::size_t>(make_.below(4));
        return {R"({"$size":)" + std::to_string(size) + "}", [size](const Found& found) {
                  return std::any_of(found.begin(), found.end(), [size](const Plain& value) {
                    return value.kind == Plain::List && value.items.size() == size;
                  });
                }};
      }
      case 7: {
        const bool there = make_.below(2) == 1;
        return {R"({"$exists":)" + std::string(there ? "true" : "false") + "}",
                [there](const Found& found) { return found.empty() != there; }};
      }
      default: return pattern();
    }
  }
  std::pair<std::string, Judge> equality() {
    const Plain wanted = make_.simple();
    return {jsonOf(wanted), [wanted](const Found& found) { return isEqual(found, wanted); }};
  }
  std::pair<std::string, Judge> comparison() {
    Plain wanted = make_.simple();
    while (!isOrdered(wanted)) wanted = make_.simple();
    const int which = make_.below(4);
    static const char* const kNames[] = {"$lt", "$lte", "$gt", "$gte"};
    const auto holds = [wanted, which](const Plain& value) {
      if (value.kind != wanted.kind) return false;
      const auto order =
          std::pair(value.number, value.text) <=> std::pair(wanted.number, wanted.text);
      if (which == 0) return order < 0;
      if (which == 1) return order <= 0;
      return which == 2 ? order > 0 : order >= 0;
    };
    return {std::string("{\"") + kNames[which] + "\":" + jsonOf(wanted) + "}",
            [holds](const Found& found) {
              const Found all = withItems(found);
              return std::any_of(all.begin(), all.end(), holds);
            }};
  }
  std::pair<std::string, Judge> membership(std::string text, bool all, bool not_any) {
    std::vector<Plain> wanted;
    for (int i = make_.below(4); i > 0; --i) {
      wanted.push_back(make_.simple());
      text += (wanted.size() > 1 ? "," : "") + jsonOf(wanted.back());
    }
    return {text + "]}", [wanted, all, not_any](const Found& found) {
              const auto is = [&](const Plain& one) { return isEqual(found, one); };
              if (all) return !wanted.empty() && std::all_of(wanted.begin(), wanted.end(), is);
              return std::any_of(wanted.begin(), wanted.end(), is) != not_any;
            }};
  }
  std::pair<std::string, Judge> pattern() {
    const std::string word = make_.word();
    const bool begins = make_.below(2) == 1;
    return {R"({"$regex":")" + std::string(begins ? "^" : "") + word + "\"}",
            [word, begins](const Found& found) {
              const Found all = withItems(found);
              return std::any_of(all.begin(), all.end(), [&](const Plain& value) {
                if (value.kind != Plain::Text) return false;
                const std::size_t at = value.text.find(word);
                return begins ? at == 0 : at != std::string::npos;
              });
            }};
  }

  Maker& make_;
};

}  // namespace

TEST_CASE("oracle: two thousand queries find what a plain reading of their rules finds") {
  Maker make(20270112);
  Asker ask(make);
  std::vector<Plain> objects;
  std::vector<JsonValue> parsed;
  for (int i = 0; i < kObjects; ++i) {
    objects.push_back(make.object(3));
    parsed.push_back(*json::parseJson(jsonOf(objects.back()), "object"));
  }
  int matched = 0;
  for (int i = 0; i < kQueries; ++i) {
    const Query query = ask.query(2);
    INFO("query " << query.text);
    const auto condition = parseWhere(query.text);
    REQUIRE(condition.ok());
    for (int k = 0; k < kObjectsOfQuery; ++k) {
      const auto at = static_cast<std::size_t>(make.below(kObjects));
      Work work;
      const bool found = matches(*condition, Subject{parsed[at], "id", 1, 1}, work);
      const bool expected = query.holds(objects[at]);
      matched += expected ? 1 : 0;
      if (found == expected) continue;
      INFO("object " << jsonOf(objects[at]));
      CHECK(found == expected);
    }
  }
  // Neither all nor nothing: the two have met.
  CHECK(matched > kQueries * kObjectsOfQuery / 10);
  CHECK(matched < kQueries * kObjectsOfQuery * 9 / 10);
}

}  // namespace kith::objects
