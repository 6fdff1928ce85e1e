// SPDX-License-Identifier: Apache-2.0
// The calls of one turn, copied into one buffer to cross over to the storage's thread. A buffer
// that has grown once is reused, so a warm batch allocates nothing.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/storage/storage.hpp"
#include "sqlite/packed.hpp"

namespace kith::storage {

using sqlite::Reader;
using sqlite::Writer;

class Batch {
 public:
  void configureApp(std::string_view app_id, const QueueLimits& limits);
  void append(Token token, const NewMessage& message);
  void pending(Token token, std::string_view app_id, std::string_view peer_id, Sequence after,
               std::size_t limit, std::int64_t now_ms);
  void acknowledge(std::string_view app_id, std::string_view peer_id,
                   std::span<const Sequence> sequences);
  void createGroup(Token token, std::string_view app_id, const GroupRecord& group,
                   std::int64_t now_ms);
  void loadGroup(Token token, std::string_view app_id, std::string_view group_id);
  void changeMembers(Token token, bool add, std::string_view app_id, std::string_view group_id,
                     std::span<const std::string_view> peer_ids);
  void history(Token token, const HistoryRange& range);
  void expire(std::int64_t now_ms);
  void clockJumped(std::int64_t by_ms);

  /// Calls the verbs in the order they were recorded.
  void replay(Verbs& verbs);
  bool empty() const { return bytes_.empty(); }
  /// Forgets the calls and keeps the memory, up to a bound.
  void clear();

 private:
  enum class Verb : unsigned char;
  Writer record(Verb verb, Token token);
  void replayOne(Verb verb, Token token, Reader& reader, Verbs& verbs);
  void replayAppend(Token token, Reader& reader, Verbs& verbs);
  void replayCreateGroup(Token token, std::string_view app_id, Reader& reader, Verbs& verbs);
  void replayHistory(Token token, std::string_view app_id, Reader& reader, Verbs& verbs);

  std::string bytes_;
  std::vector<ReceiverRef> receivers_;
  std::vector<std::string_view> texts_;
  std::vector<Sequence> sequences_;
};

}  // namespace kith::storage
