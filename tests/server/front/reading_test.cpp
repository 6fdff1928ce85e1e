// SPDX-License-Identifier: Apache-2.0
// The right to read over HTTP where signatures are enforced (avos-v1 §11.2, decision 019).
#include <chrono>
#include <functional>
#include <map>

#include "base/clock.hpp"
#include "base/text_codes.hpp"
#include "server/front/front_bench.hpp"
#include "sign/signer.hpp"

namespace kith::testing {
namespace {

constexpr const char* kMaster = "mk-0123456789abcdef";
constexpr const char* kLogs = "/1.1/rtm/messages/logs";
constexpr const char* kGroups = "/1.1/classes/AVOSRealtimeGroups/";
const std::string kConvId = "ed9880ad9bae7f2bd9f978cf6c279fc8";  // of alice and bob, §11.2
const std::string kAppKey = "X-LC-Id: app\r\nX-LC-Key: the-key\r\n";

ServerOptions signedOptions() {
  ServerOptions options = plainOptions();
  options.apps[0].app_key = "the-key";
  options.apps[0].master_key = kMaster;
  options.apps[0].require_signature = true;
  AppOptions twin = options.apps[0];
  twin.id = "twin";
  options.apps.push_back(std::move(twin));
  return options;
}

std::int64_t nowSeconds() {
  return std::chrono::duration_cast<std::chrono::seconds>(base::systemNow().wall).count();
}

/// What a reader shows. The signature is made last, over what the others are by then.
struct Proof {
  std::string app{"app"};
  std::string peer{"alice"};
  std::string id{kConvId};
  std::string nonce{"n0nce"};
  std::string time{std::to_string(nowSeconds())};
  std::string signature{};

  std::string historyText() const { return sign::historyText(app, peer, id, nonce, time); }
  std::string membersText() const {
    return sign::groupText(app, peer, id, {}, time, nonce, "members");
  }
  Proof& sign(const std::string& text, const char* key = kMaster) {
    signature = sign::Signer(key).sign(text);
    return *this;
  }
  std::string query() const {
    return "peerid=" + peer + "&nonce=" + nonce + "&signature_ts=" + time +
           "&signature=" + signature;
  }
};

Proof forHistory(const std::string& nonce = "n0nce") {
  Proof proof;
  proof.nonce = nonce;
  return proof.sign(proof.historyText());
}

RawHttpAnswer readHistory(Server& server, const Proof& proof, const std::string& id = kConvId) {
  return getHttp(server.address(), kLogs + ("?convid=" + id) + '&' + proof.query(), kAppKey);
}

RawHttpAnswer readMembers(Server& server, const Proof& proof, const std::string& id) {
  return getHttp(server.address(), kGroups + id + "?keys=m&" + proof.query(), kAppKey);
}

void openSigned(RawWsClient& client, const std::string& peer) {
  static int opens = 0;
  const std::string nonce = "open" + std::to_string(++opens);
  const std::string time = std::to_string(nowSeconds());
  const std::string signature =
      sign::Signer(kMaster).sign(sign::sessionText("app", peer, {}, time, nonce));
  REQUIRE(client.text(R"({"cmd":"session","op":"open","appId":"app","peerId":")" + peer +
                      R"(","s":")" + signature + R"(","t":)" + time + R"(,"n":")" + nonce +
                      R"("})"));
  CHECK_THAT(client.nextText(), Catch::Contains(R"("opened")"));
}

/// Alice has written "secret" to bob.
void writeSecret(Server& server) {
  RawWsClient client(server.address());
  openSigned(client, "alice");
  REQUIRE(client.text(directFrame("alice", "bob", "secret")));
  CHECK_THAT(client.nextText(), Catch::Contains("\"ack\""));
}

/// A group of alice's.
std::string newGroup(Server& server) {
  RawWsClient client(server.address());
  openSigned(client, "alice");
  const std::string time = std::to_string(nowSeconds());
  const std::string signature =
      sign::Signer(kMaster).sign(sign::groupText("app", "alice", "", {}, time, "gn", "join"));
  REQUIRE(client.text(R"({"cmd":"room","op":"join","appId":"app","peerId":"alice","s":")" +
                      signature + R"(","t":)" + time + R"(,"n":"gn"})"));
  return field(client.nextText(), "roomId");
}

void checkRefused(const RawHttpAnswer& answer, const std::string& why) {
  CAPTURE(answer.body);
  CHECK(answer.status == 401);
  CHECK_THAT(answer.body, Catch::Contains("\"code\":401") && Catch::Contains(why));
  CHECK(answer.body.find("secret") == std::string::npos);
}

}  // namespace

TEST_CASE("reading: where signatures are enforced the app key alone reads nothing") {
  const auto server = startServer(signedOptions());
  writeSecret(*server);
  const std::string group = newGroup(*server);
  const std::string need = "needs a signature of the app's server";
  for (const std::string version : {"/1.1", "/1"}) {
    for (const std::string slash : {"", "/"}) {
      checkRefused(getHttp(server->address(),
                           version + "/rtm/messages/logs" + slash + "?convid=" + kConvId, kAppKey),
                   need);
    }
    checkRefused(getHttp(server->address(),
                         version + "/classes/AVOSRealtimeGroups/" + group + "?keys=m", kAppKey),
                 need);
  }
  // Not even whether there is such a group.
  checkRefused(getHttp(server->address(), kGroups + std::string(24, '0'), kAppKey), need);
  for (const std::string name : {"peerid", "nonce", "signature_ts", "signature"}) {
    CAPTURE(name);
    std::string query = forHistory().query();
    query.replace(query.find(name + '='), name.size(), "other");
    checkRefused(getHttp(server->address(), kLogs + ("?convid=" + kConvId) + '&' + query, kAppKey),
                 need);
  }
}

TEST_CASE("reading: the master key reads without a signature, a wrong or empty one does not") {
  const auto server = startServer(signedOptions());
  writeSecret(*server);
  const std::string path = kLogs + ("?convid=" + kConvId);
  const std::string id = "X-LC-Id: app\r\n";
  for (const std::string& good : {"X-LC-Key: " + std::string(kMaster) + ",master\r\n",
                                  "X-AVOSCloud-Master-Key: " + std::string(kMaster) + "\r\n"}) {
    CHECK_THAT(getHttp(server->address(), path, id + good).body, Catch::Contains("secret"));
  }
  for (const std::string bad :
       {"X-LC-Key: ,master\r\n", "X-AVOSCloud-Master-Key: \r\n", "X-LC-Key: the-key,master\r\n",
        "X-LC-Key: the-key\r\n", "X-LC-Key: mk-0123456789abcde,master\r\n"}) {
    CAPTURE(bad);
    checkRefused(getHttp(server->address(), path, id + bad), "");
  }
}

TEST_CASE("reading: an app without a master key has none that is empty") {
  ServerOptions options = plainOptions();
  options.apps[0].app_key = "the-key";
  const auto server = startServer(options);
  for (const std::string empty : {"X-LC-Key: ,master\r\n", "X-AVOSCloud-Master-Key: \r\n"}) {
    CHECK(getHttp(server->address(), kLogs, "X-LC-Id: app\r\n" + empty).status == 401);
  }
}

TEST_CASE("reading: a signature for a conversation reads it once (V14 of avos-v1 §10.2)") {
  const auto server = startServer(signedOptions());
  writeSecret(*server);
  const Proof proof = forHistory();
  const auto answer = readHistory(*server, proof);
  CHECK(answer.status == 200);
  CHECK_THAT(answer.body, Catch::Contains("secret"));
  checkRefused(readHistory(*server, proof), "was used before");
  Proof upper = proof;
  for (char& c : upper.signature) c = static_cast<char>(std::toupper(c));
  checkRefused(readHistory(*server, upper), "was used before");
  CHECK(readHistory(*server, forHistory("another")).status == 200);

  ServerOptions options = signedOptions();
  options.apps[0].id = "testapp0001";
  options.apps[0].signature_window = std::chrono::seconds(0);
  const auto old = startServer(options);
  const std::string v14 = kLogs + ("?convid=" + kConvId) +
                          "&peerid=alice&nonce=n0nce&signature_ts=1412000000&signature="
                          "43edbc1b194a469889a42c5220e0c5033f6d4dec";
  CHECK(getHttp(old->address(), v14, "X-LC-Id: testapp0001\r\nX-LC-Key: the-key\r\n").status ==
        200);
}

TEST_CASE("reading: a signature for members shows a group's members once") {
  const auto server = startServer(signedOptions());
  const std::string group = newGroup(*server);
  Proof proof;
  proof.id = group;
  proof.sign(proof.membersText());
  const auto answer = readMembers(*server, proof, group);
  CHECK(answer.status == 200);
  CHECK_THAT(answer.body, Catch::Contains(R"("m":["alice"])"));
  checkRefused(readMembers(*server, proof, group), "was used before");
}

TEST_CASE("reading: a request that is refused for something else uses no signature up") {
  const auto server = startServer(signedOptions());
  const Proof proof = forHistory();
  const std::string path = kLogs + ("?convid=" + kConvId) + '&' + proof.query();
  CHECK(getHttp(server->address(), path + "&limit=x", kAppKey).status == 400);
  CHECK(getHttp(server->address(), path, "X-LC-Id: app\r\nX-LC-Key: wrong\r\n").status == 401);
  Proof forged = proof;
  forged.peer = "mallory";
  checkRefused(readHistory(*server, forged), "not for this peer");
  CHECK(readHistory(*server, proof).status == 200);
}

TEST_CASE("reading: a signature for something else reads nothing") {
  const auto server = startServer(signedOptions());
  writeSecret(*server);
  const std::string group = newGroup(*server);
  const std::string bad = "not for this peer and what it reads";
  // What is changed after signing.
  const std::map<std::string, std::function<void(Proof&)>> changes{
      {"peer", [](Proof& p) { p.peer = "mallory"; }},
      {"nonce", [](Proof& p) { p.nonce = "other"; }},
      {"time", [](Proof& p) { p.time = std::to_string(nowSeconds() - 5); }},
      {"cut", [](Proof& p) { p.signature.pop_back(); }},
      {"longer", [](Proof& p) { p.signature += '0'; }},
      {"other key", [](Proof& p) { p.sign(p.historyText(), "mk-0123456789abcdeg"); }},
      {"other app", [](Proof& p) { p.app = "twin", p.sign(p.historyText()); }},
      {"members", [](Proof& p) { p.sign(p.membersText()); }},
      {"other conversation",
       [](Proof& p) { p.id = "b4885080cef7b663d07dd787a772979f", p.sign(p.historyText()); }},
  };
  for (const auto& [name, change] : changes) {
    CAPTURE(name);
    Proof proof = forHistory();
    change(proof);
    checkRefused(readHistory(*server, proof), bad);
  }
  Proof history;
  history.id = group;
  history.sign(history.historyText());
  checkRefused(readMembers(*server, history, group), bad);
  for (const char* action : {"join", "invite", "kick"}) {
    Proof proof;
    proof.sign(sign::groupText("app", "alice", group, {}, proof.time, proof.nonce, action));
    checkRefused(readMembers(*server, proof, group), bad);
  }
}

TEST_CASE("reading: a signature that watches a peer does not read the conversation of that name") {
  const auto server = startServer(signedOptions());
  const std::string group = newGroup(*server);
  // A signer that takes its nonces from a clock has signed that `alice` watches "group".
  const std::string time = std::to_string(nowSeconds());
  const std::string nonce = std::to_string(nowSeconds() * 1000);
  const std::string_view watched = group;
  Proof proof;
  proof.id = group;
  proof.nonce = time;
  proof.time = nonce;
  proof.sign(sign::sessionText("app", "alice", {&watched, 1}, time, nonce));
  CHECK(proof.signature == Proof(proof).sign(proof.historyText()).signature);
  checkRefused(readHistory(*server, proof, group), "could be taken for a time");
}

TEST_CASE("reading: a colon moves no border of what was signed") {
  const auto server = startServer(signedOptions());
  // One text, cut in another place.
  Proof proof;
  proof.id = "b:c";
  proof.sign(proof.historyText());
  checkRefused(readHistory(*server, proof, "b:c"), "not for this peer");
  Proof nonce;
  nonce.nonce = "x:n0nce";
  nonce.sign(nonce.historyText());
  checkRefused(readHistory(*server, nonce), "has a colon");
  // Borders behind the peer are sure, so a peer may have colons in its id.
  Proof peer;
  peer.peer = "a:b";
  peer.sign(peer.historyText());
  CHECK(readHistory(*server, peer).status == 200);
}

TEST_CASE("reading: the window of the app's signatures holds both ways") {
  ServerOptions options = signedOptions();
  options.apps[0].signature_window = std::chrono::seconds(300);
  const auto server = startServer(options);
  const auto at = [&](const std::string& time) {
    Proof proof;
    proof.time = time;
    proof.sign(proof.historyText());
    return readHistory(*server, proof);
  };
  CHECK(at(std::to_string(nowSeconds() - 250)).status == 200);
  CHECK(at(std::to_string(nowSeconds() + 250)).status == 200);
  CHECK(at(std::to_string((nowSeconds() - 100) * 1000)).status == 200);  // ms, as in the hub
  checkRefused(at(std::to_string(nowSeconds() - 400)), "too old or too far ahead");
  checkRefused(at(std::to_string(nowSeconds() + 400)), "too old or too far ahead");
  for (const std::string bad : {"soon", "-5", "1.5", "99999999999999999999", "1e9"}) {
    checkRefused(at(bad), "is no time");
  }
}

TEST_CASE("reading: signatures that were used are remembered within a bound") {
  ServerOptions options = signedOptions();
  options.apps[0].nonce_cache = 2;
  const auto server = startServer(options);
  CHECK(readHistory(*server, forHistory("a")).status == 200);
  CHECK(readHistory(*server, forHistory("b")).status == 200);
  checkRefused(readHistory(*server, forHistory("a")), "was used before");
  CHECK(readHistory(*server, forHistory("c")).status == 200);
  CHECK(readHistory(*server, forHistory("a")).status == 200);  // the oldest was forgotten
}

TEST_CASE("reading: who reads much makes no login good for a second time") {
  ServerOptions options = signedOptions();
  options.apps[0].nonce_cache = 1;
  const auto server = startServer(options);
  const std::string time = std::to_string(nowSeconds());
  const std::string open =
      R"({"cmd":"session","op":"open","appId":"app","peerId":"alice","s":")" +
      sign::Signer(kMaster).sign(sign::sessionText("app", "alice", {}, time, "n")) + R"(","t":)" +
      time + R"(,"n":"n"})";
  RawWsClient first(server->address());
  REQUIRE(first.text(open));
  CHECK_THAT(first.nextText(), Catch::Contains(R"("opened")"));
  for (const char* nonce : {"a", "b", "c"}) {
    CHECK(readHistory(*server, forHistory(nonce)).status == 200);
  }
  RawWsClient second(server->address());
  REQUIRE(second.text(open));
  CHECK(second.closeCode() == 4102);
}

}  // namespace kith::testing
