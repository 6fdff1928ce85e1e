// SPDX-License-Identifier: Apache-2.0
// Several addresses of one server, and a certificate that changes while it runs.
#include <filesystem>
#include <fstream>

#include "server/front/front_bench.hpp"
#include "support/certs.hpp"
#include "support/raw_tls.hpp"

namespace kith::testing {
namespace {

namespace fs = std::filesystem;

struct RenewedServer {
  TemporaryFolder folder, other_folder;
  Certs certs{folder.path()};
  Certs others{other_folder.path()};
  CertFiles files{certs.good()};
  std::unique_ptr<Server> server;

  RenewedServer() {
    ServerOptions options = plainOptions();
    options.tls_cert = files.cert;
    options.tls_key = files.key;
    server = startServer(options);
  }
  bool trustedBy(const Certs& authority) const {
    return RawTls(server->address(), authority.caFile()).established();
  }
  void install(const CertFiles& renewed) const {
    fs::copy_file(renewed.cert, files.cert, fs::copy_options::overwrite_existing);
    fs::copy_file(renewed.key, files.key, fs::copy_options::overwrite_existing);
  }
};

}  // namespace

TEST_CASE("server: it listens on every address, tells their ports, and serves them alike") {
  ServerOptions options = plainOptions();
  options.listen = "127.0.0.1:0";
  options.also_listen = {"[::1]:0", "127.0.0.1:0"};
  const auto server = startServer(options);
  const std::vector<std::string> addresses = server->addresses();
  REQUIRE(addresses.size() == 3);
  CHECK(addresses[0] == server->address());
  CHECK(addresses[1].rfind("[::1]:", 0) == 0);
  CHECK(addresses[2] != addresses[0]);
  std::vector<std::unique_ptr<RawWsClient>> clients;
  for (const std::string& address : addresses) {
    clients.push_back(std::make_unique<RawWsClient>(address));
    REQUIRE(clients.back()->text("{}"));
    CHECK(clients.back()->nextText() == "{}");
  }
  CHECK(server->stats().connections == 3);
  server->stop(std::chrono::milliseconds(50));
  options.listen = addresses[1];
  options.also_listen = {addresses[0], addresses[2]};
  CHECK(startServer(options)->addresses() ==
        std::vector<std::string>{addresses[1], addresses[0], addresses[2]});
}

TEST_CASE("server: one address that cannot be had is named, and none is kept") {
  const auto busy = startServer();
  ServerOptions options = plainOptions();
  options.also_listen = {busy->address()};
  CHECK_THAT(whyNotStarted(options),
             Catch::Contains(busy->address()) && Catch::Contains("Address already in use"));
  options.also_listen = {"nonsense"};
  CHECK_THAT(whyNotStarted(options), Catch::Contains("also_listen"));
}

TEST_CASE("server: proxies that are no addresses, or not named, are told") {
  ServerOptions options = plainOptions();
  options.trusted_proxies = {"10.0.0.0/8", "10.0.0.1/8"};
  CHECK_THAT(whyNotStarted(options), Catch::Contains("trusted_proxies '10.0.0.1/8' is no address"));
  options.trusted_proxies.clear();
  options.proxy_protocol = true;
  CHECK_THAT(whyNotStarted(options), Catch::Contains("proxy_protocol needs trusted_proxies"));
}

TEST_CASE("tls: a renewed certificate is for new connections, those that are there go on") {
  RenewedServer world;
  auto early = std::make_unique<RawTls>(world.server->address(), world.certs.caFile());
  REQUIRE(early->established());
  RawWsClient client(std::move(early), world.server->address());
  CHECK_FALSE(world.trustedBy(world.others));
  world.install(world.others.good());
  CHECK(world.trustedBy(world.certs));
  REQUIRE(world.server->reloadCertificate().ok());
  CHECK(world.trustedBy(world.others));
  CHECK_FALSE(world.trustedBy(world.certs));
  openSession(client, "alice");
}

TEST_CASE("tls: a renewed certificate that cannot be used changes nothing and is told") {
  RenewedServer world;
  const CertFiles other = world.others.good();
  fs::copy_file(other.cert, world.files.cert, fs::copy_options::overwrite_existing);
  auto refused = world.server->reloadCertificate();
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == Errc::InvalidArgument);
  CHECK_THAT(refused.error().detail, Catch::Contains("does not belong to certificate"));
  std::ofstream(world.files.cert) << "half";
  refused = world.server->reloadCertificate();
  REQUIRE_FALSE(refused.ok());
  CHECK_THAT(refused.error().detail, Catch::Contains("holds no usable certificate"));
  CHECK(world.trustedBy(world.certs));
}

TEST_CASE("tls: a server without TLS has no certificate to read again") {
  const auto refused = startServer()->reloadCertificate();
  REQUIRE_FALSE(refused.ok());
  CHECK_THAT(refused.error().detail, Catch::Contains("without a tls_cert"));
}

TEST_CASE("tls: files that begin with a byte order mark are read") {
  TemporaryFolder folder;
  Certs certs{folder.path()};
  const CertFiles plain = certs.good();
  const CertFiles marked{folder.file("marked.pem"), folder.file("marked.key")};
  std::ofstream(marked.cert) << "\xef\xbb\xbf" << std::ifstream(plain.cert).rdbuf();
  std::ofstream(marked.key) << "\xef\xbb\xbf" << std::ifstream(plain.key).rdbuf();
  ServerOptions options = plainOptions();
  options.tls_cert = marked.cert;
  options.tls_key = marked.key;
  const auto server = startServer(options);
  CHECK(RawTls(server->address(), certs.caFile()).established());
}

}  // namespace kith::testing
