// SPDX-License-Identifier: Apache-2.0
// How far the members of a conversation have come: what a peer has read, what the others have, and
// the edits that it has missed (leancloud-current §5.1, §5.2, §5.3). Hub's thread.
#pragma once

#include <string_view>
#include <vector>

#include "server/core/context.hpp"

namespace kith::core {

class Marks {
 public:
  explicit Marks(Context& context) : context_(context) {}

  // A null group does not exist.
  void read(Session& session, const Serial& i, const MarkRead& wish, Group* group);
  void ask(Session& session, const Serial& i, const AskMarks& wish, const Group* group);
  /// A session that was there before hears of the edits since then.
  void sendEdits(Session& session, std::int64_t since);

  // The storage has answered.
  void onRead(PendingCommand& read, const Result<storage::ReadMarked>& marked);
  void onMarks(PendingCommand& asked, const Result<storage::MemberMarks>& marks);
  void onEdits(const PendingCommand& asked, const Result<storage::HistoryPage>& page);

 private:
  /// The peer's other sessions hear that it has read the conversation.
  void tellElsewhere(const Session& session, std::string_view group);
  void tellSenders(const PendingCommand& read, const storage::ReadMarked& marked);

  Context& context_;
};

}  // namespace kith::core
