// SPDX-License-Identifier: Apache-2.0
// Rows of the logs of a storage in memory: one block each, its texts behind it. Plain data; one
// thread.
#pragma once

#include <cstdint>
#include <cstring>
#include <new>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

#include "server/storage/blocks.hpp"
#include "server/storage/requests.hpp"

namespace kith::storage {

struct Conversation;
struct Message;

inline const char* endOf(std::string_view text) { return text.data() + text.size(); }

/// A Thing with room for `texts` bytes behind it.
template <typename Thing>
Thing* makeWith(Blocks& blocks, std::size_t texts) {
  static_assert(std::is_trivially_destructible_v<Thing>);
  const std::size_t bytes = sizeof(Thing) + texts;
  auto* thing = new (blocks.take(bytes)) Thing{};
  thing->bytes = static_cast<std::uint32_t>(bytes);
  return thing;
}

/// Returns the end of what was put there.
inline char* putText(char* at, std::string_view text) {
  if (!text.empty()) std::memcpy(at, text.data(), text.size());
  return at + text.size();
}

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
  std::uint32_t text_bytes, extra_bytes;

  std::string_view text() const { return {reinterpret_cast<const char*>(this + 1), text_bytes}; }
  std::string_view extra() const { return {endOf(text()), extra_bytes}; }
};

/// A row to be made.
struct NewRow {
  RowKind row{RowKind::Message};
  std::string_view id;
  std::int64_t timestamp{0};
  std::string_view from;
  std::uint64_t from_hash{0};  ///< of a message
  std::string_view text;
  bool receipt_wanted{false};
  bool to_self{false};
  std::span<const std::string_view> addressed;
  std::string_view extra{};
};

/// What acknowledgements look at comes first.
struct Message {
  Position position;
  std::int64_t timestamp;
  Conversation* conversation;
  Seq seq;
  std::uint64_t from_hash;
  std::uint32_t bytes;  ///< of the block
  RowKind row;
  bool receipt_wanted;
  bool to_self;
  bool deleted;  ///< its text and receivers are gone
  LogLink in_app;
  EditedText* edited;  ///< null = it is as it was sent
  std::uint32_t id_bytes, from_bytes, text_bytes, extra_bytes;
  std::uint32_t addressed;  ///< how many; each text behind the others, with its size before it

  std::string_view id() const { return {texts(), id_bytes}; }
  std::string_view from() const { return {endOf(id()), from_bytes}; }
  std::string_view text() const { return edited != nullptr ? edited->text() : sentText(); }
  std::string_view extra() const { return edited != nullptr ? edited->extra() : sentExtra(); }
  bool isShown() const { return row == RowKind::Message && !deleted; }

  StoredMessage copy() const;
  void edit(Blocks& blocks, std::string_view text, std::string_view extra, std::int64_t at);
  void forgetEdit(Blocks& blocks);
  void tombstone(Blocks& blocks);
  /// Its place is set where it is put into the logs.
  static Message* make(Blocks& blocks, const NewRow& row);

 private:
  const char* texts() const { return reinterpret_cast<const char*>(this + 1); }
  std::string_view sentText() const { return {endOf(from()), text_bytes}; }
  std::string_view sentExtra() const { return {endOf(sentText()), extra_bytes}; }
};

/// Rows of an app by time, then by position. Owns none of them, but marks, which go with their
/// rows.
class AppLog {
 public:
  Message* newest() const { return newest_; }
  Message* oldest() const { return oldest_; }
  std::size_t size() const { return size_; }
  /// Null behind the oldest.
  Message* olderThan(const Message* message) const {
    return message == oldest_ ? nullptr : message->in_app.older;
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
  void insert(Message* message, Blocks& blocks);
  void remove(Message* message, Blocks& blocks);

 private:
  void link(Message* message, Message* older, Message* newer);
  void insertAmong(Message* message);
  void addMark(Message* message, Blocks& blocks);
  void removeMark(Message* message, Blocks& blocks);

  Message* oldest_{nullptr};
  Message* newest_{nullptr};
  Message* last_{nullptr};       ///< the last one inserted that did not become the newest
  std::int64_t newest_time_{0};  ///< of newest_, which need not be in the cache
  LogMark* newest_mark_{nullptr};
  std::uint32_t unmarked_{0};  ///< came since the last mark
  std::size_t size_{0};
};

/// The first message with a dedupe token.
struct KnownToken {
  KnownToken* newer;
  std::uint64_t hash;
  Position position;
  ConversationKey conversation;
  Seq seq;
  std::int64_t timestamp;
  std::uint32_t bytes;  ///< of the block
  std::uint32_t from_bytes, dedupe_bytes, id_bytes;

  std::string_view from() const { return {reinterpret_cast<const char*>(this + 1), from_bytes}; }
  std::string_view dedupe() const { return {endOf(from()), dedupe_bytes}; }
  std::string_view id() const { return {endOf(dedupe()), id_bytes}; }
  /// What is answered when it is sent again.
  Appended answer() const;
  static KnownToken* make(Blocks& blocks, const Append& message, const Appended& first,
                          std::uint64_t hash);
};

}  // namespace kith::storage
