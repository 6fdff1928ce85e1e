// SPDX-License-Identifier: Apache-2.0
// A name with several addresses, of which one never answers.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/client/loop_bench.hpp"
#include "support/ws_peer.hpp"

using namespace kith;
using namespace kith::testing;

namespace {

/// 127.0.0.2 at a port, dead to new connections: its queue is full, and the kernel drops the rest.
class DeadAddress {
 public:
  explicit DeadAddress(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    REQUIRE(::inet_pton(AF_INET, "127.0.0.2", &address.sin_addr) == 1);
    const auto* const where = reinterpret_cast<const sockaddr*>(&address);
    REQUIRE(::bind(open(0), where, sizeof address) == 0);
    REQUIRE(::listen(sockets_.front(), 0) == 0);
    for (int i = 0; i < 4; ++i) ::connect(open(SOCK_NONBLOCK), where, sizeof address);
  }
  ~DeadAddress() {
    for (const int socket : sockets_) ::close(socket);
  }
  DeadAddress(const DeadAddress&) = delete;
  DeadAddress& operator=(const DeadAddress&) = delete;

 private:
  int open(int flags) {
    sockets_.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0));
    REQUIRE(sockets_.back() >= 0);
    return sockets_.back();
  }
  std::vector<int> sockets_;
};

}  // namespace

TEST_CASE("connect: a dead address does not take the time of those behind it") {
  WsPeer peer([](WsTalk& talk) {
    talk.shakeHands();
    talk.waitForEnd();
  });
  const DeadAddress dead(peer.port());
  net::setResolverForTests([](const std::string&) {
    return std::vector<std::string>{"127.0.0.2", "127.0.0.1"};
  });
  net::ConnectRequest request;
  request.url = "ws://two.example:" + std::to_string(peer.port()) + "/";
  request.timeout = base::Millis{4000};
  Bench bench;
  bench.connect(request);
  CHECK(bench.recorder.isUp());
  net::setResolverForTests(nullptr);
}
