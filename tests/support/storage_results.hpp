// SPDX-License-Identifier: Apache-2.0
// Keeps what a storage hands out, and waits for it. Test thread only, but for wake().
#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "server/storage/storage.hpp"
#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

namespace kith::storage {

struct RecordedPending {
  Result<std::vector<StoredMessage>> messages;
  bool complete;
  std::vector<SeqRange> left_out;
};

class RecordedResults final : public AnswerSink {
 public:
  RecordedResults();
  ~RecordedResults() override;

  void onAnswer(Answer& answer) override;
  bool has(Token token) const;

  std::vector<Token> order;
  std::map<Token, Result<Appended>> appended;
  std::map<Token, RecordedPending> pending;
  std::map<Token, Result<FoundGroup>> groups;
  std::map<Token, Result<GroupIds>> group_ids;
  std::map<Token, Result<Changed>> changed;
  std::map<Token, Result<MembersChanged>> members;
  std::map<Token, Result<Unread>> unread;
  std::map<Token, Result<UnreadList>> unread_lists;
  std::map<Token, Result<ReadMarked>> read_marked;
  std::map<Token, Result<MemberMarks>> member_marks;
  std::map<Token, Result<std::vector<StoredMessage>>> history;
  std::map<Token, Result<ChangesPage>> changes;
  std::map<Token, Result<ObjectRecord>> object;
  std::map<Token, Result<objects::FoundObjects>> found;
  std::map<Token, Result<Imported>> imported;
};

/// Lets one thread wait for another's wake().
class Bell {
 public:
  void ring();
  bool wait();

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool rung_{false};
};

using testing::TemporaryFolder;

}  // namespace kith::storage
