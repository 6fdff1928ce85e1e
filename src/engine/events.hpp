// SPDX-License-Identifier: Apache-2.0
// What the client engine tells the driver about sessions and operations. Plain data that owns
// everything it holds, because it goes on to the application's executor.
#pragma once

#include <kith/events.hpp>
#include <kith/message.hpp>
#include <kith/result.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace kith::engine {

/// Names a session; chosen by the driver, never reused while the session exists.
using SessionRef = std::uint32_t;
/// Names an operation that somebody waits for; 0 = nobody does.
using OpId = std::uint64_t;

/// How an operation ended. Which of the values is filled in depends on the operation.
struct Outcome {
  Result<void> result;
  std::vector<std::string> peers;  ///< watch, query: who is online; unwatch, invite, kick: for whom
  std::string group_id;            ///< join
  Receipt receipt;                 ///< send
};

struct Opened {
  SessionOpened event;
};
struct Resumed {
  SessionOpened event;
};
struct Paused {
  SessionPaused event;
};
struct Closed {
  SessionClosed event;
};
struct Retrying {
  Reconnecting event;
};
struct Presence {
  PresenceChanged event;
};
struct Watched {
  std::vector<std::string> peers;
};
struct Unwatched {
  std::vector<std::string> peers;
};
/// A message for the application. After its callback ran the driver calls
/// ClientEngine::delivered().
struct Incoming {
  Message message;
};
struct SendDone {
  Message message;
  Receipt receipt;
};
struct SendFailed {
  Message message;
  Error error;
};
struct Delivered {
  MessageDelivered event;
};
struct Failed {
  Error error;
};
struct GroupJoined {
  std::string group_id;
};
struct GroupInvited {
  std::string group_id;
  std::string by;
};
struct GroupLeft {
  std::string group_id;
  std::string by;
};
struct PeersInvited {
  std::string group_id;
  std::vector<std::string> peers;
};
struct PeersKicked {
  std::string group_id;
  std::vector<std::string> peers;
};
struct MembersJoined {
  std::string group_id;
  MembersChanged event;
};
struct MembersLeft {
  std::string group_id;
  MembersChanged event;
};
struct Rejected {
  std::string group_id;
  GroupRejected event;
};

using SessionEvent =
    std::variant<Opened, Resumed, Paused, Closed, Retrying, Presence, Watched, Unwatched, Incoming,
                 SendDone, SendFailed, Delivered, Failed, GroupJoined, GroupInvited, GroupLeft,
                 PeersInvited, PeersKicked, MembersJoined, MembersLeft, Rejected>;

}  // namespace kith::engine
