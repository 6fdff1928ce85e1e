// SPDX-License-Identifier: Apache-2.0
// What happened to the conversations of a peer while it was away (decision 046). Hub's thread.
#pragma once

#include "server/core/context.hpp"

namespace kith::core {

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
