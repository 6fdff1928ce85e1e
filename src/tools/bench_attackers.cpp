// SPDX-License-Identifier: Apache-2.0
#include "tools/bench_attackers.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <chrono>
#include <memory>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

namespace kith::tools {
namespace {

constexpr int kMomentMs = 100;
constexpr std::string_view kUpgrade =
    "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

double threadSeconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

bool ready(int fd, short what) {
  pollfd one{fd, what, 0};
  return ::poll(&one, 1, kMomentMs) == 1 && (one.revents & what) != 0;
}

std::function<void()> burn(std::uint16_t, int) {
  return [] {
    const double until = threadSeconds() + 0.0002;
    while (threadSeconds() < until) {
    }
  };
}

/// Connects, asks for a WebSocket, and goes without waiting.
std::function<void()> floodConnections(std::uint16_t port, int from) {
  return [=] {
    AttackSocket socket(port, from);
    if (socket.good()) socket.send(kUpgrade);
  };
}

/// Commands that are none, and now and then one that is not even JSON, which costs the connection.
std::function<void()> sendJunk(std::uint16_t port, int from) {
  return [=] {
    AttackSocket socket(port, from);
    if (!socket.good() || !socket.upgrade()) return;
    std::string frames;
    for (int i = 0; i < 64; ++i) frames += maskedFrame(R"({"cmd":"nonsense","peerId":"eve"})");
    for (int i = 0; i < 16 && socket.send(frames); ++i) socket.discard();
    socket.send(maskedFrame("{{{{"));
    socket.receive();
  };
}

std::function<void()> openUnsigned(std::uint16_t port, int from) {
  return [=] {
    AttackSocket socket(port, from);
    if (!socket.good() || !socket.upgrade()) return;
    socket.send(maskedFrame(R"({"cmd":"session","op":"open","appId":"locked","peerId":"eve"})"));
    socket.receive();
  };
}

/// Persistent messages of one peer of another app, on eight connections.
std::function<void()> floodMessages(std::uint16_t port, int from) {
  struct State {
    std::vector<std::unique_ptr<AttackSocket>> sockets;
    std::string frames;
    std::size_t next{0};
  };
  const auto state = std::make_shared<State>();
  for (int i = 0; i < 32; ++i) {
    state->frames += maskedFrame(
        R"({"cmd":"direct","appId":"loud","peerId":"eve","toPeerIds":["adam"],"msg":"flood"})");
  }
  return [=] {
    if (state->sockets.size() < 8) {
      auto socket = std::make_unique<AttackSocket>(port, from);
      if (!socket->good() || !socket->upgrade()) return;
      socket->send(maskedFrame(R"({"cmd":"session","op":"open","appId":"loud","peerId":"eve"})"));
      state->sockets.push_back(std::move(socket));
      return;
    }
    auto& socket = state->sockets[state->next++ % state->sockets.size()];
    socket->discard();
    if (socket->send(state->frames)) return;
    std::swap(socket, state->sockets.back());
    state->sockets.pop_back();
  };
}

std::function<void()> floodHttp(std::uint16_t port, int from) {
  const auto socket = std::make_shared<std::unique_ptr<AttackSocket>>();
  return [=] {
    if (!*socket || !(*socket)->good()) *socket = std::make_unique<AttackSocket>(port, from);
    const bool answered = (*socket)->good() &&
                          (*socket)->send("GET /v1/route?appId=loud HTTP/1.1\r\nHost: x\r\n\r\n") &&
                          (*socket)->receive();
    if (!answered) socket->reset();
  };
}

}  // namespace

AttackSocket::AttackSocket(std::uint16_t port, int from) {
  fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in own{};
  own.sin_family = AF_INET;
  own.sin_addr.s_addr = htonl(0x7F000000u + static_cast<std::uint32_t>(from));
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  to.sin_port = htons(port);
  // No TIME_WAIT: an attacker does not want to run out of ports.
  const linger at_once{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  if (::bind(fd_, reinterpret_cast<sockaddr*>(&own), sizeof own) != 0 ||
      ::connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) {
    close();
  }
}

AttackSocket::~AttackSocket() { close(); }

void AttackSocket::close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

bool AttackSocket::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno != EAGAIN) return false;
    if (sent < 0 && !ready(fd_, POLLOUT)) return false;
    if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool AttackSocket::receive() {
  char bytes[4096];
  return ready(fd_, POLLIN) && ::recv(fd_, bytes, sizeof bytes, 0) > 0;
}

std::string AttackSocket::read() {
  char bytes[65536];
  if (!ready(fd_, POLLIN)) return {};
  const ssize_t got = ::recv(fd_, bytes, sizeof bytes, MSG_DONTWAIT);
  return got > 0 ? std::string(bytes, static_cast<std::size_t>(got)) : std::string();
}

void AttackSocket::discard() {
  char bytes[65536];
  while (::recv(fd_, bytes, sizeof bytes, MSG_DONTWAIT) > 0) {
  }
}

bool AttackSocket::upgrade() { return send(kUpgrade) && receive(); }

std::string maskedFrame(std::string_view text) {
  std::string frame("\x81");
  if (text.size() < 126) {
    frame.push_back(static_cast<char>(0x80 | text.size()));
  } else {
    frame.push_back(static_cast<char>(0x80 | 126));
    frame.push_back(static_cast<char>(text.size() >> 8 & 0xFF));
    frame.push_back(static_cast<char>(text.size() & 0xFF));
  }
  frame.append(4, '\0');  // a mask that changes nothing
  return frame.append(text);
}

Attacker::Attacker(double share, std::function<void()> step)
    : thread_([this, share, step = std::move(step)] { run(share, step); }) {}

Attacker::~Attacker() {
  stop_.store(true);
  thread_.join();
}

void Attacker::run(double share, const std::function<void()>& step) {
  using Clock = std::chrono::steady_clock;
  const auto start = Clock::now();
  const double cpu_start = threadSeconds();
  while (!stop_.load()) {
    step();
    steps_.fetch_add(1, std::memory_order_relaxed);
    const double used = threadSeconds() - cpu_start;
    const double passed = std::chrono::duration<double>(Clock::now() - start).count();
    const double ahead = used / share - passed;
    if (ahead > 0) std::this_thread::sleep_for(std::chrono::duration<double>(ahead));
  }
}

const std::vector<Attack>& attacks() {
  static const std::vector<Attack> all{
      {"burn", "CPU time only, no connection", burn, 20, 500, 64},
      {"connect", "connections that come and go", floodConnections, 20, 500, 128},
      {"junk", "frames that mean nothing", sendJunk, 20, 500, 128},
      {"unsigned", "opens without a signature where one is required", openUnsigned, 20, 500, 128},
      {"messages", "messages of one peer of an open app", floodMessages, 20, 500, 256},
      {"http", "requests to the router", floodHttp, 20, 500, 128},
      {"history", "long pages of the history that are not read", hoardHistory, 100, 1000, 256},
      {"addresses", "connections from 20,000 addresses", holdAddresses, 20, 500, 256},
      {"group", "messages to a group of 950 who do not exist", floodGroup, 500, 5000, 512}};
  return all;
}

}  // namespace kith::tools
