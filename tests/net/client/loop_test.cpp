// SPDX-License-Identifier: Apache-2.0
// The thread itself: order, timers, ends, and what it costs (R3, R19, R20).
#include <chrono>
#include <fstream>
#include <numeric>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <thread>
#include <unistd.h>

#include "net/client/loop_bench.hpp"
#include "support/ws_peer.hpp"

using namespace kith;
using namespace kith::testing;

namespace {

/// How often this thread of ours went to sleep by itself: each time something had woken it.
long naps(long thread) {
  std::ifstream in("/proc/self/task/" + std::to_string(thread) + "/status");
  std::string word;
  long count = -1;
  while (in >> word) {
    if (word == "voluntary_ctxt_switches:") in >> count;
  }
  return count;
}

}  // namespace

TEST_CASE("loop: tasks run in the order in which they were posted, on one thread") {
  const auto loop = net::Loop::make({});
  CHECK_FALSE(loop->onLoopThread());
  std::vector<int> seen;
  for (int i = 0; i < 1000; ++i) {
    REQUIRE(loop->post([&seen, i, &loop] {
      if (loop->onLoopThread()) seen.push_back(i);
    }));
  }
  onLoop(*loop, [] {});
  std::vector<int> wanted(1000);
  std::iota(wanted.begin(), wanted.end(), 0);
  CHECK(seen == wanted);
}

TEST_CASE("loop: posting from many threads at once loses nothing") {
  const auto loop = net::Loop::make({});
  int count = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 5000; ++i) {
        if (!loop->post([&count] { ++count; })) break;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(onLoop(*loop, [&] { return count; }) == 20000);
}

TEST_CASE("loop: a task may post, and what it posts runs later") {
  const auto loop = net::Loop::make({});
  Waiter waiter;
  std::string order;
  onLoop(*loop, [&] {
    loop->post([&] { waiter.change([&] { order += "b"; }); });
    waiter.change([&] { order += "a"; });
  });
  REQUIRE(waiter.until([&] { return order.size() == 2; }));
  CHECK(order == "ab");
}

TEST_CASE("loop: timers fire once, in order, not early; a deleted or disarmed one never") {
  const auto loop = net::Loop::make({});
  Waiter waiter;
  std::string order;
  bool early = false;
  std::vector<std::unique_ptr<net::Timer>> timers;
  onLoop(*loop, [&] {
    const base::Millis start = loop->now().mono;
    const auto add = [&](char name, int after) {
      timers.push_back(loop->makeTimer([&, name, when = start + base::Millis{after}] {
        if (loop->now().mono < when) early = true;
        waiter.change([&] { order += name; });
      }));
      timers.back()->arm(start + base::Millis{after});
    };
    add('c', 30);
    add('a', 10);
    add('x', 15);
    add('y', 16);
    add('b', 20);
    timers[2].reset();
    timers[3]->arm(base::kNever);
  });
  REQUIRE(waiter.until([&] { return order.size() == 3; }));
  CHECK(order == "abc");
  CHECK_FALSE(early);
  onLoop(*loop, [&] { timers.clear(); });
}

TEST_CASE("loop: a timer armed while others sleep longer comes first, also from a callback") {
  const auto loop = net::Loop::make({});
  Waiter waiter;
  bool fired = false;
  std::unique_ptr<net::Timer> far, first, second;
  onLoop(*loop, [&] {
    far = loop->makeTimer([] {});
    far->arm(loop->now().mono + base::Millis{3'600'000});
    second = loop->makeTimer([&] { waiter.change([&] { fired = true; }); });
    first = loop->makeTimer([&] { second->arm(loop->now().mono + base::Millis{5}); });
    first->arm(loop->now().mono);
  });
  CHECK(waiter.until([&] { return fired; }));
  onLoop(*loop, [&] {
    far.reset();
    first.reset();
    second.reset();
  });
}

TEST_CASE("loop: a timer may delete itself while it fires") {
  const auto loop = net::Loop::make({});
  Waiter waiter;
  bool gone = false;
  std::unique_ptr<net::Timer> timer;
  onLoop(*loop, [&] {
    timer = loop->makeTimer([&] {
      timer.reset();
      waiter.change([&] { gone = true; });
    });
    timer->arm(loop->now().mono);
  });
  CHECK(waiter.until([&] { return gone; }));
}

namespace {

/// Tells when the closure that holds it is gone.
struct Witness {
  explicit Witness(Waiter& w, bool& g) : waiter(w), gone(g) {}
  ~Witness() {
    waiter.change([this] { gone = true; });
  }
  Waiter& waiter;
  bool& gone;
};

}  // namespace

TEST_CASE("loop: it ends with the last reference, dropped on its own thread as well") {
  Waiter waiter;
  bool gone = false;
  auto loop = net::Loop::make({});
  auto witness = std::make_shared<Witness>(waiter, gone);
  std::promise<void> inside;
  std::promise<void> go_on;
  SECTION("on its own thread, by the last task that holds it") {
    loop->post([keep = loop, witness] { keep->post([] {}); });
    loop.reset();
  }
  SECTION("elsewhere, with a task behind") {
    loop->post([&inside, wait = go_on.get_future().share()] {
      inside.set_value();
      wait.wait();
    });
    loop->post([witness] {});
    inside.get_future().wait();
    loop.reset();  // does not wait for the task that waits for us
    go_on.set_value();
  }
  witness.reset();
  CHECK(waiter.until([&] { return gone; }));
}

TEST_CASE("loop: transports and timers that a dropped task holds go quietly") {
  WsPeer peer([&](WsTalk& talk) {
    talk.shakeHands();
    talk.waitForEnd();
  });
  Waiter waiter;
  bool gone = false;
  auto loop = net::Loop::make({});
  Recorder recorder;
  struct Held {
    std::unique_ptr<net::Transport> transport;
    std::unique_ptr<net::Timer> timer;
    std::shared_ptr<Witness> witness;
  };
  auto held = std::make_shared<Held>();
  onLoop(*loop, [&, held] {
    net::ConnectRequest request;
    request.url = peer.url();
    held->transport = loop->connect(request, recorder);
    held->timer = loop->makeTimer([] {});
    held->timer->arm(loop->now().mono + base::Millis{3'600'000});
    held->witness = std::make_shared<Witness>(waiter, gone);
  });
  REQUIRE(recorder.isUp());
  std::promise<void> inside;
  std::promise<void> go_on;
  loop->post([&inside, wait = go_on.get_future().share()] {
    inside.set_value();
    wait.wait();
  });
  inside.get_future().wait();
  loop->post([held = std::move(held)] {});
  loop.reset();
  go_on.set_value();
  CHECK(waiter.until([&] { return gone; }));
  CHECK(recorder.count(&Recorder::downs) == 0);
}

TEST_CASE("loop: the last reference may go in every callback of a connection") {
  const int where = GENERATE(0, 1, 2, 3);
  CAPTURE(where);
  WsPeer peer([&](WsTalk& talk) {
    talk.shakeHands();
    talk.sendText("hello");
    if (where == 3) talk.sendClose(1000, "");
    talk.waitForEnd();
  });
  Waiter waiter;
  bool gone = false;
  auto loop = net::Loop::make({});
  Recorder recorder;
  std::unique_ptr<net::Transport> transport;
  const auto drop = [&] {
    // Goes with the loop, after the last callback.
    loop->post([witness = std::make_shared<Witness>(waiter, gone)] {});
    transport.reset();
    loop.reset();
  };
  if (where == 0) recorder.when_up = drop;
  if (where == 1) recorder.when_frame = drop;
  if (where == 2) recorder.when_turn_ends = drop;
  if (where == 3) recorder.when_down = drop;
  loop->post([&, raw = loop.get()] {
    net::ConnectRequest request;
    request.url = peer.url();
    transport = raw->connect(request, recorder);
  });
  CHECK(waiter.until([&] { return gone; }));
}

TEST_CASE("loop: SIGPIPE is the host's own business") {
  struct sigaction before {};
  struct sigaction after {};
  ::sigaction(SIGPIPE, nullptr, &before);
  const auto loop = net::Loop::make({});
  sigset_t blocked;
  onLoop(*loop, [&] { pthread_sigmask(SIG_SETMASK, nullptr, &blocked); });
  CHECK(sigismember(&blocked, SIGPIPE) == 1);
  ::sigaction(SIGPIPE, nullptr, &after);
  CHECK(before.sa_handler == after.sa_handler);
}

TEST_CASE("loop: SIGPIPE stays the host's when many loops start at once") {
  struct sigaction before {};
  ::sigaction(SIGPIPE, nullptr, &before);
  for (int round = 0; round < 20; ++round) {
    std::vector<std::shared_ptr<net::Loop>> loops(8);
    for (auto& loop : loops) loop = net::Loop::make({});
    for (const auto& loop : loops) REQUIRE(loop->post([] {}));
    for (const auto& loop : loops) onLoop(*loop, [] {});
    struct sigaction after {};
    ::sigaction(SIGPIPE, nullptr, &after);
    REQUIRE(before.sa_handler == after.sa_handler);
  }
}

#if !defined(__SANITIZE_THREAD__)  // which keeps a shadow of all memory and of each thread
TEST_CASE(
    "loop: a context costs less than a megabyte however many files the process may open (R19)") {
  rlimit limit{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &limit) == 0);
  rlimit huge = limit;
  huge.rlim_cur = std::min<rlim_t>(limit.rlim_max, 1u << 20);
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &huge) == 0);
  onLoop(*net::Loop::make({}), [] {});  // what is made once a process
  const auto resident = [] {
    std::ifstream in("/proc/self/statm");
    long pages = 0, wanted = 0;
    in >> pages >> wanted;
    return wanted * ::sysconf(_SC_PAGESIZE);
  };
  const long before = resident();
  std::vector<std::shared_ptr<net::Loop>> loops;
  for (int i = 0; i < 8; ++i) {
    loops.push_back(net::Loop::make({}));
    onLoop(*loops.back(), [] {});
  }
  const long each = (resident() - before) / 8;
  CAPTURE(each, huge.rlim_cur);
  CHECK(each < (1 << 20));
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &limit) == 0);
}
#endif

TEST_CASE("loop: an idle connection wakes nobody (R20)") {
  WsPeer peer([](WsTalk& talk) {
    talk.shakeHands();
    talk.waitForEnd();
  });
  Bench bench;
  bench.connect(peer.url());
  REQUIRE(bench.recorder.isUp());
  const long thread = onLoop(*bench.loop, [] { return ::syscall(SYS_gettid); });
  // A promise that is never kept: this thread sleeps for the time of the measurement.
  std::promise<void> never;
  const auto future = never.get_future();
  const long before = naps(thread);
  REQUIRE(before >= 0);
  REQUIRE(future.wait_for(std::chrono::milliseconds(1000)) == std::future_status::timeout);
  CHECK(naps(thread) - before < 5);  // its falling asleep, on a busy machine more than once
}

TEST_CASE("loop: its time stands still within a task and goes on with the next") {
  const auto loop = net::Loop::make({});
  const auto start = onLoop(*loop, [&] {
    const base::Instant before = loop->now();
    const base::Millis later = base::systemNow().mono + base::Millis{3};
    while (base::systemNow().mono < later) continue;
    CHECK(loop->now().mono == before.mono);
    CHECK(loop->now().wall == before.wall);
    return before.mono;
  });
  CHECK(onLoop(*loop, [&] { return loop->now().mono; }) >= start + base::Millis{3});
}
