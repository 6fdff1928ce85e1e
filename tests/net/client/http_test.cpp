// SPDX-License-Identifier: Apache-2.0
#include <filesystem>

#include "net/client/http_worker.hpp"
#include "net/client/loop_bench.hpp"
#include "support/temporary_folder.hpp"
#include "support/tls_peer.hpp"

using namespace kith;
using namespace kith::testing;

namespace {

struct Answers {
  Waiter waiter;
  std::vector<Result<net::HttpAnswer>> all;
  bool on_loop{true};
};

Result<net::HttpAnswer> ask(net::Loop& loop, const net::HttpRequest& request) {
  const auto answers = std::make_shared<Answers>();
  onLoop(loop, [&] {
    loop.http(request, [answers, &loop](Result<net::HttpAnswer> answer) {
      answers->waiter.change([&] {
        answers->on_loop = loop.onLoopThread();
        answers->all.push_back(std::move(answer));
      });
    });
    CHECK(answers->all.empty());  // never from inside
  });
  REQUIRE(answers->waiter.until([&] { return !answers->all.empty(); }));
  for (int i = 0; i < 3; ++i) onLoop(loop, [] {});
  CHECK(answers->on_loop);
  REQUIRE(answers->all.size() == 1);
  return answers->all[0];
}

Result<net::HttpAnswer> ask(const net::HttpRequest& request) {
  return ask(*net::Loop::make({}), request);
}

net::HttpRequest get(const std::string& url) {
  net::HttpRequest request;
  request.url = url;
  return request;
}

void answer(WsTalk& talk, const std::string& body, const std::string& status = "200 OK") {
  talk.write("HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) +
             "\r\nConnection: close\r\n\r\n" + body);
}

}  // namespace

TEST_CASE("http: GET brings status and body, also of an error page") {
  std::promise<std::string> head;
  WsPeer peer([&](WsTalk& talk) {
    head.set_value(talk.readHead());
    answer(talk, R"({"ok":false})", "503 Service Unavailable");
  });
  net::HttpRequest request = get(peer.url("http") + "v1/route?appId=demo");
  request.headers = {"X-Test: yes"};
  const auto result = ask(request);
  REQUIRE(result.ok());
  CHECK(result->status == 503);
  CHECK(result->body == R"({"ok":false})");
  const std::string seen = head.get_future().get();
  CHECK(seen.rfind("GET /v1/route?appId=demo HTTP/1.1\r\n", 0) == 0);
  CHECK(seen.find("X-Test: yes\r\n") != std::string::npos);
}

TEST_CASE("http: beyond the requests under way one more fails with QueueFull") {
  WsPeer peer([](WsTalk& talk) { talk.waitForEnd(); });
  net::HttpWorker worker(2);
  Answers answers;
  const auto ask_peer = [&] {
    worker.add({get(peer.url("http")), {}, nullptr, [&](Result<net::HttpAnswer> answer) {
                  answers.waiter.change([&] { answers.all.push_back(std::move(answer)); });
                }});
  };
  ask_peer();
  ask_peer();
  CHECK(answers.waiter.look([&] { return answers.all.empty(); }));
  ask_peer();
  REQUIRE(answers.waiter.until([&] { return answers.all.size() == 1; }));
  CHECK(answers.all[0].error().code == Errc::QueueFull);
  worker.end();
}

TEST_CASE("http: POST sends the body, a long one without waiting for 100-continue") {
  std::promise<std::string> body;
  const std::string sent(50'000, 'p');
  WsPeer peer([&](WsTalk& talk) {
    const std::string head = talk.readHead();
    CHECK(head.rfind("POST /sign HTTP/1.1\r\n", 0) == 0);
    CHECK(head.find("Expect") == std::string::npos);
    CHECK(head.find("Content-Type: application/json\r\n") != std::string::npos);
    body.set_value(talk.readBytes(sent.size()));
    answer(talk, "{}");
  });
  net::HttpRequest request = get(peer.url("http") + "sign");
  request.method = "POST";
  request.headers = {"Content-Type: application/json"};
  request.body = sent;
  const auto result = ask(request);
  REQUIRE(result.ok());
  CHECK(result->status == 200);
  CHECK(body.get_future().get() == sent);
}

TEST_CASE("http: names go through the loop's resolver, with its errors") {
  WsPeer peer([](WsTalk& talk) {
    talk.readHead();
    answer(talk, "here");
  });
  net::setResolverForTests([](const std::string& host) -> Result<std::vector<std::string>> {
    if (host == "router.example.test") return std::vector<std::string>{"127.0.0.1"};
    return Error{Errc::NameNotResolved, 0, "dns: no", false};
  });
  const auto good = ask(get(peer.url("http", "router.example.test")));
  REQUIRE(good.ok());
  CHECK(good->body == "here");
  const auto bad = ask(get("http://nowhere.example.test/"));
  REQUIRE(!bad.ok());
  CHECK(bad.error().code == Errc::NameNotResolved);
  net::setResolverForTests(nullptr);
}

TEST_CASE("http: no answer in time is Timeout, and the query is in no error") {
  WsPeer peer([](WsTalk& talk) { talk.waitForEnd(); });
  net::HttpRequest request = get(peer.url("http") + "path?secret=sesame");
  request.timeout = base::Millis{50};
  const auto result = ask(request);
  REQUIRE(!result.ok());
  CHECK(result.error().code == Errc::Timeout);
  CHECK(result.error().detail.find("/path") != std::string::npos);
  CHECK(result.error().detail.find("sesame") == std::string::npos);
}

TEST_CASE("http: an answer over the cap is ProtocolError") {
  WsPeer peer([](WsTalk& talk) {
    talk.readHead();
    answer(talk, std::string(2000, 'x'));
  });
  net::HttpRequest request = get(peer.url("http"));
  request.max_answer_bytes = 1999;
  auto result = ask(request);
  REQUIRE(!result.ok());
  CHECK(result.error().code == Errc::ProtocolError);
  request.max_answer_bytes = 2000;
  CHECK(ask(request).ok());
}

TEST_CASE("http: refused, redirected, and other schemes") {
  const auto refused = ask(get("http://127.0.0.1:" + std::to_string(closedPort()) + "/"));
  REQUIRE(!refused.ok());
  CHECK(refused.error().code == Errc::ConnectionRefused);
  WsPeer peer([](WsTalk& talk) {
    talk.readHead();
    talk.write("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n");
  });
  const auto redirected = ask(get(peer.url("http")));
  REQUIRE(redirected.ok());
  CHECK(redirected->status == 302);
  const auto file = ask(get("file:///etc/hostname"));
  REQUIRE(!file.ok());
  CHECK(file.error().code == Errc::InvalidArgument);
}

TEST_CASE("http: TLS is checked like the WebSocket's") {
  std::string folder = (std::filesystem::temp_directory_path() / "kith-https-XXXXXX").string();
  REQUIRE(::mkdtemp(folder.data()) != nullptr);
  {
    Certs certs(folder);
    const auto script = [](WsTalk& talk) {
      talk.readHead();
      answer(talk, "secret");
    };
    const auto outcome = [&](const CertFiles& files, const std::string& ca,
                             const std::string& name) {
      WsPeer peer(script, tlsLines(files));
      net::HttpRequest request = get(peer.url("https"));
      request.tls.ca_file = ca;
      request.tls.server_name = name;
      const auto result = ask(request);
      return result ? Errc::Ok : result.error().code;
    };
    const std::string ca = certs.caFile();
    CHECK(outcome(certs.good(), ca, "") == Errc::Ok);
    CHECK(outcome(certs.good(), "", "") == Errc::TlsUntrusted);
    CHECK(outcome(certs.selfSigned(), ca, "") == Errc::TlsUntrusted);
    CHECK(outcome(certs.expired(), ca, "") == Errc::TlsExpired);
    CHECK(outcome(certs.wrongHost(), ca, "") == Errc::TlsHostname);
    CHECK(outcome(certs.wrongHost(), ca, "elsewhere.example") == Errc::Ok);
    CHECK(outcome(certs.good(), folder + "/none.pem", "") == Errc::InvalidArgument);
  }
  std::filesystem::remove_all(folder);
}

TEST_CASE("http: what would begin another header line never leaves") {
  WsPeer peer([](WsTalk& talk) { CHECK(talk.readHead().empty()); });
  net::HttpRequest request = get(peer.url("http"));
  SECTION("in a header") { request.headers = {"X-Token: sesame\r\nX-Evil: 1"}; }
  SECTION("in the URL") { request.url += "a\r\nX-Evil: sesame"; }
  SECTION("in the proxy's user") {
    request.proxy.url = peer.url("http");
    request.proxy.user = "sesame\r\nX-Evil: 1";
  }
  SECTION("in the expected name") { request.tls.server_name = "sesame\r\nX-Evil: 1"; }
  const auto result = ask(request);
  REQUIRE_FALSE(result.ok());
  CHECK(result.error().code == Errc::InvalidArgument);
  CHECK(result.error().detail.find("sesame") == std::string::npos);
}

TEST_CASE("http: old versions and weak suites of TLS are refused like the WebSocket's") {
  TemporaryFolder folder;
  Certs certs(folder.path());
  const auto why = [&](const TlsSettings& server, TlsVersion least) {
    WsPeer peer(
        [](WsTalk& talk) {
          talk.readHead();
          answer(talk, "secret");
        },
        tlsLines(certs.good(), server));
    net::HttpRequest request = get(peer.url("https"));
    request.tls.ca_file = certs.caFile();
    request.tls.min_version = least;
    const auto result = ask(request);
    if (result) return std::string("it connected");
    CHECK(result.error().code == Errc::TlsProtocol);
    return result.error().detail;
  };
  using Catch::Contains;
  CHECK_THAT(why({TLS1_1_VERSION, {}, 0, {}, false}, TlsVersion::Tls12),
             Contains("protocol version") && Contains("check that it speaks TLS 1.2"));
  CHECK_THAT(why({TLS1_2_VERSION, {}, 0, {}, false}, TlsVersion::Tls13),
             Contains("protocol version") && Contains("check that it speaks TLS 1.3,"));
  CHECK_THAT(why({TLS1_2_VERSION, {}, 0, "ECDHE-ECDSA-AES128-SHA", false}, TlsVersion::Tls12),
             Contains("handshake failure"));
  CHECK(why({TLS1_2_VERSION, {}, 0, {}, false}, TlsVersion::Tls12) == "it connected");
  CHECK(why({TLS1_3_VERSION, {}, 0, {}, false}, TlsVersion::Tls13) == "it connected");
}

TEST_CASE("http: a proxy's refusals are ProxyAuth and ProxyRefused") {
  const std::string status = GENERATE("407 Proxy Authentication Required", "403 Forbidden");
  WsPeer proxy([&](WsTalk& talk) {
    const std::string head = talk.readHead();
    CHECK(head.rfind("CONNECT router.example.test:80 HTTP/1.1\r\n", 0) == 0);
    answer(talk, "", status);
  });
  net::HttpRequest request = get("http://router.example.test/v1/route");
  request.proxy.url = "http://127.0.0.1:" + std::to_string(proxy.port());
  const auto result = ask(request);
  REQUIRE(!result.ok());
  CHECK(result.error().code ==
        (status[0] == '4' && status[2] == '7' ? Errc::ProxyAuth : Errc::ProxyRefused));
}

TEST_CASE("http: a hundred at a time complete once each, and the loop may go before the rest") {
  WsPeer peer([](WsTalk& talk) {
    if (!talk.readHead().empty()) answer(talk, "x");
  });
  auto loop = net::Loop::make({});
  const auto answers = std::make_shared<Answers>();
  onLoop(*loop, [&] {
    for (int i = 0; i < 100; ++i) {
      loop->http(get(peer.url("http")), [answers](Result<net::HttpAnswer> one) {
        answers->waiter.change([&] { answers->all.push_back(std::move(one)); });
      });
    }
  });
  CHECK(answers->waiter.until([&] { return answers->all.size() >= 50; }));
  loop.reset();
}
