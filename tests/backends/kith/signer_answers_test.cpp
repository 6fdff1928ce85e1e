// SPDX-License-Identifier: Apache-2.0
// What a signing server may answer over HTTP, good, odd and passing (avos-v1 §10).
#include <kith/kith.hpp>

#include <atomic>
#include <mutex>

#include "base/redact.hpp"
#include "support/recorder.hpp"
#include "support/ws_peer.hpp"

using namespace kith;
using namespace kith::testing;
using namespace std::chrono_literals;

namespace {

const std::string kGood = R"({"nonce":"n","timestamp":7,"signature":"s","watch_ids":["bob"]})";

/// A signer that answers its n-th request, from 1, with the bytes that `answer` makes.
class OddSigner {
 public:
  explicit OddSigner(std::function<std::string(int)> answer)
      : answer_(std::move(answer)), peer_([this](WsTalk& talk) { play(talk); }) {}
  std::string url() const { return "http://127.0.0.1:" + std::to_string(peer_.port()); }
  int asked() const { return asked_; }
  /// The first line of each request.
  std::vector<std::string> lines() {
    const std::lock_guard lock(mutex_);
    return lines_;
  }

  static std::string answer(const std::string& status, const std::string& body,
                            const std::string& headers = {}) {
    return "HTTP/1.1 " + status + "\r\nConnection: close\r\n" + headers +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  }

 private:
  void play(WsTalk& talk) {
    const std::string head = talk.readHead();
    const std::size_t at = head.find("Content-Length: ");
    if (at == std::string::npos) return;
    talk.readBytes(std::stoul(head.substr(at + 16)));
    {
      const std::lock_guard lock(mutex_);
      lines_.push_back(head.substr(0, head.find("\r\n")));
    }
    talk.write(answer_(++asked_));
  }

  std::function<std::string(int)> answer_;
  std::atomic<int> asked_{0};
  std::mutex mutex_;
  std::vector<std::string> lines_;  // guarded by mutex_
  WsPeer peer_;
};

Result<Signature> ask(const std::string& url, std::vector<std::string> headers = {}) {
  HttpSignatureOptions options;
  options.url = url;
  options.headers = std::move(headers);
  auto factory = HttpSignatureFactory::make(options);
  REQUIRE(factory.ok());
  Answer<Signature> answer;
  (*factory)->createSignature({SignedAction::Open, "app", "alice", "", {"bob"}}, answer);
  return answer.get();
}

/// kGood, as gzip packs it.
const std::string kPacked{
    "\037\213\010\000\000\000\000\000\002\003\253\126\312\313\317\113\116\125\262\122\312\123"
    "\322\121\052\311\314\115\055\056\111\314\055\120\262\062\327\121\052\316\114\317\113\054"
    "\051\055\002\311\026\003\145\313\023\113\222\063\342\063\123\212\225\254\242\225\222\362"
    "\223\224\142\153\001\164\272\016\320\077\000\000\000",
    79};

}  // namespace

TEST_CASE("signer: odd but clear answers are understood") {
  const Signature good{"s", 7, "n", {"bob"}};
  const std::string page = "Content-Type: application/json\r\n";
  for (const std::string& answer : {
           OddSigner::answer("200 OK", kGood),
           OddSigner::answer("201 Created", kGood),
           OddSigner::answer("200 OK", "\xEF\xBB\xBF" + kGood, page),
           OddSigner::answer("200 OK", "\r\n\r\n  " + kGood + "\n"),
           OddSigner::answer("200 OK", kPacked, page + "Content-Encoding: gzip\r\n"),
       }) {
    CAPTURE(base::escapeLine(answer));
    OddSigner signer([&](int) { return answer; });
    const auto signature = ask(signer.url());
    REQUIRE(signature.ok());
    CHECK(*signature == good);
    CHECK(signer.asked() == 1);
  }
}

TEST_CASE("signer: a redirect is followed to another path of the same server") {
  for (const char* status : {"301 X", "302 X", "307 X", "308 X"}) {
    CAPTURE(status);
    OddSigner signer([&](int request) {
      return request < 3 ? OddSigner::answer(status, "", "Location: /v2/sign/\r\n")
                         : OddSigner::answer("200 OK", kGood);
    });
    CHECK(ask(signer.url()).ok());
    CHECK(signer.lines() == std::vector<std::string>{"POST /sign HTTP/1.1",
                                                     "POST /v2/sign/ HTTP/1.1",
                                                     "POST /v2/sign/ HTTP/1.1"});
  }
}

TEST_CASE("signer: a redirect to elsewhere, to a GET, or for ever is told and tried again") {
  OddSigner elsewhere([](int) { return OddSigner::answer("200 OK", kGood); });
  std::string status = "307 Temporary Redirect";
  std::string location;
  int requests = 1;
  SECTION("another server") { location = elsewhere.url() + "/sign?token=sesame"; }
  SECTION("another scheme") { location = "https://127.0.0.1:1/sign"; }
  SECTION("a GET") {
    status = "303 See Other";
    location = "/login";
  }
  SECTION("in a circle") {
    location = "/sign";
    requests = 4;
  }
  OddSigner signer(
      [&](int) { return OddSigner::answer(status, "", "Location: " + location + "\r\n"); });
  const auto answer = ask(signer.url(), {"Authorization: Bearer sesame"});
  REQUIRE_FALSE(answer.ok());
  CHECK(answer.error().code == Errc::ServerBusy);
  CHECK(answer.error().detail.find("not followed; check HttpSignatureOptions::url") !=
        std::string::npos);
  CHECK(answer.error().detail.find("sesame") == std::string::npos);
  CHECK(signer.asked() == requests);
  CHECK(elsewhere.asked() == 0);
}

TEST_CASE("signer: what passes is retryable, a decision refuses, and Retry-After goes along") {
  const auto told = [](const std::string& answer) {
    OddSigner signer([&](int) { return answer; });
    const auto result = ask(signer.url());
    REQUIRE_FALSE(result.ok());
    return result.error();
  };
  const std::string json = R"({"error":"slow down"})";
  for (const char* status : {"408 X", "421 X", "425 X", "429 X", "500 X", "502 X", "503 X"}) {
    CAPTURE(status);
    CHECK(told(OddSigner::answer(status, json)).code == Errc::ServerBusy);
  }
  for (const char* status : {"400 X", "401 X", "403 X", "404 X"}) {
    CAPTURE(status);
    CHECK(told(OddSigner::answer(status, json)).code == Errc::SignatureRefused);
    CHECK(told(OddSigner::answer(status, "")).code == Errc::SignatureRefused);
    CHECK(told(OddSigner::answer(status, "<html>blocked by the firewall")).code ==
          Errc::ServerBusy);
  }
  const Error busy = told(OddSigner::answer("429 X", json, "Retry-After: 7\r\n"));
  CHECK(busy.retry_after == 7s);
  CHECK(told(OddSigner::answer("503 X", "", "Retry-After: 99999999999\r\n")).retry_after == 6h);
  const std::string long_page(2 * 1024 * 1024, ' ');
  CHECK(told(OddSigner::answer("200 OK", long_page)).retryable());
}

TEST_CASE("signer: a fault that lasts is told in each event and in one line of the log") {
  OddSigner signer([](int) { return OddSigner::answer("200 OK", "null"); });
  WsPeer server([](WsTalk& talk) {
    talk.shakeHands();
    talk.waitForEnd();
  });
  struct Log {
    Waiter waiter;
    std::vector<std::string> lines;
  };
  const auto log = std::make_shared<Log>();  // the io thread may outlive the manager
  Options options;
  options.app_id = "app";
  options.server = server.url();
  options.reconnect.first_delay = 20ms;
  options.signature_factory = *HttpSignatureFactory::make({signer.url()});
  options.log = [log](const LogRecord& record) {
    log->waiter.change([&] { log->lines.emplace_back(record.text); });
  };
  const auto heard = std::make_shared<Recorder>();
  SessionManager manager(options);
  const auto tom = manager.session("tom");
  const auto jerry = manager.session("jerry");
  tom->setReceiver(heard);
  tom->open();
  jerry->open();
  heard->wait("onReconnecting ServerBusy", 3);
  const auto lines = log->waiter.look([&] { return log->lines; });
  REQUIRE(lines.size() == 1);
  CHECK(lines[0] ==
        "no signature: ServerBusy: signer: answer is not a JSON object; check the "
        "signer's URL");
}
