// SPDX-License-Identifier: Apache-2.0
// One connection to the service and the sessions on it. Owned by the application.
#pragma once

#include <kith/capabilities.hpp>
#include <kith/export.hpp>
#include <kith/options.hpp>
#include <kith/result.hpp>
#include <kith/session.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace kith {

namespace client {
class ManagerImpl;
}

/// Counters of a manager, for screens and tests.
struct ManagerStats {
  /// Sessions made and not yet dropped.
  std::size_t sessions{0};
  /// Connections that came up.
  std::uint64_t connects{0};
  /// Connections that were lost, closed ones included.
  std::uint64_t disconnects{0};
  /// Frames received and sent, heartbeats included.
  std::uint64_t frames_in{0};
  /// See `frames_in`.
  std::uint64_t frames_out{0};
  /// Messages dropped because they had been delivered before.
  std::uint64_t duplicates{0};
};

/// Which stored messages to ask for (row 26, avos-v1 §11.2).
struct HistoryQuery {
  /// The other peer of a pair; or empty.
  std::string peer{};
  /// A group; or empty. Exactly one of the two is set.
  std::string group_id{};
  /// Only messages accepted before this time; the epoch = from the newest.
  Timestamp before{};
  /// How many messages to return, 1 to 1000. Default 100. Without `before_id` a page has all
  /// messages of its oldest time, up to 1000 beyond the limit: a burst has one time, and the next
  /// page begins before it. A page ends earlier when it has 16 MiB.
  int limit{100};
  /// Goes on in the middle of a time: the id of a message, whose time `before` is then. The page
  /// begins with the message before that one. Empty = `before` alone counts.
  std::string before_id{};

  /// The page that follows the one that ends with `oldest`: sets `before` and `before_id`.
  /// Thread: any. Blocks: never. Callback: none. Lifetime: copies its arguments.
  HistoryQuery& olderThan(const Message& oldest) {
    before = oldest.timestamp;
    before_id = oldest.id;
    return *this;
  }
};

/// Completion of `history()`: newest first; an empty page says that there is nothing older. Runs
/// once, on the executor.
using HistoryCompletion = std::function<void(Result<std::vector<Message>>)>;

/// Holds the sessions of one application against one service. Several peers share its connection.
///
/// Destroying it closes every session without waiting, and never joins the thread it runs on. What
/// `Options::store` is to keep is still written.
class KITH_EXPORT SessionManager {
 public:
  /// Never fails and never touches the network; a mistake in `options` is told by `check()` and by
  /// every operation.
  /// Thread: any. Blocks: never. Callback: none. Lifetime: copies its arguments.
  explicit SessionManager(Options options);
  ~SessionManager();
  SessionManager(const SessionManager&) = delete;
  SessionManager& operator=(const SessionManager&) = delete;

  /// Success, or the first mistake in the options, with the field's name.
  /// Thread: any. Blocks: never. Callback: none. Lifetime: none.
  Result<void> check() const;

  /// The session of a peer; the same object as long as it is held. Never null.
  /// Thread: any. Blocks: never. Callback: none. Lifetime: the session outlives the manager,
  /// closed.
  std::shared_ptr<Session> session(const std::string& peer_id);

  /// The device's network changed: a suspect connection is replaced and a waiting try starts at
  /// once (R7). Cheap; at most one try per `ReconnectOptions::hint_interval` follows.
  /// Thread: any. Blocks: never. Callback: none. Lifetime: none.
  void networkChanged();

  /// Going to the background: closes the connection politely and stops every timer; sessions are
  /// told `onSessionPaused` (R12).
  /// Thread: any. Blocks: never. Callback: executor, `done` once. Lifetime: copies its arguments.
  void pause(Completion done = {});
  /// Back in the foreground: connects at once.
  /// Thread: any. Blocks: never. Callback: none. Lifetime: none.
  void resume();

  /// Closes every session and the connection. After `done`, not one more callback (R2). With
  /// `Options::store`, `done` comes when everything is written, and sends that wait fail with
  /// `Closed` and `may_have_arrived`: they go out when the peer's session is opened again.
  /// Thread: any. Blocks: never. Callback: executor, once. Lifetime: copies its arguments.
  void close(Completion done = {});

  /// Asks the service over HTTP for stored messages of `peer_id`, with a signature of
  /// `Options::signature_factory` when there is one (avos-v1 §11.2). Errors: InvalidArgument,
  /// Timeout, NetworkDown, Rejected, SignatureRefused, ServerBusy, QueueFull, Closed.
  /// Thread: any. Blocks: never. Callback: executor, once. Lifetime: copies its arguments.
  void history(const std::string& peer_id, HistoryQuery query, HistoryCompletion done);

  /// What the service can do. What depends on the server is known from the first connection on, and
  /// said to be missing before.
  /// Thread: any. Blocks: never. Callback: none. Lifetime: none.
  Capabilities capabilities() const noexcept;
  /// Counters as of now.
  /// Thread: any. Blocks: never. Callback: none. Lifetime: none.
  ManagerStats stats() const;

 private:
  std::shared_ptr<client::ManagerImpl> impl_;
};

}  // namespace kith
