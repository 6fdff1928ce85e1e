// SPDX-License-Identifier: Apache-2.0
// Signatures: made here, made over HTTP, refused, late and wrong (avos-v1 §10).
#include <atomic>
#include <stdexcept>
#include <thread>

#include "base/clock.hpp"
#include "protocol/avos/sign_contract.hpp"
#include "sign/local_signer.hpp"
#include "sign/secure_random.hpp"
#include "support/test_server.hpp"
#include "support/ws_peer.hpp"

using namespace kith;
using namespace kith::testing;
using namespace std::chrono_literals;
using Peers = std::vector<std::string>;

namespace {

ServerOptions signedServer() {
  ServerOptions options = serverOptions();
  options.apps[0].require_signature = true;
  return options;
}

/// An application's server: signs what `allowed` lets through, with the status it returns.
class SignServer {
 public:
  explicit SignServer(std::function<int(const SignatureRequest&)> allowed)
      : allowed_(std::move(allowed)), peer_([this](WsTalk& talk) { answer(talk); }) {}
  std::string url() const { return "http://127.0.0.1:" + std::to_string(peer_.port()); }
  int asked() const { return asked_; }

 private:
  void answer(WsTalk& talk) {
    const std::string head = talk.readHead();
    const std::size_t at = head.find("Content-Length: ");
    if (at == std::string::npos) return;
    const std::string body = talk.readBytes(std::stoul(head.substr(at + 16)));
    const bool group = head.rfind("POST /group_sign ", 0) == 0;
    const bool history = head.rfind("POST /history_sign ", 0) == 0;
    auto call = history ? avos::parseHistorySignCall(body) : avos::parseSignCall(body, group);
    ++asked_;
    std::string answer = "{}";
    int status = 400;
    if (call.ok()) {
      call->request.app_id = kApp;
      // As every signing server should: with a colon inside of an id it signs something else, too.
      status = sign::fieldWithColon(call->request).empty() ? allowed_(call->request) : 403;
      sign::Signer signer(kMasterKey);
      const auto now = std::chrono::duration_cast<std::chrono::seconds>(base::systemNow().wall);
      answer = avos::formatSignAnswer(
          *call, sign::makeSignature(signer, call->request, now.count(), random_));
    }
    talk.write("HTTP/1.1 " + std::to_string(status) +
               " X\r\nConnection: close\r\nContent-Length: " + std::to_string(answer.size()) +
               "\r\n\r\n" + answer);
  }

  std::function<int(const SignatureRequest&)> allowed_;
  std::atomic<int> asked_{0};
  sign::SecureRandom random_;
  WsPeer peer_;
};

/// A factory that is a function.
class Custom final : public SignatureFactory {
 public:
  using Body = std::function<void(const SignatureRequest&, SignatureCallback)>;
  explicit Custom(Body body) : body_(std::move(body)) {}
  void createSignature(const SignatureRequest& request, SignatureCallback done) override {
    body_(request, std::move(done));
  }

 private:
  Body body_;
};

/// Does everything that is signed.
void useEverything(TestServer& server, const std::shared_ptr<SignatureFactory>& factory) {
  Options options = server.options();
  options.signature_factory = factory;
  Device jerry(options, "jerry");
  jerry.open();
  Device tom(options, "tom");
  tom.open({"jerry"});
  Answer<Peers> watched, kicked;
  tom.session->watch({"jim", "anna"}, watched);
  CHECK(watched.value().empty());
  tom.send("signed and delivered", {"jerry"});
  jerry.heard->wait("onMessage tom: signed and delivered");
  Answer<std::vector<Message>> history, of_group;
  tom.manager->history("tom", {"jerry", "", {}, 10}, history);
  REQUIRE(history.value().size() == 1);
  CHECK(history.value()[0].text == "signed and delivered");
  const auto group = tom.newGroup();
  CHECK(tom.invite(*group, {"jerry"}) == Peers{"jerry"});
  tom.manager->history("tom", {"", group->groupId(), {}, 10}, of_group);
  CHECK(of_group.value().empty());
  Answer<Peers> members;
  group->members(members);
  CHECK(kith::testing::joined(members.value()) == "jerry,tom");
  Answer<std::string> joined;
  jerry.session->group(group->groupId())->join(joined);
  joined.value();
  group->kick({"jerry"}, kicked);
  CHECK(kicked.value() == Peers{"jerry"});
  tom.manager->pause();
  tom.manager->resume();
  tom.heard->wait("onSessionResumed jerry");
}

}  // namespace

TEST_CASE("signature: everything works with a local signer where signatures are enforced") {
  TestServer server(signedServer());
  useEverything(server, LocalSignatureFactory::make(kMasterKey));
}

TEST_CASE("signature: everything works with the application's server over HTTP") {
  TestServer server(signedServer());
  SignServer signer([](const SignatureRequest&) { return 200; });
  auto factory = HttpSignatureFactory::make({signer.url()});
  REQUIRE(factory.ok());
  useEverything(server, *factory);
  // Two opens, a resume, watch, create, invite, join, kick, two histories, members.
  CHECK(signer.asked() == 11);
}

TEST_CASE(
    "signature: ids with a colon are neither signed nor let in, unless both sides are asked to") {
  const bool allowed = GENERATE(false, true);
  ServerOptions settings = signedServer();
  settings.apps[0].allow_colons = allowed;
  TestServer server(std::move(settings));
  Options options = server.options();
  options.signature_factory =
      LocalSignatureFactory::make(kMasterKey, allowed ? Colons::Allow : Colons::Refuse);
  Device device(options, "tom:a");
  Answer<void> opened;
  device.session->open({"jerry"}, opened);
  if (allowed) return opened.value();
  CHECK(opened.code() == Errc::SignatureRefused);
  CHECK_THAT(opened.get().error().detail, Catch::Contains("peer_id has a colon"));
  options.signature_factory = LocalSignatureFactory::make(kMasterKey, Colons::Allow);
  Device careless(options, "tom:b");
  Answer<void> refused;
  careless.session->open({}, refused);
  CHECK(refused.code() == Errc::SignatureFailed);  // by the server
}

TEST_CASE("signature: without a signer an enforcing server refuses, finally") {
  TestServer server(signedServer());
  Device tom(server.options(), "tom");
  Answer<void> opened;
  tom.session->open({}, opened);
  CHECK(opened.code() == Errc::SignatureFailed);
  tom.heard->wait("onSessionClosed SignatureFailed");
}

TEST_CASE("signature: with the wrong key it stops after a few tries and says why (R10)") {
  TestServer server(signedServer());
  Options options = server.options();
  options.signature_factory = LocalSignatureFactory::make("not the key");
  Device tom(options, "tom");
  Answer<void> opened;
  tom.session->open({}, opened);
  CHECK(opened.code() == Errc::SignatureFailed);
  CHECK(opened.get().error().detail.find("check the signer's master key") != std::string::npos);
  tom.heard->wait("onSessionClosed SignatureFailed");
  CHECK(tom.heard->count("onReconnecting SignatureFailed") == 2);
}

TEST_CASE("signature: the application's server may refuse one thing and allow another") {
  TestServer server(signedServer());
  SignServer signer([](const SignatureRequest& request) {
    return request.action == SignedAction::Kick || request.peer_id == "eve" ? 403 : 200;
  });
  Options options = server.options();
  options.signature_factory = *HttpSignatureFactory::make({signer.url()});
  Device tom(options, "tom");
  tom.open();
  const auto group = tom.newGroup();
  tom.invite(*group, {"jerry"});
  Answer<Peers> kicked;
  group->kick({"jerry"}, kicked);
  CHECK(kicked.code() == Errc::SignatureRefused);
  CHECK(tom.session->isOpen());
  Device eve(options, "eve");
  Answer<void> opened;
  eve.session->open({}, opened);
  CHECK(opened.code() == Errc::SignatureRefused);
  eve.heard->wait("onSessionClosed SignatureRefused");
}

TEST_CASE("signature: the application's server may refuse to let somebody read") {
  TestServer server(signedServer());
  SignServer signer([](const SignatureRequest& request) {
    const bool reads =
        request.action == SignedAction::History || request.action == SignedAction::Members;
    return reads && request.group_id != "mine" && request.peer_ids != Peers{"jerry"} ? 403 : 200;
  });
  Options options = server.options();
  options.signature_factory = *HttpSignatureFactory::make({signer.url()});
  Device tom(options, "tom");
  Answer<std::vector<Message>> of_jerry, of_spike, mine, others;
  tom.manager->history("tom", {"jerry", "", {}, 10}, of_jerry);
  CHECK(of_jerry.value().empty());
  tom.manager->history("tom", {"spike", "", {}, 10}, of_spike);
  CHECK(of_spike.code() == Errc::SignatureRefused);
  tom.manager->history("tom", {"", "mine", {}, 10}, mine);
  CHECK(mine.value().empty());
  tom.manager->history("tom", {"", "others", {}, 10}, others);
  CHECK(others.code() == Errc::SignatureRefused);
  Answer<Peers> members, my_members;
  tom.session->group("others")->members(members);
  CHECK(members.code() == Errc::SignatureRefused);
  tom.session->group("mine")->members(my_members);
  CHECK(my_members.code() == Errc::GroupNotFound);
}

TEST_CASE("signature: reading where nobody signs is refused, and the error says what is missing") {
  TestServer server(signedServer());
  Options options = server.options();
  Device tom(options, "tom");
  Answer<std::vector<Message>> history;
  tom.manager->history("tom", {"jerry", "", {}, 10}, history);
  CHECK(history.code() == Errc::Rejected);
  CHECK(history.get().error().detail.find("needs a signature of the app's server") !=
        std::string::npos);
  Answer<Peers> members;
  tom.session->group("g")->members(members);
  CHECK(members.code() == Errc::Rejected);
  options.signature_factory = LocalSignatureFactory::make("not the key");
  Device spike(options, "spike");
  Answer<std::vector<Message>> forged;
  spike.manager->history("spike", {"jerry", "", {}, 10}, forged);
  CHECK(forged.code() == Errc::Rejected);
  CHECK(forged.get().error().detail.find("master key of the signing server") != std::string::npos);
}

TEST_CASE("signature: a read whose signer never answers times out, or ends with its owner") {
  TestServer server(signedServer());
  Options options = server.options();
  options.signature_timeout = 20ms;
  options.signature_factory =
      std::make_shared<Custom>([](const SignatureRequest&, const SignatureCallback&) {});
  Device tom(options, "tom");
  Answer<std::vector<Message>> late;
  Answer<Peers> members;
  tom.manager->history("tom", {"jerry", "", {}, 10}, late);
  tom.session->group("g")->members(members);
  CHECK(late.code() == Errc::Timeout);
  CHECK(members.code() == Errc::Timeout);

  options.signature_timeout = std::chrono::hours(1);
  Device jerry(options, "jerry");
  Answer<std::vector<Message>> open_end;
  Answer<Peers> open_members;
  jerry.manager->history("jerry", {"tom", "", {}, 10}, open_end);
  jerry.session->group("g")->members(open_members);
  Answer<void> closed;
  jerry.manager->close(closed);
  CHECK(open_end.code() == Errc::Closed);
  CHECK(open_members.code() == Errc::Closed);
  closed.value();
  CHECK(open_end.count() == 1);
}

TEST_CASE("signature: beyond the reads that may wait for the signer one more is QueueFull") {
  TestServer server(signedServer());
  Options options = server.options();
  options.signature_factory =
      std::make_shared<Custom>([](const SignatureRequest&, const SignatureCallback&) {});
  SessionManager manager(options);
  Answer<std::vector<Message>> waits, one_more;
  for (int i = 0; i < 4096; ++i) manager.history("tom", {"jerry", "", {}, 10}, waits);
  manager.history("tom", {"jerry", "", {}, 10}, one_more);
  CHECK(one_more.code() == Errc::QueueFull);
  CHECK(waits.count() == 0);
  Answer<void> closed;
  manager.close(closed);
  closed.value();
  CHECK(waits.count() == 4096);
}

TEST_CASE("signature: a busy signing server is asked again") {
  TestServer server(signedServer());
  std::atomic<int> calls{0};
  SignServer signer([&](const SignatureRequest&) { return ++calls < 3 ? 503 : 200; });
  Options options = server.options();
  options.signature_factory = *HttpSignatureFactory::make({signer.url()});
  Device tom(options, "tom");
  tom.open();
  CHECK(calls == 3);
}

TEST_CASE("signature: a factory that throws has refused") {
  TestServer server(signedServer());
  Options options = server.options();
  std::atomic<int> thrown{0};
  options.on_callback_exception = [&](const std::exception_ptr&) { ++thrown; };
  options.signature_factory =
      std::make_shared<Custom>([](const SignatureRequest&, const SignatureCallback&) {
        throw std::runtime_error("no key");
      });
  Device tom(options, "tom");
  Answer<void> opened;
  tom.session->open({}, opened);
  CHECK(opened.code() == Errc::SignatureRefused);
  CHECK(thrown == 1);
}

TEST_CASE("signature: a factory may answer late, from its own thread, and twice") {
  TestServer server(signedServer());
  const auto local = LocalSignatureFactory::make(kMasterKey);
  std::vector<std::thread> threads;
  Options options = server.options();
  options.signature_factory =
      std::make_shared<Custom>([&](const SignatureRequest& request, const SignatureCallback& done) {
        threads.emplace_back([local, request, done] {
          local->createSignature(request, done);
          done(Error{Errc::SignatureRefused, 0, "the second answer", false});
        });
      });
  {
    Device tom(options, "tom");
    tom.open({"jerry"});
    CHECK(tom.session->isWatching("jerry"));
    Answer<void> closed;
    tom.manager->close(closed);
    closed.value();
  }
  for (auto& thread : threads) thread.join();
}

TEST_CASE("signature: a factory that never answers times out and is asked again") {
  TestServer server(signedServer());
  const auto local = LocalSignatureFactory::make(kMasterKey);
  std::atomic<int> asked{0};
  Options options = server.options();
  options.signature_timeout = 20ms;
  options.signature_factory =
      std::make_shared<Custom>([&](const SignatureRequest& request, SignatureCallback done) {
        if (++asked > 2) local->createSignature(request, std::move(done));
      });
  Device tom(options, "tom");
  tom.open();
  tom.heard->wait("onReconnecting Timeout", 2);
}

TEST_CASE("signature: exactly the peers that were signed are watched") {
  TestServer server(signedServer());
  const auto local = LocalSignatureFactory::make(kMasterKey);
  Options options = server.options();
  options.signature_factory =
      std::make_shared<Custom>([&](SignatureRequest request, SignatureCallback done) {
        std::erase(request.peer_ids, "secret");
        local->createSignature(request, std::move(done));
      });
  Device tom(options, "tom");
  tom.open({"jerry", "secret"});
  CHECK(tom.session->watchedPeers() == Peers{"jerry"});
}
