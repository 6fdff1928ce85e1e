// SPDX-License-Identifier: Apache-2.0
// What clients of the current protocol ask over HTTP beside their socket (leancloud-current §6).
#include <chrono>

#include "base/clock.hpp"
#include "server/front/current_bench.hpp"
#include "server/objects/value.hpp"
#include "sign/signer.hpp"

namespace kith::testing {
namespace {

const std::string kConversations = "/1.1/classes/_Conversation";

/// A session that was opened with a signature.
std::string proof(const std::string& peer) {
  const std::string time = std::to_string(
      std::chrono::duration_cast<std::chrono::seconds>(base::systemNow().wall).count());
  const std::string nonce = "of-" + peer;
  return R"(,"s":")" +
         sign::Signer(kMasterKey).sign(sign::sessionText("app", peer, {}, time, nonce)) +
         R"(","n":")" + nonce + R"(","t":)" + time;
}

std::vector<std::string> namesOf(const RawHttpAnswer& answer) {
  INFO(answer.body);
  REQUIRE(answer.status == 200);
  std::vector<std::string> names;
  const auto body = parseJson(answer.body);
  for (const auto& each : body["results"].GetArray()) names.push_back(textOf(each, "name"));
  return names;
}

}  // namespace

TEST_CASE("current http: the date is told as the vendor's clients parse it") {
  const auto server = startServer(currentOptions());
  const std::int64_t before = base::systemNow().wall.count();
  const auto answer = getHttp(server->address(), "/1.1/date");
  CHECK(answer.status == 200);
  CHECK(textOf(answer.body, "__type") == "Date");
  const auto told = objects::parseTime(textOf(answer.body, "iso"));
  REQUIRE(told);
  CHECK(*told >= before);
  CHECK(*told <= base::systemNow().wall.count());
}

TEST_CASE("current http: conversations are queried as clients query them on their socket") {
  const auto server = startServer(currentOptions());
  CurrentClient alice(server->address(), "alice");
  const std::string red = alice.start(R"(["bob"])", R"(,"attr":{"name":"red","n":1})");
  alice.start(R"(["carol"])", R"(,"attr":{"name":"green","n":2})");
  alice.start(R"(["carol","bob"])", R"(,"attr":{"name":"blue","n":3})");
  const auto find = [&](const std::string& query, const std::string& headers = appHeaders()) {
    return getHttp(server->address(), kConversations + "?" + query, headers);
  };
  using Names = std::vector<std::string>;
  const std::string of_bob = "where=" + escaped(R"({"m":"bob"})");
  CHECK(namesOf(find(of_bob + "&order=n")) == Names{"red", "blue"});
  CHECK(namesOf(find("order=-n&limit=2", masterHeaders())) == Names{"blue", "green"});
  CHECK(namesOf(find("order=-n&skip=2")) == Names{"red"});
  const auto counted = find("limit=0&count=1");
  CHECK(namesOf(counted).empty());
  CHECK(numberOf(counted.body, "count") == 3);
  const auto keys = find(of_bob + "&order=n&limit=1&keys=name");
  const auto row = parseJson(keys.body);
  CHECK(textOf(row["results"][0], "objectId") == red);
  CHECK_FALSE(row["results"][0].HasMember("m"));
  // The same rows as on the socket.
  const std::string asked =
      alice.ask(R"("cmd":"conv","op":"query","where":{"name":"red"},"limit":1)");
  const auto on_socket = parseJson(asked);
  auto by_rest = parseJson(find("where=" + escaped(R"({"name":"red"})")).body);
  for (const auto& member : on_socket["results"][0].GetObject()) {
    INFO(member.name.GetString());
    CHECK(jsonText(by_rest["results"][0][member.name]) == jsonText(member.value));
  }
}

TEST_CASE("current http: a query that is wrong is refused, and says where") {
  const auto server = startServer(currentOptions());
  const auto refused = [&](const std::string& query) {
    const auto answer = getHttp(server->address(), kConversations + "?" + query, appHeaders());
    CHECK(answer.status == 400);
    return answer.body;
  };
  CHECK_THAT(refused("where=" + escaped(R"({"n":{"$near":1}})")), Catch::Contains("$near"));
  CHECK(numberOf(refused("where=" + escaped("{")), "code") == 102);
  refused("limit=x");
  refused("skip=-1");
  refused("keys=" + escaped("$x"));
  for (const std::string headers : {"", "X-LC-Id: app\r\n", "X-LC-Id: app\r\nX-LC-Key: x\r\n"}) {
    CHECK(getHttp(server->address(), kConversations, headers).status == 401);
  }
}

TEST_CASE("current http: a body with a question says nothing, and has a bound") {
  const auto server = startServer(currentOptions());
  const auto ask = [&](const std::string& path, const std::string& body) {
    return callHttp(server->address(), "GET", path, body, masterHeaders()).status;
  };
  for (const std::string path : {"/1.1/date", "/1.1/classes/_Conversation", "/1.2/rtm/messages",
                                 "/1.1/rtm/notifications?client_id=alice"}) {
    CHECK(ask(path, "{}") == 200);
    CHECK(ask(path, std::string(4097, ' ')) == 413);
  }
}

TEST_CASE("current http: one conversation is had by its id") {
  const auto server = startServer(currentOptions());
  CurrentClient alice(server->address(), "alice");
  const std::string id = alice.start(R"(["bob"])", R"(,"attr":{"name":"red"})");
  const auto answer = getHttp(server->address(), kConversations + "/" + id, appHeaders());
  CHECK(answer.status == 200);
  CHECK(textOf(answer.body, "name") == "red");
  CHECK(listOf(answer.body, "m") == std::vector<std::string>{"alice", "bob"});
  const auto missing = getHttp(server->address(), kConversations + "/nope", appHeaders());
  CHECK(missing.status == 404);
  CHECK(numberOf(missing.body, "code") == 101);
}

TEST_CASE(
    "current http: where signatures are enforced a session's token reads, and the key alone does "
    "not") {
  ServerOptions options = currentOptions();
  options.apps[0].require_signature = true;
  const auto server = startServer(options);
  CurrentClient alice(server->address(), "alice", proof("alice"));
  const auto find = [&](const std::string& headers, const std::string& query = {}) {
    return getHttp(server->address(), kConversations + query, headers).status;
  };
  CHECK(find(appHeaders()) == 401);
  CHECK(find(appHeaders() + tokenHeader(alice.token)) == 200);
  CHECK(find(appHeaders() + tokenHeader(alice.token), "?client_id=alice") == 200);
  CHECK(find(appHeaders() + tokenHeader(alice.token), "?client_id=bob") == 401);
  CHECK(find(appHeaders() + tokenHeader(alice.token + "A")) == 401);
  CHECK(find(masterHeaders()) == 200);
  const std::string id = kConversations + "/nope";
  CHECK(getHttp(server->address(), id, appHeaders()).status == 401);
  CHECK(getHttp(server->address(), id, appHeaders() + tokenHeader(alice.token)).status == 404);
}

TEST_CASE("current http: the managers of a conversation are listed, and nobody else") {
  const auto server = startServer(currentOptions());
  CurrentClient alice(server->address(), "alice");
  const std::string id = alice.start(R"(["bob","carol"])");
  const auto ask = [&](const std::string& query, const std::string& token = {}) {
    const auto answer = getHttp(server->address(), "/1.1/classes/_ConversationMemberInfo?" + query,
                                appHeaders() + (token.empty() ? token : tokenHeader(token)));
    CHECK(answer.status == 200);
    return answer.body;
  };
  const std::string where = "where=" + escaped(R"({"cid":")" + id + R"("})");
  const std::string nobody = R"({"results":[]})";
  CHECK(ask(where) == nobody);
  alice.ask(R"("cmd":"conv","op":"member-info-update","cid":")" + id +
            R"(","targetClientId":"bob","info":{"pid":"bob","role":"Manager"})");
  const std::string bob = R"({"results":[{"clientId":"bob","peerId":"bob","cid":")" + id +
                          R"(","role":"Manager","objectId":")" + id + R"(:bob"}]})";
  CHECK(ask(where) == bob);
  CHECK(ask("cid=" + id) == bob);
  CHECK(ask(where + "&client_id=alice", alice.token) == bob);
  const CurrentClient eve(server->address(), "eve");
  CHECK(ask(where, eve.token) == nobody);
  CHECK(ask("where=" + escaped(R"({"cid":"x"})")) == nobody);
  const auto forged =
      getHttp(server->address(), "/1.1/classes/_ConversationMemberInfo",
              appHeaders() + tokenHeader("0123456789abcdef0123456789abcdef01234567e30="));
  CHECK(forged.status == 401);
}

TEST_CASE("current http: what happened while a client was away is told to JavaScript's") {
  const auto server = startServer(currentOptions());
  CurrentClient alice(server->address(), "alice");
  std::string token;
  std::string mark;
  std::string mine;
  std::string theirs;
  {
    CurrentClient bob(server->address(), "bob");
    token = bob.token;
    mine = alice.start(R"(["bob"])");
    const std::string joined = bob.take();
    mark = std::to_string(numberOf(joined, "serverTs"));
    CHECK(numberOf(joined, "notificationType") == 1);
    CHECK(mark != "0");
  }
  const auto read = [&](const std::string& query, const std::string& headers) {
    return getHttp(server->address(), "/1.1/rtm/notifications?" + query, headers);
  };
  const std::string of_bob = "client_id=bob&notification_type=permanent&start_ts=" + mark;
  const std::string headers = appHeaders() + tokenHeader(token);
  CHECK(read(of_bob, headers).body == R"({"hasMore":false,"notifications":[]})");
  alice.ask(R"("cmd":"conv","op":"add","cid":")" + mine + R"(","m":["carol"])");
  CHECK(textOf(alice.take(), "op") == "members-joined");
  alice.ask(R"("cmd":"conv","op":"update","cid":")" + mine + R"(","attr":{"name":"x"})");
  theirs = alice.start(R"(["bob","dave"])");
  alice.ask(R"("cmd":"conv","op":"remove","cid":")" + mine + R"(","m":["bob"])");
  const auto answer = read(of_bob, headers);
  INFO(answer.body);
  REQUIRE(answer.status == 200);
  const auto body = parseJson(answer.body);
  const auto& events = body["notifications"];
  REQUIRE(events.Size() == 4);
  std::vector<std::string> ops;
  std::int64_t last = std::stoll(mark);
  for (const auto& event : events.GetArray()) {
    ops.push_back(textOf(event, "op") + ' ' + textOf(event, "initBy"));
    CHECK(textOf(event, "cmd") == "conv");
    CHECK(event["notificationType"].GetInt64() == 1);
    CHECK(event["serverTs"].GetInt64() >= last);
    last = event["serverTs"].GetInt64();
  }
  CHECK(ops == std::vector<std::string>{"members_joined alice", "updated alice", "joined alice",
                                        "left alice"});
  CHECK(jsonText(events[0]["m"]) == R"(["carol"])");
  CHECK(textOf(events[1]["attr"], "data") == R"({"name":"x"})");
  CHECK(textOf(events[1]["attrModified"], "data") == R"({"name":"x"})");
  CHECK(textOf(events[2], "cid") == theirs);
  CHECK(textOf(events[3], "cid") == mine);
  // Swift's form.
  const auto split = parseJson(read("client_id=bob&start_ts=" + mark, headers).body);
  CHECK(split["droppable"]["invalidLocalConvCache"].GetBool() == false);
  CHECK(split["permanent"]["hasMore"].GetBool() == false);
  const auto& same = split["permanent"]["notifications"];
  REQUIRE(same.Size() == 4);
  CHECK(textOf(same[0], "op") == "members-joined");
  CHECK(textOf(same[1]["attr"], "name") == "x");
  // The server of the app asks in any peer's name.
  CHECK(read(of_bob, masterHeaders()).body == answer.body);
}

TEST_CASE(
    "current http: events are told to the peer whose session's token is shown, and to no other") {
  const auto server = startServer(currentOptions());
  CurrentClient alice(server->address(), "alice");
  const auto status = [&](const std::string& query, const std::string& headers) {
    return getHttp(server->address(), "/1.1/rtm/notifications?" + query, headers).status;
  };
  const std::string mine = appHeaders() + tokenHeader(alice.token);
  CHECK(status("client_id=alice&start_ts=0", mine) == 200);
  CHECK(status("start_ts=0", mine) == 200);
  CHECK(status("client_id=bob&start_ts=0", mine) == 401);
  CHECK(status("client_id=alice&start_ts=0", appHeaders()) == 401);
  CHECK(status("client_id=alice&start_ts=0", appHeaders() + tokenHeader("x")) == 401);
  CHECK(status("start_ts=0", masterHeaders()) == 401);
  for (const char* bad : {"start_ts=x", "start_ts=-1", "start_ts=1.5"}) {
    CHECK(status(bad, mine) == 400);
  }
}

}  // namespace kith::testing
