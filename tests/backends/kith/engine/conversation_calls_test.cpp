// SPDX-License-Identifier: Apache-2.0
// What a session asks of conversations, and what it hears of them (decision 038).
#include "support/catch.hpp"
#include "support/engine_world.hpp"

using namespace kith;
using namespace kith::test;
using std::chrono::seconds;

namespace {

constexpr engine::SessionRef kTom = 1;

backends::ReadPage pageOf(const std::string& id) { return {id, {}}; }
backends::ChangeMessage editOf(const std::string& id, const std::string& text) {
  return {id, "m1", Timestamp(std::chrono::milliseconds(5)), false, text};
}

/// tom, open on a server that knows conversations.
struct World : EngineWorld {
  World() {
    engine.addSession(kTom, "tom");
    engine.open(kTom, {}, 901, now);
    up(true);
    server("session opened tom i=1 list=");
    take();
  }
  void ask(engine::ConversationRequest request, engine::OpId op) {
    engine.ask(kTom, std::move(request), op, now);
  }
};

}  // namespace

TEST_CASE("conversation calls: each is one command, and its answer completes it") {
  World w;
  w.ask(pageOf("g"), 1);
  w.ask(editOf("g", "y"), 2);
  w.ask(backends::MarkRead{"g", Timestamp(std::chrono::milliseconds(7))}, 3);
  w.ask(backends::CountUnread{}, 4);
  CHECK(w.take() ==
        Lines{R"(> {"cmd":"logs","appId":"app","peerId":"tom","i":2,"cid":"g","limit":20})",
              R"(> {"cmd":"patch","op":"modify","appId":"app","peerId":"tom","i":3,"patches":)"
              R"([{"cid":"g","mid":"m1","timestamp":5,"data":"y"}]})",
              R"(> {"cmd":"read","appId":"app","peerId":"tom","i":4,"convs":)"
              R"([{"cid":"g","timestamp":7}]})",
              R"(> {"cmd":"unread","appId":"app","peerId":"tom","i":5})"});
  // In any order.
  w.serverSays(R"({"cmd":"unread","peerId":"tom","i":5,"convs":[{"cid":"g","unread":2}]})");
  w.serverSays(R"({"cmd":"patch","op":"modified","peerId":"tom","i":3,"lastPatchTime":9})");
  w.serverSays(R"({"cmd":"logs","peerId":"tom","i":2,"cid":"g","logs":[{"from":"bob",)"
               R"("data":"hi","timestamp":4,"msgId":"m0"}]})");
  w.serverSays(R"({"cmd":"unread","peerId":"tom","i":4,"convs":[{"cid":"g","unread":0}]})");
  CHECK(w.take() == Lines{"done 4 ok g=2", "done 2 ok", R"(done 1 ok "hi" from=bob room=g id=m0)",
                          "done 3 ok"});
  w.serverSays(R"({"cmd":"logs","peerId":"tom","i":2,"cid":"g"})");
  CHECK(w.take().empty());
}

TEST_CASE("conversation calls: what the server refuses has its code and its words") {
  World w;
  w.ask(pageOf("g"), 1);
  w.ask(editOf("g", "y"), 2);
  w.take();
  w.serverSays(R"({"cmd":"error","peerId":"tom","i":2,"code":4312,)"
               R"("reason":"CONVERSATION_LOG_REJECTED"})");
  w.serverSays(R"({"cmd":"error","peerId":"tom","i":3,"code":4306,)"
               R"("reason":"CONVERSATION_UPDATE_FAILED","detail":"attr.m is the server's"})");
  CHECK(w.take() == Lines{"done 1 NotAMember/4312", "done 2 Rejected/4306"});
}

TEST_CASE(
    "conversation calls: an answer of another kind is the server's fault, and ends the call") {
  World w;
  w.ask(pageOf("g"), 1);
  w.ask(editOf("g", "y"), 2);
  w.take();
  w.serverSays(R"({"cmd":"patch","op":"modified","peerId":"tom","i":2})");
  w.serverSays(R"({"cmd":"conv","op":"result","peerId":"tom","i":3})");
  CHECK(w.take() == Lines{"done 1 ProtocolError", "done 2 ProtocolError"});
}

TEST_CASE(
    "conversation calls: an error of the server for a command of v1 is still that command's") {
  World w;
  w.engine.join(kTom, "g", false, 1, w.now);
  w.take();
  w.serverSays(R"({"cmd":"error","peerId":"tom","i":2,"code":4200,"reason":"INTERNAL_ERROR"})");
  CHECK(w.take() == Lines{"done 1 ServerBusy/4200"});
  w.serverSays(R"({"cmd":"error","peerId":"tom","code":4200,"reason":"INTERNAL_ERROR"})");
  CHECK(w.take() == Lines{"1 Failed ServerBusy/4200"});
}

TEST_CASE("conversation calls: without a connection a call waits, but no longer than its time") {
  World w;
  w.down();
  w.take();
  w.ask(pageOf("g"), 1);
  w.pass(seconds(9));
  CHECK(w.takeBut("1 ").empty() == false);
  w.pass(seconds(2));
  const Lines late = w.take();
  CHECK(std::count(late.begin(), late.end(), "done 1 NetworkDown") == 1);
}

TEST_CASE("conversation calls: what waited goes out with the next opening") {
  World w;
  w.down();
  w.pass(seconds(61));
  w.up(true);
  w.take();
  w.ask(pageOf("g"), 1);
  CHECK(w.take().empty());
  w.server("session opened tom");
  CHECK(w.takeBut("1 ") ==
        Lines{R"(> {"cmd":"logs","appId":"app","peerId":"tom","i":2,"cid":"g","limit":20})"});
}

TEST_CASE("conversation calls: a lost connection ends those under way, which may have been done") {
  World w;
  w.ask(editOf("g", "y"), 1);
  w.take();
  w.down();
  const Lines lines = w.takeBut("1 ");
  CHECK(std::count(lines.begin(), lines.end(), "done 1 NetworkDown may-have-arrived") == 1);
}

TEST_CASE("conversation calls: a server of v1 alone is sent none, before the loss or after") {
  World w;
  w.down();
  w.ask(pageOf("g"), 1);
  w.pass(seconds(1));
  w.up();
  w.take();
  w.server("session opened tom");
  Lines lines = w.takeBut("1 ");
  CHECK(lines == Lines{"done 1 NotSupported"});
  w.ask(pageOf("g"), 2);
  CHECK(w.take() == Lines{"done 2 NotSupported"});
}

TEST_CASE("conversation calls: a close ends them") {
  World w;
  w.ask(pageOf("g"), 1);
  w.take();
  w.engine.close(kTom, 2, w.now);
  const Lines lines = w.take();
  CHECK(std::count(lines.begin(), lines.end(), "done 1 Closed") == 1);
  w.ask(pageOf("g"), 3);
  CHECK(w.take() == Lines{"done 3 NotOpen"});
}

TEST_CASE("conversation calls: of one session a thousand are unanswered at most") {
  World w;
  for (engine::OpId op = 1; op <= 1001; ++op) w.ask(pageOf("g"), op);
  const Lines lines = w.takeBut("> ");
  CHECK(lines == Lines{"done 1001 QueueFull"});
}

TEST_CASE("conversation calls: news of conversations are events of the session they name") {
  World w;
  w.serverSays(R"({"cmd":"patch","op":"modify","peerId":"tom","patches":[{"cid":"g","mid":"m1",)"
               R"("timestamp":5,"from":"bob","data":"y","patchTimestamp":6},{"cid":"g",)"
               R"("mid":"m2","timestamp":5,"from":"bob","recall":true,"patchTimestamp":6}]})");
  w.serverSays(R"({"cmd":"unread","peerId":"tom","convs":[{"cid":"g","unread":0}]})");
  w.serverSays(R"({"cmd":"conv","op":"updated","peerId":"tom","cid":"g","initBy":"bob",)"
               R"("attr":{"a":1}})");
  w.serverSays(R"({"cmd":"patch","op":"modified","peerId":"tom"})");
  w.serverSays(R"({"cmd":"unread","peerId":"somebody","convs":[{"cid":"g","unread":0}]})");
  CHECK(w.take() == Lines{R"(1 Edited g "y" from=bob room=g id=m1)", "1 Recalled g m2 by=bob",
                          "1 Unread g 0", R"(1 Updated g {"a":1} by=bob)"});
}

TEST_CASE(
    "conversation calls: a creation is signed where there is a signer, and waits for it alone") {
  EngineWorld w(signedOptions());
  w.engine.addSession(kTom, "tom");
  w.engine.open(kTom, {}, 901, w.now);
  w.up(true);
  w.sign();
  w.server("session opened tom i=1 list=");
  w.take();
  backends::StartConversation start;
  start.what.members = {"bob"};
  start.what.unique = true;
  start.what.attributes = R"({"a":1})";
  w.engine.ask(kTom, start, 1, w.now);
  w.engine.ask(kTom, pageOf("g"), 2, w.now);
  CHECK(w.output.requests.back().action == SignedAction::Watch);
  CHECK(w.output.requests.back().peer_ids == std::vector<std::string>{"bob", "tom"});
  CHECK(w.takeBut("sign") ==
        Lines{R"(> {"cmd":"logs","appId":"app","peerId":"tom","i":2,"cid":"g","limit":20})"});
  SECTION("it goes out with the signature") {
    w.sign("made");
    CHECK(w.take() ==
          Lines{R"(> {"cmd":"conv","op":"start","appId":"app","peerId":"tom","i":3,"m":["bob"],)"
                R"("unique":true,"t":7,"n":"n","s":"made","attr":{"a":1}})"});
    w.serverSays(R"({"cmd":"conv","op":"started","peerId":"tom","i":3,"cid":"c1"})");
    CHECK(w.take() == Lines{"done 1 ok room=c1"});
  }
  SECTION("a signer that declines ends it") {
    w.refuseToSign({Errc::SignatureRefused, 0, "no", false});
    CHECK(w.take() == Lines{"done 1 SignatureRefused"});
  }
  SECTION("it begins anew on the next connection") {
    w.down();
    w.take();
    w.pass(seconds(2));
    w.up(true);
    w.engine.close(kTom, 3, w.now);
    const Lines lines = w.take();
    CHECK(std::count(lines.begin(), lines.end(), "done 1 Closed") == 1);
  }
}

TEST_CASE("conversation calls: conversations that are found have names, members and attributes") {
  World w;
  w.ask(backends::FindConversations{}, 1);
  w.ask(backends::FindConversations{}, 2);
  w.take();
  w.serverSays(R"({"cmd":"conv","op":"results","peerId":"tom","i":2,"results":)"
               R"([{"objectId":"c1","name":"x","c":"bob","m":["bob","tom"],"mu":["tom"]},)"
               R"({"objectId":"c2","tr":true}]})");
  CHECK(w.take() == Lines{"done 1 ok c1 \"x\" of bob [bob,tom] muted c2 \"\" of  []"});
  w.serverSays(R"({"cmd":"conv","op":"results","peerId":"tom","i":3,"results":[{"name":"x"}]})");
  CHECK(w.take() == Lines{"done 2 ProtocolError"});
}
