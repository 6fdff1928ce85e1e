// SPDX-License-Identifier: Apache-2.0
// Output that is not read: how much of it an address may have, and how slowly it may be taken.
#include <chrono>
#include <sys/socket.h>
#include <thread>

#include "net/server/batch_queue.hpp"
#include "net/server/listener_stage.hpp"

namespace kith::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr const char* kOther = "127.0.0.2";  // another address than that of the others
constexpr std::size_t kMiB = 1u << 20;
// More than the buffers of the kernel take.
constexpr std::size_t kLong = 8 * kMiB;

std::string getBytes(std::size_t count, const std::string& lines = {}) {
  return get("/bytes/" + std::to_string(count), lines);
}

/// Asks, and reads no more than the beginning of the answer, which tells the status.
int statusOf(RawSocket& socket, const std::string& request) {
  REQUIRE(socket.send(request));
  std::string head;
  while (head.size() < 12) {
    const std::string more = socket.receive();
    REQUIRE(!more.empty());
    head += more;
  }
  return std::stoi(head.substr(9, 3));
}

/// Asks, and reads so many bytes each 50 ms until nothing more comes or all has come.
std::size_t readSlowly(RawSocket& socket, const std::string& request, std::size_t step,
                       std::size_t count) {
  REQUIRE(socket.send(request));
  std::size_t got = 0;
  std::string piece(step, 0);
  for (auto next = steady_clock::now(); got < count; next += milliseconds(50)) {
    REQUIRE(eventually([&] { return steady_clock::now() >= next; }));
    const ssize_t size = ::recv(socket.fd(), piece.data(), piece.size(), 0);
    if (size <= 0) break;
    got += static_cast<std::size_t>(size);
  }
  return got;
}

}  // namespace

TEST_CASE("listener: answers that an address does not read are bounded, others get theirs") {
  net::ListenOptions options;
  options.connections.output_per_address = 2 * kLong;
  Stage stage(anyWay(), options);
  std::vector<std::unique_ptr<RawSocket>> idle;
  int answered = 0;
  for (int i = 0; i < 6; ++i) {
    idle.push_back(stage.connect(4096));
    const int status = statusOf(*idle.back(), getBytes(kLong));
    if (status == 200) ++answered;
    CHECK((status == 200 || status == 503));
  }
  CHECK(answered == 1);  // two and their heads are more than the limit
  // What is small is answered all the same, and another address does not notice.
  CHECK(exchangeHttp(*stage.connect(), get("/small")).body == "/small");
  const auto other = stage.connect(0, kOther);
  CHECK(exchangeHttp(*other, getBytes(kLong)).body.size() == kLong);
  idle.clear();
  CHECK(eventually([&] { return exchangeHttp(*stage.connect(), getBytes(kLong)).status == 200; }));
}

TEST_CASE("listener: what is refused for want of room says so and when to come back") {
  net::ListenOptions options;
  options.connections.output_per_address = kLong;
  Stage stage(anyPlainWay(), options);
  const auto idle = stage.connect(4096);
  REQUIRE(statusOf(*idle, getBytes(kLong)) == 200);
  const auto next = stage.connect();
  const auto refused = exchangeHttp(*next, getBytes(kLong));
  CHECK(refused.status == 503);
  CHECK_THAT(refused.head,
             Catch::Contains("Retry-After: 10") && Catch::Contains("Connection: close"));
  CHECK_THAT(refused.body, Catch::Contains("too much waits to be read"));
  CHECK(next->receive().empty());
}

TEST_CASE("listener: a lone reader gets an answer longer than the limit of an address") {
  net::ListenOptions options;
  options.connections.output_per_address = kMiB;
  Stage stage(anyPlainWay(), options);
  for (int i = 0; i < 3; ++i) {
    const auto socket = stage.connect(65536);
    CHECK(exchangeHttp(*socket, getBytes(2 * kLong)).body.size() == 2 * kLong);
  }
}

TEST_CASE(
    "listener: a reader that takes nothing of an answer is cut off, and its room is free again") {
  net::ListenOptions options;
  options.connections.handshake_timeout = seconds(1);
  options.connections.output_per_address = kLong;
  Stage stage(anyWay(), options);
  const std::string lines = GENERATE("", "Connection: close\r\n");
  const auto idle = stage.connect(4096);
  REQUIRE(statusOf(*idle, getBytes(kLong, lines)) == 200);
  CHECK(eventually([&] { return statusOf(*stage.connect(), getBytes(kLong)) == 200; }));
  CHECK(receiveAll(*idle).size() < kLong);
}

TEST_CASE("listener: bytes that trickle do not make an answer's time begin anew") {
  net::ListenOptions options;
  options.connections.handshake_timeout = seconds(1);
  options.connections.least_bytes_per_second = 16 * kMiB;
  Stage stage(anyPlainWay(), options);
  const std::string lines = GENERATE("", "Connection: close\r\n");
  const auto slow = stage.connect(65536);
  // 2 MiB a second: the kernel asks for more all the time.
  CHECK(readSlowly(*slow, getBytes(8 * kLong, lines), kMiB / 10, 8 * kLong) < 8 * kLong);
}

TEST_CASE("listener: a reader that keeps the pace gets its answer, however long that takes") {
  net::ListenOptions options;
  options.connections.handshake_timeout = seconds(1);
  options.connections.least_bytes_per_second = 100000;
  Stage stage(anyPlainWay(), options);
  const std::string lines = GENERATE("", "Connection: close\r\n");
  const auto slow = stage.connect(65536);
  const std::size_t count = kLong;
  const auto start = steady_clock::now();
  CHECK(readSlowly(*slow, getBytes(count, lines), kMiB / 5, count) >= count);
  CHECK(steady_clock::now() - start > seconds(2));  // longer than any time limit
}

TEST_CASE("listener: WebSockets that do not read share what their address may have") {
  net::ListenOptions options;
  options.output_bytes = 64 * kMiB;
  options.connections.output_per_address = 2 * kLong;
  Stage stage(anyPlainWay(), options);
  // One fits, two do not, although the kernel takes up to 4 MiB of each. It is one message, because
  // memory counts, and that of many grows by doubling.
  const std::string ask = "many 1 15000000";
  RawWsClient first = stage.connection(4096);
  REQUIRE(first.text(ask));
  REQUIRE(eventually([&] { return stage.handler.many == 1; }));
  RawWsClient second = stage.connection(4096);
  REQUIRE(second.text(ask));
  REQUIRE(eventually([&] { return stage.handler.many == 2; }));
  CHECK(second.closeCode() == 1013);
  RawWsClient other = stage.connection(4096, kOther);
  REQUIRE(other.text(ask));
  CHECK(other.nextText().size() > 15000000);
  CHECK(first.nextText().size() > 15000000);
}

TEST_CASE("traffic: a batch weighs what its requests and replies weigh") {
  net::CommandBatch commands;
  commands.addOrder(1, net::HttpReply{200, "text/plain", std::string(kMiB, 'x'), 0});
  CHECK(commands.weight() >= kMiB);
  net::EventBatch events;
  net::HttpCall call;
  call.path = std::string(1000, 'p');
  call.query.emplace_back("name", std::string(2000, 'v'));
  call.headers.emplace_back("x-lc-id", std::string(3000, 'h'));
  events.addCall(1, call);
  CHECK(events.weight() >= 6000);
  net::BatchQueue<net::CommandBatch> box;
  box.put(commands);
  CHECK(box.weight() >= kMiB);
  commands.clear();
  events.clear();
  CHECK(commands.weight() == 0);
  CHECK(events.weight() == 0);
}

}  // namespace kith::testing
