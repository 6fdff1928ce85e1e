// SPDX-License-Identifier: Apache-2.0
#include "server/objects/selection.hpp"

#include <algorithm>
#include <utility>

namespace kith::objects {
namespace {

bool beginsWith(const KeyPath& path, const KeyPath& names) {
  return path.size() >= names.size() && std::equal(names.begin(), names.end(), path.begin());
}

enum class Reach { None, Part, All };

/// Whether the paths name what is at `names`, a part of it, or neither.
Reach reachOf(const std::vector<KeyPath>& paths, const KeyPath& names) {
  Reach reach = Reach::None;
  for (const KeyPath& path : paths) {
    if (beginsWith(names, path)) return Reach::All;
    if (beginsWith(path, names)) reach = Reach::Part;
  }
  return reach;
}

}  // namespace

Result<Selection> Selection::parse(std::string_view text) {
  if (text.size() > kWhereBytes) return invalidQuery("keys", "the text is too long");
  Selection selection;
  for (std::string_view part : splitKeys(text)) {
    const bool unwanted = part.starts_with('-');
    if (unwanted) part.remove_prefix(1);
    Result<KeyPath> path = parseKey(part, "keys");
    if (!path) return path.error();
    if (selection.wanted_.size() + selection.unwanted_.size() == kSelectedKeys) {
      return invalidQuery("keys", "there are more than " + std::to_string(kSelectedKeys));
    }
    (unwanted ? selection.unwanted_ : selection.wanted_).push_back(std::move(path).value());
  }
  return selection;
}

JsonValue Selection::of(const JsonValue& fields) const {
  JsonValue copy;
  copy.kind = JsonValue::Kind::Object;
  KeyPath at;
  copyMembers(fields, at, wanted_.empty(), copy);
  return copy;
}

void Selection::copyMembers(const JsonValue& from, KeyPath& at, bool all, JsonValue& to) const {
  for (const auto& [name, value] : from.members) {
    at.push_back(name);
    const Reach wanted = all ? Reach::All : reachOf(wanted_, at);
    const Reach unwanted = reachOf(unwanted_, at);
    if (wanted != Reach::None && unwanted != Reach::All) {
      const bool whole = wanted == Reach::All;
      to.members.push_back({name, {}});
      if (whole && unwanted == Reach::None) {
        to.members.back().value = value;
      } else {
        copyPart(value, at, whole, to.members.back().value);
      }
    }
    at.pop_back();
  }
}

void Selection::copyPart(const JsonValue& from, KeyPath& at, bool all, JsonValue& to) const {
  to.kind = from.kind;
  to.truth = from.truth;
  to.text = from.text;
  copyMembers(from, at, all, to);
  for (const JsonValue& item : from.items) copyPart(item, at, all, to.items.emplace_back());
}

}  // namespace kith::objects
