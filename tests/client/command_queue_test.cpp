// SPDX-License-Identifier: Apache-2.0
#include "client/command_queue.hpp"

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "client/session_impl.hpp"
#include "support/catch.hpp"

using namespace kith;
using namespace kith::client;
using Lines = std::vector<std::string>;

namespace {

/// A manager with or without an io thread. Completions run at once.
struct Owner final : QueueOwner {
  bool has_thread{true};
  Lines lines;
  CommandQueue queue{*this};

  void inUse() override { lines.emplace_back("in use"); }
  bool wake() override {
    lines.emplace_back("wake");
    return has_thread;
  }
  void closedWithoutThread() override { lines.emplace_back("closed unheard"); }
  void complete(const char*, std::function<void()> run) override { run(); }

  void ask(const char* name) {
    queue.submit(OpCall{nullptr, name,
                        [this, name](Outcome& outcome) {
                          lines.push_back(std::string(name) + ' ' +
                                          std::string(errcName(outcome.result.error().code)));
                        },
                        [](Backend&, OpId) {}});
  }
  /// The kinds that the io thread gets, by their first letter.
  std::string taken() {
    std::vector<Submission> batch;
    queue.take(batch);
    std::string kinds;
    for (const Submission& one : batch) kinds += "-ssngohc"[one.index()];
    return kinds;
  }
  Lines heard() { return std::exchange(lines, {}); }
};

Finish runClosers(Owner& owner) {
  return [&owner](Outcome&) {
    for (const Completion& done : owner.queue.takeClosers()) done(Result<void>{});
  };
}

}  // namespace

TEST_CASE("queue: a burst wakes the io thread once, and comes out in order") {
  Owner owner;
  owner.queue.submit(NewCall{});
  owner.ask("watch");
  owner.queue.submit(GoneCall{1});
  CHECK(owner.heard() == Lines{"in use", "wake"});
  CHECK(owner.taken() == "nog");
  owner.ask("query");
  CHECK(owner.heard() == Lines{"wake"});
  CHECK(owner.taken() == "o");
}

TEST_CASE("queue: without an io thread operations are refused, and sessions wait for one") {
  Owner owner;
  owner.has_thread = false;
  owner.queue.submit(NewCall{});
  owner.ask("watch");
  CHECK(owner.heard() == Lines{"in use", "wake", "wake", "watch NetworkDown"});
  owner.has_thread = true;
  owner.ask("query");
  CHECK(owner.heard() == Lines{"wake"});
  CHECK(owner.taken() == "no");
}

TEST_CASE("queue: after the close nothing is taken, and the close is the last") {
  Owner owner;
  owner.ask("watch");
  int bound = 0;
  owner.queue.close([&](const Result<void>&) { ++bound; }, runClosers(owner));
  owner.heard();
  owner.ask("query");
  CHECK(owner.heard() == Lines{"query Closed"});
  CHECK(owner.taken() == "oc");
  CHECK(bound == 0);
  Outcome over;
  runClosers(owner)(over);
  CHECK(bound == 1);
  // From here on a close is complete at once.
  owner.queue.close([&](const Result<void>&) { ++bound; }, runClosers(owner));
  CHECK(bound == 2);
}

TEST_CASE("queue: the close of one that was never used is complete at once") {
  Owner owner;
  int bound = 0;
  owner.queue.close([&](const Result<void>&) { ++bound; }, runClosers(owner));
  CHECK(bound == 1);
  CHECK(owner.heard().empty());
}

TEST_CASE("queue: a close that finds no io thread is told without it") {
  Owner owner;
  owner.has_thread = false;
  owner.queue.submit(NewCall{});
  owner.heard();
  owner.queue.close({}, runClosers(owner));
  CHECK(owner.heard() == Lines{"wake", "closed unheard"});
}
