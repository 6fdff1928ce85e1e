// SPDX-License-Identifier: Apache-2.0
// The memory storage with a brake and a saboteur: answers can be kept back, handed out in any
// order, and the next append, change, load or page can be made to fail. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
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
  std::uint64_t expired{0};                ///< Expire requests
  std::uint64_t loads{0};                  ///< LoadGroup requests
  std::uint64_t pages{0};                  ///< ReadPending requests
  std::uint64_t flushes{0};                ///< calls of flush()
  std::vector<std::size_t> acknowledged;   ///< how many each Acknowledge named
  std::vector<std::string> conversations;  ///< of each Append

  void submit(storage::Token token, const storage::Request& request) override {
    if (std::holds_alternative<storage::Expire>(request)) ++expired;
    if (std::holds_alternative<storage::LoadGroup>(request)) ++loads;
    if (std::holds_alternative<storage::ReadPending>(request)) ++pages;
    if (const auto* append = std::get_if<storage::Append>(&request)) {
      conversations.emplace_back(append->conv_id);
    }
    if (const auto* named = std::get_if<storage::Acknowledge>(&request)) {
      acknowledged.push_back(named->positions.size());
    }
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
    for (storage::Answer& answer : std::exchange(chosen_, {})) sink.onAnswer(answer);
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
