// SPDX-License-Identifier: Apache-2.0
// The vendor's REST API 1.2 as an app's own server calls it, beside clients that are online
// (leancloud-current §6).
#include "server/front/rtm_bench.hpp"

namespace kith::testing {
TEST_CASE("rtm: a conversation that the app's server makes is heard of by its members") {
  Rtm rtm;
  CurrentClient alice = rtm.open("alice");
  const std::string made =
      rtm.post("conversations", R"({"m":["alice","bob"],"name":"two","unique":true,"n":1})", 201);
  const std::string id = textOf(made, "objectId");
  CHECK(id.size() == 24);
  CHECK(textOf(made, "uniqueId").size() == 32);
  CHECK_FALSE(textOf(made, "createdAt").empty());
  expectEvent(alice, "joined", id);
  // The same members: the same conversation.
  CHECK(textOf(rtm.post("conversations", R"({"m":["bob","alice"],"unique":true})"), "objectId") ==
        id);
  const auto found = parseJson(rtm.get("conversations?where=" + escaped(R"({"name":"two"})")));
  REQUIRE(found["results"].Size() == 1);
  CHECK(textOf(found["results"][0], "objectId") == id);
  CHECK(found["results"][0]["n"].GetInt64() == 1);
  alice.expectNothing();
}

TEST_CASE("rtm: a message that the app's server sends comes live, and stays in the history") {
  Rtm rtm;
  const std::string id = rtm.create(R"(["alice","bob"])");
  CurrentClient alice = rtm.open("alice");
  CurrentClient bob = rtm.open("bob");
  const std::string first = rtm.say(id, "alice", "hello");
  expectMessage(bob, "alice", "hello", first);
  expectMessage(alice, "alice", "hello", first);  // her own devices hear what she said elsewhere
  const std::string second = rtm.say(id, "alice", "quiet", R"(,"no_sync":true)");
  expectMessage(bob, "alice", "quiet", second);
  alice.expectNothing();
  // It need be no member.
  const std::string third = rtm.say(id, "support", "from outside", R"(,"mention_all":true)");
  expectMessage(alice, "support", "from outside", third);
  expectMessage(bob, "support", "from outside", third);
  const std::string passing = rtm.say(id, "alice", "passing", R"(,"transient":true)");
  expectMessage(bob, "alice", "passing", passing);
  CHECK(dataOf(rtm.get("conversations/" + id + "/messages")) ==
        Texts{"from outside", "quiet", "hello"});
  const auto rows = parseJson(rtm.get("conversations/" + id + "/messages?limit=1"));
  const auto& row = rows[0];
  CHECK(textOf(row, "msg-id") == textOf(third, "msg-id"));
  CHECK(textOf(row, "conv-id") == id);
  CHECK(textOf(row, "from") == "support");
  CHECK(row["timestamp"].GetInt64() == numberOf(third, "timestamp"));
  CHECK(row["bin"].GetBool() == false);
  CHECK(row["is-room"].GetBool() == false);
}

TEST_CASE("rtm: who is away finds what the app's server sent when it comes back") {
  Rtm rtm;
  const std::string id = rtm.create(R"(["alice","bob"])");
  rtm.say(id, "alice", "one");
  rtm.say(id, "alice", "two", R"(,"mention_client_ids":["bob"])");
  CHECK(numberOf(rtm.get("clients/bob/unread-count"), "count") == 2);
  CHECK(numberOf(rtm.get("clients/bob/unread-count?conv_id=" + id), "count") == 2);
  CHECK(numberOf(rtm.get("clients/alice/unread-count"), "count") == 0);
  CurrentClient bob = rtm.open("bob");
  const auto unread = parseJson(bob.take());
  CHECK(textOf(unread, "cmd") == "unread");
  CHECK(unread["convs"][0]["unread"].GetInt64() == 2);
  CHECK(unread["convs"][0]["mentioned"].GetBool() == true);
}

TEST_CASE("rtm: a client of v1 in the group hears what the app's server sends and changes") {
  Rtm rtm;
  RawWsClient carol(rtm.address());
  openSession(carol, "carol");
  REQUIRE(carol.text(R"({"cmd":"room","op":"join","appId":"app","peerId":"carol"})"));
  const std::string id = field(carol.nextText(), "roomId");
  CHECK_THAT(carol.nextText(), Catch::Contains("members-joined"));
  rtm.post("conversations/" + id + "/members", R"({"client_ids":["dave"]})");
  const std::string joined = carol.nextText();
  CHECK_THAT(joined, Catch::Contains("members-joined") && Catch::Contains("dave"));
  const std::string answer = rtm.say(id, "dave", "hi");
  const std::string direct = carol.nextText();
  CHECK(field(direct, "msg") == "hi");
  CHECK(field(direct, "roomId") == id);
  CHECK(field(direct, "id") == textOf(answer, "msg-id"));
}

TEST_CASE("rtm: members are added, listed and removed, and all hear of it") {
  Rtm rtm;
  const std::string id = rtm.create(R"(["alice"])");
  CurrentClient alice = rtm.open("alice");
  CurrentClient bob = rtm.open("bob");
  const std::string members = "conversations/" + id + "/members";
  const std::string added = rtm.post(members, R"({"client_ids":["bob","carol"]})");
  CHECK(textOf(added, "objectId") == id);
  CHECK_FALSE(textOf(added, "updatedAt").empty());
  const std::string joined = alice.take();
  CHECK(textOf(joined, "op") == "members-joined");
  CHECK(listOf(joined, "m") == Texts{"bob", "carol"});
  expectEvent(bob, "joined", id);
  CHECK(listOf(rtm.get(members), "result") == Texts{"alice", "bob", "carol"});
  CHECK(rtm.call("DELETE", kRtm + members, R"({"client_ids":["bob"]})").status == 200);
  expectEvent(bob, "left", id);
  CHECK(textOf(alice.take(), "op") == "members-left");
  CHECK(listOf(rtm.get(members), "result") == Texts{"alice", "carol"});
  CHECK(numberOf(rtm.post("conversations/nope/members", R"({"client_ids":["x"]})", 404), "code") ==
        4303);
  CHECK(numberOf(rtm.get("conversations/nope/members", 404), "code") == 4303);
}

TEST_CASE("rtm: attributes are changed for all members, and not what the server keeps") {
  Rtm rtm;
  const std::string id = rtm.create(R"(["alice"])", R"(,"name":"before")");
  CurrentClient alice = rtm.open("alice");
  const std::string answer = rtm.put("conversations/" + id, R"({"name":"after","attr.n":2})");
  CHECK(textOf(answer, "objectId") == id);
  const auto updated = parseJson(alice.take());
  CHECK(textOf(updated, "op") == "updated");
  CHECK(textOf(updated["attr"], "name") == "after");
  for (const char* kept : {R"({"m":["x"]})", R"({"c":"x"})", R"({"tr":true})"}) {
    CHECK(numberOf(rtm.put("conversations/" + id, kept, 400), "code") == 4306);
  }
  rtm.put("conversations/nope", R"({"name":"x"})", 404);
  alice.expectNothing();
  const auto found = parseJson(rtm.get("all-conversations"));
  CHECK(textOf(found["results"][0], "name") == "after");
  CHECK(found["results"][0]["attr"]["n"].GetInt64() == 2);
}

TEST_CASE("rtm: pushes are muted for members by the app's server, too") {
  Rtm rtm;
  const std::string id = rtm.create(R"(["alice","bob"])");
  const std::string mutes = "conversations/" + id + "/mutes";
  CHECK(listOf(rtm.get(mutes), "result").empty());
  CHECK(textOf(rtm.post(mutes, R"({"client_ids":["alice","bob"]})"), "objectId") == id);
  CHECK(rtm.call("DELETE", kRtm + mutes, R"({"client_ids":["bob"]})").status == 200);
  CHECK(listOf(rtm.get(mutes), "result") == Texts{"alice"});
  rtm.get("conversations/nope/mutes", 404);
  rtm.post("conversations/nope/mutes", R"({"client_ids":["alice"]})", 404);
}

TEST_CASE("rtm: a message is edited, taken back and deleted in its sender's name") {
  Rtm rtm;
  const std::string id = rtm.create(R"(["alice","bob"])");
  CurrentClient bob = rtm.open("bob");
  const std::string sent = rtm.say(id, "alice", "one");
  expectMessage(bob, "alice", "one", sent);
  const std::string path = "conversations/" + id + "/messages/";
  const std::string message = path + textOf(sent, "msg-id");
  const std::string at = R"(,"timestamp":)" + std::to_string(numberOf(sent, "timestamp")) + "}";
  rtm.put(message, R"({"from_client":"alice","message":"two")" + at);
  const auto edited = parseJson(bob.take());
  CHECK(textOf(edited, "cmd") == "patch");
  CHECK(textOf(edited["patches"][0], "data") == "two");
  CHECK(dataOf(rtm.get(path.substr(0, path.size() - 1))) == Texts{"two"});
  const std::string of_other = rtm.put(message, R"({"from_client":"bob","message":"x")" + at, 403);
  CHECK(numberOf(of_other, "code") == 4403);
  CHECK(numberOf(rtm.put(path + "nope", R"({"from_client":"alice","message":"x")" + at, 404),
                 "code") == 4404);
  rtm.put(message + "/recall", R"({"from_client":"alice")" + at);
  const auto recalled = parseJson(bob.take());
  CHECK(recalled["patches"][0]["recall"].GetBool() == true);
  bob.expectNothing();
  const std::string time =
      "?from_client=alice&timestamp=" + std::to_string(numberOf(sent, "timestamp"));
  CHECK(rtm.call("DELETE", kRtm + message + time).body == "{}");
  CHECK(rtm.get(path.substr(0, path.size() - 1)) == "[]");
  CHECK(rtm.call("DELETE", kRtm + message + time).status == 404);
  CHECK(rtm.call("DELETE", kRtm + message).status == 400);
}

TEST_CASE("rtm: a part of the history is what the vendor's table of bounds says") {
  Rtm rtm;
  const std::string id = rtm.create(R"(["alice"])");
  std::string bounds[3];
  std::int64_t last = 0;
  for (int i = 0; i < 3; ++i) {
    // Each in a millisecond of its own.
    std::string sent;
    REQUIRE(eventually([&] {
      sent = rtm.say(id, "alice", i == 0 ? "id1" : i == 1 ? "id2" : "id3");
      const bool later = numberOf(sent, "timestamp") > last;
      if (!later) {
        rtm.call("DELETE", kRtm + "conversations/" + id + "/messages/" + textOf(sent, "msg-id") +
                               "?timestamp=" + std::to_string(numberOf(sent, "timestamp")));
      }
      return later;
    }));
    last = numberOf(sent, "timestamp");
    bounds[i] = "timestamp=" + std::to_string(last) + "&X" + "msgid=" + textOf(sent, "msg-id");
  }
  const auto from = [&](int i) {
    std::string text = bounds[i];
    return text.erase(text.find("&X") + 1, 1);
  };
  const auto till = [&](int i) {
    std::string text = "till_" + bounds[i];
    return text.replace(text.find("&X"), 2, "&till_");
  };
  const auto read = [&](const std::string& query) {
    return dataOf(rtm.get("conversations/" + id + "/messages?" + query));
  };
  CHECK(read(from(2) + "&" + till(0)) == Texts{"id2"});
  CHECK(read(from(2) + "&" + till(0) + "&include_start=true") == Texts{"id3", "id2"});
  CHECK(read(from(2) + "&" + till(0) + "&include_stop=true") == Texts{"id2", "id1"});
  CHECK(read(from(0) + "&" + till(2) + "&reversed=true") == Texts{"id2"});
  CHECK(read(from(0) + "&" + till(2) + "&reversed=true&include_start=true") == Texts{"id1", "id2"});
  CHECK(read(from(0) + "&" + till(2) + "&reversed=true&include_stop=true") == Texts{"id2", "id3"});
  CHECK(read("reversed=true&limit=2") == Texts{"id1", "id2"});
  CHECK(read(from(1)) == Texts{"id1"});
  // Of the whole app, and of one sender.
  CHECK(dataOf(rtm.get("messages?limit=2")) == Texts{"id3", "id2"});
  CHECK(dataOf(rtm.get("messages?" + from(1))) == Texts{"id1"});
  CHECK(dataOf(rtm.get("clients/alice/messages?" + till(1))) == Texts{"id3"});
  CHECK(rtm.get("clients/bob/messages") == "[]");
  for (const char* bad : {"limit=0", "limit=x", "timestamp=x", "msgid=m", "till_msgid=m"}) {
    rtm.get(std::string("conversations/") + id + "/messages?" + bad, 400);
  }
  rtm.get("messages?reversed=true", 400);
}

TEST_CASE("rtm: a chat room is made, counted and spoken in") {
  Rtm rtm;
  const std::string id = textOf(rtm.post("chatrooms", R"({"name":"room"})", 201), "objectId");
  CurrentClient alice = rtm.open("alice");
  CurrentClient bob = rtm.open("bob");
  for (auto* each : {&alice, &bob}) {
    const std::string peer = each == &alice ? "alice" : "bob";
    const std::string joined =
        each->ask(R"("cmd":"conv","op":"add","cid":")" + id + R"(","m":[")" + peer + "\"]");
    CHECK(textOf(joined, "op") == "added");
  }
  CHECK(numberOf(rtm.get("chatrooms/" + id + "/members/online-count"), "result") == 2);
  const std::string sent =
      rtm.post("chatrooms/" + id + "/messages", R"({"from_client":"bob","message":"hi"})");
  expectMessage(alice, "bob", "hi", sent);
  bob.expectNothing();
  CHECK(dataOf(rtm.get("chatrooms/" + id + "/messages")) == Texts{"hi"});
  rtm.create(R"(["alice"])", R"(,"name":"group")");
  const auto names = [&](const std::string& path) {
    Texts all;
    const auto found = parseJson(rtm.get(path));
    for (const auto& each : found["results"].GetArray()) all.push_back(textOf(each, "name"));
    return all;
  };
  CHECK(names("chatrooms") == Texts{"room"});
  CHECK(names("conversations") == Texts{"group"});
  CHECK(names("all-conversations?order=name") == Texts{"group", "room"});
  CHECK(names("conversations?where=" + escaped(R"({"name":"room"})")).empty());
  rtm.post("chatrooms", R"({"m":["alice"]})", 400);
  rtm.post("conversations/" + id + "/members", R"({"client_ids":["alice"]})", 400);
  rtm.get("chatrooms/nope/members/online-count", 404);
}

TEST_CASE("rtm: a conversation that the app's server deletes is gone for all") {
  Rtm rtm;
  CurrentClient alice = rtm.open("alice");
  CurrentClient bob = rtm.open("bob");
  const std::string id = alice.start(R"(["bob"])");
  bob.take();
  const std::string other = rtm.create(R"(["alice"])", R"(,"name":"other")");
  alice.take();
  alice.say(id, "for the last time");
  bob.take();
  const std::string cid = R"(,"cid":")" + id + "\"";
  CHECK(rtm.call("DELETE", kRtm + "conversations/" + id).body == "{}");
  // Nothing is told to those that are here; what they ask for finds none.
  bob.expectNothing();
  CHECK(numberOf(alice.ask(R"("cmd":"conv","op":"update","attr":{"name":"x"})" + cid), "code") ==
        4303);
  CHECK(numberOf(alice.ask(R"("cmd":"conv","op":"add","m":["carol"])" + cid), "code") == 4303);
  CHECK(numberOf(bob.ask(R"("cmd":"logs","limit":10)" + cid), "code") == 4303);
  CHECK(numberOf(bob.say(id, "hello?"), "code") == 4401);
  CHECK(textOf(alice.say(other, "here"), "cmd") == "ack");
  CHECK(numberOf(rtm.get("conversations/" + id + "/members", 404), "code") == 4303);
  CHECK(rtm.get("conversations/" + id + "/messages") == "[]");
  CHECK(dataOf(rtm.get("messages")) == Texts{"here"});
  CHECK(parseJson(rtm.get("all-conversations"))["results"].Size() == 1);
  CHECK(numberOf(rtm.call("DELETE", kRtm + "conversations/" + id).body, "code") == 4303);
  CHECK(rtm.call("DELETE", kRtm + "conversations/nope").status == 404);
  CHECK(
      callHttp(rtm.address(), "DELETE", kRtm + "conversations/" + other, {}, appHeaders()).status ==
      403);
  alice.expectNothing();
}

TEST_CASE("rtm: a chat room that is deleted has nobody inside, and nobody comes back to it") {
  Rtm rtm;
  const std::string room = textOf(rtm.post("chatrooms", "{}", 201), "objectId");
  const std::string join = R"("cmd":"conv","op":"add","m":["alice"],"cid":")" + room + "\"";
  auto alice = std::make_unique<CurrentClient>(rtm.open("alice"));
  auto bob = std::make_unique<CurrentClient>(rtm.open("bob"));
  alice->ask(join);
  bob->ask(R"("cmd":"conv","op":"add","m":["bob"],"cid":")" + room + "\"");
  const auto inside = [&] {
    return numberOf(rtm.get("chatrooms/" + room + "/members/online-count"), "result");
  };
  bob.reset();
  REQUIRE(eventually([&] { return inside() == 1; }));
  CHECK(rtm.call("DELETE", kRtm + "chatrooms/" + room).body == "{}");
  rtm.get("chatrooms/" + room + "/members", 404);
  CHECK(numberOf(alice->say(room, "x"), "code") == 4401);
  CHECK(numberOf(alice->ask(join), "code") == 4303);
  // Bob was to come back into it.
  bob = std::make_unique<CurrentClient>(rtm.open("bob"));
  CHECK(numberOf(bob->say(room, "x"), "code") == 4401);
  bob->expectNothing();
  alice->expectNothing();
}

TEST_CASE("rtm: peers that are online are told, and ended with a reason") {
  Rtm rtm;
  CurrentClient alice = rtm.open("alice");
  CurrentClient tablet = rtm.open("alice");
  CurrentClient bob = rtm.open("bob");
  const auto online = [&] {
    return listOf(rtm.post("clients/check-online", R"({"client_ids":["alice","bob","carol"]})"),
                  "results");
  };
  CHECK(online() == Texts{"alice", "bob"});
  const auto stats = parseJson(rtm.get("stats"));
  CHECK(stats["result"]["online_user_count"].GetInt64() == 2);
  CHECK(rtm.post("clients/alice/kick", R"({"reason":"renovation"})") == "{}");
  for (auto* each : {&alice, &tablet}) {
    const std::string closed = each->take();
    INFO(closed);
    CHECK(textOf(closed, "op") == "closed");
    CHECK(numberOf(closed, "code") == 4115);
    CHECK(textOf(closed, "reason") == "renovation");
  }
  CHECK(online() == Texts{"bob"});
  CHECK(rtm.post("clients/bob/kick", "{}") == "{}");
  CHECK(textOf(bob.take(), "reason") == "KICKED_BY_APP");
  CHECK(rtm.post("clients/nobody/kick", "{}") == "{}");
}

TEST_CASE("rtm: what an app key or a wrong key asks for is refused, and changes nothing") {
  Rtm rtm;
  const std::string id = rtm.create(R"(["alice"])");
  CurrentClient alice = rtm.open("alice");
  const std::string body = R"({"from_client":"alice","message":"x"})";
  const std::string messages = kRtm + "conversations/" + id + "/messages";
  CHECK(callHttp(rtm.address(), "POST", messages, body, appHeaders()).status == 403);
  CHECK(callHttp(rtm.address(), "POST", messages, body, appHeaders("x,master")).status == 401);
  CHECK(callHttp(rtm.address(), "POST", kRtm + "clients/alice/kick", "{}", appHeaders()).status ==
        403);
  CHECK(getHttp(rtm.address(), messages, appHeaders()).status == 403);
  CHECK(getHttp(rtm.address(), kRtm + "clients/alice/unread-count", appHeaders()).status == 200);
  alice.expectNothing();
  CHECK(rtm.get("conversations/" + id + "/messages") == "[]");
}

TEST_CASE("rtm: where signatures are enforced the master key stands for them") {
  ServerOptions options = currentOptions();
  options.apps[0].require_signature = true;
  Rtm rtm(options);
  const std::string id = rtm.create(R"(["alice"])");
  rtm.post("conversations/" + id + "/members", R"({"client_ids":["bob"]})");
  rtm.say(id, "alice", "signed by nobody");
  CHECK(dataOf(rtm.get("conversations/" + id + "/messages")) == Texts{"signed by nobody"});
  CHECK(getHttp(rtm.address(), kRtm + "clients/alice/unread-count", appHeaders()).status == 403);
}

TEST_CASE("rtm: a body that is wrong is refused, and says what to change") {
  Rtm rtm;
  const std::string id = rtm.create(R"(["alice"])");
  const std::string messages = "conversations/" + id + "/messages";
  const auto refused = [&](const std::string& path, const std::string& body) {
    return textOf(rtm.post(path, body, 400), "error");
  };
  CHECK_THAT(refused(messages, "{"), Catch::Contains("the body"));
  CHECK_THAT(refused(messages, "[]"), Catch::Contains("must be an object"));
  CHECK_THAT(refused(messages, R"({"message":"x"})"), Catch::Contains("from_client"));
  CHECK_THAT(refused(messages, R"({"from_client":"a"})"), Catch::Contains("message must be"));
  CHECK_THAT(refused(messages, R"({"from_client":"a","message":{}})"), Catch::Contains("a text"));
  CHECK_THAT(refused(messages, R"({"from_client":"a","message":"x","transient":1})"),
             Catch::Contains("true or false"));
  CHECK_THAT(
      refused(messages, R"({"from_client":")" + std::string(65, 'a') + R"(","message":"x"})"),
      Catch::Contains("INVALID_LOGIN"));
  CHECK_THAT(
      refused(messages, R"({"from_client":"a","message":")" + std::string(5121, 'x') + "\"}"),
      Catch::Contains("5120 bytes"));
  CHECK_THAT(refused("conversations/" + id + "/members", R"({"client_ids":[]})"),
             Catch::Contains("1 to 1000"));
  CHECK_THAT(refused("conversations/" + id + "/members", R"({"client_ids":[1]})"),
             Catch::Contains("list of texts"));
  CHECK_THAT(refused("conversations", R"({"m":["a"],"x.$y":1})"), Catch::Contains("$y"));
  CHECK_THAT(refused("conversations", R"({"m":[""]})"), Catch::Contains("INVALID_LOGIN"));
  refused("clients/alice/kick", R"({"reason":")" + std::string(81, 'x') + "\"}");
  CHECK(
      numberOf(rtm.post("conversations/nope/messages", R"({"from_client":"a","message":"x"})", 400),
               "code") == 4401);
}

TEST_CASE("rtm: commands that wait for the storage have a bound") {
  ServerOptions options = currentOptions();
  options.connections.http_requests = 2;
  StoppableServer server(options);
  server.hold();
  const std::string body = R"({"from_client":"alice","message":"x"})";
  const auto request = [&](const std::string& conversation) {
    return "POST " + kRtm + "conversations/" + conversation + "/messages HTTP/1.1\r\nHost: x\r\n" +
           masterHeaders() + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  };
  RawSocket first(server.address());
  RawSocket second(server.address());
  REQUIRE(first.send(request("first")));
  REQUIRE(second.send(request("second")));
  REQUIRE(eventually([&] { return server.groups() == 2; }));
  RawSocket third(server.address());
  const auto refused = exchangeHttp(third, request("third"));
  CHECK(refused.status == 503);
  CHECK_THAT(refused.head, Catch::Contains("Retry-After: 10"));
  server.letGo();
  for (RawSocket* socket : {&first, &second}) {
    CHECK_THAT(socket->receive(), Catch::Contains("INVALID_MESSAGING_TARGET"));
  }
}

TEST_CASE("rtm: the paths of 1.1 do the same") {
  Rtm rtm;
  const std::string id = rtm.create(R"(["alice"])");
  CurrentClient alice = rtm.open("alice");
  const auto sent = rtm.call("POST", "/1.1/rtm/messages",
                             R"({"from_peer":"bob","conv_id":")" + id + R"(","message":"old"})");
  expectMessage(alice, "bob", "old", sent.body);
  const std::string history = "/1.1/rtm/messages/history?convid=" + id;
  const auto read = [&](const std::string& query) {
    return getHttp(rtm.address(), history + query, masterHeaders()).body;
  };
  CHECK(dataOf(read("")) == Texts{"old"});
  CHECK(read("&max_ts=" + std::to_string(numberOf(sent.body, "timestamp"))) == "[]");
  CHECK(getHttp(rtm.address(), "/1.1/rtm/messages/history", masterHeaders()).status == 400);
  const auto online = rtm.call("POST", "/1.1/rtm/online", R"({"peers":["alice","bob"]})");
  CHECK(listOf(online.body, "results") == Texts{"alice"});
  const std::string room = textOf(rtm.post("chatrooms", "{}", 201), "objectId");
  const auto onlines =
      getHttp(rtm.address(), "/1.1/rtm/transient_group/onlines?gid=" + room, masterHeaders());
  CHECK(onlines.body == R"({"result":0})");
}

TEST_CASE("rtm: a path that there is not is answered with 404") {
  Rtm rtm;
  rtm.get("nothing", 404);
}

}  // namespace kith::testing
