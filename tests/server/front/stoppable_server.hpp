// SPDX-License-Identifier: Apache-2.0
// A server over a storage that answers when a test lets it. Test thread only, but for what is
// atomic.
#pragma once

#include <atomic>
#include <chrono>
#include <deque>
#include <memory>
#include <thread>
#include <utility>
#include <variant>

#include "server/front/front.hpp"
#include "server/front/front_bench.hpp"
#include "support/waiter.hpp"

namespace kith::testing {

/// The memory storage, with answers that stay away until they are let go: all of them, or so many.
class SlowStorage final : public storage::Storage {
 public:
  struct Valve {
    std::atomic<bool> held{false};
    std::atomic<int> let{0};        ///< while held: so many answers may come all the same
    std::atomic<int> histories{0};  ///< that were asked for
    std::atomic<int> groups{0};     ///< that were asked for
  };
  SlowStorage(storage::Wake wake, Valve& valve)
      : inner_(storage::makeMemoryStorage(std::move(wake))), valve_(valve) {}
  void submit(storage::Token token, const storage::Request& request) override {
    inner_->submit(token, request);
    if (std::holds_alternative<storage::LoadGroup>(request)) ++valve_.groups;
    if (std::holds_alternative<storage::ReadHistory>(request)) ++valve_.histories;
  }
  void flush() override { inner_->flush(); }
  std::size_t drain(storage::AnswerSink& sink) override {
    inner_->drain(kept_);
    std::size_t told = 0;
    for (; !kept_.answers.empty() && (!valve_.held || valve_.let > 0); ++told) {
      if (valve_.held) --valve_.let;
      storage::Answer answer = std::move(kept_.answers.front());
      kept_.answers.pop_front();
      sink.onAnswer(answer);
    }
    return told;
  }
  void close() override { inner_->close(); }
  storage::StorageStats stats() const override { return inner_->stats(); }

 private:
  /// Keeps what the storage said, to say it later.
  struct Kept final : storage::AnswerSink {
    void onAnswer(storage::Answer& answer) override { answers.push_back(std::move(answer)); }
    std::deque<storage::Answer> answers;
  };

  std::unique_ptr<storage::Storage> inner_;
  Valve& valve_;
  Kept kept_;
};

/// A front on a thread of its own, over a storage whose disk stands still when told.
class StoppableServer {
 public:
  explicit StoppableServer(const ServerOptions& options)
      : front_(front::checkOptions(options).value()) {
    thread_ = std::thread([this] {
      auto storage = std::make_unique<SlowStorage>([this] { front_.wake(); }, valve_);
      port_ = front_.open(std::move(storage)).value().front();
      front_.run();
      front_.close();
    });
    REQUIRE(eventually([this] { return port_ != 0; }));
  }
  ~StoppableServer() {
    valve_.held = false;
    front_.stop(std::chrono::seconds(1));
    thread_.join();
  }
  StoppableServer(const StoppableServer&) = delete;
  StoppableServer& operator=(const StoppableServer&) = delete;
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  ServerStats stats() const { return front_.stats(); }
  int histories() const { return valve_.histories; }
  int groups() const { return valve_.groups; }
  void hold() { valve_.held = true; }
  void letGo() {
    valve_.held = false;
    front_.wake();
  }
  void letGo(int answers) {
    valve_.let += answers;
    front_.wake();
  }

 private:
  SlowStorage::Valve valve_;
  front::Front front_;
  std::atomic<std::uint16_t> port_{0};
  std::thread thread_;
};

}  // namespace kith::testing
