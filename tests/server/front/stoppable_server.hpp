// SPDX-License-Identifier: Apache-2.0
// A server over a storage that answers when a test lets it. Test thread only, but for what is
// atomic.
#pragma once

#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

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
  void configureApp(std::string_view app, const storage::QueueLimits& limits) override {
    inner_->configureApp(app, limits);
  }
  void append(storage::Token token, const storage::NewMessage& message) override {
    inner_->append(token, message);
  }
  void pending(storage::Token token, std::string_view app, std::string_view peer,
               storage::Sequence after, std::size_t limit, std::int64_t now) override {
    inner_->pending(token, app, peer, after, limit, now);
  }
  void acknowledge(std::string_view app, std::string_view peer,
                   std::span<const storage::Sequence> sequences) override {
    inner_->acknowledge(app, peer, sequences);
  }
  void createGroup(storage::Token, std::string_view, const storage::GroupRecord&,
                   std::int64_t) override {}
  void loadGroup(storage::Token token, std::string_view app, std::string_view group) override {
    inner_->loadGroup(token, app, group);
    ++valve_.groups;
  }
  void addMembers(storage::Token, std::string_view, std::string_view,
                  std::span<const std::string_view>) override {}
  void removeMembers(storage::Token, std::string_view, std::string_view,
                     std::span<const std::string_view>) override {}
  void history(storage::Token token, const storage::HistoryRange& range) override {
    inner_->history(token, range);
    ++valve_.histories;
  }
  void expire(std::int64_t now) override { inner_->expire(now); }
  void clockJumped(std::int64_t by) override { inner_->clockJumped(by); }
  void flush() override { inner_->flush(); }
  std::size_t drain(storage::Results& results) override {
    inner_->drain(kept_);
    std::size_t told = 0;
    for (; !kept_.answers.empty() && (!valve_.held || valve_.let > 0); ++told) {
      if (valve_.held) --valve_.let;
      const auto answer = std::move(kept_.answers.front());
      kept_.answers.pop_front();
      answer(results);
    }
    return told;
  }
  void close() override { inner_->close(); }
  storage::StorageStats stats() const override { return inner_->stats(); }

 private:
  /// Keeps what the storage said, to say it later.
  struct Kept final : storage::Results {
    template <typename Say>
    void add(Say say) {
      // std::function wants to copy what it holds.
      answers.emplace_back(
          [say = std::make_shared<Say>(std::move(say))](Results& to) { (*say)(to); });
    }
    void onAppended(storage::Token token, Result<storage::Appended> result) override {
      add([=, result = std::move(result)](Results& to) mutable {
        to.onAppended(token, std::move(result));
      });
    }
    void onPending(storage::Token token, Result<std::vector<storage::StoredMessage>> messages,
                   bool complete) override {
      add([=, messages = std::move(messages)](Results& to) mutable {
        to.onPending(token, std::move(messages), complete);
      });
    }
    void onGroup(storage::Token token, Result<std::optional<storage::GroupRecord>> group) override {
      add([=, group = std::move(group)](Results& to) mutable {
        to.onGroup(token, std::move(group));
      });
    }
    void onChanged(storage::Token token, Result<void> result) override {
      add([=, result = std::move(result)](Results& to) mutable {
        to.onChanged(token, std::move(result));
      });
    }
    void onHistory(storage::Token token,
                   Result<std::vector<storage::StoredMessage>> messages) override {
      add([=, messages = std::move(messages)](Results& to) mutable {
        to.onHistory(token, std::move(messages));
      });
    }
    std::deque<std::function<void(Results&)>> answers;
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
