// SPDX-License-Identifier: Apache-2.0
#include "support/sim/tally.hpp"

namespace kith::sim {

std::string_view nameOf(Count count) {
  switch (count) {
    case Count::Sent: return "messages sent";
    case Count::Accepted: return "messages accepted";
    case Count::Failed: return "sends failed";
    case Count::MayHaveArrived: return "of these, may have arrived";
    case Count::Shown: return "messages shown";
    case Count::ShownAgain: return "shown again after a kill";
    case Count::Dropped: return "fell to the offline limit";
    case Count::Transient: return "transient messages sent";
    case Count::Opened: return "sessions opened";
    case Count::Resumed: return "sessions resumed";
    case Count::Closed: return "sessions closed";
    case Count::GroupChanges: return "group changes committed";
    case Count::GroupMessages: return "group messages accepted";
    case Count::Resent: return "repeats the server recognised";
    case Count::Duplicates: return "repeats a client recognised";
    case Count::Connected: return "connections";
    case Count::Cut: return "connections cut";
    case Count::CutInFrame: return "of these, inside a frame";
    case Count::HalfOpen: return "half-open connections";
    case Count::HalfOpenOneWay: return "of these, one way only";
    case Count::Refused: return "connects refused";
    case Count::Hanging: return "connects without an answer";
    case Count::SlowReader: return "slow readers";
    case Count::ServerCrash: return "server crashes";
    case Count::CrashAfterCommit: return "between commit and results";
    case Count::CrashBeforeCommit: return "with a commit under way";
    case Count::ServerRestart: return "server restarts";
    case Count::SlowDisk: return "slow disks";
    case Count::FailedCommit: return "failed commits";
    case Count::Killed: return "clients killed";
    case Count::Quit: return "clients quit";
    case Count::Slept: return "clients suspended";
    case Count::Frozen: return "clients frozen";
    case Count::ClientClockJump: return "client clock jumps";
    case Count::ServerClockJump: return "server clock jumps";
    case Count::TwoDevices: return "peers on two devices";
    case Count::SignerLate: return "late signatures";
    case Count::SignerBusy: return "signer refused for now";
    case Count::RouterFailed: return "router failures";
    case Count::NetworkChanged: return "network changes";
    case Count::Paused: return "pauses";
    case Count::StoreRuns: return "device lives with a store";
    case Count::StoreFailed: return "failed store commits";
    case Count::Restored: return "messages restored from a store";
    case Count::Edited: return "messages edited";
    case Count::Deleted: return "messages deleted";
    case Count::LogRead: return "pages of logs and histories read";
    case Count::ConversationCalls: return "calls on conversations done";
    case Count::MembersTold: return "members known by news at rest";
    case Count::kCount: break;
  }
  return "";
}

bool isFault(Count count) {
  switch (count) {
    case Count::MayHaveArrived:
    case Count::ShownAgain:
    case Count::Failed:
    case Count::StoreRuns:
    case Count::StoreFailed:
    case Count::Restored:
    case Count::kCount: return false;
    default: return true;
  }
}

}  // namespace kith::sim
