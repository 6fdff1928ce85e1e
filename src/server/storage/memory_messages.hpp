// SPDX-License-Identifier: Apache-2.0
// Messages of a storage in memory: one block each, its texts behind it, linked into the logs that
// name it. Plain data; one thread.
#pragma once

#include <cstdint>
#include <new>
#include <string_view>
#include <utility>

#include "server/storage/blocks.hpp"
#include "server/storage/requests.hpp"

namespace kith::storage {

struct Conversation;
struct Message;

inline const char* endOf(std::string_view text) { return text.data() + text.size(); }

/// A message that the search for a time looks at first; a log has one for so many messages.
struct LogMark {
  Message* message;
  LogMark* older;
  LogMark* newer;
};
inline constexpr std::uint32_t kMarkEvery = 256;

/// The neighbours in a log, and the message's mark, if it has one.
struct LogLink {
  Message* older;
  Message* newer;
  LogMark* mark;
};

/// What a message was changed to.
struct EditedText {
  std::int64_t at;
  std::uint32_t bytes;  ///< of the block
  std::uint32_t text_bytes;

  std::string_view text() const { return {reinterpret_cast<const char*>(this + 1), text_bytes}; }
};

struct Message {
  Position position;
  std::int64_t timestamp;
  LogLink in_app;
  LogLink in_conversation;
  Conversation* conversation;
  std::uint32_t bytes;  ///< of the block
  std::uint32_t refs;   ///< one for the logs, one for each queue
  std::uint32_t id_bytes, from_bytes, group_bytes, text_bytes;
  std::uint32_t addressed;  ///< how many; each text behind the others, with its size before it
  bool receipt_wanted;
  bool deleted;        ///< its text and receivers are gone
  EditedText* edited;  ///< null = it is as it was sent

  std::string_view id() const { return {texts(), id_bytes}; }
  std::string_view from() const { return {endOf(id()), from_bytes}; }
  std::string_view group() const { return {endOf(from()), group_bytes}; }
  std::string_view text() const { return edited != nullptr ? edited->text() : sentText(); }

  StoredMessage copy() const;
  void edit(Blocks& blocks, std::string_view text, std::int64_t at);
  void forgetEdit(Blocks& blocks);
  void tombstone(Blocks& blocks);
  static Message* make(Blocks& blocks, const Append& from, Conversation& conversation);

 private:
  const char* texts() const { return reinterpret_cast<const char*>(this + 1); }
  std::string_view sentText() const { return {endOf(group()), text_bytes}; }
};

/// Messages by time, then by position. Owns none of them, but marks, which go with their messages.
template <LogLink Message::*kLink>
class Log {
 public:
  Message* newest() const { return newest_; }
  Message* oldest() const { return oldest_; }
  /// Null behind the oldest.
  Message* olderThan(const Message* message) const {
    return message == oldest_ ? nullptr : (message->*kLink).older;
  }

  /// The newest for which `wanted` is true, which it is of all that are older, too. Looks at the
  /// marks, and at the messages between two of them.
  template <typename Wanted>
  Message* newestOf(Wanted wanted) const {
    Message* at = newest_;
    const LogMark* mark = newest_mark_;
    for (; mark != nullptr && !wanted(*mark->message); mark = mark->older) at = mark->message;
    while (at != nullptr && !wanted(*at)) at = olderThan(at);
    return at;
  }

  /// Clocks may jump back: the log stays sorted all the same, as the index of a database would.
  void insert(Message* message, Blocks& blocks) {
    if (newest_ != nullptr && message->timestamp < newest_time_) {
      insertAmong(message);
    } else {
      link(message, newest_, nullptr);
      last_ = nullptr;
    }
    if (++unmarked_ < kMarkEvery) return;
    unmarked_ = 0;
    addMark(message, blocks);
  }

  void remove(Message* message, Blocks& blocks) {
    removeMark(message, blocks);
    Message* const older = olderThan(message);
    Message* const newer = (message->*kLink).newer;
    if (message == last_) last_ = nullptr;
    if (message == oldest_) {
      oldest_ = newer;  // whose own link is not looked at any more, nor is it touched here
    } else {
      (older->*kLink).newer = newer;
      if (newer != nullptr) (newer->*kLink).older = older;
    }
    if (message != newest_) return;
    newest_ = older;
    newest_time_ = older != nullptr ? older->timestamp : 0;
  }

 private:
  static bool isOlder(const Message& a, const Message& b) {
    return a.timestamp != b.timestamp ? a.timestamp < b.timestamp : a.position < b.position;
  }

  void link(Message* message, Message* older, Message* newer) {
    (message->*kLink) = {older, newer, nullptr};
    (older != nullptr ? (older->*kLink).newer : oldest_) = message;
    if (newer != nullptr) {
      (newer->*kLink).older = message;
      return;
    }
    newest_ = message;
    newest_time_ = message->timestamp;
  }

  // After a jump each message goes right behind the one before it, so the search starts there.
  void insertAmong(Message* message) {
    Message* older = last_ != nullptr ? last_ : newest_;
    while (older != nullptr && !isOlder(*older, *message)) older = olderThan(older);
    Message* newer = older != nullptr ? (older->*kLink).newer : oldest_;
    while (newer != nullptr && isOlder(*newer, *message)) {
      older = newer;
      newer = (newer->*kLink).newer;
    }
    link(message, older, newer);
    last_ = message;
  }

  void addMark(Message* message, Blocks& blocks) {
    LogMark* newer = nullptr;
    LogMark* older = newest_mark_;
    while (older != nullptr && isOlder(*message, *older->message)) {
      newer = std::exchange(older, older->older);
    }
    auto* mark = new (blocks.take(sizeof(LogMark))) LogMark{message, older, newer};
    (message->*kLink).mark = mark;
    if (older != nullptr) older->newer = mark;
    (newer != nullptr ? newer->older : newest_mark_) = mark;
  }

  void removeMark(Message* message, Blocks& blocks) {
    LogMark* const mark = std::exchange((message->*kLink).mark, nullptr);
    if (mark == nullptr) return;
    if (mark->older != nullptr) mark->older->newer = mark->newer;
    (mark->newer != nullptr ? mark->newer->older : newest_mark_) = mark->older;
    blocks.give(mark, sizeof(LogMark));
  }

  Message* oldest_{nullptr};
  Message* newest_{nullptr};
  Message* last_{nullptr};       ///< the last one inserted, if it did not become the newest
  std::int64_t newest_time_{0};  ///< of newest_, which need not be in the cache
  LogMark* newest_mark_{nullptr};
  std::uint32_t unmarked_{0};  ///< came since the last mark
};

struct Conversation {
  Log<&Message::in_conversation> log;
  std::uint64_t hash;
  std::uint32_t bytes;     ///< of the block
  std::uint32_t messages;  ///< that exist, also outside of the log
  std::uint32_t id_bytes;

  std::string_view id() const { return {reinterpret_cast<const char*>(this + 1), id_bytes}; }
  static Conversation* make(Blocks& blocks, std::string_view id, std::uint64_t hash);
};

/// The first message with a dedupe token.
struct KnownToken {
  KnownToken* newer;
  std::uint64_t hash;
  Position position;
  std::int64_t timestamp;
  std::uint32_t bytes;  ///< of the block
  std::uint32_t from_bytes, dedupe_bytes, id_bytes;

  std::string_view from() const { return {reinterpret_cast<const char*>(this + 1), from_bytes}; }
  std::string_view dedupe() const { return {endOf(from()), dedupe_bytes}; }
  std::string_view id() const { return {endOf(dedupe()), id_bytes}; }
  static KnownToken* make(Blocks& blocks, const Append& message, std::uint64_t hash);
};

}  // namespace kith::storage
