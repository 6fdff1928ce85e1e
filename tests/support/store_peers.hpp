// SPDX-License-Identifier: Apache-2.0
// Shorthand for tests of stores: makes changes and names what a store gave back. Any thread.
#pragma once

#include <kith/store.hpp>

#include <string>
#include <utility>
#include <vector>

namespace kith::testing {

using Ids = std::vector<std::string>;

inline StoredOutgoing outgoing(std::string client_id, std::string text = "text") {
  StoredOutgoing entry;
  entry.client_id = std::move(client_id);
  entry.message.text = std::move(text);
  entry.message.to = {"bob"};
  entry.queued = Timestamp(std::chrono::milliseconds(1000));
  return entry;
}

inline StoredIncoming incoming(std::string id, std::string text = "text") {
  StoredIncoming entry;
  entry.message.id = std::move(id);
  entry.message.from = "bob";
  entry.message.text = std::move(text);
  entry.message.timestamp = Timestamp(std::chrono::milliseconds(1000));
  return entry;
}

inline StoreChange addOutgoing(std::string client_id, std::string text = "text") {
  return store_change::AddOutgoing{outgoing(std::move(client_id), std::move(text))};
}
inline StoreChange removeOutgoing(std::string client_id) {
  return store_change::RemoveOutgoing{std::move(client_id)};
}
inline StoreChange addIncoming(std::string id, std::string text = "text") {
  return store_change::AddIncoming{incoming(std::move(id), std::move(text))};
}
inline StoreChange shown(Ids ids) { return store_change::Shown{std::move(ids)}; }
inline StoreChange setWatched(Ids peers) { return store_change::SetWatched{std::move(peers)}; }

inline Ids clientIds(const StoredPeer& peer) {
  Ids ids;
  for (const StoredOutgoing& entry : peer.outgoing) ids.push_back(entry.client_id);
  return ids;
}
inline Ids incomingIds(const StoredPeer& peer) {
  Ids ids;
  for (const StoredIncoming& entry : peer.incoming) ids.push_back(entry.message.id);
  return ids;
}

}  // namespace kith::testing
