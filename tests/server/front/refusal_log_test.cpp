// SPDX-License-Identifier: Apache-2.0
#include "server/front/refusal_log.hpp"

#include <mutex>
#include <string>
#include <vector>

#include "server/front/front_bench.hpp"
#include "support/waiter.hpp"

namespace kith::testing {
namespace {

using core::SignatureFault;
using front::RefusalLog;

/// Lines of a log, also of one that another thread writes.
class Lines {
 public:
  LogSink sink() {
    return [this](const LogRecord& record) {
      const std::lock_guard lock(mutex_);
      lines_.emplace_back(record.text);
      levels_.push_back(record.level);
    };
  }
  std::vector<std::string> all() const {
    const std::lock_guard lock(mutex_);
    return lines_;
  }
  std::vector<LogLevel> levels() const {
    const std::lock_guard lock(mutex_);
    return levels_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
  std::vector<LogLevel> levels_;
};

core::RefusedSignature refusal(SignatureFault fault, base::Millis beyond = base::Millis(0)) {
  return {7, "demo", "alice", "open", fault, beyond};
}

TEST_CASE("refusal log: each cause has its words") {
  const struct {
    SignatureFault fault;
    std::string words;
  } rows[] = {{SignatureFault::Missing, "missing"},
              {SignatureFault::Malformed, "malformed"},
              {SignatureFault::Colon, "a colon in an id"},
              {SignatureFault::Old, "expired 90 s ago"},
              {SignatureFault::Future, "from the future, 90 s beyond"},
              {SignatureFault::Wrong, "wrong"},
              {SignatureFault::Replayed, "replayed"},
              {SignatureFault::NoSuper, "the app does not require signatures"}};
  for (const auto& row : rows) {
    Lines lines;
    RefusalLog log(base::LogFront(lines.sink(), LogLevel::Warn));
    log.add(refusal(row.fault, base::Millis(89'001)), base::Millis(0));
    REQUIRE(lines.all().size() == 1);
    CHECK(lines.levels()[0] == LogLevel::Warn);
    const std::string line = lines.all()[0];
    CAPTURE(line);
    CHECK(line.find("connection 7: signature for open of peer 'alice' of app 'demo' refused: " +
                    row.words) == 0);
  }
}

TEST_CASE("refusal log: a peer id of a stranger is cleaned and cut") {
  Lines lines;
  RefusalLog log(base::LogFront(lines.sink(), LogLevel::Warn));
  const std::string id = "a\nERROR forged\x1b[2J" + std::string(5000, 'x');
  log.add({7, "demo", id, "open", SignatureFault::Missing}, base::Millis(0));
  REQUIRE(lines.all().size() == 1);
  const std::string line = lines.all()[0];
  CHECK(line.find("peer 'a\\nERROR forged\\x1b[2Jxx") != std::string::npos);
  CHECK(line.size() < 300);
}

TEST_CASE("refusal log: a flood of refusals is a few lines, and the next one counts the others") {
  Lines lines;
  RefusalLog log(base::LogFront(lines.sink(), LogLevel::Warn));
  for (int i = 0; i < 1000; ++i) log.add(refusal(SignatureFault::Wrong), base::Millis(i));
  const std::size_t first = lines.all().size();
  CHECK(first >= 10);
  CHECK(first <= 11);
  log.add(refusal(SignatureFault::Wrong), base::Millis(60'000));
  REQUIRE(lines.all().size() == first + 1);
  const std::string more = "(and " + std::to_string(1000 - first) + " more in between)";
  CHECK(lines.all().back().find(more) != std::string::npos);
  log.add(refusal(SignatureFault::Wrong), base::Millis(61'000));
  CHECK(lines.all().back().find("more in between") == std::string::npos);
}

TEST_CASE("refusal log: a read over HTTP without a good signature is told with its cause") {
  Lines lines;
  ServerOptions options = plainOptions();
  options.apps[0].master_key = "the-master-key";
  options.apps[0].require_signature = true;
  options.connections.refused_signatures = 2;
  options.log = lines.sink();
  options.log_level = LogLevel::Warn;
  const auto server = startServer(options);
  const std::string digest(40, 'd');
  const std::string query =
      "/1.1/rtm/messages/logs?convid=c&peerid=eve%0a&nonce=the-nonce&signature=" + digest +
      "&signature_ts=" + std::to_string(base::systemNow().wall.count());
  for (int i = 0; i < 2; ++i) {
    CHECK(getHttp(server->address(), query, "X-LC-Id: app\r\n").status == 401);
  }
  REQUIRE(lines.all().size() == 2);
  CHECK(lines.all()[0] ==
        "http: read by peer 'eve\\n' of app 'app' refused: the signature is not for this peer and "
        "what it reads: "
        "check the master key of the signing server (GET /1.1/rtm/messages/logs from 127.0.0.1)");
  // Two guesses were allowed: the address is shut out now.
  RawSocket third(server->address());
  third.send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(third.receive().empty());
}

TEST_CASE("refusal log: a server names the cause and none of the secrets") {
  Lines lines;
  ServerOptions options = plainOptions();
  options.apps[0].master_key = "the-master-key";
  options.apps[0].require_signature = true;
  options.log = lines.sink();
  options.log_level = LogLevel::Warn;
  const auto server = startServer(options);
  const std::string digest(40, 'd');
  RawWsClient client(server->address());
  REQUIRE(client.text(R"({"cmd":"session","op":"open","appId":")" + options.apps[0].id +
                      R"(","peerId":"eve","n":"the-nonce","t":1412000000,"s":")" + digest + "\"}"));
  CHECK(client.closeCode() == 4102);
  REQUIRE(eventually([&] { return !lines.all().empty(); }));
  const std::string line = lines.all()[0];
  CAPTURE(line);
  CHECK(line.find("peer 'eve'") != std::string::npos);
  CHECK(line.find("expired ") != std::string::npos);
  for (const std::string& secret :
       {std::string("the-master-key"), std::string("the-nonce"), digest}) {
    CHECK(line.find(secret) == std::string::npos);
  }
}

TEST_CASE(
    "refusal log: a request with a wrong key is told with its path and address, not its key") {
  Lines lines;
  ServerOptions options = plainOptions();
  options.apps[0].app_key = "the-app-key";
  options.log = lines.sink();
  options.log_level = LogLevel::Warn;
  const auto server = startServer(options);
  CHECK(getHttp(server->address(), "/1.1/rtm/messages/logs?convid=secret",
                "X-LC-Id: app\r\nX-LC-Key: the-wrong-key\r\n")
            .status == 401);
  REQUIRE(lines.all().size() == 1);
  CHECK_THAT(lines.all()[0], Catch::Contains("refused: unauthorized: check the app id") &&
                                 Catch::EndsWith("(GET /1.1/rtm/messages/logs from 127.0.0.1)") &&
                                 !Catch::Contains("key\r") && !Catch::Contains("wrong-key") &&
                                 !Catch::Contains("secret"));
}

TEST_CASE("refusal log: connections that are refused are told together, every ten seconds") {
  Lines lines;
  front::RefusalLog log(base::LogFront(lines.sink(), LogLevel::Warn));
  using base::Millis;
  log.observeConnections(0, 0, Millis(0));
  CHECK(lines.all().empty());
  log.observeConnections(5, 2, Millis(1000));
  log.observeConnections(9, 2, Millis(2000));
  log.observeConnections(10, 3, Millis(10'999));
  REQUIRE(lines.all().size() == 1);
  CHECK_THAT(lines.all()[0], Catch::Contains("5 were closed and 2 told 503"));
  log.observeConnections(10, 3, Millis(11'000));
  REQUIRE(lines.all().size() == 2);
  CHECK_THAT(lines.all()[1], Catch::Contains("5 were closed and 1 told 503"));
  log.observeConnections(10, 3, Millis(99'000));
  CHECK(lines.all().size() == 2);
}

}  // namespace
}  // namespace kith::testing
