// SPDX-License-Identifier: Apache-2.0
#include "backends/kith/check_options.hpp"

#include <kith/reactor.hpp>

#include <functional>
#include <memory>
#include <string>

#include "support/catch.hpp"

namespace kith::backends {
namespace {

Options good() {
  Options options;
  options.app_id = "demo";
  options.server = "ws://127.0.0.1:7700";
  return options;
}

/// The error's field: what stands before the first colon or blank.
std::string refusedField(const std::function<void(Options&)>& spoil) {
  Options options = good();
  spoil(options);
  const Result<void> result = checkServiceOptions(options);
  REQUIRE_FALSE(result.ok());
  CHECK(result.error().code == Errc::InvalidArgument);
  return result.error().detail.substr(0, result.error().detail.find_first_of(": "));
}

class Foreign final : public Reactor {};

}  // namespace

TEST_CASE("service options: an address of the server or of a router passes") {
  CHECK(checkServiceOptions(good()).ok());
  Options routed = good();
  routed.server.clear();
  routed.router = "https://router.example.com";
  CHECK(checkServiceOptions(routed).ok());
  Options shared = good();
  shared.reactor = Reactor::make();
  CHECK(checkServiceOptions(shared).ok());
}

TEST_CASE("service options: each bad one is named") {
  CHECK(refusedField([](Options& o) { o.app_id.clear(); }) == "app_id");
  CHECK(refusedField([](Options& o) { o.app_id = "a\r\nX-Evil"; }) == "app_id");
  CHECK(refusedField([](Options& o) { o.app_id = "\xff"; }) == "app_id");
  CHECK(refusedField([](Options& o) { o.app_key = "a\nb"; }) == "app_key");
  CHECK(refusedField([](Options& o) { o.server.clear(); }) == "server");
  CHECK(refusedField([](Options& o) { o.server = "http://127.0.0.1:1"; }) == "server");
  CHECK(refusedField([](Options& o) { o.router = "ws://127.0.0.1:1"; }) == "router");
  CHECK(refusedField([](Options& o) { o.proxy.url = "socks5://127.0.0.1:1"; }) == "proxy.url");
  CHECK(refusedField([](Options& o) { o.proxy.user = "tom\r\nX-Evil: 1"; }) == "proxy");
  CHECK(refusedField([](Options& o) { o.proxy.password = "sesame\n"; }) == "proxy");
  CHECK(refusedField([](Options& o) { o.proxy.user = "tom:jerry"; }) == "proxy");
  CHECK(refusedField([](Options& o) { o.proxy.url = "http://proxy\r\nX-Evil: 1"; }) == "proxy.url");
  CHECK(refusedField([](Options& o) { o.server = "ws://host/\r\nX-Evil: 1"; }) == "server");
  CHECK(refusedField([](Options& o) { o.router = "http://host\r\nX-Evil: 1"; }) == "router");
  CHECK(refusedField([](Options& o) { o.tls.server_name = "host\r\nX-Evil: 1"; }) ==
        "tls.server_name");
  CHECK(refusedField([](Options& o) { o.reactor = std::make_shared<Foreign>(); }) == "reactor");
}

}  // namespace kith::backends
