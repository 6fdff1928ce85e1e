// SPDX-License-Identifier: Apache-2.0
// What the engine keeps goes to the store's thread, all of a turn in one commit, and its answers
// come back. Owned by EngineOutput; loop thread only.
#pragma once

#include <kith/store.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "backends/kith/context.hpp"
#include "backends/kith/store_writer.hpp"
#include "backends/operation.hpp"

namespace kith::backends {

class StoreKeeper {
 public:
  /// Answers, on the loop's thread; the turn ends after each.
  struct Answers {
    std::function<void(std::size_t count, Result<void> result)> kept;
    std::function<void(SessionRef session, Result<StoredPeer> peer)> loaded;
  };
  StoreKeeper(const Context& context, Answers answers);

  void load(SessionRef session, const std::string& peer_id);
  void keep(const std::string& peer_id, StoreChange change);
  /// Changes without an answer from the store.
  std::size_t waiting() const { return waiting_; }
  void endTurn();

 private:
  void startWriter();
  void noteFailure(const Error& error) const;

  const Context& context_;
  const Answers answers_;
  std::unique_ptr<StoreWriter> writer_;  // from the first thing to keep
  std::vector<StoreWriter::Job> jobs_;
  std::size_t waiting_{0};
  bool failing_{false};
};

}  // namespace kith::backends
