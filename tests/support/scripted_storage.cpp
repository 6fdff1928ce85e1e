// SPDX-License-Identifier: Apache-2.0
#include "support/scripted_storage.hpp"

#include <utility>
#include <variant>

namespace kith::testing {

ScriptedStorage::ScriptedStorage() : inner_(storage::makeMemoryStorage({})) {}
ScriptedStorage::~ScriptedStorage() = default;

void ScriptedStorage::submit(storage::Token token, const storage::Request& request) {
  std::visit([&](const auto& one) { note(one); }, request);
  inner_->submit(token, request);
}

void ScriptedStorage::flush() {
  ++flushes;
  inner_->flush();
}

std::size_t ScriptedStorage::drain(storage::AnswerSink& sink) {
  if (held) return 0;
  target_ = &sink;
  const std::size_t count = inner_->drain(*this) + chosen_.size();
  for (storage::Answer& answer : std::exchange(chosen_, {})) {
    if (fail_kept) answer.fail({Errc::Internal, 0, "the disk is full", false});
    sink.onAnswer(answer);
  }
  return count;
}

void ScriptedStorage::answer(std::size_t which) {
  chosen_.push_back(std::move(kept_.at(which)));
  kept_.erase(kept_.begin() + static_cast<std::ptrdiff_t>(which));
}

void ScriptedStorage::close() { inner_->close(); }
storage::StorageStats ScriptedStorage::stats() const { return inner_->stats(); }

void ScriptedStorage::tell(std::string_view peer, std::string_view what) {
  story.push_back(std::string(peer).append(" ").append(what));
}

void ScriptedStorage::note(const storage::ReadPending& page) {
  ++pages;
  tell(page.peer_id, page.first ? "first" : "page");
}
void ScriptedStorage::note(const storage::Append& append) {
  conversations.emplace_back(append.conv_id);
  named.push_back(append.receivers.size());
  tell(append.from, "sends");
}
void ScriptedStorage::note(const storage::AddMembers& change) {
  named.push_back(change.peers.size());
}
void ScriptedStorage::note(const storage::RemoveMembers& change) {
  named.push_back(change.peer_ids.size());
}
void ScriptedStorage::note(const storage::PeerOnline& event) { tell(event.peer_id, "online"); }
void ScriptedStorage::note(const storage::PeerOffline& event) { tell(event.peer_id, "offline"); }
void ScriptedStorage::note(const storage::Acknowledge& acknowledgement) {
  std::size_t rows = 0;
  ranges = acknowledgement.ranges.size();
  for (const storage::SeqRange& range : acknowledgement.ranges) {
    rows += static_cast<std::size_t>(range.last - range.first + 1);
  }
  (acknowledgement.settles ? left_out : acknowledged).push_back(rows);
  if (acknowledgement.settles) tell(acknowledgement.peer_id, "settled");
}

void ScriptedStorage::onAnswer(storage::Answer& answer) {
  const bool may_fail = !std::holds_alternative<Result<storage::HistoryPage>>(answer.value);
  if (may_fail && (fail_all || std::exchange(fail_next, false))) {
    answer.fail({Errc::Internal, 0, "the disk is full", false});
  }
  if (keep) {
    kept_.push_back(std::move(answer));
  } else {
    target_->onAnswer(answer);
  }
}

}  // namespace kith::testing
