// SPDX-License-Identifier: Apache-2.0
// What happened to the conversations of a peer while it was away (decision 046). Hub's thread.
#pragma once

#include "server/core/context.hpp"

namespace kith::core {

/// Edits that a peer is told of when it comes back, at most, and how old they may be.
inline constexpr int kMissedEdits = 100;
inline constexpr base::Millis kEditAge = std::chrono::hours(7 * 24);

class Missed {
 public:
  explicit Missed(Context& context) : context_(context) {}

  void askChanges(Session& session, const Serial& i, const AskChanges& wish);
  void askEdits(Session& session, const Serial& i, const AskEdits& wish);

  // The storage has answered.
  void onChanges(PendingCommand& asked, Result<storage::ChangesPage>& page) const;
  void onEdits(PendingCommand& asked, Result<storage::HistoryPage>& page) const;

 private:
  Context& context_;
};

}  // namespace kith::core
