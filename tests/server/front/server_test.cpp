// SPDX-License-Identifier: Apache-2.0
// Start, stop, TLS, and being killed.
#include <csignal>
#include <fstream>
#include <set>
#include <sys/wait.h>
#include <unistd.h>

#include "base/close_codes.hpp"
#include "server/front/front_bench.hpp"
#include "support/certs.hpp"
#include "support/raw_tls.hpp"

namespace kith::testing {
namespace {

ServerOptions listenOn(const std::string& listen) {
  ServerOptions options = plainOptions();
  options.listen = listen;
  return options;
}

}  // namespace

TEST_CASE("server: it says where it listens, on IPv4 and IPv6") {
  const std::string host = GENERATE("127.0.0.1", "[::1]", "0.0.0.0");
  const auto server = startServer(listenOn(host + ":0"));
  const std::string address = server->address();
  CHECK(address.substr(0, address.rfind(':')) == host);
  CHECK(address.substr(address.rfind(':')) != ":0");
  CHECK(server->url() == "ws://" + address);
  RawWsClient client(host == "0.0.0.0" ? "127.0.0.1" + address.substr(7) : address);
  REQUIRE(client.text("{}"));
  CHECK(client.nextText() == "{}");
}

TEST_CASE("server: a busy port is refused with one clear line") {
  const auto first = startServer();
  CHECK_THAT(whyNotStarted(listenOn(first->address())),
             Catch::Contains(first->address()) && Catch::Contains("Address already in use"));
}

TEST_CASE("server: options that make no sense are refused and named") {
  CHECK_THAT(whyNotStarted(listenOn("nonsense")), Catch::Contains("listen"));
  CHECK_THAT(whyNotStarted(listenOn("localhost:0")), Catch::Contains("not a numeric address"));
  CHECK_THAT(whyNotStarted(listenOn("192.0.2.1:0")), Catch::Contains("192.0.2.1"));
  ServerOptions options = plainOptions();
  options.apps.clear();
  CHECK_THAT(whyNotStarted(options), Catch::Contains("app"));
  options = plainOptions();
  options.tls_cert = "cert.pem";
  CHECK_THAT(whyNotStarted(options), Catch::Contains("tls_key"));
  options = plainOptions();
  options.public_url = "http://x";
  CHECK_THAT(whyNotStarted(options), Catch::Contains("public_url"));
  options = plainOptions();
  options.frame_bytes = 1;
  CHECK_THAT(whyNotStarted(options), Catch::Contains("frame_bytes"));
  options = plainOptions();
  options.data = "";
  CHECK_THAT(whyNotStarted(options), Catch::Contains("data"));
}

TEST_CASE("server: a data folder that cannot be used is refused, and the port is free again") {
  TemporaryFolder folder;
  std::ofstream(folder.file("plain")) << "text";
  ServerOptions options = plainOptions();
  options.data = folder.file("plain");
  CHECK_THAT(whyNotStarted(options), Catch::Contains("plain cannot be used"));
}

TEST_CASE("server: stop() closes every connection with 1001 and frees the port") {
  auto server = startServer();
  RawWsClient client(server->address());
  openSession(client, "alice");
  std::thread stopper([&] { server->stop(); });
  CHECK(client.closeCode() == base::kGoingAway);
  client.frame(8, "\x03\xe9");
  CHECK(client.ended());
  stopper.join();
  server->stop();
  startServer(listenOn(server->address()));
}

TEST_CASE("server: stop() does not wait longer than it was given for a client that does nothing") {
  const auto server = startServer();
  RawWsClient client(server->address());
  openSession(client, "alice");
  const auto begin = std::chrono::steady_clock::now();
  server->stop(std::chrono::milliseconds(50));
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::milliseconds(1500));
}

TEST_CASE("server: what was sent before stop() is acknowledged by it, and kept") {
  TemporaryFolder folder;
  ServerOptions options = plainOptions();
  options.data = folder.path();
  auto server = startServer(options);
  RawWsClient client(server->address());
  openSession(client, "alice");
  std::string packet;
  for (int i = 0; i < 200; ++i) packet += clientFrame(1, directFrame("alice", "bob", "m"));
  REQUIRE(client.socket().send(packet));
  int acks = 0;
  CHECK_THAT(client.nextText(), Catch::Contains("\"ack\""));
  ++acks;
  std::thread stopper([&] { server->stop(); });
  RawFrame frame = client.next();
  for (; frame.opcode == 1; frame = client.next()) ++acks;
  CHECK(frame.closeCode() == base::kGoingAway);
  client.frame(8, "\x03\xe9");
  stopper.join();
  CHECK(server->stats().messages >= static_cast<std::uint64_t>(acks));
  server = startServer(options);
  const auto log =
      getHttp(server->address(),
              "/1.1/rtm/messages/logs?limit=1000&convid=ed9880ad9bae7f2bd9f978cf6c279fc8",
              "X-LC-Id: app\r\n");
  int kept = 0;
  for (std::size_t at = 0; (at = log.body.find("\"msg-id\"", at)) != std::string::npos; ++at)
    ++kept;
  CHECK(kept >= acks);
}

TEST_CASE("server: SIGPIPE keeps the host's disposition") {
  const auto before = std::signal(SIGPIPE, SIG_DFL);
  { const auto server = startServer(); }
  CHECK(std::signal(SIGPIPE, before) == SIG_DFL);
}

TEST_CASE("server: several run in one process, and their logs do not mix") {
  std::mutex mutex;
  std::string lines[2];
  std::unique_ptr<Server> servers[2];
  for (int i = 0; i < 2; ++i) {
    ServerOptions options = plainOptions();
    options.log_level = LogLevel::Trace;
    options.log = [&mutex, &line = lines[i]](const LogRecord& record) {
      const std::lock_guard lock(mutex);
      line.append(record.room).append(1, ' ').append(record.text).append(1, '\n');
    };
    servers[i] = startServer(options);
  }
  RawWsClient client(servers[0]->address());
  openSession(client, "alice");
  REQUIRE(client.text(directFrame("alice", "bob", "the secret text")));
  client.nextText();
  REQUIRE(client.text("nonsense"));
  CHECK(client.closeCode() == base::kUnparseableRawMessage);
  for (auto& server : servers) server.reset();
  const std::lock_guard lock(mutex);
  CHECK_THAT(lines[0], Catch::Contains("4114"));
  CHECK_THAT(lines[1], !Catch::Contains("4114"));
  CHECK_THAT(lines[0], !Catch::Contains("secret"));
}

TEST_CASE("tls: wss and https work with a certificate, from TLS 1.2 on") {
  TemporaryFolder folder;
  Certs certs(folder.path());
  const CertFiles files = certs.good();
  ServerOptions options = plainOptions();
  options.tls_cert = files.cert;
  options.tls_key = files.key;
  const auto server = startServer(options);
  CHECK(server->url() == "wss://" + server->address());
  for (const int newest : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    auto tls = std::make_unique<RawTls>(server->address(), certs.caFile(), newest);
    REQUIRE(tls->established());
    RawWsClient client(std::move(tls), server->address());
    openSession(client, "alice");
    std::string packet;
    for (int i = 0; i < 500; ++i) packet += clientFrame(1, directFrame("alice", "bob", "m"));
    REQUIRE(client.socket().send(packet));
    for (int i = 0; i < 500; ++i) CHECK_THAT(client.nextText(), Catch::Contains("\"ack\""));
    REQUIRE(client.text("nonsense"));
    CHECK(client.closeCode() == base::kUnparseableRawMessage);
  }
  RawTls old(server->address(), certs.caFile(), TLS1_1_VERSION);
  CHECK_FALSE(old.established());
  RawTls https(server->address(), certs.caFile());
  const auto answer = exchangeHttp(
      https, "GET /v1/route?appId=app&secure=1 HTTP/1.1\r\nHost: chat.example\r\n\r\n");
  CHECK(field(answer.body, "server") == "wss://chat.example/");
  // A connection in plain text is let go here, and no other notices.
  RawSocket plain(server->address());
  plain.send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
  while (!plain.receive().empty()) {
  }
}

TEST_CASE("tls: files that are missing, broken or do not fit are refused and named") {
  TemporaryFolder folder;
  Certs certs(folder.path());
  const CertFiles good = certs.good();
  const CertFiles other = certs.make("other");
  std::ofstream(folder.file("garbage.pem")) << "garbage";
  const auto why = [&](const std::string& cert, const std::string& key) {
    ServerOptions options = plainOptions();
    options.tls_cert = cert;
    options.tls_key = key;
    return whyNotStarted(options);
  };
  CHECK_THAT(why(folder.file("none.pem"), good.key),
             Catch::Contains("none.pem cannot be read: No such file"));
  CHECK_THAT(why(good.cert, folder.file("none.key")), Catch::Contains("none.key"));
  CHECK_THAT(why(folder.file("garbage.pem"), good.key),
             Catch::Contains("garbage.pem holds no usable certificate"));
  CHECK_THAT(why(good.cert, folder.file("garbage.pem")),
             Catch::Contains("garbage.pem holds no usable private key"));
  CHECK_THAT(why(good.cert, other.key),
             Catch::Contains("other.key does not belong to certificate"));
}

TEST_CASE("server: kill -9 after acks loses none of the acknowledged messages") {
  TemporaryFolder folder;
  int channel[2];
  REQUIRE(pipe(channel) == 0);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ServerOptions options = plainOptions();
    options.data = folder.path();
    auto server = Server::start(options);
    const std::string address = server ? (*server)->address() : "";
    if (write(channel[1], address.data(), address.size()) < 0) _exit(2);
    close(channel[1]);
    for (;;) pause();
  }
  close(channel[1]);
  char bytes[100];
  const ssize_t size = read(channel[0], bytes, sizeof bytes);
  close(channel[0]);
  REQUIRE(size > 0);
  const std::string address(bytes, static_cast<std::size_t>(size));
  std::set<std::string> acknowledged;
  {
    RawWsClient client(address);
    openSession(client, "alice");
    for (int sent = 0; acknowledged.size() < 900; ++sent) {
      if (sent < 1000) client.text(directFrame("alice", "bob", "m" + std::to_string(sent)));
      if (sent > 30) acknowledged.insert(field(client.nextText(), "uid"));
    }
    kill(child, SIGKILL);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(WIFSIGNALED(status));

  ServerOptions options = plainOptions();
  options.data = folder.path();
  const auto server = startServer(options);
  const auto log =
      getHttp(server->address(),
              "/1.1/rtm/messages/logs?limit=1000&convid=ed9880ad9bae7f2bd9f978cf6c279fc8",
              "X-LC-Id: app\r\n");
  std::size_t missing = 0;
  for (const std::string& id : acknowledged) {
    missing += log.body.find('"' + id + '"') == std::string::npos ? 1u : 0u;
  }
  CHECK(acknowledged.size() >= 900);
  CHECK(missing == 0);
  // And the last fifty wait for bob (§8).
  RawWsClient bob(server->address());
  openSession(bob, "bob");
  for (int i = 0; i < 50; ++i) CHECK_THAT(bob.nextText(), Catch::Contains("\"offline\":true"));
}

}  // namespace kith::testing
