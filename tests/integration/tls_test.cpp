// SPDX-License-Identifier: Apache-2.0
// The same over TLS: WebSocket, router, HTTP (R13, R14).
#include <atomic>

#include "support/certs.hpp"
#include "support/test_server.hpp"

using namespace kith;
using namespace kith::testing;

namespace {

struct TlsWorld {
  TempFolder folder;
  Certs certs{folder.path()};

  ServerOptions server(const CertFiles& files) {
    ServerOptions options = serverOptions();
    options.tls_cert = files.cert;
    options.tls_key = files.key;
    return options;
  }
};

}  // namespace

TEST_CASE("tls: sessions, messages, groups and HTTP over a certificate of our own authority") {
  TlsWorld world;
  TestServer server(world.server(world.certs.good()));
  REQUIRE(server.url().rfind("wss://", 0) == 0);
  Options options = server.options();
  options.tls.ca_file = world.certs.caFile();
  Device jerry(options, "jerry");
  jerry.open();
  Device tom(options, "tom");
  tom.open({"jerry"});
  tom.send(std::string(4000, 's'), {"jerry"});
  jerry.heard->waitForMessages(1);
  CHECK(jerry.heard->messages()[0].text == std::string(4000, 's'));
  const auto group = tom.newGroup();
  Answer<std::vector<std::string>> members;
  group->members(members);
  CHECK(members.value() == std::vector<std::string>{"tom"});
  Answer<std::vector<Message>> history;
  tom.manager->history("tom", {"jerry", "", {}, 10}, history);
  CHECK(history.value().size() == 1);
}

TEST_CASE("tls: the router over https leads to wss") {
  TlsWorld world;
  TestServer server(world.server(world.certs.good()));
  Options options = server.options();
  options.server.clear();
  options.router = "https://" + server.address();
  options.tls.ca_file = world.certs.caFile();
  Device tom(options, "tom");
  tom.open();
}

TEST_CASE("tls: a certificate that is no good is named for what it is (R14)") {
  TlsWorld world;
  const auto told = [&](const CertFiles& files, const std::string& ca) {
    TestServer server(world.server(files));
    Options options = server.options();
    options.tls.ca_file = ca;
    options.reconnect.max_attempts = 1;
    Device tom(options, "tom");
    Answer<void> opened;
    tom.session->open({}, opened);
    return opened.code();
  };
  const std::string ca = world.certs.caFile();
  CHECK(told(world.certs.good(), "") == Errc::TlsUntrusted);
  CHECK(told(world.certs.selfSigned(), ca) == Errc::TlsUntrusted);
  CHECK(told(world.certs.wrongHost(), ca) == Errc::TlsHostname);
  CHECK(told(world.certs.expired(), ca) == Errc::TlsExpired);
}

TEST_CASE("tls: any certificate goes when the application insists, with a warning in the log") {
  TlsWorld world;
  TestServer server(world.server(world.certs.selfSigned()));
  const auto warnings = std::make_shared<std::atomic<int>>(0);
  Options options = server.options();
  options.tls.dangerously_accept_any_certificate = true;
  options.log = [warnings](const LogRecord& record) {
    const bool warns = record.level == LogLevel::Warn &&
                       record.text.find("dangerously_accept_any_certificate") != record.text.npos;
    if (warns) ++*warnings;
  };
  Device tom(options, "tom");
  tom.open();
  CHECK(*warnings == 1);
  tom.manager->pause();
  tom.manager->resume();
  tom.heard->wait("onSessionResumed");
  CHECK(*warnings == 2);  // at each connect
  Answer<std::vector<Message>> read;
  HistoryQuery query;
  query.peer = "jerry";
  tom.manager->history("tom", query, read);
  CHECK(read.get().ok());
  CHECK(*warnings == 3);
}

TEST_CASE("tls: there is no warning where every certificate is checked, or none is there") {
  TlsWorld world;
  const auto lines = std::make_shared<std::atomic<int>>(0);
  const auto meet = [&](Options options) {
    options.log = [lines](const LogRecord& record) {
      if (record.text.find("any_certificate") != std::string_view::npos) ++*lines;
    };
    Device tom(options, "tom");
    tom.open();
  };
  TestServer secure(world.server(world.certs.good()));
  Options checked = secure.options();
  checked.tls.ca_file = world.certs.caFile();
  meet(checked);
  TestServer plain;
  Options careless = plain.options();
  careless.tls.dangerously_accept_any_certificate = true;
  meet(careless);
  CHECK(*lines == 0);
}
