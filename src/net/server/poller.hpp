// SPDX-License-Identifier: Apache-2.0
// epoll and a way to wake it: what a turn costs does not grow with the descriptors that are quiet.
// One thread waits and changes what is looked at; wake() is for all.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <sys/epoll.h>

namespace kith::net {

class Poller {
 public:
  Poller();
  ~Poller();
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  /// False when the process had no files left for it.
  bool ok() const { return epoll_ >= 0 && wake_ >= 0; }

  /// Looks at `fd` for these EPOLL... events, level-triggered; `owner` comes back with them. False
  /// when the kernel has no memory for it.
  bool add(int fd, std::uint32_t events, void* owner);
  void change(int fd, std::uint32_t events, void* owner);
  void remove(int fd);

  /// Waits until something happened, at most for so long; negative = for ever. What happened is
  /// good until the next call, and does not tell of wake().
  std::span<const epoll_event> wait(std::chrono::milliseconds longest);
  /// Makes this wait(), or else the next one, return at once.
  void wake();

 private:
  static constexpr std::size_t kEventsATurn = 256;

  int epoll_{-1};
  int wake_{-1};
  std::atomic<bool> woken_{false};
  std::array<epoll_event, kEventsATurn> events_;
};

}  // namespace kith::net
