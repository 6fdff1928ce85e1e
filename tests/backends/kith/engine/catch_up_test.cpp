// SPDX-License-Identifier: Apache-2.0
// What happened to conversations during a pause (decision 046).
#include "backends/kith/engine/kith_world.hpp"
#include "support/catch.hpp"

using namespace kith;
using namespace kith::test;

namespace {

const std::string kAsk = R"(> {"cmd":"conv","op":"status","appId":"app","peerId":"tom","i":)";
const std::string kAskEdits = R"(> {"cmd":"patch","appId":"app","peerId":"tom","i":)";

/// The session was opened at 100 s on the server's clock.
struct World : KithWorld {
  World() : KithWorld(plainOptions(), 100'000) {}
  /// The session is back at 200 s.
  void back() {
    cutAndAskAgain();
    opened(200'000);
  }
  void changes(int i, const std::string& list, const std::string& more = "") {
    says(R"("cmd":"conv","op":"status","t":200001,"i":)" + std::to_string(i) + R"(,"results":[)" +
         list + "]" + more);
  }
  void edits(int i, const std::string& list = "", bool whole = true) {
    says(R"("cmd":"patch","op":"modified","i":)" + std::to_string(i) +
         (whole ? R"(,"lastPatchTime":200001)" : "") + R"(,"patches":[)" + list + "]");
  }
};

std::string joined(const std::string& peers, long time, const std::string& by = "ann") {
  return R"({"op":"members-joined","cid":"g","initBy":")" + by + R"(","serverTs":)" +
         std::to_string(time) + R"(,"m":[)" + peers + "]}";
}
std::string left(const std::string& peers, long time, const std::string& by = "ann") {
  return R"({"op":"members-left","cid":"g","initBy":")" + by + R"(","serverTs":)" +
         std::to_string(time) + R"(,"m":[)" + peers + "]}";
}

}  // namespace

TEST_CASE("catch-up: what happened during a pause is asked for, and told once and in order") {
  World w;
  w.back();
  CHECK(w.takeBut("1 ") == Lines{kAsk + R"(2,"t":100000})"});
  w.changes(2,
            joined(R"("bob")", 150'000) + "," +
                R"({"op":"updated","cid":"g","initBy":"ann","serverTs":151000,"attr":{"a":1}},)" +
                left(R"("bob")", 152'000, "bob"));
  CHECK(w.take() == Lines{"1 MembersJoined g [bob] by=ann", R"(1 Updated g {"a":1} by=ann)",
                          "1 MembersLeft g [bob] by=bob",
                          kAskEdits + R"(3,"lastPatchTime":100000})"});
  w.edits(3,
          R"({"cid":"g","mid":"m1","timestamp":5,"from":"bob","data":"y","patchTimestamp":153000},)"
          R"({"cid":"g","mid":"m2","timestamp":5,"from":"bob","recall":true,)"
          R"("patchTimestamp":154000})");
  CHECK(w.take() == Lines{R"(1 Edited g "y" from=bob room=g id=m1)", "1 Recalled g m2 by=bob"});
  w.back();
  CHECK(w.takeBut("1 ") == Lines{kAsk + R"(2,"t":140001})"});
}

TEST_CASE("catch-up: a change that was committed late is asked for behind what was told") {
  World w;
  w.server("room members-joined tom room=h peers=bob by=ann t=150000");
  w.take();
  w.back();
  CHECK(w.takeBut("1 ") == Lines{kAsk + R"(2,"t":100000})"});
  w.changes(2, joined(R"("carl")", 130'000));
  CHECK(w.takeBut(">") == Lines{"1 MembersJoined g [carl] by=ann"});
}

TEST_CASE("catch-up: what this peer became is told as it would have been live") {
  World w;
  w.back();
  w.take();
  w.changes(2, joined(R"("tom","bob")", 150'000) + "," + left(R"("tom")", 151'000) + "," +
                   joined(R"("tom")", 152'000, "tom") + "," + left(R"("tom")", 153'000, "tom"));
  CHECK(w.takeBut(">") == Lines{"1 GroupInvited g by=ann", "1 MembersJoined g [tom,bob] by=ann",
                                "1 GroupLeft g by=ann", "1 MembersJoined g [tom] by=tom",
                                "1 GroupLeft g by=tom"});
}

TEST_CASE("catch-up: what was told before the pause, or comes live after it, is told once") {
  World w;
  w.server("room members-joined tom room=g peers=bob,carl by=ann t=120000");
  w.says(R"("cmd":"patch","op":"modify","patches":[{"cid":"g","mid":"m1","timestamp":5,)"
         R"("from":"bob","data":"y","patchTimestamp":121000}])");
  w.take();
  w.back();
  CHECK(w.takeBut("1 ") == Lines{kAsk + R"(2,"t":100000})"});
  // A change whose notice comes before the answer that has it, too.
  w.server("room members-left tom room=g peers=carl by=carl t=200500");
  CHECK(w.take().empty());
  w.changes(2, joined(R"("carl","bob")", 120'000) + "," + joined(R"("dora")", 130'000) + "," +
                   left(R"("carl")", 200'500, "carl"));
  CHECK(w.takeBut(">") ==
        Lines{"1 MembersJoined g [dora] by=ann", "1 MembersLeft g [carl] by=carl"});
  w.edits(
      3, R"({"cid":"g","mid":"m1","timestamp":5,"from":"bob","data":"y","patchTimestamp":121000})");
  CHECK(w.take().empty());
}

TEST_CASE("catch-up: news that come meanwhile wait for what is older") {
  World w;
  w.back();
  w.take();
  w.server("room members-left tom room=g peers=bob by=bob t=200500");
  w.says(R"("cmd":"conv","op":"members-shutuped","cid":"g","initBy":"ann","m":["bob"])");
  w.changes(2, joined(R"("bob")", 150'000));
  CHECK(w.takeBut(">") == Lines{"1 MembersJoined g [bob] by=ann"});
  w.edits(3);
  CHECK(w.take() == Lines{"1 MembersLeft g [bob] by=bob", "1 Standing g silenced [bob] by=ann"});
}

TEST_CASE("catch-up: what is older than this peer's own leaving is no news behind it") {
  World w;
  w.back();
  w.engine.leave(kTom, "g", 5, w.now);
  w.take();
  w.server("room members-joined tom room=g peers=tom,bob by=ann t=200500");
  w.server("room left tom i=3 room=g by=tom t=200600");
  CHECK(w.take() == Lines{"done 5 ok", "1 GroupLeft g by=tom"});
  w.changes(2, joined(R"("carl")", 150'000) + "," + left(R"("tom")", 200'600, "tom"));
  CHECK(w.takeBut(">").empty());
  w.edits(4);
  CHECK(w.take().empty());
  w.server("room members-joined tom room=g peers=tom by=tom t=200700");
  CHECK(w.take() == Lines{"1 MembersJoined g [tom] by=tom"});
}

TEST_CASE(
    "catch-up: an answer that begins at a second coming is not followed by the leaving before") {
  World w;
  w.back();
  w.take();
  w.server("room left tom room=g by=tom t=200500");
  w.server("room members-joined tom room=g peers=tom by=tom t=200600");
  w.changes(2, joined(R"("tom")", 200'600, "tom"));
  CHECK(w.takeBut(">") == Lines{"1 MembersJoined g [tom] by=tom"});
  w.edits(3);
  CHECK(w.take().empty());
}

TEST_CASE("catch-up: of two changes alike that come meanwhile the second is told, too") {
  World w;
  w.back();
  w.take();
  for (const char* op : {"joined", "left", "joined"}) {
    w.server(std::string("room members-") + op + " tom room=g peers=bob by=bob t=200500");
  }
  w.changes(2, "");
  w.edits(3);
  CHECK(w.takeBut(">") == Lines{"1 MembersJoined g [bob] by=bob", "1 MembersLeft g [bob] by=bob",
                                "1 MembersJoined g [bob] by=bob"});
}

TEST_CASE(
    "catch-up: pages go on at the time of the last change, and one at a page's edge is told once") {
  World w;
  w.back();
  w.take();
  w.changes(2, joined(R"("bob")", 150'000) + "," + joined(R"("carl")", 151'000), R"(,"flag":1)");
  CHECK(w.takeBut("1 ") == Lines{kAsk + R"(3,"t":150999})"});
  w.changes(3, joined(R"("carl")", 151'000) + "," + joined(R"("dora")", 151'000));
  CHECK(w.take() ==
        Lines{"1 MembersJoined g [dora] by=ann", kAskEdits + R"(4,"lastPatchTime":100000})"});
}

TEST_CASE(
    "catch-up: where some is missing, or the server does not answer, the application is told") {
  World w;
  w.back();
  w.take();
  SECTION("of the changes") {
    w.changes(2, "", R"(,"flag":2)");
    w.edits(3);
  }
  SECTION("of the edits") {
    w.changes(2, "");
    w.edits(3, "", false);
  }
  SECTION("the server refuses") {
    w.says(R"("cmd":"error","i":2,"code":4200,"reason":"INTERNAL_ERROR")");
  }
  SECTION("the answer is none") { w.says(R"("cmd":"conv","op":"result","i":2)"); }
  SECTION("pages without end") {
    for (int i = 2; i < 22; ++i) {
      w.changes(i, joined(R"("bob")", 150'000 + i * 1000), R"(,"flag":1)");
    }
    w.edits(22);
  }
  CHECK(w.take().back() == "1 EventsMissed since=100000");
  w.back();
  const Lines again = w.takeBut("1 ");
  REQUIRE(again.size() == 1);
  CHECK(again[0].rfind(kAsk + R"(2,"t":14000)", 0) == 0);
}

TEST_CASE("catch-up: one that is cut off begins again where it began") {
  World w;
  w.back();
  w.take();
  w.server("room members-joined tom room=g peers=eve by=ann t=201000");
  w.says(R"("cmd":"conv","op":"members-shutuped","cid":"g","initBy":"ann","m":["bob"])");
  w.down();
  const Lines lines = w.take();
  CHECK(std::count(lines.begin(), lines.end(), "1 Standing g silenced [bob] by=ann") == 1);
  w.pass(std::chrono::seconds{61});
  w.up(true);
  w.take();
  w.opened(300'000);
  CHECK(w.takeBut("1 ") == Lines{kAsk + R"(2,"t":100000})"});
}

TEST_CASE(
    "catch-up: a first opening asks for nothing, nor does an original server get a question") {
  World w;
  CHECK(w.take().empty());
  w.engine.close(kTom, 2, w.now);
  w.down();  // no session needs it any more
  w.engine.open(kTom, {}, 3, w.now);
  w.up(true);
  w.take();
  w.opened(150'000);
  CHECK(w.takeBut("1 ") == Lines{"done 3 ok"});
  w.down();
  w.pass(std::chrono::seconds{61});
  w.up();
  w.take();
  w.opened(200'000);
  CHECK(w.takeBut("1 ").empty());
}

TEST_CASE(
    "catch-up: so many news wait and no more, and are told with a word that some is missing") {
  World w;
  w.back();
  w.take();
  for (int i = 0; i < 999; ++i) {
    w.server("room members-left tom room=g peers=bob by=bob t=" + std::to_string(200'500 + i));
  }
  CHECK(w.take().empty());
  w.server("room members-left tom room=g peers=bob by=bob t=202000");
  const Lines lines = w.take();
  REQUIRE(lines.size() == 1001);
  CHECK(lines.front() == "1 EventsMissed since=100000");
  w.changes(2, joined(R"("bob")", 150'000));  // too late
  CHECK(w.take().empty());
}

TEST_CASE("catch-up: what is not remembered is not asked for again") {
  World w;
  for (int i = 0; i <= 256; ++i) {
    w.server("room members-joined tom room=g peers=bob by=ann t=" + std::to_string(120'000 + i));
  }
  w.take();
  w.back();
  // The first one is forgotten.
  CHECK(w.takeBut("1 ") == Lines{kAsk + R"(2,"t":120000})"});
}

TEST_CASE("catch-up: where the server's clock was set back, its times do not say what was missed") {
  World w;
  SECTION("during the pause") {
    w.server("room members-joined tom room=g peers=bob by=ann t=270000");
  }
  SECTION("before it") {
    w.server("room members-joined tom room=g peers=bob by=ann t=190000");
    w.server("room members-joined tom room=h peers=bob by=ann t=120000");
  }
  w.take();
  w.back();
  const Lines lines = w.take();
  CHECK(std::count(lines.begin(), lines.end(), "1 EventsMissed since=200000") == 1);
  CHECK(lines.back().rfind(">", 0) != 0);
  w.back();
  CHECK(w.takeBut("1 ") == Lines{kAsk + R"(2,"t":200000})"});
}

TEST_CASE("catch-up: of two changes alike, at one time, the second is told, too") {
  World w;
  w.server("room members-joined tom room=g peers=bob by=bob t=150000");
  w.take();
  w.back();
  w.take();
  w.changes(2, joined(R"("bob")", 150'000, "bob") + "," + left(R"("bob")", 150'000, "bob") + "," +
                   joined(R"("bob")", 150'000, "bob"));
  CHECK(w.takeBut(">") == Lines{"1 MembersLeft g [bob] by=bob", "1 MembersJoined g [bob] by=bob"});
}
