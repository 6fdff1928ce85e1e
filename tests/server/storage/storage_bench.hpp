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

  Token append(Append message) {
    storage->submit(++token, message);
    return token;
  }
  Token append(std::string_view id, std::int64_t timestamp, std::span<const ReceiverRef> receivers,
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
  Token pending(std::string_view peer, Position after = 0, std::size_t limit = 1000,
                std::int64_t now = 1000) {
    storage->submit(++token, ReadPending{"app", peer, after, limit, now});
    return token;
  }
  Token history(HistoryRange range) {
    range.app_id = "app";
    storage->submit(++token, range.request());
    return token;
  }
  Token create(std::string_view id, bool open, const std::vector<std::string_view>& members) {
    storage->submit(++token, CreateGroup{"app", id, open, members, 1});
    return token;
  }
  Token group(std::string_view id) {
    storage->submit(++token, LoadGroup{"app", id});
    return token;
  }
  void finish() {
    storage->flush();
    while (!results.has(token)) {
      if (storage->drain(results) == 0) REQUIRE(bell.wait());
    }
  }
  std::vector<std::string> pendingIds(std::string_view peer, std::int64_t now = 1000) {
    const Token asked = pending(peer, 0, 100000, now);
    finish();
    return ids(*results.pending.at(asked).messages);
  }
  std::vector<std::string> historyIds(const HistoryRange& range) {
    const Token asked = history(range);
    finish();
    return ids(*results.history.at(asked));
  }
  static std::vector<std::string> ids(const std::vector<StoredMessage>& messages) {
    std::vector<std::string> all;
    for (const StoredMessage& message : messages) all.push_back(message.id);
    return all;
  }
  Position positionOf(Token asked) { return results.appended.at(asked)->position; }

  TemporaryFolder folder;
  Bell bell;
  RecordedResults results;
  std::unique_ptr<Storage> storage;
  Token token{0};

 private:
  Kind kind_;
};

using Ids = std::vector<std::string>;
inline constexpr ReceiverRef kBobAway{"bob", false};
inline constexpr ReceiverRef kBobHere{"bob", true};

inline Kind anyKind() { return GENERATE(Kind::Memory, Kind::Sqlite); }

}  // namespace kith::storage
