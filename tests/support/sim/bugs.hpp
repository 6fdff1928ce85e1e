// SPDX-License-Identifier: Apache-2.0
// Bugs the world can plant between the parts of the product, to prove that its checks see them.
#pragma once

#include <array>
#include <string_view>

namespace kith::sim {

enum class Bug {
  None,
  AckBeforeCommit,
  DedupeForgotten,
  ClientDedupeForgotten,
  RepliesSwapped,
  MessagesSwapped,
  WatchDropped,
  PresenceDropped,
  ClientAcksDropped,
  AckBeforeCallback,
  GroupChangeNotStored,
  HalfOpenUnnoticed,
  CompletionTwice,
  CompletionLost,
  TimersIgnored,
  DisconnectNotTold,
  OfflineLimitIgnored,
  EventAfterClose,
  ResumeNotTold,
  ReceiverLeftOut,
  ShownBeforeCallback,
  OutboxNotRestored,
  CursorRunsAhead,
  AnswerOutOfOrder,
  ReplyAfterNotice,
  TombstoneCutsLog,
  PatchBeforeMessage,
  EditNotStored,
  MarkNotStored,
  PageByTimeAlone,
  MembersNoticeDropped,
  MentionNotStored,
};

struct BugInfo {
  Bug bug;
  std::string_view name;
  std::string_view what;
  bool needs_store{false};
  int runs{50};  ///< it must be caught within so many
  bool needs_conversations{false};
};

const std::array<BugInfo, 31>& allBugs();
const BugInfo* findBug(std::string_view name);

}  // namespace kith::sim
