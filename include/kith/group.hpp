// SPDX-License-Identifier: Apache-2.0
// A group as one session sees it. Made by Session::group(), shared by all that hold it.
#pragma once

#include <kith/export.hpp>
#include <kith/session.hpp>

#include <memory>
#include <string>
#include <vector>

namespace kith {

namespace client {
class GroupImpl;
class SessionImpl;
}  // namespace client

/// Completion of `join()`: the group's id. Runs once, on the executor.
using JoinCompletion = std::function<void(Result<std::string>)>;

/// Several peers in one conversation. Membership is kept by the server and survives reconnects;
/// any member may invite and kick, unless the app's signer says otherwise (avos-v1 §9).
class KITH_EXPORT Group : public std::enable_shared_from_this<Group> {
 public:
  ~Group();
  Group(const Group&) = delete;
  Group& operator=(const Group&) = delete;

  /// The group's id; empty until `join()` has created it.
  std::string groupId() const;
  /// The peer that this object acts for.
  const std::string& selfId() const noexcept;
  /// The session that this object acts in.
  /// Thread: any. Blocks: never. Callback: none. Lifetime: the group keeps it alive.
  std::shared_ptr<Session> session() const;

  /// Enters the group, or creates it when it has no id yet; yields the id. Errors: NotOpen,
  /// GroupNotFound, GroupFull, SignatureRefused, SignatureFailed, Timeout, NetworkDown, Closed.
  /// Thread: any. Blocks: never. Callback: executor, once. Lifetime: copies its arguments.
  void join(JoinCompletion done = {});
  /// Creates an open group: no member list, nothing stored, everything transient (avos-v1 §9.3).
  /// Errors: as `join()`, and InvalidArgument when the group has an id already.
  /// Thread: any. Blocks: never. Callback: executor, once. Lifetime: copies its arguments.
  void createOpen(JoinCompletion done = {});
  /// Leaves the group. Errors: NotOpen, InvalidArgument (no id yet), Timeout, NetworkDown, Closed.
  /// Thread: any. Blocks: never. Callback: executor, once. Lifetime: copies its arguments.
  void leave(Completion done = {});
  /// Puts peers into the group; yields those that were not in it before. Errors: as `join()`, and
  /// InvalidPeerId, TooManyPeers, NotAMember.
  /// Thread: any. Blocks: never. Callback: executor, once. Lifetime: copies its arguments.
  void invite(std::vector<std::string> peers, PeersCompletion done = {});
  /// Removes peers from the group; yields those that were in it. Errors: as `invite()`.
  /// Thread: any. Blocks: never. Callback: executor, once. Lifetime: copies its arguments.
  void kick(std::vector<std::string> peers, PeersCompletion done = {});
  /// Sends to every other member. `message.to` must be empty; `group_id` is filled in. Errors: as
  /// `Session::send()`.
  /// Thread: any. Blocks: never. Callback: executor, once. Lifetime: copies its arguments.
  SendTicket send(Message message, SendCompletion done = {});
  /// Asks the server for the member list over HTTP (row 24), with a signature of
  /// `Options::signature_factory` when there is one. Errors: InvalidArgument (no id yet),
  /// GroupNotFound, Timeout, NetworkDown, Rejected, SignatureRefused, ServerBusy, QueueFull,
  /// Closed. Thread: any. Blocks: never. Callback: executor, once. Lifetime: copies its arguments.
  void members(PeersCompletion done);
  /// The members this session has heard of by notices so far, itself included, sorted.
  std::vector<std::string> knownMembers() const;

 private:
  friend class client::GroupImpl;
  friend class client::SessionImpl;
  explicit Group(std::shared_ptr<client::GroupImpl> impl);
  std::shared_ptr<client::GroupImpl> impl_;
};

}  // namespace kith
