// SPDX-License-Identifier: Apache-2.0
// Everything that happens in a day, with marked secrets: none is in a log line of either side, at
// any level, or in an error that the application gets (R25).
#include <set>

#include "base/text_codes.hpp"
#include "support/raw_ws_client.hpp"
#include "support/test_server.hpp"
#include "support/ws_peer.hpp"

using namespace kith;
using namespace kith::testing;

namespace {

// Each begins with this and goes on with what it is.
constexpr const char* kMark = "S3CR3T";
const std::string kMaster = "S3CR3T-master-key";
const std::string kAppKey = "S3CR3T-app-key";
const std::string kText = "S3CR3T-text";
const std::string kProxyUser = "S3CR3T-user";
const std::string kProxyPassword = "S3CR3T-password";
const std::string kToken = "S3CR3T-token";

/// Log lines and errors, from any thread, and the signatures that were made.
class Ledger {
 public:
  LogSink sink(const std::string& who) {
    return [this, who](const LogRecord& record) {
      keep(who + " " + std::string(record.room) + ": " + std::string(record.text));
    };
  }
  void keep(const std::string& line) {
    waiter_.change([&] { lines_.push_back(line); });
  }
  template <typename T>
  void keepError(const Answer<T>& answer) {
    const Result<T> result = answer.get();
    REQUIRE_FALSE(result.ok());
    keep("error " + std::string(errcName(result.error().code)) + ": " + result.error().detail);
  }
  template <typename T>
  void keepError(const Result<T>& result) {
    REQUIRE_FALSE(result.ok());
    keep("error " + std::string(errcName(result.error().code)) + ": " + result.error().detail);
  }
  void guard(const std::string& secret) {
    waiter_.change([&] { secrets_.insert(secret); });
  }
  bool has(const std::string& part) {
    return waiter_.look([&] {
      for (const std::string& line : lines_) {
        if (line.find(part) != std::string::npos) return true;
      }
      return false;
    });
  }
  /// The lines that hold a secret.
  std::string leaks() {
    return waiter_.look([&] {
      std::string found;
      for (const std::string& line : lines_) {
        for (const std::string& secret : secrets_) {
          if (line.find(secret) != std::string::npos) found += line + "\n";
        }
      }
      return found;
    });
  }
  std::size_t lines() {
    return waiter_.look([&] { return lines_.size(); });
  }
  std::size_t secrets() {
    return waiter_.look([&] { return secrets_.size(); });
  }

 private:
  Waiter waiter_;
  std::vector<std::string> lines_;
  std::set<std::string> secrets_{kMark, "UzNDUjNU"};  // and as base64 has it
};

/// Signs, and has the ledger watch for what it made.
class Spy final : public SignatureFactory {
 public:
  Spy(Ledger& ledger, const std::string& key)
      : ledger_(ledger), local_(LocalSignatureFactory::make(key)) {}
  void createSignature(const SignatureRequest& request, SignatureCallback done) override {
    local_->createSignature(request, [&](Result<Signature> result) {
      ledger_.guard(result->signature);
      ledger_.guard(result->nonce);
      done(std::move(result));
    });
  }

 private:
  Ledger& ledger_;
  std::shared_ptr<LocalSignatureFactory> local_;
};

struct Day {
  Ledger ledger;
  TempFolder folder;
  std::unique_ptr<TestServer> server;

  Day() {
    ServerOptions options = serverOptions();
    options.apps[0].require_signature = true;
    options.apps[0].master_key = kMaster;
    options.apps[0].app_key = kAppKey;
    options.data = folder.path();
    options.log = ledger.sink("server");
    options.log_level = LogLevel::Trace;
    // One of the strangers only goes when it is told to.
    options.login_timeout = std::chrono::milliseconds(2000);
    server = std::make_unique<TestServer>(options);
  }

  Options client(const std::string& master = kMaster) {
    Options options = server->options();
    options.server += "/?token=" + kToken;
    options.app_key = kAppKey;
    options.log = ledger.sink("client");
    options.log_level = LogLevel::Trace;
    options.signature_factory = std::make_shared<Spy>(ledger, master);
    return options;
  }
};

void talk(Day& day) {
  Device jerry(day.client(), "jerry");
  jerry.open();
  Device tom(day.client(), "tom");
  tom.open({"jerry"});
  tom.send(kText, {"jerry"});
  jerry.heard->waitForMessages(1);
  tom.send(kText + " for later", {"anna"});
  const auto group = tom.newGroup();
  tom.invite(*group, {"jerry"});
  Message said;
  said.text = kText;
  said.group_id = group->groupId();
  Answer<Receipt> sent;
  tom.session->send(said, sent);
  sent.value();
  Answer<std::vector<Message>> history;
  tom.manager->history("tom", {"jerry", "", {}, 10}, history);
  CHECK(history.value().size() == 1);
  // Cut off and back again, with fresh signatures.
  tom.manager->pause();
  tom.manager->resume();
  tom.heard->wait("onSessionResumed");
  // Messages that cannot be sent.
  for (const std::string& text : {kText + std::string(20000, 'x'), kText + "\xff"}) {
    Answer<Receipt> refused;
    tom.session->send({.text = text, .to = {"jerry"}}, refused);
    day.ledger.keepError(refused);
  }
  tom.close();
}

void beRefused(Day& day) {
  Options wrong_master = day.client("S3CR3T-another-master");
  Device mallory(wrong_master, "mallory");
  Answer<void> opened;
  mallory.session->open({}, opened);
  day.ledger.keepError(opened);

  Options wrong_key = day.client();
  wrong_key.app_key = "S3CR3T-another-key";
  SessionManager manager(wrong_key);
  Answer<std::vector<Message>> history;
  manager.history("tom", {"jerry", "", {}, 10}, history);
  day.ledger.keepError(history);
}

void goThroughProxy(Day& day) {
  WsPeer proxy([](WsTalk& talk) {
    talk.readHead();
    talk.write(
        "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=x\r\n"
        "Content-Length: 0\r\nConnection: close\r\n\r\n");
  });
  Options options = day.client();
  options.proxy.url = "http://127.0.0.1:" + std::to_string(proxy.port());
  options.proxy.user = kProxyUser;
  options.proxy.password = kProxyPassword;
  options.reconnect.max_attempts = 1;
  Device tom(options, "tom");
  Answer<void> opened;
  tom.session->open({}, opened);
  day.ledger.keepError(opened);
  Answer<std::vector<Message>> history;
  tom.manager->history("tom", {"jerry", "", {}, 10}, history);
  day.ledger.keepError(history);
}

void giveOptionsThatAreWrong(Day& day) {
  std::vector<Options> all(9, day.client());
  all[0].server = "ws://S3CR3T-name:S3CR3T-word@127.0.0.1:1";
  all[1].server = "ws://tom:S3CR3T/word@127.0.0.1:1";
  all[2].server = "http://127.0.0.1/?token=" + kToken;
  all[3].proxy.url = "http://S3CR3T:S3CR3T@127.0.0.1:1";
  all[4].proxy.url = "socks5://S3CR3T@127.0.0.1:1";
  all[5].proxy.password = kProxyPassword + "\r\n";
  all[6].app_key = kAppKey + "\n";
  all[7].server.clear();
  all[7].router = "https://S3CR3T:x@127.0.0.1/";
  all[8].server = "ws://127.0.0.1:99999/?token=" + kToken;
  for (const Options& options : all) {
    SessionManager manager(options);
    Answer<void> opened;
    manager.session("tom")->open({}, opened);
    day.ledger.keepError(opened);
  }
  HttpSignatureOptions signer{"https://S3CR3T@127.0.0.1/"};
  day.ledger.keepError(HttpSignatureFactory::make(signer));
  signer = {"http://127.0.0.1:1/", {"Authorization: Bearer " + kToken + "\r\n"}};
  day.ledger.keepError(HttpSignatureFactory::make(signer));
}

/// An application's server, or a router, that answers with what it should keep to itself.
void askStrangers(Day& day) {
  for (const std::string body :
       {R"({"nonce":"S3CR3T","timestamp":"S3CR3T","signature":["S3CR3T"]})", "S3CR3T is no JSON",
        R"({"server":"http://S3CR3T@x","groupId":"S3CR3T"})"}) {
    for (const std::string status : {"200 OK", "403 S3CR3T", "500 S3CR3T"}) {
      WsPeer stranger([&](WsTalk& talk) {
        talk.readHead();
        talk.write("HTTP/1.1 " + status + "\r\nConnection: close\r\nContent-Length: " +
                   std::to_string(body.size()) + "\r\n\r\n" + body);
      });
      const std::string url = "http://127.0.0.1:" + std::to_string(stranger.port());
      Options options = day.client();
      options.reconnect.max_attempts = 1;
      options.connect_timeout = std::chrono::milliseconds(2000);
      auto factory = HttpSignatureFactory::make({url, {"Authorization: Bearer " + kToken}});
      REQUIRE(factory.ok());
      Answer<Signature> made;
      (*factory)->createSignature({SignedAction::Open, kApp, "tom", "", {}}, made);
      day.ledger.keepError(made);
      options.server.clear();
      options.router = url + "/?token=" + kToken;
      Device tom(options, "tom");
      Answer<void> opened;
      tom.session->open({}, opened);
      day.ledger.keepError(opened);
    }
  }
}

/// Frames and requests that the server can make nothing of.
void sendNonsense(Day& day) {
  const std::string address = day.server->address();
  for (
      const std::string frame :
      {R"({"cmd":"S3CR3T","msg":"S3CR3T"})", "S3CR3T", R"({"cmd":"direct","msg":"S3CR3T"})",
       R"({"cmd":"session","op":"open","appId":"demo","peerId":"x","s":"S3CR3T","t":1,"n":"S3CR3T"})",
       R"({"cmd":"session","op":"open","appId":"S3CR3T","peerId":"x"})"}) {
    RawWsClient client(address);
    REQUIRE(client.text(frame));
    client.closeCode();
  }
  const std::string log = "/1.1/rtm/messages/logs?convid=S3CR3T";
  for (const std::string headers :
       {"X-LC-Id: demo\r\nX-LC-Key: S3CR3T\r\n", "X-LC-Id: demo\r\nX-LC-Key: S3CR3T,master\r\n",
        "Authorization: Bearer S3CR3T\r\nCookie: S3CR3T\r\n"}) {
    const auto answer = getHttp(address, log, headers);
    day.ledger.keep("http " + answer.head + answer.body);
  }
  const auto answer = getHttp(address, "/v1/route?appId=demo&cb=S3CR3T(1)&token=S3CR3T");
  day.ledger.keep("http " + answer.head + answer.body);
}

}  // namespace

TEST_CASE("secrets: none is in a log line or an error, whatever happens in a day") {
  Day day;
  talk(day);
  beRefused(day);
  goThroughProxy(day);
  giveOptionsThatAreWrong(day);
  askStrangers(day);
  sendNonsense(day);
  day.server->stop();
  // It saw the day: both sides logged, signatures were made, errors came.
  CHECK(day.ledger.has("client "));
  CHECK(day.ledger.has("server "));
  CHECK(day.ledger.has("error ProxyAuth"));
  CHECK(day.ledger.has("error MessageTooLong"));
  CHECK(day.ledger.lines() > 30);
  CHECK(day.ledger.secrets() > 10);
  CHECK(day.ledger.leaks().empty());
}

TEST_CASE("secrets: the check finds one that is there") {
  Ledger ledger;
  ledger.guard("0123456789abcdef");
  ledger.keep("harmless");
  CHECK(ledger.leaks().empty());
  ledger.sink("client")({LogLevel::Info, "net", "told S3CR3T-text"});
  ledger.keep("signed 0123456789abcdef");
  CHECK(ledger.leaks() == "client net: told S3CR3T-text\nsigned 0123456789abcdef\n");
}
