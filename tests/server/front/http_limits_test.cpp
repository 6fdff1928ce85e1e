// SPDX-License-Identifier: Apache-2.0
// What requests over HTTP may take of the server, and what is answered all the same.
#include "server/front/stoppable_server.hpp"
#include "server/rest/read_queue.hpp"

namespace kith::testing {
namespace {

constexpr const char* kOther = "127.0.0.2";  // another address than that of the others

const std::string kLog = "/1.1/rtm/messages/logs?convid=x";

std::string logRequest(const std::string& limit = "10") {
  return "GET " + kLog + "&limit=" + limit + " HTTP/1.1\r\nHost: x\r\nX-LC-Id: app\r\n\r\n";
}

RawHttpAnswer getFrom(const char* from, const std::string& address, const std::string& request) {
  RawSocket socket(address, 0, from);
  return exchangeHttp(socket, request);
}

std::string get(const std::string& target) {
  return "GET " + target + " HTTP/1.1\r\nHost: x\r\n\r\n";
}

/// Sockets that asked for the history and wait for it.
class Waiting {
 public:
  Waiting(StoppableServer& server, int count, const char* from = nullptr) {
    for (int i = 0; i < count; ++i) {
      sockets_.push_back(std::make_unique<RawSocket>(server.address(), 0, from));
      REQUIRE(sockets_.back()->send(logRequest()));
    }
  }
  void areAnswered() {
    for (auto& socket : sockets_) CHECK_THAT(socket->receive(), Catch::Contains("200 OK"));
  }
  void goAway() { sockets_.clear(); }

 private:
  std::vector<std::unique_ptr<RawSocket>> sockets_;
};

/// A queue whose reads only note that they began.
struct Queue {
  explicit Queue(const ConnectionLimits& limits = {}) : reads(limits, 100) {}
  bool add(net::RequestId request, net::AddressKey from, std::size_t bytes = 1000) {
    return reads.add({request,
                      from,
                      bytes,
                      [this, request](storage::Token token) { begun.emplace_back(token, request); },
                      {}});
  }
  /// The request that was answered; 0 = none.
  net::RequestId finish(storage::Token token) {
    const auto done = reads.finish(token);
    return done ? done->request : 0;
  }
  std::vector<net::RequestId> requests() const {
    std::vector<net::RequestId> list;
    for (const auto& each : begun) list.push_back(each.second);
    return list;
  }
  rest::ReadQueue reads;
  std::vector<std::pair<storage::Token, net::RequestId>> begun;
};

}  // namespace

TEST_CASE("limits: HTTP requests that wait are limited") {
  ServerOptions options = plainOptions();
  options.connections.http_requests = 2;
  options.connections.http_requests_per_address = 0;
  StoppableServer server(options);
  server.hold();
  Waiting waiting(server, 2);
  REQUIRE(eventually([&] { return server.histories() == 2; }));
  const auto refused = getFrom(nullptr, server.address(), logRequest());
  CHECK(refused.status == 503);
  CHECK_THAT(refused.head, Catch::Contains("Retry-After: 10"));
  server.letGo();
  waiting.areAnswered();
  CHECK(getFrom(nullptr, server.address(), logRequest()).status == 200);
}

TEST_CASE("limits: health and route are answered while HTTP requests fill their places") {
  ServerOptions options = plainOptions();
  options.connections.http_requests = 2;
  options.connections.http_requests_per_address = 0;
  StoppableServer server(options);
  server.hold();
  Waiting waiting(server, 2);
  REQUIRE(eventually([&] { return server.histories() == 2; }));
  for (int i = 0; i < 300; ++i) {
    REQUIRE(getFrom(nullptr, server.address(), get("/healthz")).status == 200);
  }
  CHECK(getFrom(nullptr, server.address(), get("/v1/route?appId=app")).status == 200);
  CHECK(getFrom(kOther, server.address(), get("/healthz")).body == "ok\n");
}

TEST_CASE("limits: one address does not take all places of HTTP requests") {
  ServerOptions options = plainOptions();
  options.connections.http_requests = 16;
  options.connections.http_requests_per_address = 3;
  StoppableServer server(options);
  server.hold();
  Waiting waiting(server, 3);
  REQUIRE(eventually([&] { return server.histories() == 3; }));
  CHECK(getFrom(nullptr, server.address(), logRequest()).status == 503);
  Waiting other(server, 2, kOther);
  REQUIRE(eventually([&] { return server.histories() == 5; }));
  server.letGo();
  waiting.areAnswered();
  other.areAnswered();
}

TEST_CASE("limits: a request keeps its place until the storage has answered, gone or not") {
  ServerOptions options = plainOptions();
  options.connections.http_requests = 2;
  options.connections.http_requests_per_address = 0;
  StoppableServer server(options);
  server.hold();
  Waiting waiting(server, 2);
  REQUIRE(eventually([&] { return server.histories() == 2; }));
  waiting.goAway();
  for (int i = 0; i < 20; ++i) {
    REQUIRE(getFrom(nullptr, server.address(), logRequest()).status == 503);
  }
  CHECK(server.histories() == 2);
  server.letGo();
  CHECK(eventually([&] { return getFrom(nullptr, server.address(), logRequest()).status == 200; }));
}

TEST_CASE("limits: health and route are answered where an address has its connections") {
  ServerOptions options = plainOptions();
  options.connections.per_address = 1;
  const auto server = startServer(options);
  RawWsClient first(server->address());
  CHECK(getHttp(server->address(), "/healthz").status == 200);
  const auto route = getHttp(server->address(), "/v1/route?appId=app");
  CHECK(route.status == 200);
  CHECK_THAT(route.head, Catch::Contains("Connection: close"));
  CHECK(getHttp(server->address(), kLog, "X-LC-Id: app\r\n").status == 503);
}

TEST_CASE("limits: a request beyond the rate of its address is told to come back") {
  ServerOptions options = plainOptions();
  options.connections.new_per_second = 1;
  options.connections.new_burst = 3;
  const auto server = startServer(options);
  RawSocket socket(server->address());
  CHECK(exchangeHttp(socket, get("/healthz")).status == 200);
  // A token or more came back when the machine was slow; then there are none.
  RawHttpAnswer answer;
  REQUIRE(eventually([&] {
    answer = exchangeHttp(socket, get("/healthz"));
    return answer.status != 200;
  }));
  CHECK(answer.status == 503);
  CHECK_THAT(answer.head, Catch::Contains("Retry-After: 10"));
  CHECK(socket.receive().empty());
}

TEST_CASE("read queue: so much is read at a time, and the rest when that has come") {
  Queue queue;
  constexpr std::size_t kHalf = 3u << 20;
  REQUIRE(queue.add(1, 1, kHalf));
  REQUIRE(queue.add(2, 1, kHalf));
  REQUIRE(queue.add(3, 1, 1));
  REQUIRE(queue.add(4, 1, 1));
  CHECK(queue.requests() == std::vector<net::RequestId>{1, 2});
  CHECK_FALSE(queue.reads.mayBegin());
  CHECK(queue.finish(queue.begun[0].first) == 1);
  // Not behind the answer, but in the next turn.
  CHECK(queue.requests() == std::vector<net::RequestId>{1, 2});
  CHECK(queue.reads.mayBegin());
  queue.reads.begin();
  CHECK(queue.requests() == std::vector<net::RequestId>{1, 2, 3, 4});
  CHECK_FALSE(queue.reads.mayBegin());
  CHECK(queue.finish(queue.begun[0].first) == 0);
}

TEST_CASE("read queue: an answer longer than all that is read at a time is read by itself") {
  Queue queue;
  REQUIRE(queue.add(1, 1, 1u << 30));
  REQUIRE(queue.add(2, 2, 1u << 30));
  CHECK(queue.requests() == std::vector<net::RequestId>{1});
  queue.finish(queue.begun[0].first);
  queue.reads.begin();
  CHECK(queue.requests() == std::vector<net::RequestId>{1, 2});
}

TEST_CASE("read queue: addresses have turns, whichever asked for most") {
  Queue queue;
  constexpr std::size_t kAll = 6u << 20;
  for (net::RequestId request = 1; request <= 5; ++request) REQUIRE(queue.add(request, 1, kAll));
  REQUIRE(queue.add(11, 2, kAll));
  REQUIRE(queue.add(21, 3, kAll));
  for (std::size_t i = 0; i < queue.begun.size(); ++i) {
    queue.finish(queue.begun[i].first);
    queue.reads.begin();
  }
  CHECK(queue.requests() == std::vector<net::RequestId>{1, 2, 11, 21, 3, 4, 5});
}

TEST_CASE("read queue: however many addresses come, the next one finds a place") {
  ConnectionLimits limits;
  limits.http_requests = 256;
  Queue queue(limits);
  std::size_t places = 0;
  for (net::AddressKey from = 1; from <= 12; ++from) {
    std::size_t got = 0;
    while (queue.add(++places, from)) ++got;
    INFO("address " << from);
    CHECK(got >= 1);
    CHECK(got <= 64);
  }
}

}  // namespace kith::testing
