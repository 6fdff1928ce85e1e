// SPDX-License-Identifier: Apache-2.0
#include "server/storage/objects_memory.hpp"

#include <algorithm>
#include <limits>
#include <memory>
#include <utility>

#include "server/storage/objects_rules.hpp"

namespace kith::storage {
namespace {

using objects::Object;
using objects::SearchPlan;

/// What an object takes beside its texts, roughly.
constexpr std::size_t kOverhead = 512;

std::size_t sizeOf(const Object& object) {
  return object.id.size() + object.json.size() + object.acl.size() + kOverhead;
}

Error memoryFull() {
  return {Errc::ServerBusy, 0,
          "storage: the objects of this app have taken the memory that they may; keep them on disk",
          false};
}

objects::ObjectView viewOf(const Object& object) {
  return {object.id, object.json, object.acl, object.created, object.updated, object.version};
}

template <typename Begin, typename End, typename Look>
void walk(Begin begin, End end, const objects::Search& search, Look look) {
  for (; begin != end && search.wantsMore(); ++begin) look(begin->second);
}

}  // namespace

MemoryObjects::Class* MemoryObjects::findClass(std::string_view called, bool make) {
  const std::string_view name = classOf(called);
  const auto found = classes_.find(name);
  if (found != classes_.end()) return &found->second;
  return make ? &classes_[std::string(name)] : nullptr;
}

const MemoryObjects::Class* MemoryObjects::findClass(std::string_view called) const {
  const auto found = classes_.find(classOf(called));
  return found != classes_.end() ? &found->second : nullptr;
}

Result<ObjectRecord> MemoryObjects::execute(const CreateObject& request) {
  Result<Object> made = makeObject(request);
  if (!made) return made.error();
  const bool is_new = findClass(request.class_name, false) == nullptr;
  if (is_new && classes_.size() >= kClasses) return tooManyClasses();
  if (isFull(sizeOf(*made))) return memoryFull();
  Class& in = *findClass(request.class_name, true);
  if (in.objects.contains(made->id)) return objectExists();
  put(in, *made);
  return recordOf(request.class_name, std::move(made).value());
}

void MemoryObjects::put(Class& in, Object object) {
  bytes_ += sizeOf(object);
  const auto [place, added] = in.objects.try_emplace(object.id);
  place->second = std::move(object);
  in.created.emplace(place->second.created, place->first);
  in.updated.emplace(place->second.updated, place->first);
}

Result<void> MemoryObjects::makeGroup(const CreateGroup& request) {
  Result<Object> made = makeGroupObject(request);
  if (!made) return made.error();
  if (isFull(sizeOf(*made))) return memoryFull();
  put(*findClass(classOfGroup(request.group_id), true), std::move(made).value());
  if (request.life_ms != 0 && !request.pair.empty()) {
    temporary_.insert_or_assign(std::string(request.pair), std::string(request.group_id));
  }
  return {};
}

GroupFacts MemoryObjects::factsOf(std::string_view group) const {
  const Class* const in = findClass(classOfGroup(group));
  if (in == nullptr) return {};
  const auto found = in->objects.find(group);
  return found != in->objects.end() ? storage::factsOf(found->second) : GroupFacts{};
}

std::string MemoryObjects::temporaryOf(std::string_view pair) const {
  const auto found = temporary_.find(pair);
  return found != temporary_.end() ? found->second : std::string();
}

Result<ImportFate> MemoryObjects::import(std::string_view class_name, Object row, bool look) {
  Class* in = findClass(class_name, false);
  const auto found = in != nullptr ? in->objects.find(row.id) : decltype(in->objects.end()){};
  Object* const there = in != nullptr && found != in->objects.end() ? &found->second : nullptr;
  const ImportFate fate = judgeImport(there, row);
  if (look || fate == ImportFate::Present || fate == ImportFate::Kept) return fate;
  if (in == nullptr && classes_.size() >= kClasses && !isConversation(class_name)) {
    return tooManyClasses();
  }
  if (isFull(sizeOf(row))) return memoryFull();
  if (there == nullptr) {
    put(*findClass(class_name, true), std::move(row));
    return fate;
  }
  in->updated.erase({there->updated, found->first});
  bytes_ += sizeOf(row) - sizeOf(*there);
  row.created = there->created;
  *there = std::move(row);
  in->updated.emplace(there->updated, found->first);
  return fate;
}

ObjectRecord MemoryObjects::recordOf(std::string_view class_name, Object object) const {
  if (isConversation(class_name)) showMembers(groups_.membersOf(object.id, {}), object.json);
  return std::make_shared<const Object>(std::move(object));
}

Result<ObjectRecord> MemoryObjects::execute(const UpdateObject& request) {
  if (Result<void> named = checkNames(request); !named) return named.error();
  Class* const in = findClass(request.class_name, false);
  if (in == nullptr) return objectMissing();
  const auto place = in->objects.find(request.id);
  if (place == in->objects.end()) return objectMissing();
  Result<Object> changed = changeObject(request, place->second);
  if (!changed) return changed.error();
  const std::size_t before = sizeOf(place->second);
  const std::size_t after = sizeOf(*changed);
  if (after > before && isFull(after - before)) return memoryFull();
  bytes_ += after - before;
  in->updated.erase({place->second.updated, place->first});
  place->second = std::move(changed).value();
  in->updated.emplace(place->second.updated, place->first);
  return recordOf(request.class_name, place->second);
}

Result<Changed> MemoryObjects::execute(const DeleteObject& request) {
  if (Result<void> named = checkNames(request); !named) return named.error();
  Class* const in = findClass(request.class_name, false);
  if (in == nullptr) return objectMissing();
  const auto place = in->objects.find(request.id);
  if (place == in->objects.end()) return objectMissing();
  if (Result<void> may = checkDeletion(request, place->second); !may) return may.error();
  remove(*in, place);
  return Changed{};
}

void MemoryObjects::remove(Class& in, TextMap<objects::Object>::iterator place) {
  bytes_ -= sizeOf(place->second);
  in.created.erase({place->second.created, place->first});
  in.updated.erase({place->second.updated, place->first});
  in.objects.erase(place);
}

void MemoryObjects::removeGroup(std::string_view group) {
  Class* const in = findClass(classOfGroup(group), false);
  if (in == nullptr) return;
  const auto place = in->objects.find(group);
  if (place != in->objects.end()) remove(*in, place);
  const std::string_view end = group.substr(std::min(group.size(), base::kTemporaryPrefix.size()));
  const auto last = temporary_.find(end.substr(0, end.find('.')));  // see temporaryIdsOf()
  if (last != temporary_.end() && last->second == group) temporary_.erase(last);
}

std::vector<std::string> MemoryObjects::temporaryBefore(std::int64_t time) const {
  std::vector<std::string> ids;
  const Class* const in = findClass(kTemporaryClass);
  if (in == nullptr) return ids;
  for (const auto& [created, id] : in->created) {
    if (created >= time) break;
    ids.emplace_back(id);
  }
  return ids;
}

Result<ObjectRecord> MemoryObjects::execute(const GetObject& request) const {
  if (Result<void> named = checkNames(request); !named) return named.error();
  const Class* const in = findClass(request.class_name);
  if (in == nullptr) return ObjectRecord();
  const auto place = in->objects.find(request.id);
  if (place == in->objects.end()) return ObjectRecord();
  Object object = place->second;
  if (isGroup(request)) showGroup(object.id, request.user_id, true, object.json);
  return showObject(request, std::move(object));
}

Result<objects::FoundObjects> MemoryObjects::execute(const FindObjects& request) const {
  Result<objects::Search> search = beginSearch(request);
  if (!search) return search.error();
  const Class* const in = findClass(request.class_name);
  if (in != nullptr) feed(*in, request, *search);
  Result<objects::FoundObjects> found = search->finish();
  if (!found || !isGroup(request)) return found;
  showLastMessages(request, search->looksAt(kLastMessageKey), *found,
                   [&](std::string_view id) { return groups_.lastMessageOf(id); });
  return found;
}

void MemoryObjects::showGroup(std::string_view id, std::string_view viewer, bool last_time,
                              std::string& fields) const {
  showMembers(groups_.membersOf(id, viewer), fields);
  if (!last_time) return;
  if (const auto last = groups_.lastMessageOf(id)) showLastTime(last->timestamp, fields);
}

void MemoryObjects::feed(const Class& in, const FindObjects& request,
                         objects::Search& search) const {
  const bool groups = isGroup(request);
  const bool last_time = search.looksAt(kLastMessageKey);
  const auto look = [&](std::string_view id) {
    const auto place = in.objects.find(id);
    if (place == in.objects.end()) return;
    objects::ObjectView view = viewOf(place->second);
    std::string fields;
    if (groups) {
      fields = view.json;
      showGroup(id, request.user_id, last_time, fields);
      view.json = fields;
    }
    search.look(view);
  };
  const SearchPlan& plan = search.plan();
  std::vector<std::string> listed;
  if (plan.by == SearchPlan::By::Listed) {
    listed = groups_.groupsOf(plan.listed, objects::kSearchedObjects + 1);
  }
  for (const std::string& id : plan.by == SearchPlan::By::Ids ? plan.ids : listed) {
    if (search.wantsMore()) look(id);
  }
  if (plan.by != SearchPlan::By::Created && plan.by != SearchPlan::By::Updated) return;
  const Order& order = plan.by == SearchPlan::By::Created ? in.created : in.updated;
  if (plan.from > plan.to) return;
  const auto begin = order.lower_bound({plan.from, {}});
  auto end = order.end();
  if (plan.to < std::numeric_limits<std::int64_t>::max()) {
    end = order.lower_bound({plan.to + 1, {}});
  }
  if (plan.newest_first) {
    walk(std::make_reverse_iterator(end), std::make_reverse_iterator(begin), search, look);
  } else {
    walk(begin, end, search, look);
  }
}

}  // namespace kith::storage
