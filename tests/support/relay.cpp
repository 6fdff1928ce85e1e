// SPDX-License-Identifier: Apache-2.0
#include "support/relay.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdexcept>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace kith::testing {
namespace {

constexpr std::size_t kMostQueued = 256u * 1024;

sockaddr_in parse(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  sockaddr_in in{};
  in.sin_family = AF_INET;
  in.sin_port = htons(static_cast<std::uint16_t>(std::stoi(address.substr(colon + 1))));
  ::inet_pton(AF_INET, address.substr(0, colon).c_str(), &in.sin_addr);
  return in;
}

sockaddr* general(sockaddr_in& in) { return reinterpret_cast<sockaddr*>(&in); }

int makeListener(std::string& address) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  sockaddr_in in = parse("127.0.0.1:0");
  socklen_t size = sizeof in;
  if (fd < 0 || ::bind(fd, general(in), size) != 0 || ::listen(fd, 4096) != 0 ||
      ::getsockname(fd, general(in), &size) != 0) {
    throw std::runtime_error("relay: no socket to listen on");
  }
  address = "127.0.0.1:" + std::to_string(ntohs(in.sin_port));
  return fd;
}

void sendAtOnce(int fd) {
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

}  // namespace

Relay::Relay(std::uint64_t seed) : random_(seed) {
  listener_ = makeListener(address_);
  wake_fd_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  thread_ = std::thread([this] { run(); });
}

Relay::~Relay() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  wake();
  thread_.join();
  ::close(listener_);
  ::close(wake_fd_);
}

void Relay::setTarget(const std::string& address) {
  const std::lock_guard lock(mutex_);
  target_ = address;
}

void Relay::setFaults(const RelayFaults& faults) {
  const std::lock_guard lock(mutex_);
  faults_ = faults;
}

void Relay::cutAll() {
  {
    const std::lock_guard lock(mutex_);
    cut_all_ = true;
  }
  wake();
}

RelayStats Relay::stats() const {
  const std::lock_guard lock(mutex_);
  return stats_;
}

void Relay::wake() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(wake_fd_, &one, sizeof one);
}

void Relay::run() {
  std::vector<pollfd> fds;
  for (;;) {
    const Clock::time_point until = look(fds);
    int wait = -1;
    if (until != Clock::time_point::max()) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now());
      wait = static_cast<int>(std::max<std::int64_t>(left.count(), 0));
    }
    ::poll(fds.data(), static_cast<nfds_t>(fds.size()), wait);
    bool cut_all = false;
    {
      const std::lock_guard lock(mutex_);
      if (ending_) break;
      cut_all = std::exchange(cut_all_, false);
    }
    serve(fds);
    for (auto& pair : pairs_) {
      if (cut_all) end(*pair, true);
    }
    std::erase_if(pairs_, [](const auto& pair) { return pair->over; });
  }
  for (auto& pair : pairs_) end(*pair, true);
}

/// Writes down what to wait for: two entries for the relay itself, two for each pair. Returns when
/// something is due anyway.
Relay::Clock::time_point Relay::look(std::vector<pollfd>& fds) {
  fds.assign({{listener_, POLLIN, 0}, {wake_fd_, POLLIN, 0}});
  const Clock::time_point now = Clock::now();
  Clock::time_point until = Clock::time_point::max();
  for (const auto& pair : pairs_) {
    if (pair->paused_until > now) {
      fds.insert(fds.end(), {{-1, 0, 0}, {-1, 0, 0}});
      until = std::min(until, pair->paused_until);
      continue;
    }
    pollfd client{pair->client, 0, 0};
    pollfd server{pair->server, static_cast<short>(pair->connected ? 0 : POLLOUT), 0};
    const auto want = [&](const Pipe& pipe, pollfd& source, pollfd& sink) {
      if (!pipe.ended && pipe.queued < kMostQueued) source.events |= POLLIN;
      if (pipe.queue.empty() || !pair->connected) return;
      if (pipe.queue.front().due <= now)
        sink.events |= POLLOUT;
      else
        until = std::min(until, pipe.queue.front().due);
    };
    want(pair->up, client, server);
    want(pair->down, server, client);
    // A side that has said good-bye would be reported again and again.
    if (client.events == 0 && pair->up.ended) client.fd = -1;
    if (server.events == 0 && pair->down.ended) server.fd = -1;
    fds.push_back(client);
    fds.push_back(server);
  }
  return until;
}

void Relay::serve(const std::vector<pollfd>& fds) {
  const std::size_t pairs = pairs_.size();
  if ((fds[1].revents & POLLIN) != 0) {
    std::uint64_t count = 0;
    [[maybe_unused]] const ssize_t got = ::read(wake_fd_, &count, sizeof count);
  }
  for (std::size_t i = 0; i < pairs; ++i) {
    Pair& pair = *pairs_[i];
    const pollfd& client = fds[2 + 2 * i];
    const pollfd& server = fds[3 + 2 * i];
    if (client.fd < 0 && server.fd < 0) continue;
    if (!pair.connected && (server.revents & (POLLOUT | POLLERR | POLLHUP)) != 0) {
      int error = 0;
      socklen_t size = sizeof error;
      ::getsockopt(pair.server, SOL_SOCKET, SO_ERROR, &error, &size);
      if (error != 0) {
        end(pair, true);
        continue;
      }
      pair.connected = true;
    }
    constexpr int kReadable = POLLIN | POLLHUP | POLLERR;
    if (!pair.over && (client.revents & kReadable) != 0) pump(pair, pair.up);
    if (!pair.over && pair.connected && (server.revents & kReadable) != 0) pump(pair, pair.down);
    if (!pair.over && pair.connected) flush(pair, pair.up);
    if (!pair.over && pair.connected) flush(pair, pair.down);
  }
  if ((fds[0].revents & POLLIN) != 0) accept();
}

void Relay::accept() {
  for (;;) {
    const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (client < 0) return;
    auto pair = std::make_unique<Pair>();
    std::string target;
    {
      const std::lock_guard lock(mutex_);
      target = target_;
      ++(target.empty() ? stats_.refused : stats_.connections);
      drawFate(*pair);
    }
    if (target.empty()) {
      ::close(client);
      continue;
    }
    const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    sendAtOnce(client);
    sendAtOnce(server);
    sockaddr_in to = parse(target);
    if (::connect(server, general(to), sizeof to) != 0 && errno != EINPROGRESS) {
      ::close(client);
      ::close(server);
      continue;
    }
    pair->client = pair->up.from = pair->down.to = client;
    pair->server = pair->up.to = pair->down.from = server;
    pairs_.push_back(std::move(pair));
  }
}

void Relay::drawFate(Pair& pair) {
  pair.delay = faults_.delay;
  pair.pause_for = faults_.pause_for;
  if (faults_.within_bytes == 0) return;
  pair.bytes_left = random_() % faults_.within_bytes;
  const double lot = std::uniform_real_distribution<double>(0, 1)(random_);
  pair.fate = lot < faults_.silence                   ? Fate::Silence
              : lot < faults_.silence + faults_.pause ? Fate::Pause
                                                      : Fate::Cut;
}

void Relay::pump(Pair& pair, Pipe& pipe) {
  std::array<char, 16384> bytes;
  const ssize_t got = ::recv(pipe.from, bytes.data(), bytes.size(), 0);
  if (got > 0) return take(pair, pipe, {bytes.data(), static_cast<std::size_t>(got)});
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  const bool silent = pair.up.silent || pair.down.silent;
  if (got < 0 && !silent) return end(pair, true);
  pipe.ended = true;
  // The other side of a half-open connection is not told: it ends when that side ends it, too.
  if (silent && pair.up.ended && pair.down.ended) end(pair, true);
}

void Relay::take(Pair& pair, Pipe& pipe, std::string bytes) {
  if (pipe.silent) return;
  const bool now = pair.fate != Fate::None && bytes.size() > pair.bytes_left;
  std::string rest;
  if (now) {
    rest = bytes.substr(pair.bytes_left);
    bytes.resize(pair.bytes_left);
  }
  if (pair.fate != Fate::None) pair.bytes_left -= bytes.size();
  {
    const std::lock_guard lock(mutex_);
    stats_.bytes += bytes.size();
  }
  Clock::time_point due = Clock::now();
  if (pair.delay.count() > 0) {
    due += std::chrono::milliseconds(random_() % static_cast<std::uint64_t>(pair.delay.count()));
    if (!pipe.queue.empty()) due = std::max(due, pipe.queue.back().due);
  }
  pipe.queued += bytes.size();
  if (!bytes.empty()) pipe.queue.push_back({due, std::move(bytes)});
  if (!now) return;
  // What came up to the fatal byte gets through where the kernel takes it.
  if (pair.connected) flush(pair, pipe);
  if (pair.over) return;
  meetFate(pair);
  // Only one direction may have fallen silent. In the other no byte is missing: TCP loses none
  // without ending the connection, and to read a stream with a hole in it proves nothing.
  if (!pair.over) take(pair, pipe, std::move(rest));
}

void Relay::meetFate(Pair& pair) {
  const std::lock_guard lock(mutex_);
  switch (std::exchange(pair.fate, Fate::None)) {
    case Fate::Cut: ++stats_.cut; return end(pair, random_() % 2 == 0);
    case Fate::Silence: {
      ++stats_.silenced;
      const auto which = random_() % 3;
      pair.up.silent = which != 0;
      pair.down.silent = which != 1;
      return;
    }
    case Fate::Pause:
      ++stats_.paused;
      pair.paused_until = Clock::now() + pair.pause_for;
      return;
    case Fate::None: return;
  }
}

void Relay::flush(Pair& pair, Pipe& pipe) {
  const Clock::time_point now = Clock::now();
  while (!pipe.queue.empty() && pipe.queue.front().due <= now) {
    std::string& bytes = pipe.queue.front().bytes;
    const ssize_t sent = ::send(pipe.to, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0) {
      if (errno != EAGAIN && errno != EINTR) end(pair, true);
      return;
    }
    pipe.queued -= static_cast<std::size_t>(sent);
    bytes.erase(0, static_cast<std::size_t>(sent));
    if (bytes.empty()) pipe.queue.pop_front();
  }
  if (!pipe.ended || !pipe.queue.empty() || pair.up.silent || pair.down.silent) return;
  ::shutdown(pipe.to, SHUT_WR);
  if (pair.up.ended && pair.down.ended && pair.up.queue.empty() && pair.down.queue.empty()) {
    end(pair, false);
  }
}

void Relay::end(Pair& pair, bool reset) {
  if (std::exchange(pair.over, true)) return;
  for (const int fd : {pair.client, pair.server}) {
    const linger hard{1, 0};
    if (reset) ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    ::close(fd);
  }
}

}  // namespace kith::testing
