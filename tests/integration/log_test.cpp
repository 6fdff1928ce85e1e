// SPDX-License-Identifier: Apache-2.0
// The log says what happened and no secret (R25).
#include <cstdio>
#include <sys/stat.h>
#include <unistd.h>

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

/// Takes what the process writes to `fd` while it lives.
class WrittenTo {
 public:
  explicit WrittenTo(int fd) : fd_(fd), before_(::dup(fd)), file_(std::tmpfile()) {
    REQUIRE(before_ >= 0);
    REQUIRE(file_ != nullptr);
    REQUIRE(::dup2(::fileno(file_), fd_) == fd_);
  }
  ~WrittenTo() {
    ::dup2(before_, fd_);
    ::close(before_);
    std::fclose(file_);
  }
  WrittenTo(const WrittenTo&) = delete;
  WrittenTo& operator=(const WrittenTo&) = delete;
  long bytes() const {
    struct stat about {};
    REQUIRE(::fstat(::fileno(file_), &about) == 0);
    return about.st_size;
  }

 private:
  int fd_;
  int before_;
  std::FILE* file_;
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

TEST_CASE("log: without a sink nothing is written anywhere, whatever fails") {
  WrittenTo errors(STDERR_FILENO);
  {
    WsPeer rude([](WsTalk& talk) {
      talk.readHead();
      talk.write("220 mail.example.test ESMTP\r\n\r\n\r\n");
    });
    for (const std::string& address :
         {rude.url(), rude.url("wss"), "ws://127.0.0.1:" + std::to_string(closedPort())}) {
      Options options = clientOptions(address);
      options.log = nullptr;
      options.log_level = LogLevel::Trace;
      options.reconnect.max_attempts = 2;
      Device tom(options, "tom");
      Answer<void> opened;
      tom.session->open({}, opened);
      CHECK_FALSE(opened.get().ok());
    }
  }
  CHECK(errors.bytes() == 0);
}

TEST_CASE("log: nothing is written by a success at Info") {
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
