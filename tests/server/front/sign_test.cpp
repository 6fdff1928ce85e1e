// SPDX-License-Identifier: Apache-2.0
// Logins that are signed for users of an app's own server (leancloud-current §6). That server is a
// function here, as it is for a program that embeds ours; kithd's is in tests/tools.
#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "server/front/current_bench.hpp"

namespace kith::testing {
namespace {

constexpr const char* kSign = "/1.1/rtm/sign";
constexpr const char* kQuestion = R"({"session_token":"tok-secret"})";

/// An app whose logins have to be signed.
ServerOptions signingOptions(Outbound outbound) {
  ServerOptions options = currentOptions();
  options.apps[0].require_signature = true;
  options.apps[0].sign_in_url = "https://shop.example/who";
  options.outbound = std::move(outbound);
  return options;
}

RawHttpAnswer askToSign(const Server& server, const std::string& body = kQuestion) {
  return callHttp(server.address(), "POST", kSign, body, appHeaders());
}

std::string proofIn(const std::string& answer) {
  return R"(,"s":")" + textOf(answer, "signature") + R"(","n":")" + textOf(answer, "nonce") +
         R"(","t":)" + std::to_string(numberOf(answer, "timestamp"));
}

}  // namespace

TEST_CASE("sign: the login of a user of the app's own server is signed, once for each question") {
  std::mutex mutex;
  std::vector<OutboundCall> calls;
  std::string lines;
  ServerOptions options = signingOptions([&](const OutboundCall& call) -> Result<OutboundReply> {
    const std::lock_guard lock(mutex);
    calls.push_back(call);
    return OutboundReply{200, R"({"client_id":"alice","more":1})"};
  });
  options.log_level = LogLevel::Trace;
  options.log = [&](const LogRecord& record) {
    const std::lock_guard lock(mutex);
    lines += std::string(record.text) + '\n';
  };
  const auto server = startServer(std::move(options));
  const auto answer = askToSign(*server);
  INFO(answer.body);
  REQUIRE(answer.status == 200);
  CHECK(textOf(answer.body, "client_id") == "alice");
  CHECK(textOf(answer.body, "signature").size() == 40);
  const CurrentClient alice(server->address(), "alice", proofIn(answer.body));
  // The other path; a nonce of its own.
  const auto again =
      getHttp(server->address(), "/1.2/rtm/clients/sign?session_token=tok-secret", appHeaders());
  CHECK(textOf(again.body, "client_id") == "alice");
  CHECK(textOf(again.body, "nonce") != textOf(answer.body, "nonce"));
  const CurrentClient tablet(server->address(), "alice", proofIn(again.body));
  const std::lock_guard lock(mutex);
  REQUIRE(calls.size() == 2);
  CHECK(calls[0].url == "https://shop.example/who");
  CHECK(calls[0].body == R"({"app_id":"app","session_token":"tok-secret"})");
  CHECK(lines.find("tok-secret") == lines.npos);
}

TEST_CASE("sign: what the app's own server answers otherwise signs nothing") {
  Result<OutboundReply> next = OutboundReply{};
  const auto server =
      startServer(signingOptions([&next](const OutboundCall&) -> Result<OutboundReply> {
        if (next.ok() && next->status == 0) throw std::runtime_error("a fault of the application");
        return next;
      }));
  const auto refused = [&](Result<OutboundReply> reply, int status) {
    next = std::move(reply);
    const auto answer = askToSign(*server);
    INFO(answer.body);
    CHECK(answer.status == status);
    CHECK((answer.body.find("signature") != std::string::npos) == (status == 200));
    CHECK((answer.head.find("Retry-After: 10") != std::string::npos) == (status == 503));
    return numberOf(answer.body, "code");
  };
  for (const int status : {401, 403, 404}) {
    CHECK(refused(OutboundReply{status, R"({"client_id":"alice"})"}, 400) == 211);
  }
  refused(OutboundReply{500, R"({"client_id":"alice"})"}, 503);
  refused(OutboundReply{302, R"({"client_id":"alice"})"}, 503);
  refused(Error{Errc::Timeout, 0, "it did not answer", true}, 503);
  refused(OutboundReply{}, 503);
  for (const std::string& body :
       {std::string("alice"), std::string("{}"), std::string(R"({"client_id":""})"),
        std::string(R"({"client_id":1})"), std::string(R"({"client_id":"a:b"})"),
        R"({"client_id":")" + std::string(65, 'x') + "\"}",
        R"({"client_id":"alice","more":")" + std::string(kOutboundReplyBytes, 'x') + "\"}"}) {
    refused(OutboundReply{200, body}, 503);
  }
  refused(OutboundReply{200, R"({"client_id":"alice"})"}, 200);
}

TEST_CASE("sign: a question without a token, or with a wrong key, asks no other server") {
  std::atomic<int> asked{0};
  const auto server = startServer(signingOptions([&](const OutboundCall&) -> Result<OutboundReply> {
    ++asked;
    return OutboundReply{200, R"({"client_id":"alice"})"};
  }));
  for (const std::string& body :
       {std::string("{}"), std::string(R"({"session_token":""})"), std::string("[]"),
        R"({"session_token":")" + std::string(1025, 'x') + "\"}"}) {
    CHECK(askToSign(*server, body).status == 400);
  }
  CHECK(getHttp(server->address(), "/1.2/rtm/clients/sign", appHeaders()).status == 400);
  CHECK(callHttp(server->address(), "POST", kSign, kQuestion, appHeaders("x")).status == 401);
  CHECK(askToSign(*server, std::string(5000, ' ')).status == 413);
  CHECK(asked == 0);
}

TEST_CASE("sign: where there is nobody to ask that is said") {
  const auto without_way = startServer(signingOptions({}));
  CHECK(askToSign(*without_way).status == 501);
  ServerOptions options = signingOptions([](const OutboundCall&) -> Result<OutboundReply> {
    return OutboundReply{200, "{}"};
  });
  options.apps[0].sign_in_url.clear();
  const auto without_url = startServer(options);
  const auto answer = askToSign(*without_url);
  CHECK(answer.status == 501);
  CHECK_THAT(answer.body, Catch::Contains("sign_in_url"));
  for (const char* url :
       {"shop.example", "ftp://shop.example", "https://a b", "https://u:p@host/"}) {
    options.apps[0].sign_in_url = url;
    const auto refused = Server::start(options);
    REQUIRE_FALSE(refused.ok());
    CHECK_THAT(refused.error().detail, Catch::Contains("apps[0].sign_in_url"));
  }
  options.apps[0].sign_in_url = "http://[::1]:80/";
  options.apps[0].require_signature = false;
  options.apps[0].master_key.clear();
  const auto refused = Server::start(options);
  REQUIRE_FALSE(refused.ok());
  CHECK_THAT(refused.error().detail, Catch::Contains("apps[0].master_key"));
}

TEST_CASE(
    "sign: a server that is slow to answer holds up no other request, nor more than its share") {
  std::mutex mutex;
  std::condition_variable changed;
  bool open = false;
  std::atomic<int> waiting{0};
  std::atomic<int> most{0};
  const auto server = startServer(signingOptions([&](const OutboundCall&) -> Result<OutboundReply> {
    std::unique_lock lock(mutex);
    ++waiting;
    most = std::max(most.load(), waiting.load());
    changed.wait(lock, [&] { return open; });
    --waiting;
    return OutboundReply{200, R"({"client_id":"alice"})"};
  }));
  // Those of one address that may wait, and four that are asked at a time.
  constexpr std::size_t kOfAddress = 16;
  std::deque<RawSocket> sockets;
  const std::string request =
      std::string("GET /1.2/rtm/clients/sign?session_token=t HTTP/1.1\r\n") + "Host: x\r\n" +
      appHeaders() + "\r\n";
  for (std::size_t i = 0; i < kOfAddress; ++i) {
    sockets.emplace_back(server->address());
    REQUIRE(sockets.back().send(request));
  }
  REQUIRE(eventually([&] { return waiting == 4; }));
  REQUIRE(eventually([&] { return askToSign(*server).status == 503; }));
  CHECK(getHttp(server->address(), "/1.1/date", "").status == 200);
  {
    const std::lock_guard lock(mutex);
    open = true;
  }
  changed.notify_all();
  for (RawSocket& socket : sockets) CHECK_THAT(socket.receive(), Catch::Contains("signature"));
  CHECK(most == 4);
  // There is room again.
  CHECK(askToSign(*server).status == 200);
}

}  // namespace kith::testing
