// SPDX-License-Identifier: Apache-2.0
// What peers say to each other. Plain data; copy it freely, on any thread.
#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace kith {

/// A point on the server's clock, in whole milliseconds since the Unix epoch.
using Timestamp = std::chrono::time_point<std::chrono::system_clock, std::chrono::milliseconds>;

/// A message, on its way out or as it came in (avos-v1 §4.2, §5.3).
struct Message {
  /// The payload: UTF-8 text that the service does not look into, or bytes of any value when
  /// `binary` is true. With its envelope it must fit into `limits::kFrameBytes`, where three bytes
  /// take four.
  std::string text;
  /// The receivers of a peer message, 1 to `limits::kPeersPerCall`; empty for a group message.
  std::vector<std::string> to{};
  /// The group of a group message; empty for a peer message.
  std::string group_id{};
  /// True: only for peers that are online now; not stored, not acknowledged, may be lost. Default
  /// false.
  bool transient{false};
  /// True: tell the sender when the receiver's device has it (`onMessageDelivered`). Needs exactly
  /// one receiver, no group, not transient. Default false.
  bool receipt{false};
  /// True: `text` holds bytes, not text. Needs kithd (`Capabilities::binary`). Default false.
  bool binary{false};
  /// The peers that are mentioned, up to `limits::kPeersPerCall`; they need not be receivers. Needs
  /// kithd (`Capabilities::mentions`).
  std::vector<std::string> mentions{};
  /// True: all receivers are mentioned. Needs kithd. Default false.
  bool mention_all{false};

  /// Incoming: the server's id of the message. Ignored when sending.
  std::string id{};
  /// Incoming: the sender's peer id. Ignored when sending.
  std::string from{};
  /// Incoming: when the server accepted it. Ignored when sending.
  Timestamp timestamp{};
  /// Incoming: true when it waited on the server while this peer was away. Ignored when sending.
  bool offline{false};
  /// Incoming: when its text was changed last, as `Conversation::history()` and MessageEdited say;
  /// the epoch = it was not, or it came another way. Ignored when sending.
  Timestamp edited_at{};
  /// Incoming: another peer mentions this one, by its id or with all. Ignored when sending.
  bool mentioned{false};

  /// Members are compared one by one.
  friend bool operator==(const Message& a, const Message& b) {
    return a.text == b.text && a.to == b.to && a.group_id == b.group_id &&
           a.transient == b.transient && a.receipt == b.receipt && a.binary == b.binary &&
           a.mentions == b.mentions && a.mention_all == b.mention_all && a.id == b.id &&
           a.from == b.from && a.timestamp == b.timestamp && a.offline == b.offline &&
           a.edited_at == b.edited_at && a.mentioned == b.mentioned;
  }
};

/// The server's word that it accepted a message: from now on it is not lost.
///
/// A message's life: *queued* when `send()` returned a ticket; then *sent* (this receipt, in the
/// completion and `onMessageSent`) or *failed* (an Error whose `may_have_arrived` says whether it
/// can exist all the same); and after *sent*, with `Message::receipt`, *delivered*
/// (`onMessageDelivered`).
struct Receipt {
  /// The id that `send()` gave the message in this process.
  std::string client_id;
  /// The server's id of the message; empty for a transient message, which is not acknowledged.
  std::string message_id;
  /// When the server accepted it; the epoch for a transient message.
  Timestamp timestamp{};

  /// Members are compared one by one.
  friend bool operator==(const Receipt& a, const Receipt& b) {
    return a.client_id == b.client_id && a.message_id == b.message_id && a.timestamp == b.timestamp;
  }
};

}  // namespace kith
