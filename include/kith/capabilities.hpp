// SPDX-License-Identifier: Apache-2.0
// What the service of a manager can do. Plain data; copy it freely, on any thread.
#pragma once

namespace kith {

/// What a backend's protocol has. A call for what is missing completes with an error. What depends
/// on the server is known from the first connection on, and false before.
struct Capabilities {
  /// `watch()`, `unwatch()`, `query()` and PresenceChanged.
  bool presence{false};
  /// Groups with members.
  bool groups{false};
  /// `Group::createOpen()`.
  bool open_groups{false};
  /// `Message::transient`.
  bool transient{false};
  /// `Message::receipt` and MessageDelivered.
  bool receipts{false};
  /// `SessionManager::history()`.
  bool history{false};
  /// `Group::members()`.
  bool members{false};
  /// `Conversation::history()`, over the connection. Depends on the server.
  bool socket_history{false};
  /// `Conversation::edit()` and `recall()`, MessageEdited and MessageRecalled. Depends on the
  /// server.
  bool edits{false};
  /// `Session::createConversation()` and `conversations()`, attributes. Depends on the server.
  bool conversations{false};
  /// `Session::unread()`, `Conversation::markRead()` and UnreadChanged. Depends on the server.
  bool unread{false};
  /// `Message::mentions` and `mention_all`. Depends on the server.
  bool mentions{false};
  /// `Message::binary`. Depends on the server.
  bool binary{false};
  /// `Session::setWill()` and `clearWill()`. Depends on the server.
  bool wills{false};
  /// `Conversation::addManager()`, `silence()`, `block()` and what belongs to them,
  /// StandingChanged. Depends on the server.
  bool roles{false};
  /// What happened to conversations during a pause is told after it, or EventsMissed. Depends on
  /// the server.
  bool catch_up{false};
  /// `NewConversation::temporary`, `ConversationQuery::temporary`. Depends on the server.
  bool temporary{false};
  /// `Conversation::marks()`. Depends on the server.
  bool marks{false};
};

}  // namespace kith
