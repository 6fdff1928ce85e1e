// SPDX-License-Identifier: Apache-2.0
// Managers, silenced peers and blacklists as an app's own server changes them by the vendor's REST
// API 1.2, beside clients that are online (leancloud-current §6).
#include <algorithm>

#include "server/front/rtm_bench.hpp"

namespace kith::testing {
namespace {

/// Peers, and a conversation of theirs that alice has made.
struct Standing : Rtm {
  std::string list(const std::string& path) { return get(base() + path); }
  std::string add(const std::string& path, const std::string& body, int status = 200) {
    return post(base() + path, body, status);
  }
  RawHttpAnswer remove(const std::string& path, const std::string& body = {}) {
    return call("DELETE", kRtm + base() + path, body);
  }
  std::string base() const { return "conversations/" + id + '/'; }

  CurrentClient alice{open("alice")};
  CurrentClient bob{open("bob")};
  std::string id{alice.start(R"(["bob"])")};
  std::string joined{bob.take()};
};

/// An event, and the members that it is about.
void expectMembers(CurrentClient& client, const std::string& op, const Texts& peers) {
  const std::string event = client.take();
  INFO(event);
  CHECK(textOf(event, "op") == op);
  CHECK(listOf(event, "m") == peers);
  CHECK(textOf(event, "initBy") == "_server_");
}

}  // namespace

TEST_CASE("rtm: a manager is made, listed and made a member again by the app's server") {
  Standing rtm;
  const std::string made = rtm.add("member-infos", R"({"clientId":"bob","role":"Manager"})");
  const std::string record = rtm.id + ":bob";
  CHECK(textOf(made, "objectId") == record);
  CHECK_FALSE(textOf(made, "updatedAt").empty());
  for (auto* each : {&rtm.alice, &rtm.bob}) {
    const std::string event = each->take();
    INFO(event);
    CHECK(textOf(event, "op") == "member-info-changed");
    CHECK_THAT(event, Catch::Contains(R"("pid":"bob","role":"Manager")"));
    CHECK(textOf(event, "initBy") == "_server_");
  }
  const auto infos = parseJson(rtm.list("member-infos"));
  REQUIRE(infos["results"].Size() == 1);
  CHECK(textOf(infos["results"][0], "clientId") == "bob");
  CHECK(textOf(infos["results"][0], "objectId") == record);
  CHECK(textOf(infos["results"][0], "role") == "Manager");
  CHECK(rtm.list("member-infos?skip=1") == R"({"results":[]})");
  CHECK(rtm.list("member-infos?limit=0") == R"({"results":[]})");
  CHECK(rtm.list("member-infos?role=Owner") == R"({"results":[]})");
  // A manager may do what managers do.
  const std::string silenced =
      rtm.bob.ask(R"("cmd":"conv","op":"add-shutup","m":[],"cid":")" + rtm.id + "\"");
  CHECK(textOf(silenced, "op") == "shutup-added");
  const auto changed = rtm.put(rtm.base() + "member-infos/" + record, R"({"role":"Member"})");
  CHECK(textOf(changed, "objectId") == record);
  CHECK_THAT(rtm.alice.take(), Catch::Contains(R"("pid":"bob","role":"Member")"));
  CHECK(rtm.list("member-infos") == R"({"results":[]})");
  rtm.put(rtm.base() + "member-infos/" + record, R"({"clientId":"bob","role":"Manager"})");
  CHECK_THAT(rtm.alice.take(), Catch::Contains("Manager"));
  CHECK(rtm.remove("member-infos/" + record).status == 200);
  CHECK_THAT(rtm.alice.take(), Catch::Contains("Member"));
  CHECK(rtm.list("member-infos") == R"({"results":[]})");
}

TEST_CASE("rtm: a role that cannot be is refused, and nobody hears of it") {
  Standing rtm;
  const auto refused = [&](const std::string& body, int status) {
    return numberOf(rtm.add("member-infos", body, status), "code");
  };
  CHECK(refused(R"({"clientId":"bob","role":"Emperor"})", 400) == 4321);
  CHECK(refused(R"({"clientId":"bob","role":"Owner"})", 400) == 4321);
  CHECK(refused(R"({"clientId":"alice","role":"Manager"})", 403) == 4320);
  CHECK(refused(R"({"clientId":"stranger","role":"Manager"})", 403) == 4320);
  CHECK(refused(R"({"clientId":"bob"})", 400) == 1);
  const std::string infos = rtm.base() + "member-infos/";
  rtm.put(infos + "else:bob", R"({"role":"Manager"})", 404);
  rtm.put(infos + rtm.id + ":bob", R"({"clientId":"carol","role":"Manager"})", 400);
  CHECK(rtm.remove("member-infos/bob").status == 404);
  rtm.get(rtm.base() + "member-infos?skip=x", 400);
  CHECK(numberOf(rtm.get("conversations/nope/member-infos", 404), "code") == 4303);
  rtm.alice.expectNothing();
  rtm.bob.expectNothing();
}

TEST_CASE("rtm: a peer that the app's server silences sends nothing, and hears of it") {
  Standing rtm;
  // One that is no member yet, too.
  CHECK(rtm.add("permanent-silenceds", R"({"client_ids":["bob","zoe"]})") == "{}");
  expectMembers(rtm.alice, "members-shutuped", {"bob", "zoe"});
  expectMembers(rtm.bob, "members-shutuped", {"bob", "zoe"});
  CHECK(textOf(rtm.bob.take(), "op") == "shutuped");
  CHECK(numberOf(rtm.bob.say(rtm.id, "let me"), "code") == 4563);
  // What the app's server says in a peer's name is the app's.
  const std::string sent = rtm.say(rtm.id, "bob", "for bob", R"(,"no_sync":true)");
  expectMessage(rtm.alice, "bob", "for bob", sent);
  const std::string page = rtm.list("permanent-silenceds?limit=1");
  CHECK(listOf(page, "client_ids") == Texts{"bob"});
  const std::string rest = rtm.list("permanent-silenceds?limit=1&next=" + textOf(page, "next"));
  CHECK(rest == R"({"client_ids":["zoe"]})");
  CHECK(rtm.remove("permanent-silenceds", R"({"client_ids":["bob"]})").body == "{}");
  expectMembers(rtm.alice, "members-unshutuped", {"bob"});
  CHECK(textOf(rtm.bob.take(), "op") == "members-unshutuped");
  CHECK(textOf(rtm.bob.take(), "op") == "unshutuped");
  CHECK(textOf(rtm.bob.say(rtm.id, "thanks"), "cmd") == "ack");
  CHECK(textOf(rtm.alice.take(), "msg") == "thanks");
  // The creator, too.
  CHECK(rtm.add("permanent-silenceds", R"({"client_ids":["alice"]})") == "{}");
  rtm.alice.take();
  rtm.alice.take();
  CHECK(numberOf(rtm.alice.say(rtm.id, "I?"), "code") == 4563);
}

TEST_CASE("rtm: a peer is silenced for some time, and until the app's server says otherwise") {
  Standing rtm;
  CHECK(rtm.add("temporary-silenceds", R"({"client_id":"bob","ttl":3600})") == "{}");
  expectMembers(rtm.alice, "members-shutuped", {"bob"});
  CHECK(textOf(rtm.bob.take(), "op") == "members-shutuped");
  CHECK(textOf(rtm.bob.take(), "op") == "shutuped");
  CHECK(numberOf(rtm.bob.say(rtm.id, "let me"), "code") == 4563);
  CHECK(rtm.list("permanent-silenceds") == R"({"client_ids":[]})");
  // The two are apart.
  CHECK(rtm.remove("permanent-silenceds", R"({"client_ids":["bob"]})").status == 200);
  for (int events = 0; events < 2; ++events) rtm.bob.take();
  rtm.alice.take();
  CHECK(numberOf(rtm.bob.say(rtm.id, "let me"), "code") == 4563);
  CHECK(rtm.remove("temporary-silenceds?client_id=bob").body == "{}");
  expectMembers(rtm.alice, "members-unshutuped", {"bob"});
  CHECK(textOf(rtm.bob.take(), "op") == "members-unshutuped");
  CHECK(textOf(rtm.bob.take(), "op") == "unshutuped");
  CHECK(textOf(rtm.bob.say(rtm.id, "thanks"), "cmd") == "ack");
  CHECK(textOf(rtm.alice.take(), "msg") == "thanks");
  for (const char* body :
       {R"({"client_id":"bob"})", R"({"client_id":"bob","ttl":0})", R"({"ttl":1})",
        R"({"client_id":"bob","ttl":86401})", R"({"client_id":"bob","ttl":1.5})"}) {
    rtm.add("temporary-silenceds", body, 400);
  }
  CHECK(rtm.remove("temporary-silenceds").status == 400);
  CHECK(
      numberOf(rtm.post("chatrooms/nope/temporary-silenceds", R"({"client_id":"b","ttl":1})", 404),
               "code") == 4303);
  rtm.alice.expectNothing();
}

TEST_CASE("rtm: a peer that the app's server keeps out leaves, and cannot come in again") {
  Standing rtm;
  CHECK(rtm.add("blacklists", R"({"client_ids":["bob"]})") == "{}");
  expectMembers(rtm.alice, "members-blocked", {"bob"});
  expectMembers(rtm.alice, "members-left", {"bob"});
  CHECK(textOf(rtm.bob.take(), "op") == "members-blocked");
  CHECK(textOf(rtm.bob.take(), "op") == "blocked");
  CHECK(textOf(rtm.bob.take(), "op") == "left");
  CHECK(listOf(rtm.list("blacklists"), "client_ids") == Texts{"bob"});
  CHECK(listOf(rtm.list("members"), "result") == Texts{"alice"});
  const std::string join = R"("cmd":"conv","op":"add","m":["bob"],"cid":")" + rtm.id + "\"";
  CHECK(numberOf(rtm.bob.ask(join), "code") == 4548);
  CHECK(rtm.remove("blacklists", R"({"client_ids":["bob"]})").body == "{}");
  CHECK(rtm.list("blacklists") == R"({"client_ids":[]})");
  expectMembers(rtm.alice, "members-unblocked", {"bob"});
  CHECK(textOf(rtm.bob.take(), "op") == "unblocked");
  CHECK(textOf(rtm.bob.ask(join), "op") == "added");
}

TEST_CASE("rtm: what a peer declines is changed and listed by the app's server, too") {
  Standing rtm;
  const std::string own = "clients/zoe/blacklists";
  const auto remove = [&](const std::string& group) {
    return rtm.call("DELETE", kRtm + own, R"({"conv_id":")" + group + "\"}");
  };
  Texts all{rtm.id, textOf(rtm.post("chatrooms", "{}", 201), "objectId")};
  std::sort(all.begin(), all.end());
  CHECK(rtm.get(own) == R"({"conv_ids":[]})");
  for (const std::string& each : all) {
    CHECK(rtm.post(own, R"({"conv_id":")" + each + "\"}") == "{}");
  }
  const std::string first = rtm.get(own + "?limit=1");
  CHECK(listOf(first, "conv_ids") == Texts{all[0]});
  const std::string rest = rtm.get(own + "?limit=1&next=" + textOf(first, "next"));
  CHECK(rest == R"({"conv_ids":[")" + all[1] + "\"]}");
  // Neither members nor the app's server add it, and it comes by itself.
  const std::string add = R"("cmd":"conv","op":"add","m":["zoe"],"cid":")" + rtm.id + "\"";
  CHECK_THAT(rtm.alice.ask(add), Catch::Contains(R"("code":4548)"));
  rtm.post(rtm.base() + "members", R"({"client_ids":["zoe"]})");
  CHECK(listOf(rtm.list("members"), "result") == Texts{"alice", "bob"});
  rtm.alice.expectNothing();
  CurrentClient zoe = rtm.open("zoe");
  CHECK(textOf(zoe.ask(add), "op") == "added");
  CHECK(textOf(rtm.alice.take(), "op") == "members-joined");
  CHECK(remove(rtm.id).body == "{}");
  CHECK(remove(rtm.id).body == "{}");
  CHECK(listOf(rtm.get(own), "conv_ids").size() == 1);
  // What is wrong changes nothing.
  rtm.get(own + "?limit=x", 400);
  rtm.post(own, "{}", 400);
  CHECK(numberOf(rtm.post(own, R"({"conv_id":"nope"})", 404), "code") == 4303);
  const std::string long_id(65, 'x');
  CHECK(numberOf(
            rtm.post("clients/" + long_id + "/blacklists", R"({"conv_id":")" + rtm.id + "\"}", 400),
            "code") == 4103);
  for (const char* method : {"GET", "POST", "DELETE"}) {
    CHECK(callHttp(rtm.address(), method, kRtm + own, R"({"conv_id":"x"})", appHeaders()).status ==
          403);
  }
}

TEST_CASE("rtm: as many peers decline a conversation as it may keep out, and no more") {
  Standing rtm;
  const std::string body = R"({"conv_id":")" + rtm.id + "\"}";
  for (int i = 0; i < 500; ++i) rtm.post("clients/p" + std::to_string(i) + "/blacklists", body);
  CHECK(numberOf(rtm.post("clients/zoe/blacklists", body, 400), "code") == 4543);
  CHECK(rtm.get("clients/zoe/blacklists") == R"({"conv_ids":[]})");
}

TEST_CASE("rtm: as many conversations that a peer declines are in an answer as may be") {
  Rtm rtm;
  const std::string own = "clients/zoe/blacklists";
  for (int i = 0; i < 501; ++i) {
    const std::string room = textOf(rtm.post("chatrooms", "{}", 201), "objectId");
    rtm.post(own, R"({"conv_id":")" + room + "\"}");
  }
  CHECK(listOf(rtm.get(own), "conv_ids").size() == 10);
  const std::string most = rtm.get(own + "?limit=501");
  CHECK(listOf(most, "conv_ids").size() == 500);
  const std::string rest = rtm.get(own + "?limit=501&next=" + textOf(most, "next"));
  CHECK(listOf(rest, "conv_ids").size() == 1);
  CHECK(rest.find("next") == std::string::npos);
}

TEST_CASE("rtm: standings are changed for all that are named, or for none") {
  Standing rtm;
  const std::string long_id(65, 'x');
  for (const char* path : {"permanent-silenceds", "blacklists"}) {
    CHECK(numberOf(rtm.add(path, R"({"client_ids":["bob",")" + long_id + "\"]}", 400), "code") ==
          4103);
    CHECK(rtm.list(path) == R"({"client_ids":[]})");
    rtm.add(path, R"({"client_ids":[]})", 400);
    rtm.add(path, R"({"client_ids":"bob"})", 400);
    rtm.get(rtm.base() + path + "?next=x", 400);
    CHECK(numberOf(
              rtm.post("conversations/nope/" + std::string(path), R"({"client_ids":["bob"]})", 404),
              "code") == 4303);
    CHECK(numberOf(rtm.get("conversations/nope/" + std::string(path), 404), "code") == 4303);
    CHECK(callHttp(rtm.address(), "POST", kRtm + rtm.base() + path, R"({"client_ids":["bob"]})",
                   appHeaders())
              .status == 403);
  }
  rtm.alice.expectNothing();
  CHECK(textOf(rtm.bob.say(rtm.id, "still here"), "cmd") == "ack");
}

TEST_CASE("rtm: more peers than a conversation may silence are refused with the vendor's code") {
  Standing rtm;
  std::string peers;
  for (int i = 0; i < 500; ++i) peers += (i == 0 ? "\"p" : ",\"p") + std::to_string(i) + '"';
  CHECK(rtm.add("permanent-silenceds", R"({"client_ids":[)" + peers + "]}") == "{}");
  rtm.alice.take();
  CHECK(numberOf(rtm.add("permanent-silenceds", R"({"client_ids":["bob"]})", 400), "code") == 4561);
  rtm.alice.expectNothing();
  CHECK(listOf(rtm.list("permanent-silenceds?limit=1000"), "client_ids").size() == 500);
}

TEST_CASE("rtm: a chat room has silenced peers and a blacklist, too") {
  Rtm rtm;
  const std::string room = textOf(rtm.post("chatrooms", "{}", 201), "objectId");
  const std::string base = "chatrooms/" + room + '/';
  CurrentClient alice = rtm.open("alice");
  CurrentClient bob = rtm.open("bob");
  const auto join = [&](CurrentClient& client, const std::string& peer) {
    return client.ask(R"("cmd":"conv","op":"add","m":[")" + peer + R"("],"cid":")" + room + "\"");
  };
  join(alice, "alice");
  join(bob, "bob");
  CHECK(listOf(rtm.get(base + "members"), "result") == Texts{"alice", "bob"});
  CHECK(rtm.post(base + "permanent-silenceds", R"({"client_ids":["bob"]})") == "{}");
  CHECK(textOf(bob.take(), "op") == "shutuped");
  CHECK(numberOf(bob.say(room, "x"), "code") == 4563);
  CHECK(rtm.call("DELETE", kRtm + base + "permanent-silenceds", R"({"client_ids":["bob"]})").body ==
        "{}");
  CHECK(textOf(bob.take(), "op") == "unshutuped");
  // One that is kept out is inside no more, and says nothing from outside either.
  CHECK(rtm.post(base + "blacklists", R"({"client_ids":["bob"]})") == "{}");
  CHECK(textOf(bob.take(), "op") == "blocked");
  CHECK(listOf(rtm.get(base + "members"), "result") == Texts{"alice"});
  CHECK(numberOf(bob.say(room, "x"), "code") == 4401);
  CHECK(numberOf(join(bob, "bob"), "code") == 4548);
  CHECK(textOf(alice.say(room, "only me"), "cmd") == "ack");
  alice.expectNothing();
  bob.expectNothing();
  CHECK(listOf(rtm.get(base + "blacklists"), "client_ids") == Texts{"bob"});
  rtm.get("chatrooms/nope/members", 404);
}

TEST_CASE("rtm: a client that is kept out of a chat room does not find itself in it again") {
  Rtm rtm;
  const std::string room = textOf(rtm.post("chatrooms", "{}", 201), "objectId");
  const std::string base = "chatrooms/" + room + '/';
  const auto inside = [&] { return listOf(rtm.get(base + "members"), "result"); };
  auto bob = std::make_unique<CurrentClient>(rtm.open("bob"));
  bob->ask(R"("cmd":"conv","op":"add","m":["bob"],"cid":")" + room + "\"");
  bob.reset();
  REQUIRE(eventually([&] { return inside().empty(); }));
  bob = std::make_unique<CurrentClient>(rtm.open("bob"));
  CHECK(inside() == Texts{"bob"});
  bob.reset();
  REQUIRE(eventually([&] { return inside().empty(); }));
  CHECK(rtm.post(base + "blacklists", R"({"client_ids":["bob"]})") == "{}");
  bob = std::make_unique<CurrentClient>(rtm.open("bob"));
  CHECK(inside().empty());
}

}  // namespace kith::testing
