// SPDX-License-Identifier: Apache-2.0
// Mentions and bytes, which an original server does not know (decision 038).
#include "backends/kith/engine/kith_world.hpp"
#include "support/catch.hpp"

using namespace kith;
using namespace kith::test;

namespace {

Message toGroup(const std::string& text) {
  Message message;
  message.text = text;
  message.group_id = "g";
  return message;
}

}  // namespace

TEST_CASE("messages of kith: bytes go out as base64, and come in as they were") {
  KithWorld w;
  Message message = toGroup(std::string("\0\xff\x01", 3));
  message.binary = true;
  w.engine.send(kTom, message, "c1", 1, w.now);
  CHECK(w.take() == Lines{R"(> direct tom room=g "AP8B" dt=c1 binary i=2)"});
  w.server("ack tom i=2 uid=m1 t=5");
  w.take();
  w.server("direct tom from=bob room=g id=m2 ts=6 msg=aGk= binary");
  w.server("direct tom from=bob room=g id=m3 ts=7 msg=no-base64 binary");
  CHECK(w.take() == Lines{R"(1 Incoming "hi" from=bob room=g id=m2 binary)",
                          R"(1 Incoming "no-base64" from=bob room=g id=m3)"});
}

TEST_CASE(
    "messages of kith: mentions go out, and say who is mentioned and whether it is this peer") {
  KithWorld w;
  Message message = toGroup("hi");
  message.mentions = {"bob", "carl"};
  message.mention_all = true;
  w.engine.send(kTom, message, "c1", 1, w.now);
  CHECK(w.take() ==
        Lines{R"(> direct tom room=g "hi" dt=c1 mentions=[bob,carl] mentions-all i=2)"});
  w.server("ack tom i=2 uid=m1 t=5");
  w.take();
  w.server("direct tom from=bob room=g id=m2 ts=6 msg=a mentions=carl,tom");
  w.server("direct tom from=bob room=g id=m3 ts=7 msg=b mentions=carl");
  w.server("direct tom from=bob room=g id=m4 ts=8 msg=c mentions-all");
  w.server("direct tom from=tom room=g id=m5 ts=9 msg=d mentions-all");
  CHECK(w.take() == Lines{R"(1 Incoming "a" from=bob room=g id=m2 mentions=[carl,tom] mentioned)",
                          R"(1 Incoming "b" from=bob room=g id=m3 mentions=[carl])",
                          R"(1 Incoming "c" from=bob room=g id=m4 mentions-all mentioned)",
                          R"(1 Incoming "d" from=tom room=g id=m5 mentions-all)"});
}

TEST_CASE("messages of kith: an original server is sent none, and the message says why") {
  const int which = GENERATE(0, 1, 2);
  KithWorld w;
  w.down();
  w.take();
  Message message = toGroup("hi");
  message.binary = which == 0;
  message.mention_all = which == 1;
  if (which == 2) message.mentions = {"bob"};
  w.engine.send(kTom, message, "c1", 1, w.now);
  w.engine.send(kTom, toGroup("plain"), "c2", 2, w.now);
  w.pass(std::chrono::seconds{61});
  w.up();
  w.take();
  w.opened();
  const Lines lines = w.takeBut("1 ");
  CHECK(lines == Lines{"done 1 NotSupported", R"(> direct tom room=g "plain" dt=c2 i=2)"});
}

TEST_CASE("messages of kith: history, edits, counts and last messages have bytes and mentions") {
  KithWorld w;
  backends::FindConversations find;
  find.query.last_messages = true;
  w.ask(backends::ReadPage{"g", {}}, 1);
  w.ask(backends::CountUnread{}, 2);
  w.ask(find, 3);
  Lines asked = w.take();
  REQUIRE(asked.size() == 3);
  CHECK(asked[2] == R"(> {"cmd":"conv","op":"query","appId":"app","peerId":"tom","i":4,"limit":20,)"
                    R"("flag":2})");
  w.says(R"("cmd":"logs","i":2,"cid":"g","logs":[{"from":"bob","data":"aGk=","timestamp":4,)"
         R"("msgId":"m0","bin":true},{"from":"bob","data":"x","timestamp":5,"msgId":"m1",)"
         R"("mentionPids":["tom"]},{"from":"tom","data":"y","timestamp":6,"msgId":"m2",)"
         R"("mentionAll":true}])");
  w.says(R"("cmd":"unread","i":3,"convs":[{"cid":"g","unread":2,"mid":"m1","binaryMsg":"aGk=",)"
         R"("mentioned":true}])");
  w.says(R"("cmd":"conv","op":"results","i":4,"results":[{"objectId":"g","name":"n","c":"ann",)"
         R"("m":["tom"],"msg":"aGk=","bin":true,"msg_mid":"m1","msg_from":"bob",)"
         R"("msg_timestamp":5,"mention_all":true}])");
  w.says(R"("cmd":"patch","op":"modify","patches":[{"cid":"g","mid":"m1","timestamp":5,)"
         R"("from":"bob","binaryMsg":"aGk=","mentionPids":["tom"],"patchTimestamp":6}])");
  CHECK(w.take() ==
        Lines{R"(done 1 ok "hi" from=bob room=g id=m0 binary )"
              R"("x" from=bob room=g id=m1 mentions=[tom] mentioned )"
              R"("y" from=tom room=g id=m2 mentions-all)",
              "done 2 ok g=2 mentioned",
              R"(done 3 ok g "n" of ann [tom] last "hi" from=bob room=g id=m1 binary mentions-all )"
              R"(mentioned)",
              R"(1 Edited g "hi" from=bob room=g id=m1 binary mentions=[tom] mentioned)"});
}

TEST_CASE("messages of kith: an edit says what the message is from then on") {
  KithWorld w;
  w.ask(
      backends::ChangeMessage{
          "g", "m1", Timestamp(std::chrono::milliseconds(5)), false, "hi", true, {"bob"}, true},
      1);
  CHECK(w.take() ==
        Lines{R"(> {"cmd":"patch","op":"modify","appId":"app","peerId":"tom","i":2,"patches":)"
              R"([{"cid":"g","mid":"m1","timestamp":5,"binaryMsg":"aGk=","mentionAll":true,)"
              R"("mentionPids":["bob"]}]})"});
}
