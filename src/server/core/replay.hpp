// SPDX-License-Identifier: Apache-2.0
// Sends a session what waited for it (avos-v1 §8 "Replay"), in pages and no faster than the
// connection drains. A page holds all that was asked of the storage before it. What is accepted
// while pages are read goes out with a page, what is accepted later goes out live: nothing twice,
// nothing lost, whatever order the storage answers in. The app's limits on what came while the peer
// was away are applied by the first page of a session (decision 003). Hub's thread.
#pragma once

#include <deque>

#include "server/core/context.hpp"

namespace kith::core {

class ReplayReader {
 public:
  explicit ReplayReader(Context& context) : context_(context) {}

  void start(Session& session);
  /// Tells it how much waits, in the place of it. What is accepted from now on comes live, and is
  /// in the count all the same when it comes before that.
  void count(Session& session, std::int64_t since);
  void onCounted(PendingCommand& asked, const Result<storage::UnreadList>& list);
  void onPage(PendingCommand& asked, const Result<storage::PendingPage>& page);
  void onDrained(Connection& connection);
  /// Switches::replay_priority may have been switched on: no session waits for others any more.
  void goOn();

 private:
  void readMore(Connection& connection);
  bool mustQueue(const Session& session) const;
  void next();
  void ask(Connection& connection, Ref<Session> session);
  void settle(Session& session, const storage::PendingPage& first);
  void send(Session& session, const storage::StoredMessage& message);

  Context& context_;
  std::deque<Ref<Connection>> queue_;  ///< without priority: in the order in which they read a page
  bool reading_{false};                ///< without priority: a page is on its way
};

/// Notes that a message went out to a session and is to be acknowledged; `wish` may be null.
void expectAck(Context& context, Session& session, IdKey id, const StoredPlace& place,
               const ReceiptRequest* wish);

}  // namespace kith::core
