// SPDX-License-Identifier: Apache-2.0
#include "backends/kith/engine/ledger.hpp"

namespace kith::engine {

void Ledger::ask() {
  ++asked_;
  watched_known_ = false;
  channel_.output().load(ref_, peer_);
}

void Ledger::knowWatched(std::vector<std::string> peers) {
  watched_ = std::move(peers);
  watched_known_ = true;
}

void Ledger::keepWatched(const std::vector<std::string>& peers) {
  if (watched_known_ && watched_ == peers) return;
  knowWatched(peers);
  keep(store_change::SetWatched{peers});
}

void Ledger::showWhenKept(Message message) {
  const std::uint64_t number =
      channel_.keep(ref_, peer_, store_change::AddIncoming{{message, true}}, true);
  held_.push({number, MessageReceived{std::move(message)}});
}

void Ledger::letOut(Held held, bool silent) {
  if (auto* done = std::get_if<Done>(&held.what)) {
    channel_.output().done(done->op, std::move(done->outcome));
  } else if (!silent) {
    channel_.output().notify(ref_, std::move(std::get<Event>(held.what)));
  }
}

void Ledger::release(bool silent) {
  while (!held_.empty() && held_.front().until <= channel_.committed()) {
    letOut(held_.take(), silent);
  }
}

std::size_t Ledger::end(bool silent) {
  std::size_t dropped = 0;
  while (!held_.empty()) {
    Held held = held_.take();
    const auto* event = std::get_if<Event>(&held.what);
    if (event != nullptr && std::holds_alternative<MessageReceived>(*event)) {
      ++dropped;
    } else {
      letOut(std::move(held), silent);
    }
  }
  return dropped;
}

}  // namespace kith::engine
