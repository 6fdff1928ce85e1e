// SPDX-License-Identifier: Apache-2.0
// The memory storage with a brake and a saboteur: answers can be kept back, handed out in any
// order, and the next append, change, load or page can be made to fail. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "server/storage/storage.hpp"

namespace kith::testing {

class ScriptedStorage final : public storage::Storage, private storage::AnswerSink {
 public:
  bool held{false};                        ///< drain() hands out nothing
  bool keep{false};                        ///< drain() hands out only what answer() chose
  bool fail_next{false};                   ///< the next answer of a change or read is a failure
  bool fail_all{false};                    ///< so are all of them
  bool fail_kept{false};                   ///< so are those that answer() chose
  std::uint64_t expired{0};                ///< Expire requests
  std::uint64_t loads{0};                  ///< LoadGroup requests
  std::uint64_t pages{0};                  ///< ReadPending requests
  std::uint64_t flushes{0};                ///< calls of flush()
  std::vector<std::size_t> acknowledged;   ///< how many rows each Acknowledge of a client named
  std::size_t ranges{0};                   ///< that the last Acknowledge named
  std::vector<std::size_t> left_out;       ///< and each that settles
  std::vector<std::size_t> named;          ///< how many peers each Append and change named
  std::vector<std::string> conversations;  ///< of each Append
  /// Of each peer in the order of submit(): `online`, `first` (page), `page`, `settled`, `sends`,
  /// `offline`.
  std::vector<std::string> story;

  void submit(storage::Token token, const storage::Request& request) override {
    std::visit([&](const auto& one) { note(one); }, request);
    inner_->submit(token, request);
  }
  void flush() override {
    ++flushes;
    inner_->flush();
  }
  std::size_t drain(storage::AnswerSink& sink) override {
    if (held) return 0;
    target_ = &sink;
    const std::size_t count = inner_->drain(*this) + chosen_.size();
    for (storage::Answer& answer : std::exchange(chosen_, {})) {
      if (fail_kept) answer.fail({Errc::Internal, 0, "the disk is full", false});
      sink.onAnswer(answer);
    }
    return count;
  }
  /// Answers that are kept, in the order they were asked for.
  std::size_t kept() const { return kept_.size(); }
  /// Lets the next drain() hand out this one of them.
  void answer(std::size_t which) {
    chosen_.push_back(std::move(kept_.at(which)));
    kept_.erase(kept_.begin() + static_cast<std::ptrdiff_t>(which));
  }
  void close() override { inner_->close(); }
  storage::StorageStats stats() const override { return inner_->stats(); }

 private:
  void tell(std::string_view peer, std::string_view what) {
    story.push_back(std::string(peer).append(" ").append(what));
  }
  template <typename Other>
  void note(const Other&) {}
  void note(const storage::Expire&) { ++expired; }
  void note(const storage::LoadGroup&) { ++loads; }
  void note(const storage::ReadPending& page) {
    ++pages;
    tell(page.peer_id, page.first ? "first" : "page");
  }
  void note(const storage::Append& append) {
    conversations.emplace_back(append.conv_id);
    named.push_back(append.receivers.size());
    tell(append.from, "sends");
  }
  void note(const storage::AddMembers& change) { named.push_back(change.peers.size()); }
  void note(const storage::RemoveMembers& change) { named.push_back(change.peer_ids.size()); }
  void note(const storage::PeerOnline& event) { tell(event.peer_id, "online"); }
  void note(const storage::PeerOffline& event) { tell(event.peer_id, "offline"); }
  void note(const storage::Acknowledge& acknowledgement) {
    std::size_t rows = 0;
    ranges = acknowledgement.ranges.size();
    for (const storage::SeqRange& range : acknowledgement.ranges) {
      rows += static_cast<std::size_t>(range.last - range.first + 1);
    }
    (acknowledgement.settles ? left_out : acknowledged).push_back(rows);
    if (acknowledgement.settles) tell(acknowledgement.peer_id, "settled");
  }

  void onAnswer(storage::Answer& answer) override {
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

  std::unique_ptr<storage::Storage> inner_ = storage::makeMemoryStorage({});
  storage::AnswerSink* target_{nullptr};
  storage::Answers kept_;
  storage::Answers chosen_;
};

}  // namespace kith::testing
