// SPDX-License-Identifier: Apache-2.0
// What a Group asks of its session.
#include <utility>

#include "backends/backend.hpp"
#include "client/check.hpp"
#include "client/finish.hpp"
#include "client/group_impl.hpp"
#include "client/session_impl.hpp"

namespace kith::client {

std::shared_ptr<Group> SessionImpl::group(const std::string& group_id) {
  const auto make = [&] { return GroupImpl::make(handle(), shared(), group_id); };
  return group_id.empty() ? make() : groups_.find(group_id, make);
}

void SessionImpl::join(const std::shared_ptr<Group>& group, bool open_group, JoinCompletion done) {
  GroupImpl& impl = GroupImpl::of(*group);
  if (auto ok = ready("join"); !ok) return refuse("join", std::move(done), ok.error());
  const std::string group_id = impl.id();
  if (!group_id.empty()) {
    if (open_group) {
      return refuse("createOpen", std::move(done),
                    badArgument("group_id: the group exists already; only a new one can be made "
                                "open"));
    }
    if (auto ok = checkGroupId(group_id); !ok) return refuse("join", std::move(done), ok.error());
  } else if (!impl.beginCreation()) {
    return refuse("join", std::move(done),
                  badArgument("group_id: is empty, but this group is being created already; wait "
                              "for its completion"));
  }
  Finish finish = [self = this, group, creating = group_id.empty(),
                   done = std::move(done)](Outcome& outcome) {
    const bool ok = outcome.result.ok();
    if (creating) GroupImpl::of(*group).endCreation(ok ? outcome.group_id : std::string());
    if (creating && ok) self->groups_.created(group, outcome.group_id);
    if (!done) return;
    if (!ok) return done(outcome.result.error());
    done(outcome.group_id);
  };
  host_->commands().submit(OpCall{shared(), "join", std::move(finish),
                                  [ref = ref_, group_id, open_group](Backend& backend, OpId op) {
                                    backend.join(ref, group_id, open_group, op);
                                  }});
}

void SessionImpl::leave(const std::string& group_id, Completion done) {
  if (auto ok = ready("leave"); !ok) return refuse("leave", std::move(done), ok.error());
  if (auto ok = checkGroupId(group_id); !ok) return refuse("leave", std::move(done), ok.error());
  start("leave", finishOf(std::move(done)),
        [ref = ref_, group_id](Backend& backend, OpId op) { backend.leave(ref, group_id, op); });
}

void SessionImpl::changeMembers(GroupAction action, const std::string& group_id,
                                std::vector<std::string> peers, PeersCompletion done) {
  const char* name = action == GroupAction::Invite ? "invite" : "kick";
  if (auto ok = ready(name); !ok) return refuse(name, std::move(done), ok.error());
  if (auto ok = checkGroupId(group_id); !ok) return refuse(name, std::move(done), ok.error());
  if (auto ok = checkPeers(peers, "peers", false); !ok) {
    return refuse(name, std::move(done), ok.error());
  }
  start(
      name, finishOf(std::move(done)),
      [ref = ref_, action, group_id, peers = std::move(peers)](Backend& backend, OpId op) mutable {
        if (action == GroupAction::Invite) {
          backend.invite(ref, group_id, std::move(peers), op);
        } else {
          backend.kick(ref, group_id, std::move(peers), op);
        }
      });
}

SendTicket SessionImpl::sendToGroup(std::string group_id, Message message, SendCompletion done) {
  if (unusable_ != nullptr) return refuseSend(std::move(done), *unusable_);
  if (auto ok = checkGroupId(group_id); !ok) return refuseSend(std::move(done), ok.error());
  message.group_id = std::move(group_id);
  return send(std::move(message), std::move(done));
}

void SessionImpl::members(const std::string& group_id, PeersCompletion done) {
  if (!done) return;
  if (unusable_ != nullptr) return refuse("members", std::move(done), *unusable_);
  if (auto ok = checkGroupId(group_id); !ok) return refuse("members", std::move(done), ok.error());
  host_->commands().submit(
      OpCall{shared(), "members", finishOf(std::move(done)),
             [ref = ref_, peer_id = peer_id_, group_id](Backend& backend, OpId op) {
               backend.members(ref, peer_id, group_id, op);
             }});
}

}  // namespace kith::client
