// SPDX-License-Identifier: Apache-2.0
#include "net/server/poller.hpp"

#include <algorithm>
#include <limits>
#include <sys/eventfd.h>
#include <unistd.h>
#include <utility>

namespace kith::net {

// Edge-triggered: each write is seen once, and the number need not be read.
Poller::Poller()
    : epoll_(::epoll_create1(EPOLL_CLOEXEC)), wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (ok() && !add(wake_, EPOLLIN | EPOLLET, nullptr)) ::close(std::exchange(wake_, -1));
}

Poller::~Poller() {
  if (wake_ >= 0) ::close(wake_);
  if (epoll_ >= 0) ::close(epoll_);
}

bool Poller::add(int fd, std::uint32_t events, void* owner) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = owner;
  return ::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) == 0;
}

void Poller::change(int fd, std::uint32_t events, void* owner) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = owner;
  ::epoll_ctl(epoll_, EPOLL_CTL_MOD, fd, &event);
}

void Poller::remove(int fd) { ::epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr); }

std::span<const epoll_event> Poller::wait(std::chrono::milliseconds longest) {
  constexpr std::chrono::milliseconds kMost{std::numeric_limits<int>::max()};
  const int milliseconds =
      longest < longest.zero() ? -1 : static_cast<int>(std::min(longest, kMost).count());
  const int count =
      ::epoll_wait(epoll_, events_.data(), static_cast<int>(kEventsATurn), milliseconds);
  std::size_t there = count > 0 ? static_cast<std::size_t>(count) : 0;
  for (std::size_t i = 0; i < there; ++i) {
    if (events_[i].data.ptr != nullptr) continue;
    // Release and acquire: what happened before a wake() that finds `true` is seen by this turn.
    woken_.exchange(false, std::memory_order_acq_rel);
    events_[i] = events_[--there];
    break;
  }
  return {events_.data(), there};
}

void Poller::wake() {
  if (woken_.exchange(true, std::memory_order_acq_rel)) return;
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(wake_, &one, sizeof one);
}

}  // namespace kith::net
