// SPDX-License-Identifier: Apache-2.0
// TLS, good and bad (R13, R14).
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "net/client/loop_bench.hpp"
#include "net/client/write_first.hpp"
#include "support/tls_peer.hpp"

using namespace kith;
using namespace kith::testing;

namespace {

std::string folder() {
  static const std::string made = [] {
    std::string name = (std::filesystem::temp_directory_path() / "kith-tls-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    return name;
  }();
  static const struct Remover {
    ~Remover() {
      std::error_code ignored;
      std::filesystem::remove_all(path, ignored);
    }
    std::string path;
  } remover{made};
  return made;
}

Certs& certs() {
  static Certs all(folder());
  return all;
}

std::string contents(const std::string& file) {
  std::ifstream in(file);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

void echo(WsTalk& talk) {
  if (talk.shakeHands().empty()) return;
  for (SeenFrame frame = talk.readFrame(); frame.opcode == 1; frame = talk.readFrame()) {
    talk.sendText(frame.payload);
  }
}

net::ConnectRequest secure(const WsPeer& peer) {
  net::ConnectRequest request;
  request.url = peer.url("wss");
  request.tls.ca_file = certs().caFile();
  return request;
}

Error failure(const net::ConnectRequest& request) {
  Bench bench;
  bench.connect(request);
  return bench.recorder.down();
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("tls: a good certificate connects, and frames of all sizes pass both ways") {
  WsPeer peer(echo, tlsLines(certs().good()));
  Bench bench;
  bench.connect(secure(peer));
  REQUIRE(bench.recorder.isUp());
  std::vector<std::string> messages;
  for (const std::size_t size : {1u, 200u, 20'000u, 70'000u, 250'000u}) {
    messages.emplace_back(size, static_cast<char>('a' + messages.size()));
  }
  onLoop(*bench.loop, [&] {
    for (const std::string& message : messages) bench.transport->send(message);
  });
  REQUIRE(bench.recorder.hasFrames(messages.size()));
  CHECK(bench.recorder.frames == messages);
}

TEST_CASE("tls: the authorities may come from memory, several in one text") {
  WsPeer peer(echo, tlsLines(certs().good()));
  net::ConnectRequest request = secure(peer);
  request.tls.ca_file = "/nowhere";
  // The one that counts is the second: libwebsockets alone would read the first only.
  request.tls.ca_pem = contents(certs().selfSigned().cert) + contents(certs().caFile());
  Bench bench;
  bench.connect(request);
  CHECK(bench.recorder.isUp());
}

TEST_CASE("tls: a certificate of an unknown authority is TlsUntrusted with number and cure") {
  WsPeer peer(echo, tlsLines(certs().good()));
  net::ConnectRequest request = secure(peer);
  request.tls.ca_file.clear();  // the system's store does not know our CA
  const Error why = failure(request);
  CHECK(why.code == Errc::TlsUntrusted);
  CHECK(contains(why.detail, "tls: certificate of 127.0.0.1 not trusted (X509 20"));
  CHECK(contains(why.detail, "TlsOptions::ca_file"));
  CHECK(contains(why.detail, "Kith test CA"));
}

TEST_CASE("tls: a self-signed certificate is TlsUntrusted") {
  WsPeer peer(echo, tlsLines(certs().selfSigned()));
  const Error why = failure(secure(peer));
  CHECK(why.code == Errc::TlsUntrusted);
  CHECK(contains(why.detail, "X509 18"));
}

TEST_CASE("tls: a certificate for another name is TlsHostname") {
  WsPeer peer(echo, tlsLines(certs().wrongHost()));
  const Error why = failure(secure(peer));
  CHECK(why.code == Errc::TlsHostname);
  CHECK(contains(why.detail, "X509 64"));
  CHECK(contains(why.detail, "server_name"));
}

TEST_CASE("tls: server_name says which name is expected") {
  WsPeer peer(echo, tlsLines(certs().wrongHost()));
  net::ConnectRequest request = secure(peer);
  request.tls.server_name = "elsewhere.example";
  {
    Bench bench;
    bench.connect(request);
    CHECK(bench.recorder.isUp());
  }
  request.tls.server_name = "another.example";
  const Error why = failure(request);
  CHECK(why.code == Errc::TlsHostname);
  CHECK(contains(why.detail, "X509 62"));
}

TEST_CASE("tls: a name that was resolved is checked by name, not by address") {
  net::setResolverForTests([](const std::string&) -> Result<std::vector<std::string>> {
    return std::vector<std::string>{"127.0.0.1"};
  });
  WsPeer peer(echo, tlsLines(certs().wrongHost()));
  net::ConnectRequest request = secure(peer);
  request.url = peer.url("wss", "elsewhere.example");
  {
    Bench bench;
    bench.connect(request);
    CHECK(bench.recorder.isUp());
  }
  request.url = peer.url("wss", "chat.example");
  CHECK(failure(request).code == Errc::TlsHostname);
  net::setResolverForTests(nullptr);
}

TEST_CASE("tls: an expired certificate and one from the future are TlsExpired") {
  {
    WsPeer peer(echo, tlsLines(certs().expired()));
    const Error why = failure(secure(peer));
    CHECK(why.code == Errc::TlsExpired);
    CHECK(contains(why.detail, "X509 10"));
  }
  WsPeer peer(echo, tlsLines(certs().make("future", {CertWish{}.names, 3600, 7200})));
  CHECK(failure(secure(peer)).code == Errc::TlsExpired);
}

TEST_CASE("tls: dangerously_accept_any_certificate does") {
  for (const CertFiles& files : {certs().expired(), certs().wrongHost(), certs().selfSigned()}) {
    WsPeer peer(echo, tlsLines(files));
    net::ConnectRequest request = secure(peer);
    request.tls.dangerously_accept_any_certificate = true;
    Bench bench;
    bench.connect(request);
    CHECK(bench.recorder.isUp());
  }
}

TEST_CASE(
    "tls: a server that speaks TLS 1.1 at most is refused, and the error says what it lacks") {
  const int newest = GENERATE(TLS1_VERSION, TLS1_1_VERSION);
  WsPeer peer(echo, tlsLines(certs().good(), {newest, {}, 0, {}, false}));
  const Error why = failure(secure(peer));
  CAPTURE(why.detail);
  CHECK(why.code == Errc::TlsProtocol);
  CHECK(contains(why.detail, "protocol version"));
  CHECK(contains(why.detail, "check that it speaks TLS 1.2"));
}

TEST_CASE(
    "tls: a server with weak cipher suites only is refused, and the error says what it lacks") {
  // Each is authenticated by our certificate, so that nothing but its weakness is in the way.
  const std::string cipher = GENERATE(as<std::string>(), "ECDHE-ECDSA-NULL-SHA",
                                      "ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES256-SHA384");
  CAPTURE(cipher);
  WsPeer peer(echo, tlsLines(certs().good(), {TLS1_2_VERSION, {}, 0, cipher, false}));
  const Error why = failure(secure(peer));
  CAPTURE(why.detail);
  CHECK(why.code == Errc::TlsProtocol);
  CHECK(contains(why.detail, "handshake failure"));
  CHECK(contains(why.detail, "ECDHE and AES-GCM or ChaCha20"));
}

TEST_CASE("tls: min_version 1.3 connects to TLS 1.3 and refuses a server of TLS 1.2") {
  net::ConnectRequest request;
  {
    WsPeer peer(echo, tlsLines(certs().good(), {TLS1_3_VERSION, {}, TLS1_3_VERSION, {}, false}));
    request = secure(peer);
    request.tls.min_version = GENERATE(TlsVersion::Tls12, TlsVersion::Tls13);
    Bench bench;
    bench.connect(request);
    CHECK(bench.recorder.isUp());
  }
  WsPeer peer(echo, tlsLines(certs().good(), {TLS1_2_VERSION, {}, 0, {}, false}));
  request.url = peer.url("wss");
  if (request.tls.min_version == TlsVersion::Tls12) {
    Bench bench;
    bench.connect(request);
    CHECK(bench.recorder.isUp());
    return;
  }
  const Error why = failure(request);
  CAPTURE(why.detail);
  CHECK(why.code == Errc::TlsProtocol);
  CHECK(contains(why.detail, "check that it speaks TLS 1.3,"));
}

TEST_CASE("tls: connections of one loop keep their own min_version") {
  WsPeer peer(echo, tlsLines(certs().good(), {TLS1_2_VERSION, {}, 0, {}, false}));
  net::ConnectRequest request = secure(peer);
  request.tls.min_version = TlsVersion::Tls13;
  Bench bench;
  bench.connect(request);
  CHECK(bench.recorder.down().code == Errc::TlsProtocol);
  request.tls.min_version = TlsVersion::Tls12;
  Bench other(bench.loop);
  other.connect(request);
  CHECK(other.recorder.isUp());
}

TEST_CASE("tls: connections of one loop keep their own authorities") {
  const CertFiles stranger = certs().selfSigned();
  WsPeer peer(echo, tlsLines(certs().good()));
  net::ConnectRequest request = secure(peer);
  net::ConnectRequest distrusts = request;
  SECTION("in a file") { distrusts.tls.ca_file = stranger.cert; }
  SECTION("in memory") {
    request.tls.ca_pem = contents(certs().caFile());
    distrusts.tls.ca_pem = contents(stranger.cert);
  }
  Bench bench;
  bench.connect(request);
  REQUIRE(bench.recorder.isUp());
  bench.hangUp();  // the peer talks with one at a time
  Bench other(bench.loop);
  other.connect(distrusts);
  CHECK(other.recorder.down().code == Errc::TlsUntrusted);
}

TEST_CASE("tls: connections of one loop keep their own certificate and key") {
  const CertFiles ours = certs().make("client");
  WsPeer peer(echo, tlsLines(certs().good(), {TLS1_2_VERSION, certs().caFile(), 0, {}, false}));
  net::ConnectRequest request = secure(peer);
  request.tls.client_cert_file = ours.cert;
  request.tls.client_key_file = ours.key;
  Bench bench;
  bench.connect(request);
  REQUIRE(bench.recorder.isUp());
  bench.hangUp();
  SECTION("another key, which is not the certificate's") {
    request.tls.client_key_file = certs().make("another").key;
    Bench other(bench.loop);
    other.connect(request);
    const Error why = other.recorder.down();
    CHECK(why.code == Errc::InvalidArgument);
    CHECK(contains(why.detail, "client_key_file"));
  }
  SECTION("no certificate") {
    request.tls.client_cert_file.clear();
    request.tls.client_key_file.clear();
    Bench other(bench.loop);
    other.connect(request);
    CHECK(other.recorder.down().code == Errc::TlsProtocol);
  }
}

TEST_CASE("tls: a server without TLS is TlsProtocol") {
  WsPeer peer([](WsTalk& talk) {
    talk.readBytes(5);
    talk.write("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
  });
  const Error why = failure(secure(peer));
  CHECK(why.code == Errc::TlsProtocol);
  CHECK(contains(why.detail, "127.0.0.1:" + std::to_string(peer.port())));
}

TEST_CASE("tls: our certificate is shown when the server asks, and its lack is TlsProtocol") {
  const int version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
  CAPTURE(version);
  const CertFiles ours = certs().make("client");
  WsPeer peer(echo, tlsLines(certs().good(), {version, certs().caFile(), 0, {}, false}));
  net::ConnectRequest request = secure(peer);
  const Error why = failure(request);
  CAPTURE(why.detail);
  CHECK(why.code == Errc::TlsProtocol);
  CHECK(contains(why.detail, "client certificate"));
  request.tls.client_cert_file = ours.cert;
  request.tls.client_key_file = ours.key;
  Bench bench;
  bench.connect(request);
  CHECK(bench.recorder.isUp());
}

TEST_CASE("tls: options that are not usable name themselves") {
  net::ConnectRequest request;
  request.url = "wss://127.0.0.1:1/";
  SECTION("ca_file") { request.tls.ca_file = folder() + "/none.pem"; }
  SECTION("ca_pem") { request.tls.ca_pem = "no certificate"; }
  SECTION("client_cert_file") { request.tls.client_cert_file = folder() + "/none.pem"; }
  SECTION("client_key_file") {
    request.tls.client_cert_file = certs().good().cert;
    request.tls.client_key_file = certs().expired().key;
  }
  const Error why = failure(request);
  CHECK(why.code == Errc::InvalidArgument);
  CHECK(contains(why.detail, "TlsOptions::c"));
}

TEST_CASE("tls: bursts of many frames, and of long ones, are read to the last") {
  std::string burst;
  std::vector<std::string> messages;
  for (int i = 0; i < 1000; ++i) messages.push_back("message " + std::to_string(i));
  for (const std::size_t size : {256'000u, 16'384u, 16'385u, 65'536u, 256'000u, 1u}) {
    messages.emplace_back(size, static_cast<char>('a' + messages.size() % 26));
  }
  for (const std::string& message : messages) {
    ws::appendFrame(burst, ws::Opcode::Text, message);
  }
  // With the answer to the handshake, and then again in one write of many TLS records.
  WsPeer peer(
      [&](WsTalk& talk) {
        talk.shakeHands(burst);
        talk.readFrame();
        talk.write(burst);
        talk.waitForEnd();
      },
      tlsLines(certs().good()));
  Bench bench;
  bench.connect(secure(peer));
  REQUIRE(bench.recorder.hasFrames(messages.size()));
  CHECK(bench.recorder.frames == messages);
  bench.send("again");
  REQUIRE(bench.recorder.hasFrames(2 * messages.size()));
  CHECK(std::equal(messages.begin(), messages.end(),
                   bench.recorder.frames.begin() + static_cast<std::ptrdiff_t>(messages.size())));
}

TEST_CASE("tls: two sides that both write before they read do not wait for each other") {
  std::promise<bool> all_good;
  WsPeer peer(writeFirst(all_good), tlsLines(certs().good()));
  checkBothWriteFirst(secure(peer), all_good);
}

TEST_CASE("tls: a close frame is answered, and our own is heard") {
  std::promise<SeenFrame> answer;
  const bool theirs = GENERATE(true, false);
  WsPeer peer(
      [&](WsTalk& talk) {
        talk.shakeHands();
        if (theirs) talk.sendClose(4100, "enough");
        answer.set_value(talk.readFrame());
        if (!theirs) talk.sendClose(4100, "enough");
        talk.waitForEnd();
      },
      tlsLines(certs().good()));
  Bench bench;
  if (!theirs) bench.recorder.when_up = [&] { bench.transport->close(4100, "enough"); };
  bench.connect(secure(peer));
  bench.recorder.down();
  CHECK(bench.recorder.count(&Recorder::close_code) == 4100);
  CHECK(ws::parseClosePayload(answer.get_future().get().payload).code == 4100);
}
