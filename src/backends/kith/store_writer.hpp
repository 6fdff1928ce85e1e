// SPDX-License-Identifier: Apache-2.0
// The thread that reads and writes a manager's Store, so that the io thread never waits for a disk.
// Owned by StoreKeeper; any thread.
#pragma once

#include <kith/store.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "backends/operation.hpp"

namespace kith::backends {

/// Carries out what it is given in order, changes that wait together in one commit. When it is
/// destroyed its thread first finishes what it was given; so it does when the process leaves
/// main().
class StoreWriter {
 public:
  struct Load {
    SessionRef session{0};
    std::string peer_id;
  };
  using Job = std::variant<PeerChange, Load>;

  /// Hears how it went, on the writer's thread. Holds no reference to the writer's owner, which may
  /// be gone by then.
  struct Callbacks {
    /// The oldest `count` changes are committed, or have failed with StoreFailed.
    std::function<void(std::size_t count, Result<void> result)> kept;
    std::function<void(SessionRef session, Result<StoredPeer> peer)> loaded;
  };

  StoreWriter(std::shared_ptr<Store> store, std::string app_id, Callbacks callbacks);
  ~StoreWriter();
  StoreWriter(const StoreWriter&) = delete;
  StoreWriter& operator=(const StoreWriter&) = delete;

  /// Takes all of `jobs` and leaves it empty.
  void take(std::vector<Job>& jobs);

 private:
  struct State;
  const std::shared_ptr<State> state_;  // the thread's too
};

}  // namespace kith::backends
