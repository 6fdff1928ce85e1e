// SPDX-License-Identifier: Apache-2.0
// What a session asks of conversations beside messages and members: one struct a request. Plain
// data.
#pragma once

#include <kith/conversation_data.hpp>

#include <string>
#include <variant>
#include <vector>

namespace kith::backends {

struct ReadPage {
  std::string id;
  PageQuery query;
};
/// Another text for a message, or none.
struct ChangeMessage {
  std::string id;
  std::string message_id;
  Timestamp timestamp{};
  bool recall{false};
  std::string text;
  bool binary{false};
  std::vector<std::string> mentions{};
  bool mention_all{false};
};
struct MarkRead {
  std::string id;
  Timestamp upto{};
};
struct AskMarks {
  std::string id;
};
struct CountUnread {};
struct StartConversation {
  NewConversation what;
};
struct FindConversations {
  ConversationQuery query;
};
struct UpdateAttributes {
  std::string id;
  std::string attributes;
};
struct MuteConversation {
  std::string id;
  bool muted{false};
};
struct ChangeStanding {
  std::string id;
  PeerStanding standing{PeerStanding::Manager};
  bool on{false};
  std::vector<std::string> peers;  ///< one, where they are to be managers
};
struct ListStanding {
  std::string id;
  PeerStanding standing{PeerStanding::Manager};
};
/// Said by the server when the connection is lost.
struct SetWill {
  Message message;
};
struct ClearWill {};

using ConversationRequest =
    std::variant<ReadPage, ChangeMessage, MarkRead, AskMarks, CountUnread, StartConversation,
                 FindConversations, UpdateAttributes, MuteConversation, ChangeStanding,
                 ListStanding, SetWill, ClearWill>;

/// What the answers bring beside messages and the id of what was made.
struct ConversationAnswer {
  std::vector<UnreadCount> unread;
  std::vector<ConversationInfo> found;
  std::vector<MemberMarks> marks;
  Timestamp ends{};  ///< StartConversation: as in ConversationInfo
};

}  // namespace kith::backends
