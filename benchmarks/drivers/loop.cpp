// SPDX-License-Identifier: Apache-2.0
#include "benchmarks/drivers/loop.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <sys/epoll.h>
#include <system_error>
#include <unistd.h>

namespace kith::bench {
namespace {

void control(int epoll, int operation, int fd, std::uint32_t events, Source* source) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = source;
  if (epoll_ctl(epoll, operation, fd, &event) != 0) {
    throw std::system_error(errno, std::generic_category(), "epoll_ctl");
  }
}

}  // namespace

Loop::Loop() : epoll_(epoll_create1(EPOLL_CLOEXEC)) {
  if (epoll_ < 0) throw std::system_error(errno, std::generic_category(), "epoll_create1");
}

Loop::~Loop() { close(epoll_); }

void Loop::watch(int fd, std::uint32_t events, Source& source) {
  control(epoll_, EPOLL_CTL_ADD, fd, events, &source);
}

void Loop::change(int fd, std::uint32_t events, Source& source) {
  control(epoll_, EPOLL_CTL_MOD, fd, events, &source);
}

void Loop::after(std::chrono::milliseconds delay, std::function<void()> task) {
  timers_.emplace(Clock::now() + delay, std::move(task));
}

int Loop::wait(Clock::time_point limit) const {
  const auto next = timers_.empty() ? limit : std::min(limit, timers_.begin()->first);
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - Clock::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, 1000));
}

void Loop::runTimers() {
  while (!timers_.empty() && timers_.begin()->first <= Clock::now()) {
    const auto task = std::move(timers_.begin()->second);
    timers_.erase(timers_.begin());
    task();
  }
}

bool Loop::run(Clock::time_point limit) {
  std::array<epoll_event, 512> events{};
  std::vector<Source*> ended;
  stopped_ = false;
  for (;;) {
    ended.swap(ended_);
    for (Source* source : ended) source->turnEnded();
    ended.clear();
    if (stopped_) return true;
    if (Clock::now() >= limit) return false;
    const int count = epoll_wait(epoll_, events.data(), events.size(), wait(limit));
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      static_cast<Source*>(event.data.ptr)->ready(event.events);
    }
    runTimers();
  }
}

}  // namespace kith::bench
