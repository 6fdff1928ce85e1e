// SPDX-License-Identifier: Apache-2.0
// Either storage, with the shorthand of the suite that holds for both.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
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
  explicit Bench(Kind kind) : kind_(kind) {
    open();
    storage->submit(kNoToken, ConfigureApp{"app", {}});
  }

  void open() {
    const Wake wake = [this] { bell.ring(); };
    if (kind_ == Kind::Memory) {
      storage = makeMemoryStorage(wake);
      return;
    }
    auto opened = openSqliteStorage(folder.path(), wake);
    REQUIRE(opened.ok());
    storage = std::move(opened).value();
  }

  /// With a token of its own.
  Token ask(const Request& request) {
    storage->submit(++token, request);
    return token;
  }
  /// Without an answer.
  void tell(const Request& request) { storage->submit(kNoToken, request); }

  // --- messages: from alice in the conversation "conv", unless said otherwise ---
  Token append(const Append& message) { return ask(message); }
  Token append(std::string_view id, std::int64_t timestamp, std::span<const PeerRef> receivers,
               std::string_view text = "text") {
    Append message = make(id, timestamp, text);
    message.receivers = receivers;
    return append(message);
  }
  static Append make(std::string_view id, std::int64_t timestamp, std::string_view text = "text") {
    Append message;
    message.app_id = "app";
    message.id = id;
    message.timestamp = timestamp;
    message.from = "alice";
    message.conv_id = "conv";
    message.text = text;
    return message;
  }
  /// To a group.
  Token appendTo(std::string_view group, std::string_view id, std::int64_t timestamp,
                 std::string_view from = "alice") {
    Append message = make(id, timestamp);
    message.conv_id = group;
    message.kind = ConversationKind::Group;
    message.from = from;
    return append(message);
  }

  // --- what waits ---
  Token pending(std::string_view peer, Position after = 0, std::size_t limit = 1000,
                std::int64_t now = 1000) {
    return ask(ReadPending{"app", peer, after, limit, now});
  }
  /// All that waits, without limits but the age.
  std::vector<std::string> pendingIds(std::string_view peer, std::int64_t now = 1000) {
    const Token asked = pending(peer, 0, 100000, now);
    finish();
    return ids(*results.pending.at(asked).messages);
  }
  /// What a session gets first.
  RecordedPending firstPage(std::string_view peer, std::int64_t now = 1000,
                            std::size_t limit = 100000) {
    const Token asked = ask(ReadPending{"app", peer, 0, limit, now, true});
    finish();
    REQUIRE(results.pending.at(asked).messages.ok());
    return results.pending.at(asked);
  }
  std::vector<std::string> firstIds(std::string_view peer, std::int64_t now = 1000) {
    return ids(*firstPage(peer, now).messages);
  }
  /// The first page, and what follows from it.
  std::vector<std::string> settledIds(std::string_view peer, std::int64_t now = 1000) {
    const RecordedPending page = firstPage(peer, now);
    tell(Acknowledge{"app", peer, page.left_out, true});
    return ids(*page.messages);
  }
  /// Rows of answered appends.
  void acknowledge(std::string_view peer, const std::vector<Token>& appended) {
    finish();
    std::vector<SeqRange> ranges;
    for (const Token each : appended) ranges.push_back(rangeOf(each));
    tell(Acknowledge{"app", peer, ranges});
  }
  void comes(std::string_view peer) { tell(PeerOnline{"app", peer}); }
  void goes(std::string_view peer) { tell(PeerOffline{"app", peer}); }

  // --- logs and groups ---
  Token history(HistoryRange range) {
    range.app_id = "app";
    return ask(range.request());
  }
  std::vector<std::string> historyIds(const HistoryRange& range) {
    const Token asked = history(range);
    finish();
    return ids(*results.history.at(asked));
  }
  std::vector<StoredMessage> log(ReadLog range) {
    range.app_id = "app";
    const Token asked = ask(range);
    finish();
    return *results.history.at(asked);
  }
  Token create(std::string_view id, bool open, const std::vector<std::string_view>& members) {
    return ask(CreateGroup{"app", id, open, refs(members), "alice", 1});
  }
  Token add(std::string_view group, const std::vector<std::string_view>& peers,
            std::int64_t now = 1) {
    return ask(AddMembers{"app", group, refs(peers), "alice", false, 0, now});
  }
  Token remove(std::string_view group, const std::vector<std::string_view>& peers,
               std::int64_t now = 1) {
    return ask(RemoveMembers{"app", group, peers, "alice", false, now});
  }
  Token group(std::string_view id) { return ask(LoadGroup{"app", id}); }
  std::int64_t unread(std::string_view conv, std::string_view peer, int most = 100) {
    const Token asked = ask(CountUnread{"app", conv, peer, most});
    finish();
    return results.unread.at(asked)->count;
  }

  void finish() {
    storage->flush();
    while (token != 0 && !results.has(token)) {
      if (storage->drain(results) == 0) REQUIRE(bell.wait());
    }
  }
  static std::vector<std::string> ids(const std::vector<StoredMessage>& messages) {
    std::vector<std::string> all;
    for (const StoredMessage& message : messages) all.push_back(message.id);
    return all;
  }
  const Appended& appended(Token asked) { return *results.appended.at(asked); }
  const MembersChanged& changed(Token asked) { return *results.members.at(asked); }
  Position positionOf(Token asked) { return appended(asked).position; }
  SeqRange rangeOf(Token asked) {
    return {appended(asked).conversation, appended(asked).seq, appended(asked).seq};
  }

  TemporaryFolder folder;
  Bell bell;
  RecordedResults results;
  std::unique_ptr<Storage> storage;
  Token token{0};

 private:
  /// Of peers that are away. Valid until the next call.
  std::span<const PeerRef> refs(const std::vector<std::string_view>& peers) {
    refs_.clear();
    for (const std::string_view peer : peers) refs_.push_back({peer, false});
    return refs_;
  }

  Kind kind_;
  std::vector<PeerRef> refs_;
};

using Ids = std::vector<std::string>;
inline constexpr PeerRef kBobAway{"bob", false};
inline constexpr PeerRef kBobHere{"bob", true};

inline Kind anyKind() { return GENERATE(Kind::Memory, Kind::Sqlite); }

}  // namespace kith::storage
