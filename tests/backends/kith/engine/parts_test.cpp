// SPDX-License-Identifier: Apache-2.0
// The small parts: ring, back-off, watch list, timers, frames, request mux.
#include <kith/limits.hpp>

#include <algorithm>
#include <deque>

#include "backends/kith/engine/backoff.hpp"
#include "backends/kith/engine/frames.hpp"
#include "backends/kith/engine/session_timers.hpp"
#include "support/catch.hpp"
#include "support/engine_world.hpp"

namespace kith::engine {
namespace {

using base::Millis;

TEST_CASE("ring: agrees with std::deque under random use") {
  base::SeededRandom random(3);
  base::Ring<int> ring;
  std::deque<int> model;
  for (int step = 0; step < 20000; ++step) {
    const std::uint64_t what = random.upTo(5);
    if (what <= 2) {
      ring.push(step);
      model.push_back(step);
    } else if (what == 3) {
      ring.pushFront(step);
      model.push_front(step);
    } else if (!model.empty() && what == 4) {
      CHECK(ring.take() == model.front());
      model.pop_front();
    } else if (!model.empty()) {
      const std::size_t at = random.upTo(model.size() - 1);
      CHECK(ring.takeAt(at) == model[at]);
      model.erase(model.begin() + static_cast<std::ptrdiff_t>(at));
    }
    REQUIRE(ring.size() == model.size());
    if (!model.empty()) REQUIRE(ring[model.size() / 2] == model[model.size() / 2]);
  }
}

TEST_CASE("backoff: the bound doubles to max_delay and the draw fills it") {
  base::SeededRandom random(5);
  const ReconnectOptions options;
  for (const auto& [failures, bound] :
       {std::pair{1, 800}, {2, 1600}, {4, 6400}, {8, 60000}, {100, 60000}}) {
    Millis least{1000000};
    Millis most{0};
    for (int i = 0; i < 2000; ++i) {
      const Millis delay = fullJitter(options, failures, random);
      least = std::min(least, delay);
      most = std::max(most, delay);
    }
    CHECK(most <= Millis{bound});
    CHECK(most > Millis{bound * 9 / 10});
    CHECK(least < Millis{bound / 10});
  }
}

TEST_CASE("watch list: presence is reported only for watched peers and once") {
  WatchList watch_list;
  watch_list.watch({"b", "a", "b"});
  CHECK(watch_list.watched() == std::vector<std::string>{"a", "b"});
  CHECK(watch_list.setOnline("b", true));
  CHECK_FALSE(watch_list.setOnline("b", true));
  CHECK_FALSE(watch_list.setOnline("z", true));
  CHECK(watch_list.unwatch({"a", "b"}) == std::vector<std::string>{"b"});
  CHECK(watch_list.watched().empty());
}

TEST_CASE("timers: the earliest is first, through any changes") {
  test::RecordingOutput output;
  base::SeededRandom random(9);
  const EngineOptions options;
  RequestMux mux(options, output, random);
  std::deque<Session> sessions;
  for (SessionRef ref = 0; ref < 50; ++ref) sessions.emplace_back(ref, "p", mux);
  std::map<SessionRef, Millis> model;
  SessionTimers timers;
  for (int step = 0; step < 5000; ++step) {
    const auto ref = static_cast<SessionRef>(random.upTo(49));
    const Millis at =
        random.upTo(2) == 0 ? base::kNever : Millis{static_cast<int>(random.upTo(1000))};
    timers.set(sessions[ref], at);
    model[ref] = at;
    Millis least = base::kNever;
    for (const auto& [r, t] : model) least = std::min(least, t);
    REQUIRE(timers.deadline() == least);
    if (least != base::kNever) REQUIRE(model[timers.first()->ref()] == least);
  }
}

TEST_CASE("frames: a part never exceeds the frame limit and every id has its turn") {
  std::vector<std::string> ids;
  for (int i = 0; i < 100; ++i)
    ids.push_back(std::string(static_cast<std::size_t>(i % 64 + 1), i % 3 ? 'x' : '"'));
  std::size_t first = 0;
  while (first < ids.size()) {
    const std::size_t end = endOfPart(ids, first, 100);
    REQUIRE(end > first);
    std::size_t bytes = 0;
    for (; first < end; ++first) bytes += ids[first].size() * (ids[first][0] == '"' ? 2 : 1) + 3;
    CHECK(bytes <= limits::kFrameBytes);
  }
  CHECK(endOfPart({}, 0, 0) == 0);
  CHECK(endOfPart({std::string(9000, 'x')}, 0, 0) == 1);
}

TEST_CASE("request mux: a question to the signer is answered once, and overdue in order") {
  test::RecordingOutput output;
  base::SeededRandom random(9);
  EngineOptions options;
  options.signature_timeout = Millis{10};
  RequestMux mux(options, output, random);
  const SignatureId one = mux.ask(1, {}, {Millis{0}, Millis{0}});
  const SignatureId two = mux.ask(2, {}, {Millis{5}, Millis{0}});
  CHECK(mux.signatureDeadline() == Millis{10});
  CHECK(mux.overdue({Millis{9}, Millis{0}}) == 0);
  CHECK(mux.overdue({Millis{10}, Millis{0}}) == one);
  CHECK(mux.answered(one) == SessionRef{1});
  CHECK_FALSE(mux.answered(one));
  CHECK(mux.signatureDeadline() == Millis{15});
  mux.cancel(two);
  CHECK_FALSE(mux.answered(two));
  CHECK_FALSE(mux.answered(777));
  CHECK(mux.signatureDeadline() == base::kNever);
}

}  // namespace
}  // namespace kith::engine
