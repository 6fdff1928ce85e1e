// SPDX-License-Identifier: Apache-2.0
// The groups of a session: their objects while the application holds them, and the members that
// notices have named. Part of SessionImpl; any thread.
#pragma once

#include <kith/event.hpp>
#include <kith/group.hpp>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/sync.hpp"

namespace kith::client {

class GroupRegistry {
 public:
  /// `mutex` is the session's.
  explicit GroupRegistry(base::Mutex& mutex) : mutex_(mutex) {}

  /// The group of this id, `make()` when the application holds none.
  template <typename Make>
  std::shared_ptr<Group> find(const std::string& group_id, Make make) {
    const base::Lock lock(mutex_);
    Entry& entry = entries().by_id[group_id];
    if (auto held = entry.handle.lock()) return held;
    std::shared_ptr<Group> made = make();
    entry.handle = made;
    prune();
    return made;
  }
  /// A group without id has one now.
  void created(const std::shared_ptr<Group>& group, const std::string& group_id);
  /// The members are as the event says. `self` is the session's peer.
  void apply(const Event& event, const std::string& self);
  /// Sorted.
  std::vector<std::string> members(const std::string& group_id) const;

 private:
  struct Entry {
    std::weak_ptr<Group> handle;
    std::set<std::string> members;
  };
  struct Entries {
    std::map<std::string, Entry> by_id;
    std::size_t prune_at{16};
  };

  Entries& entries() KITH_REQUIRES(mutex_);
  void prune() KITH_REQUIRES(mutex_);
  std::set<std::string>* membersOf(const std::string& group_id) KITH_REQUIRES(mutex_);
  void changeMembers(const MembersChanged& event) KITH_REQUIRES(mutex_);

  base::Mutex& mutex_;
  std::unique_ptr<Entries> entries_ KITH_GUARDED_BY(mutex_);  // from the first one on
};

}  // namespace kith::client
