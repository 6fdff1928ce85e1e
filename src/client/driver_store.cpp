// SPDX-License-Identifier: Apache-2.0
// What the engine keeps goes to the store's thread, and its answers come back.
#include <utility>

#include "client/driver.hpp"
#include "client/manager_impl.hpp"

namespace kith::client {

void Driver::load(engine::SessionRef session, const std::string& peer_id) {
  jobs_.emplace_back(StoreWriter::Load{session, peer_id});
}

void Driver::keep(const std::string& peer_id, StoreChange change) {
  ++unkept_;
  jobs_.emplace_back(PeerChange{peer_id, std::move(change)});
}

/// All changes of a turn go over together, and so into one commit.
void Driver::flushJobs() {
  if (jobs_.empty() || finished_) return;
  if (writer_ == nullptr) startWriter();
  writer_->take(jobs_);
}

void Driver::startWriter() {
  // The writer outlives us when it has to, and then nobody hears it.
  auto tell = [this, loop = manager_.loop(), weak = manager_.weak_from_this()](auto say) {
    loop->post([this, weak, say = std::move(say)]() mutable {
      const auto alive = weak.lock();
      if (alive != nullptr && !finished_) say();
    });
  };
  StoreWriter::Ear ear;
  ear.kept = [this, tell](std::size_t count, Result<void> result) {
    tell([this, count, result = std::move(result)]() mutable { kept(count, std::move(result)); });
  };
  ear.loaded = [this, tell](engine::SessionRef session, Result<StoredPeer> peer) {
    tell([this, session, peer = std::move(peer)]() mutable { loaded(session, std::move(peer)); });
  };
  const Options& options = manager_.options();
  writer_ = std::make_unique<StoreWriter>(options.store, options.app_id, std::move(ear));
}

void Driver::kept(std::size_t count, Result<void> result) {
  unkept_ -= count;
  if (!result.ok() && !std::exchange(store_failing_, true)) logStoreFailure(result.error());
  if (result.ok()) store_failing_ = false;
  engine_.kept(count, std::move(result), now());
  settle();
}

void Driver::loaded(engine::SessionRef session, Result<StoredPeer> peer) {
  if (!peer.ok()) logStoreFailure(peer.error());
  engine_.loaded(session, std::move(peer), now());
  settle();
}

void Driver::logStoreFailure(const Error& error) {
  manager_.log().log(LogLevel::Warn, "client", [&] {
    return "the store failed, sessions go on without it: " + error.detail;
  });
}

}  // namespace kith::client
