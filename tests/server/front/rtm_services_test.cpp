// SPDX-License-Identifier: Apache-2.0
// Service conversations: an app's server that makes them, says something to all subscribers, to
// single peers or in a broadcast, and clients that are online, away, or of v1 (leancloud-current
// §5.3, §6).
#include "server/core/intents.hpp"
#include "server/front/rtm_bench.hpp"

namespace kith::testing {
namespace {

/// A service conversation, and alice and bob; bob has subscribed to it.
struct Service : Rtm {
  Service() {
    const std::string reply = bob.ask(R"("cmd":"conv","op":"add","m":["bob"],"cid":")" + id + "\"");
    INFO(reply);
    REQUIRE(listOf(reply, "allowedPids") == Texts{"bob"});
    REQUIRE(textOf(bob.take(), "op") == "members-joined");
  }
  std::string base() const { return "service-conversations/" + id; }
  std::string announce(const std::string& text) {
    return post(base() + "/broadcasts", R"({"from_client":"desk","message":")" + text + "\"}");
  }
  std::string whisper(const std::string& to, const std::string& text,
                      const std::string& more = {}) {
    return post(base() + "/messages", R"({"from_client":"desk","to_clients":)" + to +
                                          R"(,"message":")" + text + "\"" + more + "}");
  }
  Texts historyOf(CurrentClient& client, const std::string& more = {}) {
    const std::string logs = client.ask(R"("cmd":"logs","cid":")" + id + "\"" + more);
    INFO(logs);
    return Frame(logs).has("logs") ? dataOf(Frame(logs)["logs"]) : Texts{};
  }
  /// All that it has subscribers for.
  std::string subscribers(const std::string& more = {}) {
    return get(base() + "/subscribers" + more);
  }

  std::string id{textOf(post("service-conversations", R"({"name":"Weather"})", 201), "objectId")};
  CurrentClient alice{open("alice")};
  CurrentClient bob{open("bob")};
};

}  // namespace

TEST_CASE("rtm: what is said to all subscribers reaches them alone, and is their history") {
  Service rtm;
  const std::string said = rtm.announce("hello");
  expectMessage(rtm.bob, "desk", "hello", said);
  rtm.alice.expectNothing();
  CHECK(rtm.historyOf(rtm.bob) == Texts{"hello"});
  // It is open to read, as a chat room is.
  CHECK(rtm.historyOf(rtm.alice) == Texts{"hello"});
}

TEST_CASE("rtm: what is said to single peers reaches them alone, subscribed or not") {
  Service rtm;
  CurrentClient carol = rtm.open("carol");
  const std::string said = rtm.whisper(R"(["alice","bob","bob"])", "only you");
  for (auto* each : {&rtm.alice, &rtm.bob}) {
    const std::string direct = each->take();
    INFO(direct);
    CHECK(textOf(direct, "msg") == "only you");
    CHECK(textOf(direct, "cid") == rtm.id);
    CHECK(numberOf(direct, "convType") == 3);
    CHECK(textOf(direct, "id") == textOf(said, "msg-id"));
  }
  carol.expectNothing();
  rtm.announce("to all");
  rtm.bob.take();
  CHECK(rtm.historyOf(rtm.bob) == Texts{"only you", "to all"});
  CHECK(rtm.historyOf(rtm.alice, R"(,"l":1)") == Texts{"to all"});
  CHECK(rtm.historyOf(carol) == Texts{"to all"});
}

TEST_CASE("rtm: a peer that was away finds what it was told counted as one conversation") {
  Service rtm;
  rtm.whisper(R"(["carol"])", "first");
  rtm.whisper(R"(["carol"])", "second");
  CurrentClient carol(rtm.address(), "carol");
  const std::string unread = carol.take();
  INFO(unread);
  CHECK(textOf(unread, "cmd") == "unread");
  CHECK_THAT(unread, Catch::Contains(R"("cid":")" + rtm.id + "\""));
  CHECK_THAT(unread, Catch::Contains(R"("unread":2)"));
  CHECK_THAT(unread, Catch::Contains(R"("convType":3)"));
  CHECK(rtm.get("clients/carol/unread-count?conv_id=" + rtm.id) == R"({"count":2})");
}

TEST_CASE("rtm: what a client says to a service conversation is for the app's server") {
  Service rtm;
  CurrentClient phone = rtm.open("alice");
  const std::string acked = rtm.alice.say(rtm.id, "a question");
  INFO(acked);
  CHECK(textOf(acked, "cmd") == "ack");
  CHECK_FALSE(Frame(acked).has("code"));
  // The peer's own devices have it, others have not.
  CHECK(textOf(phone.take(), "msg") == "a question");
  rtm.bob.expectNothing();
  CHECK(rtm.historyOf(rtm.bob).empty());
  CHECK(rtm.historyOf(rtm.alice) == Texts{"a question"});
  const std::string path = rtm.base() + "/subscribers/alice/messages";
  CHECK(dataOf(rtm.get(path)) == Texts{"a question"});
  const std::string master = masterHeaders();
  const auto kept = getHttp(rtm.address(), "/1.1/classes/_SysMessage", master);
  const auto list = parseJson(kept.body);
  REQUIRE(list["results"].Size() == 1);
  const auto& one = list["results"][0];
  CHECK(textOf(one, "from") == "alice");
  CHECK(textOf(one, "data") == "a question");
  CHECK(textOf(one, "msgId") == textOf(acked, "uid"));
  CHECK(textOf(one["conv"], "objectId") == rtm.id);
  CHECK(getHttp(rtm.address(), "/1.1/classes/_SysMessage", appHeaders()).status == 403);
  const std::string gone = "/1.1/classes/_SysMessage/" + std::string(textOf(one, "objectId"));
  CHECK(rtm.call("DELETE", gone).status == 200);
  CHECK(getHttp(rtm.address(), "/1.1/classes/_SysMessage", master).body == R"({"results":[]})");
}

TEST_CASE("rtm: clients neither change a service conversation nor its subscribers") {
  Service rtm;
  const std::string named = R"("cid":")" + rtm.id + "\"";
  for (const std::string& command : {R"("cmd":"conv","op":"add","m":["alice"],)" + named,
                                     R"("cmd":"conv","op":"remove","m":["alice"],)" + named,
                                     R"("cmd":"conv","op":"update","attr":{"name":"x"},)" + named,
                                     R"("cmd":"conv","op":"members",)" + named}) {
    const std::string reply = rtm.bob.ask(command);
    INFO(command << '\n' << reply);
    CHECK(numberOf(reply, "code") != 0);
  }
  rtm.alice.expectNothing();
  const std::string seen =
      rtm.bob.ask(R"("cmd":"conv","op":"query","where":{"objectId":")" + rtm.id + "\"}");
  CHECK_THAT(seen, Catch::Contains(R"("m":["bob"])"));
  CHECK_THAT(seen, Catch::Contains(R"("sys":true)"));
}

TEST_CASE("rtm: subscribers come, are listed page by page, counted, and go") {
  Service rtm;
  const auto answer =
      rtm.call("POST", kRtm + rtm.base() + "/subscribers", R"({"client_id":"alice"})");
  CHECK(answer.status == 200);
  CHECK(textOf(rtm.alice.take(), "op") == "joined");
  rtm.bob.expectNothing();
  const auto rowOf = [&](const std::string& peer) {
    return R"({"subscriber":")" + peer + R"(","conv_id":")" + rtm.id + "\"}";
  };
  CHECK(rtm.subscribers() == '[' + rowOf("bob") + ',' + rowOf("alice") + ']');
  CHECK(rtm.subscribers("?limit=1") == '[' + rowOf("bob") + ']');
  CHECK(rtm.subscribers("?client_id=bob") == '[' + rowOf("alice") + ']');
  CHECK(rtm.subscribers("/count") == R"({"count":2})");
  CHECK(rtm.get("clients/alice/service-conversations") == '[' + rowOf("alice") + ']');
  CHECK(rtm.get("clients/carol/service-conversations") == "[]");
  CHECK(rtm.call("DELETE", kRtm + rtm.base() + "/subscribers/bob").status == 200);
  CHECK(textOf(rtm.bob.take(), "op") == "left");
  rtm.announce("again");
  CHECK(textOf(rtm.alice.take(), "msg") == "again");
  rtm.bob.expectNothing();
  CHECK(rtm.subscribers("/count") == R"({"count":1})");
  const std::string group = rtm.create(R"(["bob"])");
  CHECK(textOf(rtm.bob.take(), "op") == "joined");
  CHECK_THAT(rtm.get("service-conversations/" + group + "/subscribers", 404),
             Catch::Contains("4303"));
}

TEST_CASE("rtm: a message to single peers is edited, recalled and removed for them") {
  Service rtm;
  const std::string said = rtm.whisper(R"(["alice","bob"])", "one");
  rtm.alice.take();
  rtm.bob.take();
  const std::string path = rtm.base() + "/messages/" + textOf(said, "msg-id");
  const std::string more = R"("from_client":"desk","to_clients":["alice","bob"],"timestamp":)" +
                           std::to_string(numberOf(said, "timestamp"));
  rtm.put(path, "{" + more + R"(,"message":"two"})");
  for (auto* each : {&rtm.alice, &rtm.bob}) {
    const std::string patch = each->take();
    INFO(patch);
    CHECK(textOf(patch, "cmd") == "patch");
    CHECK_THAT(patch, Catch::Contains(R"("data":"two")"));
    CHECK_THAT(patch, Catch::Contains(R"("cid":")" + rtm.id + "\""));
  }
  CHECK(rtm.historyOf(rtm.bob) == Texts{"two"});
  CHECK_THAT(rtm.put(path,
                     R"({"from_client":"eve","to_clients":["bob"],"message":"x","timestamp":)" +
                         std::to_string(numberOf(said, "timestamp")) + "}",
                     403),
             Catch::Contains("4403"));
  rtm.put(path + "/recall", "{" + more + "}");
  CHECK_THAT(rtm.alice.take(), Catch::Contains(R"("recall":true)"));
  rtm.bob.take();
  const std::string gone = kRtm + rtm.base() + "/subscribers/bob/messages/" +
                           textOf(said, "msg-id") +
                           "?timestamp=" + std::to_string(numberOf(said, "timestamp"));
  CHECK(rtm.call("DELETE", gone).status == 200);
  CHECK(rtm.historyOf(rtm.bob).empty());
  CHECK(rtm.historyOf(rtm.alice).size() == 1);
}

TEST_CASE("rtm: a broadcast reaches everyone that is here, and is listed until it is removed") {
  Service rtm;
  RawWsClient old(rtm.address());
  openSession(old, "old");
  const std::string said = rtm.post("broadcasts", R"({"from_client":"desk","conv_id":")" + rtm.id +
                                                      R"(","message":"all of you"})");
  expectMessage(rtm.alice, "desk", "all of you", said);
  expectMessage(rtm.bob, "desk", "all of you", said);
  CHECK_THAT(old.nextText(), Catch::Contains("all of you"));
  const auto list = parseJson(rtm.get("broadcasts?conv_id=" + rtm.id));
  REQUIRE(list["results"].Size() == 1);
  CHECK(textOf(list["results"][0], "objectId") == textOf(said, "msg-id"));
  CHECK(textOf(list["results"][0], "data") == "all of you");
  // It is in the history, which is open to all.
  CurrentClient carol = rtm.open("carol");
  CHECK(rtm.historyOf(carol) == Texts{"all of you"});
  CHECK(rtm.call("DELETE", kRtm + "broadcasts/" + textOf(said, "msg-id")).status == 200);
  CHECK(rtm.get("broadcasts?conv_id=" + rtm.id) == R"({"results":[]})");
  CHECK(rtm.historyOf(carol).empty());
  CHECK(rtm.call("DELETE", kRtm + "broadcasts/" + textOf(said, "msg-id")).status == 404);
  CHECK_THAT(rtm.post("broadcasts",
                      R"({"from_client":"desk","conv_id":")" + rtm.id +
                          R"(","message":"x","valid_till":1000})",
                      400),
             Catch::Contains("valid_till"));
}

TEST_CASE("rtm: what is for single peers, or for everyone, is not said in any other conversation") {
  Service rtm;
  const std::string group = rtm.create(R"(["bob"])");
  CHECK(textOf(rtm.bob.take(), "op") == "joined");
  rtm.post("service-conversations/" + group + "/messages",
           R"({"from_client":"desk","to_clients":["alice"],"message":"secret"})", 400);
  rtm.post("broadcasts", R"({"from_client":"desk","conv_id":")" + group + R"(","message":"x"})",
           400);
  rtm.alice.expectNothing();
  rtm.bob.expectNothing();
  CHECK(dataOf(rtm.get("conversations/" + group + "/messages")).empty());
}

TEST_CASE("rtm: a message of a service conversation names twenty peers at most") {
  Service rtm;
  std::string most = "[\"alice\"";
  for (std::size_t i = 1; i < core::kNamedReceivers; ++i) most += ",\"p" + std::to_string(i) + '"';
  rtm.whisper(most + "]", "to twenty");
  CHECK(textOf(rtm.alice.take(), "msg") == "to twenty");
  rtm.post(rtm.base() + "/messages",
           R"({"from_client":"desk","message":"x","to_clients":)" + most + ",\"more\"]}", 400);
  rtm.alice.expectNothing();
}

TEST_CASE("rtm: the broadcast of 1.1 is the same") {
  Service rtm;
  const auto said =
      rtm.call("POST", "/1.1/rtm/broadcast",
               R"({"from_peer":"desk","conv_id":")" + rtm.id + R"(","message":"hi"})");
  CHECK(said.status == 200);
  expectMessage(rtm.alice, "desk", "hi", said.body);
}

TEST_CASE("rtm: peers on the blacklist of a service conversation are not subscribers") {
  Service rtm;
  rtm.post(rtm.base() + "/blacklists", R"({"client_ids":["bob"]})");
  CHECK(rtm.subscribers("/count") == R"({"count":0})");
  std::string event;
  while (textOf(event = rtm.bob.take(), "op") != "left") {
    INFO(event);
    REQUIRE(event.find("blocked") != std::string::npos);
  }
  const std::string again =
      rtm.bob.ask(R"("cmd":"conv","op":"add","m":["bob"],"cid":")" + rtm.id + "\"");
  INFO(again);
  CHECK(rtm.subscribers("/count") == R"({"count":0})");
  CHECK(numberOf(rtm.bob.say(rtm.id, "let me in"), "code") != 0);
  CHECK_THAT(rtm.get(rtm.base() + "/blacklists"), Catch::Contains("bob"));
}

TEST_CASE("rtm: a service conversation that is removed takes what it said to peers along") {
  Service rtm;
  rtm.whisper(R"(["alice"])", "one");
  rtm.alice.take();
  CHECK(rtm.call("DELETE", kRtm + rtm.base()).status == 200);
  CHECK(numberOf(rtm.alice.ask(R"("cmd":"logs","cid":")" + rtm.id + "\""), "code") == 4303);
  CHECK(dataOf(rtm.get(rtm.base() + "/subscribers/alice/messages")).empty());
  CHECK_THAT(rtm.post(rtm.base() + "/broadcasts", R"({"from_client":"desk","message":"x"})", 400),
             Catch::Contains("4401"));
}

TEST_CASE("rtm: service conversations are listed by themselves, and what is wrong is refused") {
  Service rtm;
  rtm.create(R"(["bob"])");
  const auto services = parseJson(rtm.get("service-conversations"));
  REQUIRE(services["results"].Size() == 1);
  CHECK(textOf(services["results"][0], "objectId") == rtm.id);
  CHECK(parseJson(rtm.get("conversations"))["results"].Size() == 1);
  CHECK(parseJson(rtm.get("all-conversations"))["results"].Size() == 2);
  CHECK_THAT(rtm.post("service-conversations", R"({"name":"x","m":["bob"]})", 400),
             Catch::Contains("subscribers"));
  CHECK_THAT(rtm.post(rtm.base() + "/messages", R"({"from_client":"desk","message":"x"})", 400),
             Catch::Contains("to_clients"));
  CHECK_THAT(rtm.post(rtm.base() + "/messages",
                      R"({"from_client":"desk","message":"x","to_clients":[]})", 400),
             Catch::Contains("to_clients"));
  CHECK_THAT(rtm.get(rtm.base() + "/subscribers?limit=-1", 400), Catch::Contains("limit"));
}

}  // namespace kith::testing
