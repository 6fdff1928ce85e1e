// SPDX-License-Identifier: Apache-2.0
// What the hub asks of a storage. The hub calls every verb on its own thread and never waits;
// results come back there when the driver calls drain(), each with its token, in any order.
//
// What is asked takes effect in the order it was asked in as far as anybody can see: messages and
// changes of one conversation keep their order, and a read shows all that was asked before it.
#pragma once

#include <kith/result.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kith::storage {

/// Chosen by the caller, handed back with the result.
using Token = std::uint64_t;
/// Position of a message in the order of acceptance, over all apps; grows.
using Sequence = std::int64_t;

/// One receiver of a message.
struct ReceiverRef {
  std::string_view peer_id;
  bool online{false};  ///< had a session when the message was accepted: the offline limit spares it
};

/// A message to keep. Views are copied before append() returns.
struct NewMessage {
  std::string_view app_id;
  std::string_view id;        ///< made by the hub
  std::int64_t timestamp{0};  ///< ms
  std::string_view from;
  std::string_view conv_id;   ///< md5 of the pair, or the group id (avos-v1 §11.2)
  std::string_view group_id;  ///< empty for a peer message
  std::string_view text;
  std::string_view dedupe;  ///< empty = none; unique per (app, from) among kept tokens
  bool receipt_wanted{false};
  bool log_only{false};                    ///< open groups: into the history, into nobody's queue
  std::span<const ReceiverRef> receivers;  ///< whose queues it enters
  std::span<const std::string_view> addressed;  ///< toPeerIds for the history; empty for a group
};

/// The fate of an append.
struct Appended {
  /// The token was known: all of this is about the first message, and nothing was stored.
  bool duplicate{false};
  Sequence sequence{0};
  std::string id;  ///< of a duplicate; of others the caller knows it
  std::int64_t timestamp{0};
};

/// A kept message.
struct StoredMessage {
  Sequence sequence{0};
  std::string id;
  std::int64_t timestamp{0};
  std::string from;
  std::string conv_id;
  std::string group_id;
  std::string text;
  bool receipt_wanted{false};
  std::vector<std::string> addressed;
};

struct GroupRecord {
  std::string id;
  bool open{false};
  std::vector<std::string> members;  ///< in the order they came
};

/// Which part of the history; newest first.
struct HistoryRange {
  std::string app_id;
  std::string conv_id;     ///< empty = any
  std::string from;        ///< empty = any
  std::int64_t before{0};  ///< only timestamp <= before; 0 = newest
  bool before_exclusive{false};
  std::string before_id;  ///< with before: leaves out this id and what is newer (page on)
  int limit{100};
};

/// Per-app limits the storage keeps.
struct QueueLimits {
  std::size_t offline_messages{50};
  std::int64_t offline_age_ms{7ll * 24 * 3600 * 1000};
  std::size_t unacknowledged_messages{10000};
};

/// Hears results, on the hub's thread, inside drain().
class Results {
 public:
  virtual ~Results() = default;
  virtual void onAppended(Token token, Result<Appended> result) = 0;
  /// `complete`: nothing more waits after these.
  virtual void onPending(Token token, Result<std::vector<StoredMessage>> messages,
                         bool complete) = 0;
  /// nullopt: no such group.
  virtual void onGroup(Token token, Result<std::optional<GroupRecord>> group) = 0;
  /// A change of groups is committed.
  virtual void onChanged(Token token, Result<void> result) = 0;
  virtual void onHistory(Token token, Result<std::vector<StoredMessage>> messages) = 0;
};

struct StorageStats {
  std::uint64_t commits{0};
  std::uint64_t appended{0};
  /// What waits to be brought into the file; grows while another program reads for long.
  std::uint64_t log_bytes{0};
  /// Queue entries that were too old, since the storage was opened.
  std::uint64_t expired{0};
};

/// What can be asked of a storage.
class Verbs {
 public:
  virtual ~Verbs() = default;

  /// Declares an app before its first use.
  virtual void configureApp(std::string_view app_id, const QueueLimits& limits) = 0;

  virtual void append(Token token, const NewMessage& message) = 0;
  /// Up to `limit` messages of a peer's queue with a sequence above `after`, oldest first; `now_ms`
  /// leaves out what is older than the app's age limit.
  virtual void pending(Token token, std::string_view app_id, std::string_view peer_id,
                       Sequence after, std::size_t limit, std::int64_t now_ms) = 0;
  /// Takes messages off a peer's queue. No result; a crash may forget it (the message comes again).
  virtual void acknowledge(std::string_view app_id, std::string_view peer_id,
                           std::span<const Sequence> sequences) = 0;

  virtual void createGroup(Token token, std::string_view app_id, const GroupRecord& group,
                           std::int64_t now_ms) = 0;
  virtual void loadGroup(Token token, std::string_view app_id, std::string_view group_id) = 0;
  virtual void addMembers(Token token, std::string_view app_id, std::string_view group_id,
                          std::span<const std::string_view> peer_ids) = 0;
  virtual void removeMembers(Token token, std::string_view app_id, std::string_view group_id,
                             std::span<const std::string_view> peer_ids) = 0;

  virtual void history(Token token, const HistoryRange& range) = 0;

  /// Forgets queue entries older than each app's age and dedupe tokens older than a day.
  virtual void expire(std::int64_t now_ms) = 0;
  /// The wall clock was set by so much: what was appended since the storage was opened ages as if
  /// the clock had shown then what it shows now. Its timestamps stay.
  virtual void clockJumped(std::int64_t by_ms) = 0;
};

/// Takes the verbs of a turn and carries them out in one commit (group commit); a result of a
/// change is handed out only after its commit is on stable storage.
class Storage : public Verbs {
 public:
  /// Ends the turn: what was asked since the last flush() may be committed together.
  virtual void flush() = 0;
  /// Hands out the results that are ready. Returns how many.
  virtual std::size_t drain(Results& results) = 0;
  /// Commits everything, then stops. drain() may still hand out results. Blocks.
  virtual void close() = 0;

  virtual StorageStats stats() const = 0;
};

/// Called from any thread when drain() has something to hand out.
using Wake = std::function<void()>;

/// Keeps everything in memory, of the history the newest 100,000 messages of an app; results are
/// ready at flush().
std::unique_ptr<Storage> makeMemoryStorage(Wake wake);

/// `folder`/kith.db on a thread of its own: WAL, synchronous=FULL. Fails with InvalidArgument and
/// one clear line when the folder or file can not be used, is from a newer version, or has a
/// storage already; with Internal when the system has no thread left. Other programs may read the
/// file meanwhile.
Result<std::unique_ptr<Storage>> openSqliteStorage(const std::string& folder, Wake wake);

}  // namespace kith::storage
