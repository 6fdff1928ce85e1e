// SPDX-License-Identifier: Apache-2.0
// The storage with two callers, the hub and the HTTP interface: routes each answer to the one that
// asked, and counts those that are still to come. Owned by the front, loop thread only.
#pragma once

#include <memory>
#include <utility>
#include <variant>

#include "server/front/metrics.hpp"
#include "server/storage/storage.hpp"

namespace kith::front {

/// Tokens with this bit are the HTTP interface's, the others the hub's.
inline constexpr storage::Token kHttpToken = 1ull << 63;

class StorageMux final : public storage::Storage, private storage::AnswerSink {
 public:
  StorageMux(std::unique_ptr<storage::Storage> storage, Metrics& metrics)
      : storage_(std::move(storage)), metrics_(metrics) {}

  void setSinks(storage::AnswerSink& hub, storage::AnswerSink& http) {
    hub_ = &hub;
    http_ = &http;
  }
  /// Answers that were asked for and have not come yet.
  std::size_t outstanding() const { return outstanding_; }
  std::size_t drain() { return storage_->drain(*this); }

  void submit(storage::Token token, const storage::Request& request) override {
    if (storage::isAnswered(request)) ++outstanding_;
    if (std::holds_alternative<storage::Append>(request)) metrics_.asked(token);
    storage_->submit(token, request);
  }
  void flush() override { storage_->flush(); }
  std::size_t drain(storage::AnswerSink&) override { return drain(); }
  void close() override { storage_->close(); }
  storage::StorageStats stats() const override { return storage_->stats(); }

 private:
  void onAnswer(storage::Answer& answer) override {
    --outstanding_;
    metrics_.answered(answer.token, answer.ok());
    ((answer.token & kHttpToken) != 0 ? http_ : hub_)->onAnswer(answer);
  }

  std::unique_ptr<storage::Storage> storage_;
  Metrics& metrics_;
  storage::AnswerSink* hub_{nullptr};
  storage::AnswerSink* http_{nullptr};
  std::size_t outstanding_{0};
};

}  // namespace kith::front
