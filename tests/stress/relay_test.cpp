// SPDX-License-Identifier: Apache-2.0
#include "support/relay.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <chrono>
#include <netinet/in.h>
#include <poll.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <unistd.h>

#include "support/catch.hpp"
#include "support/waiter.hpp"

namespace kith::testing {
namespace {

constexpr int kConnections = 30;
constexpr std::size_t kWithin = 2000;

void awaitReadable(int fd) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(globalDeadline() -
                                                                 std::chrono::steady_clock::now());
  pollfd one{fd, POLLIN, 0};
  REQUIRE(::poll(&one, 1, static_cast<int>(std::max<long long>(left.count(), 0))) == 1);
}

/// The server behind the relay: takes one connection at a time.
class Target {
 public:
  Target() {
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in in{};
    in.sin_family = AF_INET;
    in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof in;
    auto* const general = reinterpret_cast<sockaddr*>(&in);
    REQUIRE(::bind(fd_, general, size) == 0);
    REQUIRE(::listen(fd_, 8) == 0);
    REQUIRE(::getsockname(fd_, general, &size) == 0);
    address_ = "127.0.0.1:" + std::to_string(ntohs(in.sin_port));
  }
  ~Target() { ::close(fd_); }
  Target(const Target&) = delete;
  Target& operator=(const Target&) = delete;

  const std::string& address() const { return address_; }
  int accept() const {
    awaitReadable(fd_);
    const int fd = ::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
    REQUIRE(fd >= 0);
    return fd;
  }

 private:
  int fd_{-1};
  std::string address_;
};

/// A connection through the relay, both of whose ends are here.
class Way {
 public:
  Way(const Relay& relay, const Target& target)
      : client_(connect(relay)), server_(target.accept()) {}
  ~Way() {
    ::close(client_);
    ::close(server_);
  }
  Way(const Way&) = delete;
  Way& operator=(const Way&) = delete;

  int client() const { return client_; }
  int server() const { return server_; }

 private:
  static int connect(const Relay& relay) {
    const std::string& address = relay.address();
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    to.sin_port =
        htons(static_cast<std::uint16_t>(std::stoi(address.substr(address.find(':') + 1))));
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    REQUIRE(::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0);
    return fd;
  }

  int client_;
  int server_;
};

void write(int fd, std::string_view bytes) {
  REQUIRE(::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
          static_cast<ssize_t>(bytes.size()));
}

std::string readWhatIsThere(int fd) {
  std::string all;
  std::array<char, 4096> some;
  for (ssize_t got = 0; (got = ::recv(fd, some.data(), some.size(), MSG_DONTWAIT)) > 0;) {
    all.append(some.data(), static_cast<std::size_t>(got));
  }
  return all;
}

void pass(int from, int to) {
  char byte = 'w';
  write(from, {&byte, 1});
  awaitReadable(to);
  REQUIRE(::recv(to, &byte, 1, 0) == 1);
}

/// There and back through a connection without a fate: meanwhile the relay, which serves all
/// connections in turn, has passed on what it had got from the others.
void letRelayWork(const Way& witness) {
  for (int turn = 0; turn < 2; ++turn) {
    pass(witness.client(), witness.server());
    pass(witness.server(), witness.client());
  }
}

/// No two parts of it are the same.
std::string countTo(int end) {
  std::string text;
  for (int i = 0; i < end; ++i) text += std::to_string(i) + ' ';
  return text;
}

TEST_CASE("relay: a direction that goes on while the other falls silent misses no byte") {
  const Target target;
  Relay relay(1);
  relay.setTarget(target.address());
  const Way witness(relay, target);
  relay.setFaults({.within_bytes = kWithin, .silence = 1});
  const std::string first = countTo(1000);
  REQUIRE(first.size() > kWithin);
  const std::string all = countTo(1100);
  int whole = 0;
  for (int i = 0; i < kConnections; ++i) {
    const Way way(relay, target);
    const int from = i % 2 == 0 ? way.client() : way.server();
    const int to = i % 2 == 0 ? way.server() : way.client();
    write(from, first);
    letRelayWork(witness);
    REQUIRE(relay.stats().silenced == static_cast<std::uint64_t>(i) + 1);
    write(from, std::string_view(all).substr(first.size()));
    letRelayWork(witness);
    const std::string came = readWhatIsThere(to);
    CHECK(came == all.substr(0, came.size()));
    if (came.size() > first.size()) ++whole;
  }
  // Both kinds were among them.
  CHECK(whole > 0);
  CHECK(whole < kConnections);
}

}  // namespace
}  // namespace kith::testing
