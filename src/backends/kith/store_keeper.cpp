// SPDX-License-Identifier: Apache-2.0
#include "backends/kith/store_keeper.hpp"

#include <utility>

namespace kith::backends {

StoreKeeper::StoreKeeper(const Context& context, Answers answers)
    : context_(context), answers_(std::move(answers)) {}

void StoreKeeper::load(SessionRef session, const std::string& peer_id) {
  jobs_.emplace_back(StoreWriter::Load{session, peer_id});
}

void StoreKeeper::keep(const std::string& peer_id, StoreChange change) {
  ++waiting_;
  jobs_.emplace_back(PeerChange{peer_id, std::move(change)});
}

void StoreKeeper::endTurn() {
  if (jobs_.empty()) return;
  if (writer_ == nullptr) startWriter();
  writer_->take(jobs_);
}

void StoreKeeper::startWriter() {
  // The writer's thread outlives the backend when it has to, and then its answers are dropped.
  auto tell = [loop = context_.sharedLoop(), life = context_.life()](auto say) {
    loop->post([life, say = std::move(say)]() mutable {
      if (!life.expired()) say();
    });
  };
  StoreWriter::Callbacks callbacks;
  callbacks.kept = [this, tell](std::size_t count, Result<void> result) {
    tell([this, count, result = std::move(result)]() mutable {
      waiting_ -= count;
      if (!result.ok() && !std::exchange(failing_, true)) noteFailure(result.error());
      if (result.ok()) failing_ = false;
      answers_.kept(count, std::move(result));
      context_.turnEnded();
    });
  };
  callbacks.loaded = [this, tell](SessionRef session, Result<StoredPeer> peer) {
    tell([this, session, peer = std::move(peer)]() mutable {
      if (!peer.ok()) noteFailure(peer.error());
      answers_.loaded(session, std::move(peer));
      context_.turnEnded();
    });
  };
  const Options& options = context_.options();
  writer_ = std::make_unique<StoreWriter>(options.store, options.app_id, std::move(callbacks));
}

void StoreKeeper::noteFailure(const Error& error) const {
  context_.log().log(LogLevel::Warn, "client", [&] {
    return "the store failed, sessions go on without it: " + error.detail;
  });
}

}  // namespace kith::backends
