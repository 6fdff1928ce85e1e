// SPDX-License-Identifier: Apache-2.0
#include "tools/main_loop.hpp"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <system_error>
#include <unistd.h>

namespace kith::tools {
namespace {

sigset_t endSignals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

int checked(int fd, const char* what) {
  if (fd < 0) throw std::system_error(errno, std::generic_category(), what);
  return fd;
}

}  // namespace

void blockSignals() {
  const sigset_t set = endSignals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

MainLoop::MainLoop() : wake_fd_(checked(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), "eventfd")) {
  const sigset_t set = endSignals();
  signal_fd_ = checked(signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC), "signalfd");
}

MainLoop::~MainLoop() {
  close(wake_fd_);
  close(signal_fd_);
}

void MainLoop::post(std::function<void()> task) {
  const base::Lock lock(mutex_);
  if (finished_) return;
  tasks_.push_back(std::move(task));
  // Only the first one wakes: the loop takes all there are.
  if (tasks_.size() > 1) return;
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = write(wake_fd_, &one, sizeof one);
}

bool MainLoop::runTasks() {
  std::deque<std::function<void()>> tasks;
  {
    const base::Lock lock(mutex_);
    tasks.swap(tasks_);
  }
  for (auto& task : tasks) {
    task();
    task = nullptr;
  }
  return !tasks.empty();
}

bool MainLoop::runUntil(const std::function<bool()>& done, SteadyTime deadline) {
  for (;;) {
    const bool worked = runTasks();
    if (done()) return true;
    const auto now = std::chrono::steady_clock::now();
    if (interrupted_ || now >= deadline) return false;
    if (due_at_ && now >= *due_at_) {
      due_at_.reset();
      std::exchange(due_, nullptr)();
      continue;
    }
    if (!worked) waitForWork(due_at_ ? std::min(*due_at_, deadline) : deadline);
  }
}

void MainLoop::waitForWork(SteadyTime deadline) {
  pollfd fds[3] = {{wake_fd_, POLLIN, 0}, {signal_fd_, POLLIN, 0}, {input_fd_, POLLIN, 0}};
  int timeout = -1;
  if (deadline != SteadyTime::max()) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    timeout = static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, INT_MAX));
  }
  if (poll(fds, 3, timeout) <= 0) return;
  if (fds[0].revents != 0) {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto size = read(wake_fd_, &count, sizeof count);
  }
  if (fds[1].revents != 0) {
    signalfd_siginfo info{};
    interrupted_ = read(signal_fd_, &info, sizeof info) > 0 || interrupted_;
  }
  // A copy: the callback may stop the reading, which drops the original.
  if (fds[2].revents != 0 && readable_) {
    const std::function<void()> readable = readable_;
    readable();
  }
}

void MainLoop::onReadable(int fd, std::function<void()> readable) {
  input_fd_ = fd;
  readable_ = std::move(readable);
}

void MainLoop::stopReading() {
  input_fd_ = -1;
  readable_ = nullptr;
}

void MainLoop::at(SteadyTime when, std::function<void()> due) {
  due_at_ = when;
  due_ = std::move(due);
}

void MainLoop::finish() {
  std::deque<std::function<void()>> dropped;
  const base::Lock lock(mutex_);
  finished_ = true;
  dropped.swap(tasks_);
}

}  // namespace kith::tools
