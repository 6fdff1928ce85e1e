// SPDX-License-Identifier: Apache-2.0
// Either storage, with the shorthand of the suite that holds for both.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/storage/storage.hpp"
#include "support/catch.hpp"
#include "support/storage_results.hpp"
#include "support/temporary_folder.hpp"

namespace kith::storage {

enum class Kind { Memory, Sqlite };

/// A storage of an app that is called "app".
class Bench {
 public:
  explicit Bench(Kind kind);
  ~Bench();

  void open();

  /// With a token of its own.
  Token ask(const Request& request);
  /// Without an answer.
  void tell(const Request& request) { storage->submit(kNoToken, request); }

  // --- messages: from alice in the conversation "conv", unless said otherwise ---
  Token append(const Append& message);
  Token append(std::string_view id, std::int64_t timestamp, std::span<const PeerRef> receivers,
               std::string_view text = "text");
  static Append make(std::string_view id, std::int64_t timestamp, std::string_view text = "text");
  /// To a group.
  Token appendTo(std::string_view group, std::string_view id, std::int64_t timestamp,
                 std::string_view from = "alice");

  // --- what waits ---
  Token pending(std::string_view peer, Position after = 0, std::size_t limit = 1000,
                std::int64_t now = 1000);
  /// All that waits, without limits but the age.
  std::vector<std::string> pendingIds(std::string_view peer, std::int64_t now = 1000);
  /// What a session gets first.
  RecordedPending firstPage(std::string_view peer, std::int64_t now = 1000,
                            std::size_t limit = 100000);
  std::vector<std::string> firstIds(std::string_view peer, std::int64_t now = 1000);
  /// The first page, and what follows from it.
  std::vector<std::string> settledIds(std::string_view peer, std::int64_t now = 1000);
  /// Rows of answered appends.
  void acknowledge(std::string_view peer, const std::vector<Token>& appended);
  void comes(std::string_view peer);
  void goes(std::string_view peer);

  // --- logs and groups ---
  Token history(HistoryRange range);
  std::vector<std::string> historyIds(const HistoryRange& range);
  std::vector<StoredMessage> log(ReadLog range);
  Token create(std::string_view id, bool open, const std::vector<std::string_view>& members);
  Token add(std::string_view group, const std::vector<std::string_view>& peers,
            std::int64_t now = 1);
  Token remove(std::string_view group, const std::vector<std::string_view>& peers,
               std::int64_t now = 1);
  Token group(std::string_view id);
  FoundGroup load(std::string_view id);
  /// Conversations, or objects of another class, that a peer finds: their ids and fields.
  std::vector<std::string> found(std::string_view where, std::string_view peer = {},
                                 std::string_view class_name = kConversationsClass);
  std::int64_t unread(std::string_view conv, std::string_view peer, int most = 100);

  void finish();
  static std::vector<std::string> ids(const std::vector<StoredMessage>& messages);
  const Appended& appended(Token asked) { return *results.appended.at(asked); }
  const MembersChanged& changed(Token asked) { return *results.members.at(asked); }
  Position positionOf(Token asked) { return appended(asked).position; }
  SeqRange rangeOf(Token asked);

  TemporaryFolder folder;
  Bell bell;
  RecordedResults results;
  std::unique_ptr<Storage> storage;
  Token token{0};

 private:
  /// Of peers that are away. Valid until the next call.
  std::span<const PeerRef> refs(const std::vector<std::string_view>& peers);

  Kind kind_;
  std::vector<PeerRef> refs_;
};

using Ids = std::vector<std::string>;
inline constexpr PeerRef kBobAway{"bob", false};
inline constexpr PeerRef kBobHere{"bob", true};

inline Kind anyKind() { return GENERATE(Kind::Memory, Kind::Sqlite); }

}  // namespace kith::storage
