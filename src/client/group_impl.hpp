// SPDX-License-Identifier: Apache-2.0
// The body of Group: an id in a session. Any thread.
#pragma once

#include <kith/group.hpp>

#include <memory>
#include <string>
#include <utility>

#include "base/sync.hpp"

namespace kith::client {

class SessionImpl;

class GroupImpl {
 public:
  static std::shared_ptr<Group> make(std::shared_ptr<Session> session,
                                     std::shared_ptr<SessionImpl> impl, std::string group_id) {
    return std::shared_ptr<Group>(new Group(
        std::make_shared<GroupImpl>(std::move(session), std::move(impl), std::move(group_id))));
  }
  static GroupImpl& of(Group& group) { return *group.impl_; }

  GroupImpl(std::shared_ptr<Session> session, std::shared_ptr<SessionImpl> impl,
            std::string group_id)
      : session_(std::move(session)), impl_(std::move(impl)), group_id_(std::move(group_id)) {}

  const std::shared_ptr<Session>& session() const { return session_; }
  SessionImpl& impl() const { return *impl_; }

  std::string id() const {
    const base::Lock lock(mutex_);
    return group_id_;
  }
  bool isCalled(const std::string& group_id) const {
    const base::Lock lock(mutex_);
    return group_id_ == group_id;
  }
  /// For a group without id: false when another call is creating it, or has.
  bool beginCreation() {
    const base::Lock lock(mutex_);
    if (creating_ || !group_id_.empty()) return false;
    creating_ = true;
    return true;
  }
  /// Empty = it failed; it may be tried again.
  void endCreation(const std::string& group_id) {
    const base::Lock lock(mutex_);
    creating_ = false;
    group_id_ = group_id;
  }

 private:
  const std::shared_ptr<Session> session_;
  const std::shared_ptr<SessionImpl> impl_;
  mutable base::Mutex mutex_;
  std::string group_id_ KITH_GUARDED_BY(mutex_);
  bool creating_ KITH_GUARDED_BY(mutex_){false};
};

}  // namespace kith::client
