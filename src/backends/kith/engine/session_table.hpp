// SPDX-License-Identifier: Apache-2.0
// The sessions of an engine, and how they are found: by number, which the driver has, or by peer,
// which the server has. Owned by ClientEngine; one thread.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "backends/kith/engine/session.hpp"
#include "base/hash_index.hpp"
#include "base/text_hash.hpp"

namespace kith::engine {

class SessionTable {
 public:
  SessionTable() = default;
  SessionTable(const SessionTable&) = delete;
  SessionTable& operator=(const SessionTable&) = delete;
  ~SessionTable() {
    by_ref_.each([](Session& session) { const std::unique_ptr<Session> goes(&session); });
  }

  std::size_t size() const { return by_ref_.size(); }
  Session* find(SessionRef ref) const {
    return by_ref_.find(base::hashNumber(ref),
                        [ref](const Session& session) { return session.ref() == ref; });
  }
  /// Of several sessions of one peer the one that was added last.
  Session* find(std::string_view peer) const {
    return by_peer_.find(hashOf(peer),
                         [peer](const Session& session) { return session.peer() == peer; });
  }

  /// Its number is not in the table yet.
  void add(std::unique_ptr<Session> session) {
    const std::uint64_t peer = hashOf(session->peer());
    if (Session* before = find(session->peer())) by_peer_.remove(peer, before);
    by_peer_.add(peer, session.get());
    const SessionRef ref = session->ref();
    by_ref_.add(base::hashNumber(ref), session.release());
  }
  void remove(Session& session) {
    const std::unique_ptr<Session> goes(&session);
    if (find(session.peer()) == &session) by_peer_.remove(hashOf(session.peer()), &session);
    by_ref_.remove(base::hashNumber(session.ref()), &session);
    by_peer_.shrink();
    by_ref_.shrink();
  }

  /// In any order; `use` must not change the table.
  template <typename Use>
  void each(Use use) const {
    by_ref_.each(use);
  }

 private:
  static std::uint64_t hashOf(std::string_view peer) { return base::hashText(peer, 0); }

  base::HashIndex<Session> by_ref_;  // owns them
  base::HashIndex<Session> by_peer_;
};

}  // namespace kith::engine
