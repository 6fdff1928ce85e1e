// SPDX-License-Identifier: Apache-2.0
// The HTTP side: router, health, message log, groups (avos-v1 §1, §11).
#include "server/front/front_bench.hpp"

namespace kith::testing {
namespace {

constexpr const char* kJson = "Content-Type: application/json";

ServerOptions keyedOptions() {
  ServerOptions options = plainOptions();
  options.apps[0].app_key = "the-key";
  options.apps[0].master_key = "the-master";
  return options;
}

}  // namespace

TEST_CASE("http: /healthz says ok, also to HEAD and on a connection that stays") {
  const auto server = startServer();
  RawSocket socket(server->address());
  for (const std::string method : {"GET", "HEAD", "GET"}) {
    const auto answer = exchangeHttp(socket, method + " /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(answer.status == 200);
    CHECK(answer.body == (method == "GET" ? "ok\n" : ""));
  }
}

TEST_CASE("http: the router answers with the address it was asked at (avos-v1 §1.2)") {
  const auto server = startServer();
  const auto answer = getHttp(server->address(), "/v1/route?appId=app&secure=1&_t=1");
  CHECK(answer.status == 200);
  CHECK_THAT(answer.head, Catch::Contains(kJson));
  CHECK_THAT(answer.head, Catch::Contains("Access-Control-Allow-Origin: *"));
  CHECK(field(answer.body, "server") == "ws://" + server->address() + '/');
  CHECK(field(answer.body, "groupId") == "g0");
  CHECK_THAT(answer.body, Catch::Contains("\"ttl\":10800"));
}

TEST_CASE("http: the router's answer has the path that it was reached by") {
  const auto server = startServer();
  const auto answer = getHttp(server->address(), "/v1/route?appId=app&path=%2Fchat%2Fv%252B");
  CHECK(field(answer.body, "server") == "ws://" + server->address() + "/chat/v%2B/");
  for (const std::string bad :
       {"chat", "%2Fchat%2F", "%2Fa%20b", "%2Fa%22", "%2Fa%3Fb", "%2Fa%23", "%2F%0A"}) {
    CAPTURE(bad);
    CHECK(getHttp(server->address(), "/v1/route?appId=app&path=" + bad).status == 400);
  }
  CHECK(getHttp(server->address(), "/v1/route?appId=app&path=%2F" + std::string(255, 'a')).status ==
        400);
  ServerOptions options = plainOptions();
  options.public_url = "wss://chat.example/";
  const auto published = startServer(options);
  CHECK(field(getHttp(published->address(), "/v1/route?appId=app&path=%2Fchat").body, "server") ==
        "wss://chat.example/");
}

TEST_CASE("http: the router tells the public address where there is one") {
  ServerOptions options = plainOptions();
  options.public_url = "wss://chat.example/";
  options.route_ttl = std::chrono::seconds(60);
  const auto server = startServer(options);
  const auto answer = getHttp(server->address(), "/v1/route?appId=app");
  CHECK(field(answer.body, "server") == "wss://chat.example/");
  CHECK_THAT(answer.body, Catch::Contains("\"ttl\":60"));
}

TEST_CASE("http: the router answers with JSONP when a callback is named") {
  const auto server = startServer();
  const auto answer = getHttp(server->address(), "/v1/route?appId=app&cb=jQuery1.a%5B0%5D_$");
  CHECK(answer.status == 200);
  CHECK_THAT(answer.head, Catch::Contains("Content-Type: application/javascript"));
  CHECK(answer.body.substr(0, 18) == "jQuery1.a[0]_$({\"g");
  CHECK(answer.body.substr(answer.body.size() - 3) == "});");
}

TEST_CASE("http: bad requests to the router are refused as JSON") {
  const auto server = startServer();
  const auto refused = [&](const std::string& target, int status) {
    const auto answer = getHttp(server->address(), target);
    CHECK(answer.status == status);
    CHECK_THAT(answer.head, Catch::Contains(kJson));
    CHECK_THAT(answer.body, Catch::Contains("\"code\":" + std::to_string(status)));
    CHECK_THAT(answer.body, Catch::Contains("\"error\":\""));
  };
  refused("/v1/route", 400);
  refused("/v1/route?appId=", 400);
  refused("/v1/route?appId=other", 404);
  refused("/v1/route?appId=app&cb=alert(1)", 400);
  refused("/v1/route?appId=app&cb=" + std::string(129, 'a'), 400);
  refused("/nothing", 404);
  refused("/", 404);
  refused("/1.1/classes/AVOSRealtimeGroups/", 404);
}

TEST_CASE("http: a Host header that is none does not get into the answer") {
  const auto server = startServer();
  RawSocket socket(server->address());
  const auto answer =
      exchangeHttp(socket, "GET /v1/route?appId=app HTTP/1.1\r\nHost: a\"b<c>\r\n\r\n");
  CHECK(answer.status == 400);
  CHECK(answer.body.find("a\"b") == std::string::npos);
}

TEST_CASE("http: other methods are refused, and browsers may ask first") {
  const auto server = startServer();
  for (const std::string method : {"POST", "PUT", "DELETE", "PATCH"}) {
    RawSocket socket(server->address());
    CHECK(
        exchangeHttp(socket, method + " /v1/route?appId=app HTTP/1.1\r\nHost: x\r\n\r\n").status ==
        405);
  }
  RawSocket socket(server->address());
  const auto answer = exchangeHttp(
      socket, "OPTIONS /1.1/rtm/messages/logs HTTP/1.1\r\nHost: x\r\nOrigin: http://y\r\n\r\n");
  CHECK(answer.status == 204);
  CHECK_THAT(answer.head, Catch::Contains("Access-Control-Allow-Headers"));
}

TEST_CASE("http: headers without end are cut off") {
  const auto server = startServer();
  RawSocket socket(server->address());
  socket.send("GET /healthz HTTP/1.1\r\nHost: x\r\n");
  const std::string line = "X-Filler: " + std::string(1000, 'x') + "\r\n";
  bool taken = true;
  for (int i = 0; i < 2000 && taken; ++i) taken = socket.send(line);
  std::string answer;
  for (std::string more = socket.receive(); !more.empty(); more = socket.receive()) answer += more;
  CHECK(answer.find("ok\n") == std::string::npos);
  CHECK(getHttp(server->address(), "/healthz").status == 200);
}

TEST_CASE(
    "http: the message log shows conversations to the app key, all to the master key (§11.2)") {
  const auto server = startServer(keyedOptions());
  RawWsClient client(server->address());
  openSession(client, "alice");
  for (int i = 0; i < 3; ++i) {
    REQUIRE(client.text(directFrame("alice", "bob", "text" + std::to_string(i))));
    CHECK_THAT(client.nextText(), Catch::Contains("\"ack\""));
  }
  const std::string convid = "ed9880ad9bae7f2bd9f978cf6c279fc8";  // of alice and bob, §11.2
  const std::string log = "/1.1/rtm/messages/logs";
  const std::string key = "X-LC-Id: app\r\nX-LC-Key: the-key\r\n";
  const std::string master = "X-LC-Id: app\r\nX-LC-Key: the-master,master\r\n";
  const std::string old_key =
      "X-AVOSCloud-Application-Id: app\r\nX-AVOSCloud-Application-Key: the-key\r\n";

  const auto all = getHttp(server->address(), log + "/?convid=" + convid, key);
  CHECK(all.status == 200);
  CHECK(all.body.front() == '[');
  CHECK(all.body.find("text2") < all.body.find("text1"));
  CHECK(all.body.find("text1") < all.body.find("text0"));
  CHECK(field(all.body, "conv-id") == convid);
  CHECK(field(all.body, "from") == "alice");
  CHECK_THAT(all.body, Catch::Contains(R"("to":["bob"])"));

  const auto one = getHttp(server->address(), log + "?limit=1&convid=" + convid, old_key);
  CHECK_THAT(one.body, Catch::Contains("text2") && !Catch::Contains("text1"));
  // Page on from it, as §11.2 says: max_ts and msgid.
  const std::string at = one.body.substr(one.body.find("\"timestamp\":") + 12, 13);
  const auto next = getHttp(server->address(),
                            "/1/rtm/messages/logs?limit=1&convid=" + convid + "&max_ts=" + at +
                                "&msgid=" + field(one.body, "msg-id"),
                            key);
  CHECK_THAT(next.body, Catch::Contains("text1") && !Catch::Contains("text2"));
  const auto old = getHttp(server->address(), log + "?timestamp=1000&convid=" + convid, key);
  CHECK(old.body == "[]");

  const auto sent = getHttp(server->address(), log + "?from=alice", master);
  CHECK_THAT(sent.body, Catch::Contains("text0"));
  CHECK_THAT(getHttp(server->address(), log, master).body, Catch::Contains("text0"));
  CHECK(getHttp(server->address(), log + "?from=bob", master).body == "[]");

  CHECK(getHttp(server->address(), log + "?from=alice", key).status == 403);
  CHECK(getHttp(server->address(), log, key).status == 403);
  CHECK(getHttp(server->address(), log + "?from=alice&convid=x", master).status == 400);
  CHECK(getHttp(server->address(), log + "?limit=x&convid=x", key).status == 400);
  CHECK(getHttp(server->address(), log + "?timestamp=-1&convid=x", key).status == 400);
  for (const std::string headers :
       {"", "X-LC-Id: app\r\n", "X-LC-Id: other\r\nX-LC-Key: the-key\r\n",
        "X-LC-Id: app\r\nX-LC-Key: the-kex\r\n", "X-LC-Id: app\r\nX-LC-Key: the-key,master\r\n"}) {
    const auto refused = getHttp(server->address(), log + "?convid=" + convid, headers);
    CHECK(refused.status == 401);
    CHECK_THAT(refused.body, Catch::Contains("\"code\":401"));
  }
}

TEST_CASE("http: an answer about history ends at a megabyte, and the next one goes on there") {
  const auto server = startServer();
  RawWsClient client(server->address());
  openSession(client, "alice");
  constexpr int kMessages = 300;
  const std::string text(4900, 'x');
  for (int i = 0; i < kMessages; ++i) {
    REQUIRE(client.text(directFrame("alice", "bob", text)));
    CHECK_THAT(client.nextText(), Catch::Contains("\"ack\""));
  }
  const std::string log =
      "/1.1/rtm/messages/logs?convid=ed9880ad9bae7f2bd9f978cf6c279fc8&limit=1000";
  constexpr std::size_t kMegabyte = 1024u * 1024;
  int seen = 0;
  std::string place;
  std::vector<std::size_t> sizes;
  while (sizes.size() < 10) {
    const auto page = getHttp(server->address(), log + place, "X-LC-Id: app\r\n");
    REQUIRE(page.status == 200);
    if (page.body == "[]") break;
    sizes.push_back(page.body.size());
    std::size_t last = 0;
    for (std::size_t at = 0; (at = page.body.find("{\"timestamp\":", at)) != std::string::npos;
         at += 13) {
      ++seen;
      last = at;
    }
    const std::string row = page.body.substr(last);
    place = "&max_ts=" + row.substr(13, 13) + "&msgid=" + field(row, "msg-id");
  }
  CHECK(seen == kMessages);
  REQUIRE(sizes.size() == 2);
  CHECK(sizes[0] >= kMegabyte);
  CHECK(sizes[0] < kMegabyte + 6000);
  // A page of the default length is never cut, however long its messages are.
  CHECK(getHttp(server->address(), log.substr(0, log.size() - 11), "X-LC-Id: app\r\n").body.size() >
        100 * text.size());
}

TEST_CASE("http: without an app key reading needs none") {
  const auto server = startServer();
  const auto log =
      getHttp(server->address(), "/1.1/rtm/messages/logs?convid=x", "X-LC-Id: app\r\n");
  CHECK(log.status == 200);
  CHECK(log.body == "[]");
}

TEST_CASE("http: a group is shown with its members (§11.6)") {
  const auto server = startServer();
  RawWsClient client(server->address());
  openSession(client, "alice");
  REQUIRE(client.text(R"({"cmd":"room","op":"join","appId":"app","peerId":"alice"})"));
  const std::string id = field(client.nextText(), "roomId");
  REQUIRE_FALSE(id.empty());
  const std::string path = "/1.1/classes/AVOSRealtimeGroups/";
  const auto answer = getHttp(server->address(), path + id + "?keys=m", "X-LC-Id: app\r\n");
  CHECK(answer.status == 200);
  CHECK(field(answer.body, "objectId") == id);
  CHECK_THAT(answer.body, Catch::Contains(R"("m":["alice"])"));
  const auto missing = getHttp(server->address(), path + "nope", "X-LC-Id: app\r\n");
  CHECK(missing.status == 404);
  CHECK_THAT(missing.body, Catch::Contains("\"code\":101"));
}

}  // namespace kith::testing
