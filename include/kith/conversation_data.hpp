// SPDX-License-Identifier: Apache-2.0
// What is asked of conversations, and what is told of them. Plain data; copy it freely, on any
// thread.
#pragma once

#include <kith/message.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace kith {

/// Which part of a conversation's history to ask for.
struct PageQuery {
  /// True: from an older bound to newer messages. False, the default: from a newer bound back.
  bool forward{false};
  /// Only messages behind this time, in the direction of the page; the epoch = from the end of the
  /// history where the page begins: its newest message, or with `forward` its oldest.
  Timestamp from{};
  /// Goes on in the middle of a time: the id of a message, whose time `from` is then. The page
  /// begins with the message behind that one. Empty = `from` alone counts.
  std::string from_id{};
  /// How many messages to return at most, 1 to `limits::kPageMessages`. Default 20.
  int limit{20};

  /// The page that ends before `oldest`, the first message of a page: sets all but `limit`.
  /// Thread: any. Blocks: never. Callback: none. Lifetime: copies its arguments.
  PageQuery& olderThan(const Message& oldest) {
    forward = false;
    from = oldest.timestamp;
    from_id = oldest.id;
    return *this;
  }
  /// The page that begins behind `newest`, the last message of a page: sets all but `limit`.
  /// Thread: any. Blocks: never. Callback: none. Lifetime: copies its arguments.
  PageQuery& newerThan(const Message& newest) {
    forward = true;
    from = newest.timestamp;
    from_id = newest.id;
    return *this;
  }
};

/// A conversation that is to be made.
struct NewConversation {
  /// Its members beside this peer, up to `limits::kPeersPerCall`.
  std::vector<std::string> members{};
  /// What it is called; empty = nothing.
  std::string name{};
  /// Other attributes, as a JSON object; empty = none. Names that the server uses itself, such as
  /// `m`, `c` and `objectId`, are refused.
  std::string attributes{};
  /// True: the conversation that exactly these members have already, if they have one; its name and
  /// attributes stay as they are. Two peers that talk have one, once it was asked for this way.
  /// Default false.
  bool unique{false};
  /// True: it ends by itself, has ten members at most, and is found by its id alone. With `unique`
  /// it is the temporary one that these members have, if it is not over. Default false.
  bool temporary{false};
  /// How long a temporary one lasts, up to a day; zero, the default = a day.
  std::chrono::seconds lifetime{0};
};

/// Which conversations to look for.
struct ConversationQuery {
  /// Conditions in the words of the vendor's SDKs, as a JSON object: `{"name":"x"}`,
  /// `{"level":{"$gt":3}}`. Empty = those that this peer is a member of.
  std::string where{};
  /// Attributes to sort by, with commas between; `-` in front of one turns it round. Empty = as the
  /// server likes.
  std::string order{};
  /// How many at most, 1 to 100. Default 20. An answer that is long ends earlier.
  int limit{20};
  /// How many to leave out in front.
  int skip{0};
  /// True: each with its last message (`ConversationInfo::last`). Default false.
  bool last_messages{false};
  /// Ids of temporary conversations: those that are not over are found, whatever else is asked for.
  /// Empty, the default = conversations that stay.
  std::vector<std::string> temporary{};
};

/// A conversation as the server has it.
struct ConversationInfo {
  /// Its id.
  std::string id;
  /// What it is called; empty = nothing.
  std::string name;
  /// The peer that made it; empty = unknown.
  std::string creator;
  /// Its members; of an open group there are none.
  std::vector<std::string> members;
  /// This peer has muted it: `Conversation::mute()`.
  bool muted{false};
  /// Its last message, when it was asked for; its id is empty when there is none.
  Message last{};
  /// When a temporary one is over, on the server's clock, to the next second; the epoch = never.
  Timestamp ends{};
  /// All of it as a JSON object, attributes beside what the server keeps itself.
  std::string json;
};

/// How far a member has come in a conversation, by times of messages; the epoch = nothing yet.
struct MemberMarks {
  /// The member.
  std::string peer;
  /// Messages up to here have reached it: a device of it has acknowledged them.
  Timestamp acked{};
  /// It has read up to here: `Conversation::markRead()`.
  Timestamp read{};
};

/// How much a peer has not read in a conversation. Devices of a peer share it.
struct UnreadCount {
  /// The conversation.
  std::string conversation_id;
  /// Messages of others since the peer's read mark, transient ones not counted; the server counts
  /// to 100.
  int count{0};
  /// One of them mentions the peer.
  bool mentioned{false};
  /// The newest of them; empty when there is none.
  Message last{};
};

/// A member has changed the text of a message of its own: `Conversation::edit()`.
struct MessageEdited {
  /// The conversation.
  std::string conversation_id;
  /// The message as it is now: its id, sender and time are those that it always had, and
  /// `edited_at` says when it was changed.
  Message message;
};

/// A member has taken a message of its own back: `Conversation::recall()`.
struct MessageRecalled {
  /// The conversation.
  std::string conversation_id;
  /// The server's id of the message.
  std::string message_id;
  /// Its sender.
  std::string from;
  /// When the message was accepted.
  Timestamp timestamp{};
  /// When it was taken back.
  Timestamp recalled_at{};
};

/// What a peer can be in a conversation, beside its creator or a plain member.
enum class PeerStanding {
  /// It may silence and block. Only the creator makes managers.
  Manager,
  /// It reads and may not send.
  Silenced,
  /// It is kept out: it is no member and cannot become one.
  Blocked,
};

/// Peers became something in a conversation that this peer is in, or are it no more; or this peer
/// itself. Not told to the device that did it, whose completion says so, nor after a pause: then
/// ask for the list.
struct StandingChanged {
  /// The conversation.
  std::string conversation_id;
  /// What they are, or are not any more.
  PeerStanding standing{PeerStanding::Manager};
  /// True: they are it now. False: no more.
  bool on{false};
  /// The peers, at least one.
  std::vector<std::string> peers;
  /// The peer that did it.
  std::string by;
};

/// Not all that happened to conversations during a pause could be told: members, attributes, edits.
/// What the application shows of them is to be read again.
struct EventsMissed {
  /// What happened behind this time, on the server's clock, may be missing.
  Timestamp since{};
};

/// Another device of this peer has read a conversation: what waited there does not any more.
struct UnreadChanged {
  /// What is left.
  UnreadCount unread;
};

/// A member has changed attributes of a conversation.
struct ConversationUpdated {
  /// The conversation.
  std::string conversation_id;
  /// The member.
  std::string by;
  /// What was set, as a JSON object; a key may be a path with dots.
  std::string attributes;
};

}  // namespace kith
