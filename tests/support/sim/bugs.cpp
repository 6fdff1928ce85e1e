// SPDX-License-Identifier: Apache-2.0
#include "support/sim/bugs.hpp"

namespace kith::sim {

const std::array<BugInfo, 31>& allBugs() {
  static constexpr std::array<BugInfo, 31> kBugs{{
      {Bug::AckBeforeCommit, "ack-before-commit", "the storage answers before it has committed"},
      {Bug::DedupeForgotten, "dedupe-forgotten", "the server forgets the resend token"},
      {Bug::ClientDedupeForgotten, "client-dedupe-forgotten",
       "a repeated message has another id, so the client does not know it"},
      {Bug::RepliesSwapped, "replies-swapped", "two acks of a connection change places"},
      {Bug::MessagesSwapped, "messages-swapped", "two messages of a connection change places"},
      {Bug::WatchDropped, "watch-dropped", "open after a reconnect has no watch list"},
      {Bug::PresenceDropped, "presence-dropped", "presence frames get lost"},
      {Bug::ClientAcksDropped, "client-acks-dropped", "the client's acknowledgements get lost"},
      {Bug::AckBeforeCallback, "ack-before-callback",
       "messages are acknowledged when they come, not when they were shown"},
      {Bug::GroupChangeNotStored, "group-change-not-stored",
       "a change of a group's members is answered and not stored"},
      {Bug::HalfOpenUnnoticed, "half-open-unnoticed",
       "the network answers heartbeats for a dead server", false, 150},
      {Bug::CompletionTwice, "completion-twice", "an operation completes twice"},
      {Bug::CompletionLost, "completion-lost", "an operation never completes"},
      {Bug::TimersIgnored, "timers-ignored", "nobody calls timeReached()"},
      {Bug::DisconnectNotTold, "disconnect-not-told",
       "the hub does not hear that a connection ended"},
      {Bug::OfflineLimitIgnored, "offline-limit-ignored", "the storage keeps everything", false,
       150},
      {Bug::EventAfterClose, "event-after-close", "an event comes after close()"},
      {Bug::ResumeNotTold, "resume-not-told", "a held connection is never read again"},
      {Bug::ReceiverLeftOut, "receiver-left-out", "one receiver's queue does not get the message"},
      {Bug::ShownBeforeCallback, "shown-before-callback",
       "the store hears that a message was shown before it was", true},
      {Bug::OutboxNotRestored, "outbox-not-restored", "what waited to be sent is not loaded", true},
      {Bug::CursorRunsAhead, "cursor-runs-ahead",
       "an acknowledgement takes all that came before it with it", false, 150},
      {Bug::AnswerOutOfOrder, "answer-out-of-order",
       "messages are delivered in the order of the storage's answers, not of their conversation"},
      {Bug::ReplyAfterNotice, "reply-after-notice",
       "the reply to a command leaves after the first notice of it"},
      {Bug::TombstoneCutsLog, "tombstone-cuts-log",
       "a page of a log ends where a message was deleted"},
      {Bug::PatchBeforeMessage, "patch-before-message",
       "the storage takes an edit before the message that it is of"},
      {Bug::EditNotStored, "edit-not-stored", "an edit of a sender is answered and not stored",
       false, 50, true},
      {Bug::MarkNotStored, "mark-not-stored", "a read mark is answered and not stored", false, 50,
       true},
      {Bug::PageByTimeAlone, "page-by-time-alone",
       "a page of history goes on behind a time, not behind a message", false, 50, true},
      {Bug::MembersNoticeDropped, "members-notice-dropped",
       "news of members that came or went get lost", false, 50, true},
      {Bug::MentionNotStored, "mention-not-stored", "a message is stored without its mentions",
       false, 50, true},
  }};
  return kBugs;
}

const BugInfo* findBug(std::string_view name) {
  for (const BugInfo& info : allBugs()) {
    if (info.name == name) return &info;
  }
  return nullptr;
}

}  // namespace kith::sim
