// SPDX-License-Identifier: Apache-2.0
// Objects of one app in memory, as text, with two orders beside them. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/storage/objects_rules.hpp"
#include "server/storage/requests.hpp"
#include "server/storage/text_map.hpp"

namespace kith::storage {

/// Bytes of the objects of one app that a memory storage keeps.
inline constexpr std::size_t kMemoryObjectBytes = 64u * 1024 * 1024;

/// What the logs of groups say of them.
class GroupRows {
 public:
  virtual ~GroupRows() = default;
  /// In the order in which they came. Of a service conversation `viewer` alone, if it is one.
  virtual std::vector<std::string> membersOf(std::string_view group,
                                             std::string_view viewer) const = 0;
  /// Up to `limit` ids.
  virtual std::vector<std::string> groupsOf(std::string_view peer, std::size_t limit) const = 0;
  /// The newest message; nullopt = there is none.
  virtual std::optional<StoredMessage> lastMessageOf(std::string_view group) const = 0;
};

class MemoryObjects {
 public:
  explicit MemoryObjects(const GroupRows& groups) : groups_(groups) {}

  /// The object of a new group, in a class that does not count. An Error when its fields are wrong.
  Result<void> makeGroup(const CreateGroup& request);
  void removeGroup(std::string_view group);
  /// Temporary groups that were made before that time.
  std::vector<std::string> temporaryBefore(std::int64_t time) const;
  GroupFacts factsOf(std::string_view group) const;
  /// The id of the last temporary group of these members; empty = there is none.
  std::string temporaryOf(std::string_view pair) const;
  /// What an import brings, unless it only looks.
  Result<ImportFate> import(std::string_view class_name, objects::Object row, bool look);
  Result<ObjectRecord> execute(const CreateObject& request);
  Result<ObjectRecord> execute(const UpdateObject& request);
  Result<Changed> execute(const DeleteObject& request);
  Result<ObjectRecord> execute(const GetObject& request) const;
  Result<objects::FoundObjects> execute(const FindObjects& request) const;

 private:
  using Order = std::set<std::pair<std::int64_t, std::string_view>>;  ///< times and ids
  struct Class {
    TextMap<objects::Object> objects;
    Order created;
    Order updated;
  };

  Class* findClass(std::string_view name, bool make);
  const Class* findClass(std::string_view name) const;
  bool isFull(std::size_t more) const { return bytes_ + more > kMemoryObjectBytes; }

  ObjectRecord recordOf(std::string_view class_name, objects::Object object) const;
  void put(Class& in, objects::Object object);
  void remove(Class& in, TextMap<objects::Object>::iterator place);
  void feed(const Class& in, const FindObjects& request, objects::Search& search) const;
  void showGroup(std::string_view id, std::string_view viewer, bool last_time,
                 std::string& fields) const;

  const GroupRows& groups_;
  TextMap<Class> classes_;
  TextMap<std::string> temporary_;  ///< by their members
  std::size_t bytes_{0};
};

}  // namespace kith::storage
