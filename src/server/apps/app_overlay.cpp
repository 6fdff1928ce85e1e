// SPDX-License-Identifier: Apache-2.0
#include "server/apps/app_overlay.hpp"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "base/seeded_hash.hpp"
#include "server/config/config.hpp"

namespace kith::apps {
namespace {

using json::JsonMember;
using json::JsonValue;
using Kind = JsonValue::Kind;

Error bad(std::string what) { return {Errc::InvalidArgument, 0, std::move(what), false}; }

JsonValue makeObject() {
  JsonValue object;
  object.kind = Kind::Object;
  return object;
}

JsonMember makeText(std::string name, std::string text) {
  JsonMember member{std::move(name), {}};
  member.value.kind = Kind::Text;
  member.value.text = std::move(text);
  return member;
}

/// As RFC 7396 has it.
void merge(JsonValue& into, const JsonValue& patch) {
  for (const auto& [name, value] : patch.members) {
    const auto same = [&name = name](const JsonMember& each) { return each.name == name; };
    const auto found = std::find_if(into.members.begin(), into.members.end(), same);
    if (value.is(Kind::Null)) {
      if (found != into.members.end()) into.members.erase(found);
      continue;
    }
    const bool is_new = found == into.members.end();
    JsonMember& member = is_new ? into.members.emplace_back() : *found;
    member.name = name;
    JsonValue& target = member.value;
    if (!value.is(Kind::Object)) {
      target = value;
    } else {
      if (!target.is(Kind::Object)) target = makeObject();
      merge(target, value);
    }
  }
}

}  // namespace

Result<AppOverlay> AppOverlay::parse(std::string_view json) {
  AppOverlay overlay;
  if (json.empty()) return overlay;
  const Result<JsonValue> root = json::parseJson(json, "it");
  if (!root) return bad(root.error().detail);
  const JsonValue* list = root->find("apps");
  if (!root->is(Kind::Object) || root->members.size() != 1 || list == nullptr ||
      !list->is(Kind::List)) {
    return bad("it must be an object with a list called apps, and nothing else");
  }
  for (const JsonValue& item : list->items) {
    const JsonValue* id = item.find("id");
    const std::string where = " (line " + std::to_string(item.line) + ")";
    if (!item.is(Kind::Object) || id == nullptr || !id->is(Kind::Text)) {
      return bad("an app has no id" + where);
    }
    AppOptions unused;
    if (std::string why = config::readApp(item, {}, unused); !why.empty()) return bad(why);
    overlay.put(id->text, item);
  }
  return overlay;
}

std::string AppOverlay::format() const {
  std::string text = "{\"apps\":[";
  for (const App& app : apps_) {
    text += &app == &apps_.front() ? "\n" : ",\n";
    JsonValue whole = makeObject();
    whole.members.push_back(makeText("id", app.id));
    whole.members.insert(whole.members.end(), app.settings.members.begin(),
                         app.settings.members.end());
    text += json::formatJson(whole);
  }
  return text + "\n]}\n";
}

AppOverlay::App& AppOverlay::find(const std::string& id) {
  const auto same = [&](const App& app) { return app.id == id; };
  const auto found = std::find_if(apps_.begin(), apps_.end(), same);
  if (found != apps_.end()) return *found;
  apps_.push_back({id, makeObject()});
  return apps_.back();
}

void AppOverlay::put(const std::string& id, const JsonValue& settings) {
  JsonValue& kept = find(id).settings;
  merge(kept, settings);
  std::erase_if(kept.members, [](const JsonMember& member) { return member.name == "id"; });
}

Result<std::vector<AppOptions>> AppOverlay::over(std::vector<AppOptions> base) const {
  std::unordered_map<std::string, std::size_t, base::TextHash, std::equal_to<>> places;
  for (std::size_t i = 0; i < base.size(); ++i) places.emplace(base[i].id, i);
  for (const App& app : apps_) {
    const auto [found, is_new] = places.emplace(app.id, base.size());
    if (is_new) base.emplace_back().id = app.id;
    AppOptions& options = base[found->second];
    if (std::string why = config::readApp(app.settings, {}, options); !why.empty()) return bad(why);
  }
  return base;
}

}  // namespace kith::apps
