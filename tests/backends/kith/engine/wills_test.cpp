// SPDX-License-Identifier: Apache-2.0
// What a session wants said when its connection is lost (leancloud-current §5.3).
#include "backends/kith/engine/kith_world.hpp"
#include "support/catch.hpp"

using namespace kith;
using namespace kith::test;
using backends::ClearWill;
using backends::SetWill;

namespace {

SetWill will(const std::string& text) {
  Message message;
  message.text = text;
  message.group_id = "g";
  return {message};
}

}  // namespace

TEST_CASE("wills: a will is a message that is marked, and its acknowledgement completes the call") {
  KithWorld w;
  w.ask(will("bye"), 1);
  w.ask(ClearWill{}, 2);
  CHECK(w.take() == Lines{R"(> direct tom room=g "bye" will i=2)", R"(> direct tom "" will i=3)"});
  w.server("ack tom i=2 uid=m1 t=5");
  w.server("ack tom i=3 uid=m2 t=5");
  CHECK(w.take() == Lines{"done 1 ok", "done 2 ok"});
}

TEST_CASE("wills: it is left anew after each pause, before all else, until it is taken back") {
  KithWorld w;
  w.ask(will("bye"), 1);
  w.server("ack tom i=2 uid=m1 t=5");
  w.ask(will("good bye"), 2);
  w.server("ack tom i=3 uid=m2 t=5");
  w.cutAndAskAgain();
  w.ask(will("farewell"), 3);
  w.opened();
  CHECK(w.takeBut("1 ") == Lines{R"(> direct tom room=g "good bye" will i=2)",
                                 R"(> direct tom room=g "farewell" will i=3)"});
  w.server("ack tom i=2 uid=m3 t=5");
  w.server("ack tom i=3 uid=m4 t=5");
  CHECK(w.take() == Lines{"done 3 ok"});
  w.ask(ClearWill{}, 4);
  w.server("ack tom i=4 uid=m5 t=5");
  w.cutAndAskAgain();
  w.opened();
  CHECK(w.takeBut("1 ").empty());
}

TEST_CASE(
    "wills: what the server refuses is an error of the call, and after a pause of the session") {
  KithWorld w;
  w.ask(will("bye"), 1);
  w.server("ack tom i=2 uid=m1 t=5 code=4401 reason=INVALID_MESSAGING_TARGET");
  CHECK(w.take().back() == "done 1 InvalidTarget/4401");
  w.ask(will("bye"), 2);
  w.server("ack tom i=3 uid=m1 t=5");
  w.cutAndAskAgain();
  w.opened();
  w.take();
  w.server("ack tom i=2 uid=m1 t=5 code=4401 reason=INVALID_MESSAGING_TARGET");
  CHECK(w.take() == Lines{"1 Failed InvalidTarget/4401"});
  w.cutAndAskAgain();
  w.opened();
  CHECK(w.takeBut("1 ").empty());
}

TEST_CASE("wills: a session that is closed leaves none behind for its next life") {
  KithWorld w;
  w.ask(will("bye"), 1);
  w.server("ack tom i=2 uid=m1 t=5");
  w.engine.close(kTom, 2, w.now);
  w.down();  // no session needs it any more
  w.engine.open(kTom, {}, 3, w.now);
  w.up(true);
  w.take();
  w.opened();
  CHECK(w.takeBut("1 ") == Lines{"done 3 ok"});
}

TEST_CASE("wills: an answer that is none is the server's fault, and changes no will") {
  KithWorld w;
  w.ask(backends::CountUnread{}, 1);
  w.ask(will("bye"), 2);
  w.take();
  w.server("ack tom i=2 uid=m1 t=5");
  w.says(R"("cmd":"unread","i":3)");
  CHECK(w.take() == Lines{"done 1 ProtocolError", "done 2 ProtocolError"});
}
