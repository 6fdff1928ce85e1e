// SPDX-License-Identifier: Apache-2.0
// What the server's TLS refuses: old versions, weak suites, renegotiation, settings that allow
// them.
#include "server/front/front_bench.hpp"
#include "support/certs.hpp"
#include "support/raw_tls.hpp"
#include "support/tls_peer.hpp"

namespace kith::testing {
namespace {

struct TlsServer {
  TemporaryFolder folder;
  Certs certs{folder.path()};
  ServerOptions options = plainOptions();
  std::unique_ptr<Server> server;

  TlsServer() {
    const CertFiles files = certs.good();
    options.tls_cert = files.cert;
    options.tls_key = files.key;
  }
  TlsServer& start() {
    server = startServer(options);
    return *this;
  }
  std::unique_ptr<RawTls> connect(int newest = TLS1_3_VERSION, const std::string& ciphers = {}) {
    return std::make_unique<RawTls>(server->address(), certs.caFile(), newest, ciphers);
  }
};

}  // namespace

TEST_CASE("tls: a client of TLS 1.0 or 1.1 is refused and told why") {
  TlsServer world;
  world.start();
  for (const int newest : {TLS1_VERSION, TLS1_1_VERSION}) {
    const auto client = world.connect(newest, "ALL:@SECLEVEL=0");
    CHECK_FALSE(client->established());
    CHECK_THAT(client->why(), Catch::Contains("protocol version"));
  }
}

TEST_CASE("tls: a client with weak cipher suites only is refused and told why") {
  TlsServer world;
  world.start();
  for (const std::string ciphers :
       {"ECDHE-ECDSA-NULL-SHA", "ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES256-SHA384"}) {
    CAPTURE(ciphers);
    const auto client = world.connect(TLS1_2_VERSION, ciphers + ":@SECLEVEL=0");
    CHECK_FALSE(client->established());
    CHECK_THAT(client->why(), Catch::Contains("handshake failure"));
  }
  CHECK(world.connect(TLS1_2_VERSION)->established());
}

TEST_CASE("tls: with tls_min_version 1.3 a client of 1.2 is refused, one of 1.3 works") {
  TlsServer world;
  world.options.tls_min_version = TlsVersion::Tls13;
  world.start();
  const auto old = world.connect(TLS1_2_VERSION);
  CHECK_FALSE(old->established());
  CHECK_THAT(old->why(), Catch::Contains("protocol version"));
  auto modern = world.connect();
  REQUIRE(modern->established());
  CHECK(modern->version() == "TLSv1.3");
  RawWsClient client(std::move(modern), world.server->address());
  openSession(client, "alice");
}

TEST_CASE("tls: the suites that the settings name are used, and no others") {
  TlsServer world;
  world.options.tls_ciphers = "ECDHE-ECDSA-CHACHA20-POLY1305";
  world.options.tls13_ciphers = "TLS_CHACHA20_POLY1305_SHA256";
  world.start();
  const auto old = world.connect(TLS1_2_VERSION);
  REQUIRE(old->established());
  CHECK(old->cipher() == "ECDHE-ECDSA-CHACHA20-POLY1305");
  CHECK(world.connect()->cipher() == "TLS_CHACHA20_POLY1305_SHA256");
  CHECK_FALSE(world.connect(TLS1_2_VERSION, "ECDHE+AESGCM")->established());
}

TEST_CASE("tls: nobody renegotiates and nothing is compressed") {
  TlsServer world;
  world.start();
  const auto client = world.connect(TLS1_2_VERSION);
  REQUIRE(client->established());
  CHECK_FALSE(client->compresses());
  CHECK_FALSE(client->renegotiates());
  // A server that does shows that the question is a good one.
  WsPeer lax([](WsTalk& talk) { talk.readHead(); },
             tlsLines(world.certs.good(), {TLS1_2_VERSION, {}, 0, {}, true}));
  RawTls other("127.0.0.1:" + std::to_string(lax.port()), world.certs.caFile(), TLS1_2_VERSION);
  REQUIRE(other.established());
  CHECK(other.renegotiates());
}

TEST_CASE("tls: settings that would allow weak suites are refused and named") {
  const auto why = [](const std::string& tls12, const std::string& tls13) {
    TlsServer world;
    world.options.tls_ciphers = tls12;
    world.options.tls13_ciphers = tls13;
    return whyNotStarted(world.options);
  };
  CHECK_THAT(why("ALL:eNULL", ""), Catch::Contains("tls_ciphers") && Catch::Contains("is weak"));
  CHECK_THAT(why("ECDHE-ECDSA-NULL-SHA", ""), Catch::Contains("ECDHE-ECDSA-NULL-SHA is weak"));
  CHECK_THAT(why("aNULL", ""), Catch::Contains("is weak"));
  CHECK_THAT(why("NOTHING", ""), Catch::Contains("tls_ciphers: OpenSSL knows no suite"));
  CHECK_THAT(why("", "NOTHING"), Catch::Contains("tls13_ciphers: OpenSSL knows no such list"));
}

}  // namespace kith::testing
