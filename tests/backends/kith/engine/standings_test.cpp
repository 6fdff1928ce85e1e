// SPDX-License-Identifier: Apache-2.0
// Managers, silenced members and peers that are kept out, as a session asks and hears of them
// (leancloud-current §5.2).
#include "backends/kith/engine/kith_world.hpp"
#include "support/catch.hpp"

using namespace kith;
using namespace kith::test;
using backends::ChangeStanding;
using backends::ListStanding;

TEST_CASE("standings: each change is one command, and its answer names those it took effect for") {
  KithWorld w;
  w.ask(ChangeStanding{"g", PeerStanding::Manager, true, {"bob"}}, 1);
  w.ask(ChangeStanding{"g", PeerStanding::Manager, false, {"bob"}}, 2);
  w.ask(ChangeStanding{"g", PeerStanding::Silenced, true, {"bob", "carl"}}, 3);
  w.ask(ChangeStanding{"g", PeerStanding::Silenced, false, {"bob"}}, 4);
  w.ask(ChangeStanding{"g", PeerStanding::Blocked, true, {"bob"}}, 5);
  w.ask(ChangeStanding{"g", PeerStanding::Blocked, false, {"bob"}}, 6);
  const std::string head = R"(,"appId":"app","peerId":"tom",)";
  CHECK(
      w.take() ==
      Lines{
          R"(> {"cmd":"conv","op":"member-info-update")" + head +
              R"("i":2,"cid":"g","targetClientId":"bob","info":{"pid":"bob","role":"Manager"}})",
          R"(> {"cmd":"conv","op":"member-info-update")" + head +
              R"("i":3,"cid":"g","targetClientId":"bob","info":{"pid":"bob","role":"Member"}})",
          R"(> {"cmd":"conv","op":"add-shutup")" + head + R"("i":4,"m":["bob","carl"],"cid":"g"})",
          R"(> {"cmd":"conv","op":"remove-shutup")" + head + R"("i":5,"m":["bob"],"cid":"g"})",
          R"(> {"cmd":"blacklist","op":"block")" + head + R"("i":6,"srcCid":"g","toPids":["bob"]})",
          R"(> {"cmd":"blacklist","op":"unblock")" + head +
              R"("i":7,"srcCid":"g","toPids":["bob"]})"});
  w.says(R"("cmd":"conv","op":"member-info-updated","i":2)");
  w.says(R"("cmd":"conv","op":"member-info-updated","i":3)");
  w.says(R"("cmd":"conv","op":"shutup-added","i":4,"allowedPids":["bob"],"failedPids":[)"
         R"({"code":4320,"reason":"CONVERSATION_OPERATION_UNAUTHORIZED","pids":["carl"]}])");
  w.says(R"("cmd":"conv","op":"shutup-removed","i":5,"allowedPids":["bob"])");
  w.says(R"("cmd":"blacklist","op":"blocked","i":6,"srcCid":"g","allowedPids":["bob"])");
  w.says(R"("cmd":"blacklist","op":"unblocked","i":7,"srcCid":"g","allowedPids":["bob"])");
  CHECK(w.take() == Lines{"done 1 ok [bob]", "done 2 ok [bob]", "done 3 ok [bob]",
                          "done 4 ok [bob]", "done 5 ok [bob]", "done 6 ok [bob]"});
}

TEST_CASE("standings: a change that takes effect for none of its peers has failed") {
  KithWorld w;
  w.ask(ChangeStanding{"g", PeerStanding::Silenced, true, {"carl"}}, 1);
  w.take();
  w.says(R"("cmd":"conv","op":"shutup-added","i":2,"allowedPids":[],"failedPids":[)"
         R"({"code":4320,"reason":"CONVERSATION_OPERATION_UNAUTHORIZED","pids":["carl"]}])");
  CHECK(w.take() == Lines{"done 1 Rejected/4320"});
}

TEST_CASE("standings: each kind has a list, whose answer is of that kind alone") {
  KithWorld w;
  w.ask(ListStanding{"g", PeerStanding::Manager}, 1);
  w.ask(ListStanding{"g", PeerStanding::Silenced}, 2);
  w.ask(ListStanding{"g", PeerStanding::Blocked}, 3);
  w.ask(ListStanding{"g", PeerStanding::Silenced}, 4);
  const std::string head = R"(,"appId":"app","peerId":"tom",)";
  CHECK(w.take() ==
        Lines{R"(> {"cmd":"conv","op":"members")" + head +
                  R"("i":2,"cid":"g","limit":500,"info":{"role":"Manager"}})",
              R"(> {"cmd":"conv","op":"query-shutup")" + head + R"("i":3,"cid":"g","limit":500})",
              R"(> {"cmd":"blacklist","op":"query")" + head + R"("i":4,"srcCid":"g","limit":500})",
              R"(> {"cmd":"conv","op":"query-shutup")" + head + R"("i":5,"cid":"g","limit":500})"});
  w.says(R"("cmd":"conv","op":"result","i":2,"cid":"g","m":["bob"])");
  w.says(R"("cmd":"conv","op":"shutup-result","i":3,"cid":"g","m":[])");
  w.says(R"("cmd":"blacklist","op":"query-result","i":4,"srcCid":"g","blockedPids":["eve"])");
  w.says(R"("cmd":"conv","op":"result","i":5,"cid":"g","m":["bob"])");
  CHECK(w.take() ==
        Lines{"done 1 ok [bob]", "done 2 ok", "done 3 ok [eve]", "done 4 ProtocolError"});
}

TEST_CASE("standings: to keep out is signed with its own word, and exactly those signed are sent") {
  KithWorld w(signedOptions());
  w.sign();
  w.opened();
  w.take();
  w.ask(ChangeStanding{"g", PeerStanding::Blocked, true, {"bob", "eve"}}, 1);
  w.ask(ChangeStanding{"g", PeerStanding::Silenced, true, {"bob"}}, 2);
  CHECK(w.take() == Lines{"sign block tom room=g [bob,eve]",
                          R"(> {"cmd":"conv","op":"add-shutup","appId":"app","peerId":"tom","i":2,)"
                          R"("m":["bob"],"cid":"g"})"});
  w.sign("made");
  CHECK(
      w.take() ==
      Lines{R"(> {"cmd":"blacklist","op":"block","appId":"app","peerId":"tom","i":3,"srcCid":"g",)"
            R"("toPids":["bob","eve"],"t":7,"n":"n","s":"made"})"});
}

TEST_CASE(
    "standings: what others do is told once for each peer, and what it is not told of is not") {
  KithWorld w;
  w.says(R"("cmd":"conv","op":"member-info-changed","cid":"g","initBy":"ann",)"
         R"("info":{"pid":"tom","role":"Manager"})");
  w.says(R"("cmd":"conv","op":"member-info-changed","cid":"g","initBy":"ann",)"
         R"("info":{"pid":"bob","role":"Member"})");
  w.says(R"("cmd":"conv","op":"members-shutuped","cid":"g","initBy":"ann","m":["tom","bob"])");
  w.says(R"("cmd":"conv","op":"shutuped","cid":"g","initBy":"ann")");
  w.says(R"("cmd":"conv","op":"members-unshutuped","cid":"g","initBy":"ann","m":["tom"])");
  w.says(R"("cmd":"conv","op":"unshutuped","cid":"g","initBy":"ann")");
  w.says(R"("cmd":"conv","op":"members-blocked","cid":"g","initBy":"ann","m":["bob"])");
  w.says(R"("cmd":"conv","op":"blocked","cid":"g","initBy":"ann")");
  w.says(R"("cmd":"conv","op":"members-unblocked","cid":"g","initBy":"ann","m":["bob"])");
  w.says(R"("cmd":"conv","op":"unblocked","cid":"g","initBy":"ann")");
  w.says(R"("cmd":"conv","op":"member-info-changed","cid":"g","initBy":"ann")");
  CHECK(w.take() ==
        Lines{"1 Standing g manager [tom] by=ann", "1 NoStanding g manager [bob] by=ann",
              "1 Standing g silenced [bob] by=ann", "1 Standing g silenced [tom] by=ann",
              "1 NoStanding g silenced [tom] by=ann", "1 Standing g blocked [bob] by=ann",
              "1 Standing g blocked [tom] by=ann", "1 NoStanding g blocked [bob] by=ann",
              "1 NoStanding g blocked [tom] by=ann"});
}
