// SPDX-License-Identifier: Apache-2.0
// What a device remembers of its peers from one run of the program to the next: messages that wait
// to be sent, messages that came and were not shown yet, and the watch list. Optional
// (Options::store). Use one of the two made here, or write your own.
#pragma once

#include <kith/export.hpp>
#include <kith/message.hpp>
#include <kith/result.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace kith {

/// A message of ours without the server's word yet.
struct StoredOutgoing {
  /// The id it keeps through every resend, so that the server drops what came twice (avos-v1 §8).
  std::string client_id;
  /// What `send()` was given.
  Message message;
  /// When `send()` was called, by the wall clock of when it is loaded: see `OutboxOptions::expiry`.
  Timestamp queued{};
};

/// A message that came and has not been through the application's callback.
struct StoredIncoming {
  /// As the server sent it.
  Message message;
  /// The server waits for its acknowledgement.
  bool acknowledge{true};
};

/// All that is kept of one peer.
struct StoredPeer {
  /// In the order of `send()`.
  std::vector<StoredOutgoing> outgoing;
  /// In the order of arrival.
  std::vector<StoredIncoming> incoming;
  /// Ids of messages that were shown, oldest first; the newest `limits::kRememberedIds`.
  std::vector<std::string> shown_ids;
  /// The watch list, sorted.
  std::vector<std::string> watched;
};

/// Changes of what is kept of one peer.
namespace store_change {
/// `send()` was called. A `client_id` that waits already changes nothing.
struct AddOutgoing {
  /// The message.
  StoredOutgoing entry;
};
/// The message of this `client_id` is over: accepted, refused or expired. An id that is not there
/// changes nothing.
struct RemoveOutgoing {
  /// The same as in AddOutgoing.
  std::string client_id;
};
/// A message came. It and its id (the cursor) are one change, so that neither is ever there alone.
/// An id that waits already changes nothing.
struct AddIncoming {
  /// The message; its id is not empty.
  StoredIncoming entry;
};
/// The application's callback ran for these: they leave `incoming`, their ids stay in `shown_ids`,
/// also when nothing of that id waited. An id that is there already keeps its place.
struct Shown {
  /// Message ids, oldest first.
  std::vector<std::string> ids;
};
/// The watch list is now this.
struct SetWatched {
  /// Sorted.
  std::vector<std::string> peers;
};
}  // namespace store_change

/// One of them.
using StoreChange =
    std::variant<store_change::AddOutgoing, store_change::RemoveOutgoing, store_change::AddIncoming,
                 store_change::Shown, store_change::SetWatched>;

/// A change and whose it is.
struct PeerChange {
  /// The peer, unique within the app.
  std::string peer_id;
  /// What to change.
  StoreChange change;
};

/// Keeps it. Called by one thread at a time, never by the io thread, so it may block; several
/// managers of one process may share one store.
class KITH_EXPORT Store {
 public:
  virtual ~Store();

  /// All that is kept of a peer; empty for one it does not know. Errors: StoreFailed.
  /// Thread: any. Blocks: on the disk. Callback: none. Lifetime: copies its arguments.
  virtual Result<StoredPeer> load(const std::string& app_id, const std::string& peer_id) = 0;

  /// Makes all of `changes`, in their order, or none. Success means that they survive the end of
  /// the process. After a failure the store goes on as before: a later call may succeed. Errors:
  /// StoreFailed; when the store is full, changes that add no message still find room.
  /// Thread: any. Blocks: on the disk. Callback: none. Lifetime: copies its arguments.
  virtual Result<void> commit(const std::string& app_id,
                              const std::vector<PeerChange>& changes) = 0;
};

/// Bounds of a store. Values below the least count as the least.
struct StoreLimits {
  /// Bytes that it may take, indexes and the like included, 1 MiB or more; a commit that adds
  /// messages and does not fit fails with `StoreFailed` until others made room. Messages get about
  /// two thirds; the rest is for what must go on when they are at their bound, and for a file's
  /// journal, which only a single commit of more than an eighth may take above this. Default
  /// 64 MiB.
  std::size_t max_bytes{64u * 1024 * 1024};
  /// Peers for which nothing was loaded or changed for longer lose their `shown_ids` and watch
  /// list, by the wall clock and not to the hour; messages stay. 1 hour or more. Default 90 days.
  std::chrono::hours forget_after{24 * 90};
};

/// A store that lasts as long as the object: for tests, and to carry sessions from one manager to
/// the next. Never null.
/// Thread: any. Blocks: never. Callback: none. Lifetime: shared by all that hold it.
KITH_EXPORT std::shared_ptr<Store> makeMemoryStore(StoreLimits limits = {});

/// A store in one SQLite file, made when missing, readable by its owner only, for this process
/// alone: one that another holds is in use until that one ends, whichever way. While it is open,
/// `<file>-wal` lies beside it and belongs to it. Text of messages that are over is overwritten, at
/// the latest when the store is closed.
/// Errors: StoreFailed, when the file cannot be opened (no such folder, no right to write, in use
/// by another process, made by a newer Kith or by another program) or is damaged; the detail says
/// which, and the file is left as it was.
/// Thread: any. Blocks: on the disk. Callback: none. Lifetime: copies its arguments.
KITH_EXPORT Result<std::shared_ptr<Store>> openSqliteStore(const std::string& file,
                                                           StoreLimits limits = {});

}  // namespace kith
