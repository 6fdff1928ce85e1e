// SPDX-License-Identifier: Apache-2.0
// Waiting, failing, and many sessions at once.
#include <atomic>
#include <charconv>
#include <cstdio>
#include <unistd.h>

#include "tools/bench.hpp"

namespace kith::tools {

Bench::Bench(const Settings& settings, const BenchArgs& args, BenchServer& server,
             std::size_t io_threads)
    : settings_(settings),
      args_(args),
      server_(server),
      limit_(std::chrono::steady_clock::now() +
             std::chrono::milliseconds(static_cast<std::int64_t>(args.limit_s * 1000))) {
  const std::size_t each = (args.clients + args.connections) / io_threads + 64;
  for (std::size_t i = 0; i < io_threads; ++i) reactors_.push_back(Reactor::make({each}));
}

void Bench::fail(const std::string& why) {
  const base::Lock lock(mutex_);
  if (!failure_) failure_ = why;
  changed_.notifyAll();
}

std::optional<std::string> Bench::failure() const {
  const base::Lock lock(mutex_);
  return failure_;
}

void Bench::wake() {
  const base::Lock lock(mutex_);
  changed_.notifyAll();
}

bool Bench::waitFor(const std::string& what, const std::function<bool()>& done) {
  base::Lock lock(mutex_);
  while (!failure_ && !done() && changed_.waitUntil(lock, limit_)) {
  }
  if (!failure_ && !done()) failure_ = what + " took longer than --limit";
  return !failure_;
}

std::shared_ptr<Session> Fleet::add(const std::string& peer,
                                    std::shared_ptr<MessageReceiver> receiver,
                                    std::optional<std::size_t> shared_connection) {
  std::shared_ptr<SessionManager> manager;
  if (shared_connection) {
    while (shared_.size() <= *shared_connection) {
      shared_.push_back(bench_.makeManager());
      managers_.push_back(shared_.back());
    }
    manager = shared_[*shared_connection];
  } else {
    manager = bench_.makeManager();
    managers_.push_back(manager);
  }
  sessions_.push_back(manager->session(peer));
  sessions_.back()->setReceiver(std::move(receiver));
  return sessions_.back();
}

bool Fleet::open(const std::vector<std::vector<std::string>>& watch, std::size_t at_once) {
  struct Progress {
    std::atomic<std::size_t> next{0};
    std::atomic<std::size_t> opened{0};
    std::function<void()> openNext;
  };
  const auto progress = std::make_shared<Progress>();
  const std::size_t count = sessions_.size();
  // A completion runs on its io thread and opens the next one from there.
  progress->openNext = [this, weak = std::weak_ptr<Progress>(progress), watch, count] {
    const auto state = weak.lock();
    if (!state) return;
    const std::size_t index = state->next.fetch_add(1);
    if (index >= count) return;
    sessions_[index]->open(
        index < watch.size() ? watch[index] : std::vector<std::string>{},
        [this, weak, index, count](const Result<void>& opened) {
          const auto self = weak.lock();
          if (!self) return;
          if (!opened) {
            bench_.fail(sessions_[index]->peerId() + " could not open: " + opened.error().detail);
            return;
          }
          self->openNext();
          if (self->opened.fetch_add(1) + 1 == count) bench_.wake();
        });
  };
  for (std::size_t i = 0; i < std::min(at_once, count); ++i) progress->openNext();
  return bench_.waitFor("opening the sessions", [&] { return progress->opened.load() == count; });
}

std::size_t Fleet::openNow() const {
  std::size_t open = 0;
  for (const auto& session : sessions_) open += session->isOpen() ? 1 : 0;
  return open;
}

Fleet::~Fleet() {
  struct Closing {
    explicit Closing(std::size_t count) : left(count) {}
    base::Mutex mutex;
    base::Condition all_closed;
    std::size_t left KITH_GUARDED_BY(mutex);
  };
  const auto closing = std::make_shared<Closing>(managers_.size());
  for (const auto& manager : managers_) {
    manager->close([closing](const Result<void>&) {
      const base::Lock lock(closing->mutex);
      if (--closing->left == 0) closing->all_closed.notifyAll();
    });
  }
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds{30};
  base::Lock lock(closing->mutex);
  while (closing->left > 0) {
    if (closing->all_closed.waitUntil(lock, limit) || closing->left == 0) continue;
    // Callbacks may still use what our caller is about to destroy.
    std::fputs("kith: bench: the sessions did not close within 30 s\n", stderr);
    _exit(1);
  }
}

std::string numberedBody(std::uint64_t number, std::size_t size) {
  std::string body = std::to_string(number);
  body += ' ';
  if (body.size() < size) body.append(size - body.size(), 'x');
  return body;
}

std::uint64_t bodyNumber(const std::string& text) {
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

double secondsSince(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

void addCpu(Figures& figures, const Usage& own_before, const Usage& own_after,
            const Usage& server_before, const Usage& server_after, double count) {
  figures.push_back({"clientCpuPerMessage", (own_after.cpu_us - own_before.cpu_us) / count, "us"});
  figures.push_back(
      {"serverCpuPerMessage", (server_after.cpu_us - server_before.cpu_us) / count, "us"});
}

}  // namespace kith::tools
