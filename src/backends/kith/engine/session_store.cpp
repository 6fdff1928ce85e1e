// SPDX-License-Identifier: Apache-2.0
// What a session keeps for its next life, and gets back from the one before.
#include <kith/limits.hpp>

#include <algorithm>
#include <utility>

#include "backends/kith/engine/session.hpp"

namespace kith::engine {

bool Session::loaded(Result<StoredPeer> peer, base::Instant now) {
  if (!context_.gate->loaded() || phase_ != Phase::Loading) {
    return false;  // for a life that is over
  }
  phase_ = Phase::Waiting;
  if (!peer.ok()) {
    context_.notify(SessionError{peer.error()});
    return true;
  }
  context_.gate->knowWatched(peer->watched);
  outbox_.restore(std::move(peer->outgoing), now);
  for (const std::string& id : peer->shown_ids) inbox_.restoreShown(id);
  restoreIncoming(std::move(peer->incoming));
  restoreWatched(std::move(peer->watched));
  return true;
}

/// They are shown at once, without waiting for the connection: whatever comes over it is newer.
void Session::restoreIncoming(std::vector<StoredIncoming> incoming) {
  std::vector<std::string> shown;
  for (StoredIncoming& stored : incoming) {
    Message& message = stored.message;
    const std::size_t bytes = Inbox::bytesOf(message.text, message.from, message.id);
    switch (inbox_.restored(message.id, stored.acknowledge, bytes)) {
      case Inbox::Verdict::New: context_.notify(MessageReceived{std::move(message)}); break;
      // The store was not told, because writing failed.
      case Inbox::Verdict::Repeated: shown.push_back(std::move(message.id)); break;
      case Inbox::Verdict::Waiting:  // on its way to the application since the life before
      case Inbox::Verdict::NoRoom: break;
    }
  }
  if (!shown.empty()) context_.gate->keep(store_change::Shown{std::move(shown)});
}

/// Peers named in this life go first when both lists together are too long.
void Session::restoreWatched(std::vector<std::string> watched) {
  std::size_t room = limits::kWatchedPeers;
  const std::size_t named = operations_ != nullptr ? operations_->wanted().watched().size()
                                                   : context_.watch_list.watched().size();
  room -= std::min(room, named);
  for (const std::string& peer : watched) {
    if (room == 0) return;
    if (context_.watch_list.watches(peer)) continue;
    context_.watch_list.watch({peer});
    --room;
  }
}

/// Its end is not reported any more, so the application must take it for sent.
void Session::failButKeep(Outbox::Entry entry) {
  entry.written = true;
  failSend(std::move(entry),
           {Errc::Closed, 0,
            "the session was closed first; the message is kept in Options::store and goes out when "
            "this peer's session is opened again",
            true});
}

}  // namespace kith::engine
