// SPDX-License-Identifier: Apache-2.0
#include "backends/kith/rest_calls.hpp"

#include "support/catch.hpp"

using namespace kith;
using namespace kith::backends;
using net::HttpAnswer;

namespace {

Options options(const std::string& server, const std::string& router = {}) {
  Options result;
  result.app_id = "demo";
  result.server = server;
  result.router = router;
  return result;
}

Result<HttpAnswer> answer(int status, std::string body) {
  return HttpAnswer{status, std::move(body)};
}

}  // namespace

TEST_CASE("rest: the service is below the server's address and path, or else the router's") {
  const auto url = [](const Options& with) { return serviceUrl(with, "/x", "a=1"); };
  CHECK(url(options("ws://127.0.0.1:7700")) == "http://127.0.0.1:7700/x?a=1");
  CHECK(url(options("wss://chat.example.com/deep/path")) ==
        "https://chat.example.com/deep/path/x?a=1");
  CHECK(url(options("wss://chat.example.com/chat/?token=t")) ==
        "https://chat.example.com/chat/x?a=1");
  CHECK(url(options("ws://chat.example.com?token=t")) == "http://chat.example.com/x?a=1");
  CHECK(url(options("wss://chat.example.com:80")) == "https://chat.example.com:80/x?a=1");
  CHECK(url(options("ws://[::1]:7700/")) == "http://[::1]:7700/x?a=1");
  CHECK(url(options("", "https://r.example.com/base/")) == "https://r.example.com/base/x?a=1");
  CHECK(url(options("", "https://r.example.com/base?k=1")) == "https://r.example.com/base/x?a=1");
}

TEST_CASE("rest: every request keeps the path of the address it is derived from") {
  const Options server = options("ws://h/chat/?token=t");
  CHECK(membersUrl(server, "bob", "g", nullptr) ==
        "http://h/chat/1.1/classes/AVOSRealtimeGroups/g?keys=m");
  CHECK(historyUrl(server, "bob", {"", "g", {}, 5}, nullptr)
            .rfind("http://h/chat/1.1/rtm/messages/logs?convid=g", 0) == 0);
  CHECK(routeUrl(options("", "http://h:1")) == "http://h:1/v1/route?appId=demo");
  CHECK(routeUrl(options("", "https://h/")) == "https://h/v1/route?appId=demo&secure=1");
  CHECK(routeUrl(options("", "http://h/a/b/?k=1")) ==
        "http://h/a/b/v1/route?k=1&appId=demo&path=%2Fa%2Fb");
}

TEST_CASE("rest: what is not unreserved is escaped") {
  CHECK(membersUrl(options("ws://h"), "bob", "a/b?&\xe5\xb0\x8f", nullptr) ==
        "http://h/1.1/classes/AVOSRealtimeGroups/a%2Fb%3F%26%E5%B0%8F?keys=m");
}

TEST_CASE("rest: the app key goes along when there is one") {
  Options with = options("ws://h:1");
  CHECK(httpHeaders(with) == std::vector<std::string>{"X-LC-Id: demo"});
  with.app_key = "k3y";
  CHECK(httpHeaders(with) == std::vector<std::string>{"X-LC-Id: demo", "X-LC-Key: k3y"});
}

TEST_CASE("rest: a pair's history is asked by the md5 of its ids (avos-v1 §11.2)") {
  const std::string url = historyUrl(options("ws://h:1"), "bob", {"alice", "", {}, 7}, nullptr);
  CHECK(url == "http://h:1/1.1/rtm/messages/logs?convid=ed9880ad9bae7f2bd9f978cf6c279fc8&limit=7");
  const Timestamp before(std::chrono::milliseconds(99));
  const std::string group = historyUrl(options("ws://h:1"), "bob", {"", "g 1", before, 5}, nullptr);
  CHECK(group == "http://h:1/1.1/rtm/messages/logs?convid=g%201&limit=5&max_ts=99");
}

TEST_CASE("rest: a page goes on from a message by its time and id (avos-v1 §11.2)") {
  Message oldest;
  oldest.id = "m/1";
  oldest.timestamp = Timestamp(std::chrono::milliseconds(99));
  HistoryQuery query{"", "g", {}, 5};
  CHECK(historyUrl(options("ws://h:1"), "bob", query.olderThan(oldest), nullptr) ==
        "http://h:1/1.1/rtm/messages/logs?convid=g&limit=5&max_ts=99&msgid=m%2F1");
}

TEST_CASE("rest: a signature goes along with history and members (avos-v1 §11.2)") {
  const Signature proof{"abc", 7, "n&1", {}};
  const std::string args = "&peerid=bo%20b&nonce=n%261&signature_ts=7&signature=abc";
  CHECK(historyUrl(options("ws://h:1"), "bo b", {"", "g", {}, 5}, &proof) ==
        "http://h:1/1.1/rtm/messages/logs?convid=g&limit=5" + args);
  CHECK(membersUrl(options("ws://h:1"), "bo b", "g", &proof) ==
        "http://h:1/1.1/classes/AVOSRealtimeGroups/g?keys=m" + args);
}

TEST_CASE("rest: history becomes messages, of pairs and of groups") {
  const auto messages = readHistory(answer(200, R"([
    {"timestamp":1412000001234,"conv-id":"c","from":"bob","data":"hi","to":["alice"],"msg-id":"m1"},
    {"timestamp":5,"conv-id":"g1","from":"eve","data":"all","to":"g1","is-room":true,
     "msg-id":"m2"}])"));
  REQUIRE(messages.ok());
  REQUIRE(messages->size() == 2);
  CHECK((*messages)[0].text == "hi");
  CHECK((*messages)[0].from == "bob");
  CHECK((*messages)[0].to == std::vector<std::string>{"alice"});
  CHECK((*messages)[0].id == "m1");
  CHECK((*messages)[0].timestamp.time_since_epoch().count() == 1412000001234);
  CHECK((*messages)[1].group_id == "g1");
  CHECK((*messages)[1].to.empty());
}

TEST_CASE("rest: members are the list of the group object") {
  const auto members = readMembers(answer(200, R"({"objectId":"g1","m":["bob","alice"]})"));
  REQUIRE(members.ok());
  CHECK(*members == std::vector<std::string>{"bob", "alice"});
}

TEST_CASE("rest: failures say what to do") {
  const auto missing = readMembers(answer(404, R"({"code":101,"error":"Object not found."})"));
  REQUIRE_FALSE(missing.ok());
  CHECK(missing.error().code == Errc::GroupNotFound);
  CHECK(missing.error().server_code == 101);
  // Only the service says that there is no group; others have pages that are missing, too.
  for (const char* body : {"<html>no such page</html>", "", R"({"code":404,"error":"nothing"})"}) {
    // A web page may be a gateway's, which passes.
    const Errc code = *body == '<' ? Errc::ServerBusy : Errc::Rejected;
    CHECK(readMembers(answer(404, body)).error().code == code);
    CHECK(readHistory(answer(404, body)).error().code == code);
    CHECK(readHistory(answer(404, body)).error().detail.find("Options::server") !=
          std::string::npos);
  }
  CHECK(readHistory(answer(401, "nonsense")).error().code == Errc::Rejected);
  CHECK(readHistory(answer(503, "")).error().code == Errc::ServerBusy);
  CHECK_FALSE(readHistory(answer(200, "<html>")).ok());
  CHECK(readHistory(answer(408, "")).error().retryable());
  CHECK(readMembers(answer(429, R"({"code":1,"error":"slow down"})")).error().retryable());
  CHECK(readMembers(answer(404, "<html>no such page")).error().retryable());
  const Error down{Errc::NetworkDown, 0, "x", false};
  CHECK(readMembers(down).error() == down);
}
