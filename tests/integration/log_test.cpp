// SPDX-License-Identifier: Apache-2.0
// The log says what happened and gives nobody away (R25).
#include "support/test_server.hpp"
#include "support/ws_peer.hpp"

using namespace kith;
using namespace kith::testing;

namespace {

struct Log {
  Waiter waiter;
  std::string text;
  LogSink sink() {
    return [this](const LogRecord& record) {
      waiter.change(
          [&] { text += std::string(record.room) + ": " + std::string(record.text) + "\n"; });
    };
  }
  bool has(const std::string& what) {
    return waiter.look([&] { return text.find(what) != std::string::npos; });
  }
};

}  // namespace

TEST_CASE("log: no text, key or signature is in it, though it tells everything else") {
  const auto log = std::make_shared<Log>();
  {
    ServerOptions served = serverOptions();
    served.apps[0].require_signature = true;
    served.apps[0].app_key = "SECRET-APP-KEY";
    TestServer server(served);
    Options options = server.options();
    options.app_key = "SECRET-APP-KEY";
    options.log = [log](const LogRecord& record) { log->sink()(record); };
    options.log_level = LogLevel::Trace;
    std::string signature;
    class Spy final : public SignatureFactory {
     public:
      explicit Spy(std::string& seen) : seen_(seen) {}
      void createSignature(const SignatureRequest& request, SignatureCallback done) override {
        local_->createSignature(request, [&](Result<Signature> result) {
          seen_ = result->signature;
          done(std::move(result));
        });
      }

     private:
      std::string& seen_;
      std::shared_ptr<LocalSignatureFactory> local_{LocalSignatureFactory::make(kMasterKey)};
    };
    options.signature_factory = std::make_shared<Spy>(signature);
    Device tom(options, "tom");
    tom.open({"jerry"});
    tom.send("SECRET-TEXT", {"jerry"});
    Answer<std::vector<Message>> history;
    tom.manager->history("tom", {"jerry", "", {}, 1}, history);
    history.value();
    server.stop();
    tom.heard->wait("onReconnecting");
    Answer<void> closed;
    tom.manager->close(closed);
    closed.value();
    REQUIRE(signature.size() == 40);
    CHECK_FALSE(log->has(signature));
  }
  CHECK(log->has("connecting to ws://127.0.0.1"));
  CHECK(log->has("connection ended"));
  CHECK_FALSE(log->has("SECRET"));
  CHECK_FALSE(log->has(kMasterKey));
}

TEST_CASE("log: nothing is written by a success at Info, and nothing at all without a sink") {
  TestServer server;
  const auto log = std::make_shared<Log>();
  Options options = server.options();
  options.log = [log](const LogRecord& record) { log->sink()(record); };
  options.log_level = LogLevel::Info;
  Device tom(options, "tom");
  tom.open();
  tom.send("hello", {"tom"});
  Answer<void> closed;
  tom.manager->close(closed);
  closed.value();
  CHECK(log->text.empty());
}

TEST_CASE("log: a callback that throws is named") {
  TestServer server;
  const auto log = std::make_shared<Log>();
  Options options = server.options();
  options.log = [log](const LogRecord& record) { log->sink()(record); };
  Device tom(options, "tom");
  tom.heard->hook = [](const std::string&, Session&, Group*) { throw 7; };
  tom.open();
  Answer<void> closed;
  tom.manager->close(closed);
  closed.value();
  CHECK(log->has("dispatch: callback onSessionOpen of tom threw"));
}
