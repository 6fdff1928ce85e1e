// SPDX-License-Identifier: Apache-2.0
#include "backends/kith/engine/commit_gate.hpp"

namespace kith::engine {

void CommitGate::load() {
  ++loads_;
  watched_known_ = false;
  mux_.output().load(ref_, peer_);
}

void CommitGate::knowWatched(std::vector<std::string> peers) {
  watched_ = std::move(peers);
  watched_known_ = true;
}

void CommitGate::keepWatched(const std::vector<std::string>& peers) {
  if (watched_known_ && watched_ == peers) return;
  knowWatched(peers);
  keep(store_change::SetWatched{peers});
}

void CommitGate::showWhenKept(Message message) {
  const std::uint64_t number =
      mux_.keep(ref_, peer_, store_change::AddIncoming{{message, true}}, true);
  held_.push({number, MessageReceived{std::move(message)}});
}

void CommitGate::emit(Held held, bool silent) {
  if (auto* done = std::get_if<Done>(&held.what)) {
    mux_.output().done(done->op, std::move(done->outcome));
  } else if (!silent) {
    mux_.output().notify(ref_, std::move(std::get<Event>(held.what)));
  }
}

void CommitGate::release(bool silent) {
  while (!held_.empty() && held_.front().until <= mux_.committed()) {
    emit(held_.take(), silent);
  }
}

std::size_t CommitGate::end(bool silent) {
  std::size_t dropped = 0;
  while (!held_.empty()) {
    Held held = held_.take();
    const auto* event = std::get_if<Event>(&held.what);
    if (event != nullptr && std::holds_alternative<MessageReceived>(*event)) {
      ++dropped;
    } else {
      emit(std::move(held), silent);
    }
  }
  return dropped;
}

}  // namespace kith::engine
