// SPDX-License-Identifier: Apache-2.0
// The words of the vendor's current protocol (its schema `push_server.messages2`): commands, ops
// and the small enumerations, with their numbers and how they are spelled. A number that is none of
// these stays what it is: newer clients may send it. Pure; any thread.
#pragma once

#include <string_view>

namespace kith::leancloud {

/// `cmd`, CommandType. Written even when it is 0.
enum class Cmd : int {
  Unknown = -2,  ///< JSON: a word that is none of these
  None = -1,     ///< JSON: no `cmd` at all, the heartbeat `{}`
  Session = 0,
  Conv = 1,
  Direct = 2,
  Ack = 3,
  Rcp = 4,
  Unread = 5,
  Logs = 6,
  Error = 7,
  Login = 8,
  Data = 9,
  Room = 10,
  Read = 11,
  Presence = 12,
  Report = 13,
  Echo = 14,
  Loggedin = 15,
  Logout = 16,
  Loggedout = 17,
  Patch = 18,
  Pubsub = 19,
  Blacklist = 20,
  Goaway = 21,
};

/// `op`, OpType: one space of numbers for all commands.
enum class Op : int {
  Unknown = -1,  ///< JSON: a word that is none of these
  Open = 1,
  Add = 2,
  Remove = 3,
  Close = 4,
  Opened = 5,
  Closed = 6,
  Query = 7,
  QueryResult = 8,
  Conflict = 9,
  Added = 10,
  Removed = 11,
  Refresh = 12,
  Refreshed = 13,
  Start = 30,
  Started = 31,
  Joined = 32,
  MembersJoined = 33,
  Left = 39,
  MembersLeft = 40,
  Results = 42,
  Count = 43,
  Result = 44,
  Update = 45,
  Updated = 46,
  Mute = 47,
  Unmute = 48,
  Status = 49,
  Members = 50,
  MaxRead = 51,
  IsMember = 52,
  MemberInfoUpdate = 53,
  MemberInfoUpdated = 54,
  MemberInfoChanged = 55,
  Expire = 56,
  Join = 80,
  Invite = 81,
  Leave = 82,
  Kick = 83,
  Reject = 84,
  Invited = 85,
  Kicked = 86,
  Upload = 100,
  Uploaded = 101,
  Subscribe = 120,
  Subscribed = 121,
  Unsubscribe = 122,
  Unsubscribed = 123,
  IsSubscribed = 124,
  Modify = 150,
  Modified = 151,
  Block = 170,
  Unblock = 171,
  Blocked = 172,
  Unblocked = 173,
  MembersBlocked = 174,
  MembersUnblocked = 175,
  CheckBlock = 176,
  CheckResult = 177,
  AddShutup = 180,
  RemoveShutup = 181,
  QueryShutup = 182,
  ShutupAdded = 183,
  ShutupRemoved = 184,
  ShutupResult = 185,
  Shutuped = 186,
  Unshutuped = 187,
  MembersShutuped = 188,
  MembersUnshutuped = 189,
  CheckShutup = 190,
};

/// `status`, StatusType.
enum class Status : int { Unknown = -1, On = 1, Off = 2 };

/// `direction` of history. Older is what an absent one means.
enum class Direction : int { Unknown = -1, Older = 1, Newer = 2 };

/// DeviceType of a system's description.
enum class Device : int { Unknown = 0, Android = 1, Ios = 2 };

/// The spelling of the schema: `"session"`, `"members_joined"`, `"on"`, `"OLD"`. Empty for a number
/// without a name, and for None and Unknown of commands and ops.
std::string_view nameOf(Cmd cmd);
std::string_view nameOf(Op op);
std::string_view nameOf(Status status);
std::string_view nameOf(Direction direction);
std::string_view nameOf(Device device);

/// The spelling of the JSON encoding: `"members-joined"`. Empty where nameOf() is.
std::string_view kebabOf(Op op);

/// The value that `name` spells, either way of ops included; Unknown when there is none.
Cmd cmdOf(std::string_view name);
Op opOf(std::string_view name);
Status statusOf(std::string_view name);
Direction directionOf(std::string_view name);
Device deviceOf(std::string_view name);

}  // namespace kith::leancloud
