// SPDX-License-Identifier: Apache-2.0
// What Prometheus reads, and where.
#include "server/front/metrics.hpp"

#include "net/server/shared_port.hpp"
#include "server/front/front_bench.hpp"

namespace kith::testing {
namespace {

ServerOptions watched() {
  ServerOptions options = plainOptions();
  options.metrics_listen = "127.0.0.1:0";
  return options;
}

/// The value of a line; -1 when it is not there.
double valueOf(const std::string& text, const std::string& name) {
  const std::size_t at = ("\n" + text).find("\n" + name + " ");
  return at == std::string::npos ? -1 : std::stod(text.substr(at + name.size()));
}
double metric(const Server& server, const std::string& name) {
  return valueOf(getHttp(server.metricsAddress(), "/metrics").body, name);
}

}  // namespace

TEST_CASE("metrics: a message is counted and timed, from its sender to its commit and delivery") {
  const auto server = startServer(watched());
  RawWsClient alice(server->address());
  RawWsClient bob(server->address());
  openSession(alice, "alice");
  openSession(bob, "bob");
  REQUIRE(alice.text(directFrame("alice", "bob", "hello")));
  CHECK_THAT(alice.nextText(), Catch::Contains("ack"));
  CHECK_THAT(bob.nextText(), Catch::Contains("hello"));
  const auto answer = getHttp(server->metricsAddress(), "/metrics");
  CHECK(answer.status == 200);
  CHECK_THAT(answer.head, Catch::Contains("Content-Type: text/plain; version=0.0.4"));
  CHECK(valueOf(answer.body, "kith_connections") == 2);
  CHECK(valueOf(answer.body, "kith_sessions") == 2);
  CHECK(valueOf(answer.body, "kith_messages_total") == 1);
  CHECK(valueOf(answer.body, "kith_frames_in_total") == 3);
  CHECK(valueOf(answer.body, "kith_storage_failures_total") == 0);
  CHECK(eventually([&] { return metric(*server, "kith_commit_seconds_count") == 1; }));
  CHECK(eventually([&] { return metric(*server, "kith_delivery_seconds_count") == 1; }));
  CHECK(metric(*server, "kith_delivery_seconds_sum") >= metric(*server, "kith_commit_seconds_sum"));
  CHECK(metric(*server, "kith_commit_seconds_bucket{le=\"+Inf\"}") == 1);
}

TEST_CASE("metrics: every line is one that Prometheus reads, and each name has help and a type") {
  const auto server = startServer(watched());
  std::string text = getHttp(server->metricsAddress(), "/metrics").body;
  std::string type;
  int lines = 0;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    REQUIRE(end != std::string::npos);
    const std::string line = text.substr(0, end);
    text.erase(0, end + 1);
    CAPTURE(line);
    ++lines;
    if (line.rfind("# HELP ", 0) == 0) continue;
    if (line.rfind("# TYPE ", 0) == 0) {
      type = line.substr(7, line.find(' ', 7) - 7);
      continue;
    }
    CHECK(line.rfind(type, 0) == 0);
    std::size_t read = 0;
    const std::string number = line.substr(line.rfind(' ') + 1);
    std::stod(number, &read);
    CHECK(read == number.size());
  }
  CHECK(lines > 60);
}

TEST_CASE("metrics: refusals are counted by their cause") {
  ServerOptions options = watched();
  options.apps[0].app_key = "key";
  options.apps[0].master_key = "master";
  options.apps[0].require_signature = true;
  options.connections.per_address = 2;
  const auto server = startServer(options);
  RawWsClient unsigned_one(server->address());
  REQUIRE(unsigned_one.text(openFrame("alice")));
  CHECK(unsigned_one.closeCode() == 4102);
  CHECK(getHttp(server->address(), "/1.1/rtm/messages/logs?convid=c").status == 401);
  CHECK(eventually(
      [&] { return metric(*server, "kith_signatures_refused_total{cause=\"missing\"}") == 1; }));
  CHECK(metric(*server, "kith_signatures_refused_total{cause=\"wrong\"}") == 0);
  CHECK(metric(*server, "kith_http_replies_total{status=\"401\"}") == 1);
  CHECK(metric(*server, "kith_closes_total{code=\"4102\"}") == 1);
  CHECK(metric(*server, "kith_connections_refused_total{cause=\"busy\"}") == 0);
  {
    RawSocket broken(server->address());
    REQUIRE(broken.send("GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n"));
    CHECK_THAT(broken.receive(), Catch::StartsWith("HTTP/1.1 400 "));
  }
  CHECK(metric(*server, "kith_http_refused_total") == 1);
  std::vector<std::unique_ptr<RawSocket>> many;
  for (int i = 0; i < 4; ++i) many.push_back(std::make_unique<RawSocket>(server->address()));
  CHECK(eventually(
      [&] { return metric(*server, "kith_connections_refused_total{cause=\"busy\"}") >= 2; }));
}

TEST_CASE("metrics: they have a port of their own, which says nothing else and speaks no frames") {
  const auto server = startServer(watched());
  CHECK(getHttp(server->address(), "/metrics").status == 404);
  CHECK(getHttp(server->metricsAddress(), "/healthz").body == "ok\n");
  CHECK(getHttp(server->metricsAddress(), "/v1/route?appId=app").status == 404);
  RawSocket socket(server->metricsAddress());
  CHECK(exchangeHttp(socket, "POST /metrics HTTP/1.1\r\nHost: x\r\n\r\n").status == 405);
  RawWsClient client(server->metricsAddress());
  CHECK(client.closeCode() == 1008);
  CHECK(startServer()->metricsAddress().empty());
}

TEST_CASE("metrics: an address that cannot be had is named") {
  const auto server = startServer(watched());
  ServerOptions options = plainOptions();
  options.metrics_listen = server->metricsAddress();
  CHECK_THAT(whyNotStarted(options), Catch::Contains("Address already in use"));
  options.metrics_listen = "here";
  CHECK_THAT(whyNotStarted(options), Catch::Contains("metrics_listen"));
}

TEST_CASE("metrics: a histogram's buckets count what is not above them") {
  front::Histogram times;
  for (const std::uint64_t nanoseconds : {0u, 100'000u, 100'001u, 1'000'000u}) {
    times.observe(nanoseconds);
  }
  times.observe(3'600'000'000'000);
  std::string text;
  times.write(text, "t_seconds", "Times.");
  CHECK_THAT(text, Catch::StartsWith("# HELP t_seconds Times.\n# TYPE t_seconds histogram\n"));
  CHECK(valueOf(text, "t_seconds_bucket{le=\"0.0001\"}") == 2);
  CHECK(valueOf(text, "t_seconds_bucket{le=\"0.0002\"}") == 3);
  CHECK(valueOf(text, "t_seconds_bucket{le=\"0.0008\"}") == 3);
  CHECK(valueOf(text, "t_seconds_bucket{le=\"0.0016\"}") == 4);
  CHECK(valueOf(text, "t_seconds_bucket{le=\"3.2768\"}") == 4);
  CHECK(valueOf(text, "t_seconds_bucket{le=\"+Inf\"}") == 5);
  CHECK(valueOf(text, "t_seconds_count") == 5);
  CHECK(valueOf(text, "t_seconds_sum") > 3600);
}

TEST_CASE("metrics: a storage that fails is counted, and what it failed to do is not timed") {
  front::Metrics metrics;
  net::SharedPort port{ConnectionLimits{}};
  metrics.asked(1);
  metrics.asked(2);
  metrics.answered(2, true);
  metrics.answered(1, false);
  metrics.flushed();
  metrics.asked(3);
  metrics.flushed();
  std::string text = metrics.text(port);
  CHECK(valueOf(text, "kith_storage_failures_total") == 1);
  CHECK(valueOf(text, "kith_commit_seconds_count") == 0);
  CHECK(valueOf(text, "kith_delivery_seconds_count") == 0);
  metrics.answered(3, true);
  metrics.flushed();
  metrics.flushed();
  text = metrics.text(port);
  CHECK(valueOf(text, "kith_commit_seconds_count") == 1);
  CHECK(valueOf(text, "kith_delivery_seconds_count") == 1);
}

}  // namespace kith::testing
