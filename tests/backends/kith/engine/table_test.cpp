// SPDX-License-Identifier: Apache-2.0
// Every event in every state: nothing crashes, each operation completes at most once and, after
// closeAll(), exactly once; no timer is left.
#include <functional>

#include "support/catch.hpp"
#include "support/engine_world.hpp"

namespace kith::test {
namespace {

using base::Millis;
using engine::OpId;

struct Step {
  const char* name;
  std::function<void(EngineWorld&)> run;
};

// Each leaves session 1 ("alice") in the state it is named after.
const std::vector<Step>& states() {
  static const std::vector<Step> kStates = {
      {"Idle", [](EngineWorld& w) { w.engine.addSession(1, "alice"); }},
      {"Opening, routing",
       [](EngineWorld& w) {
         w.engine.addSession(1, "alice");
         w.engine.open(1, {"bob"}, 901, w.now);
       }},
      {"Opening, connecting",
       [](EngineWorld& w) {
         states()[1].run(w);
         w.engine.routeAnswered(base::Route{"ws://one", "ws://two", "", Millis{9000}}, w.now);
       }},
      {"Opening, back-off",
       [](EngineWorld& w) {
         states()[2].run(w);
         w.down();
       }},
      {"Opening, signing",
       [](EngineWorld& w) {
         states()[2].run(w);
         w.up();
       }},
      {"Opening, retrying",
       [](EngineWorld& w) {
         states()[4].run(w);
         w.refuseToSign({Errc::ServerBusy, 0, "busy", false});
       }},
      {"Opening, asking",
       [](EngineWorld& w) {
         states()[4].run(w);
         w.sign();
       }},
      {"Open",
       [](EngineWorld& w) {
         states()[6].run(w);
         w.server("session opened alice list=bob");
       }},
      {"Open, busy",
       [](EngineWorld& w) {
         states()[7].run(w);
         w.send(1, "x", 910);
         w.engine.query(1, {"x"}, 911, w.now);
         w.engine.watch(1, {"carol"}, 912, w.now);
         w.engine.join(1, "g", false, 913, w.now);
         w.server("direct alice from=bob msg=hi id=m1");
       }},
      {"Paused",
       [](EngineWorld& w) {
         states()[8].run(w);
         w.down();
       }},
      {"Paused by the application",
       [](EngineWorld& w) {
         states()[8].run(w);
         w.engine.pause(914, w.now);
       }},
      {"Closed",
       [](EngineWorld& w) {
         states()[7].run(w);
         w.engine.close(1, 915, w.now);
       }},
      {"Removed",
       [](EngineWorld& w) {
         states()[8].run(w);
         w.engine.removeSession(1, w.now);
       }},
      {"Ended",
       [](EngineWorld& w) {
         states()[8].run(w);
         w.engine.closeAll(916, w.now);
       }},
  };
  return kStates;
}

const std::vector<Step>& events() {
  static const std::vector<Step> kEvents = [] {
    std::vector<Step> all = {
        {"open", [](EngineWorld& w) { w.engine.open(1, {}, 1, w.now); }},
        {"close", [](EngineWorld& w) { w.engine.close(1, 2, w.now); }},
        {"watch", [](EngineWorld& w) { w.engine.watch(1, {"x"}, 3, w.now); }},
        {"unwatch", [](EngineWorld& w) { w.engine.unwatch(1, {"bob"}, 4, w.now); }},
        {"query", [](EngineWorld& w) { w.engine.query(1, {"x"}, 5, w.now); }},
        {"send", [](EngineWorld& w) { w.send(1, "hi", 6); }},
        {"join", [](EngineWorld& w) { w.engine.join(1, "", true, 7, w.now); }},
        {"leave", [](EngineWorld& w) { w.engine.leave(1, "g", 8, w.now); }},
        {"invite", [](EngineWorld& w) { w.engine.invite(1, "g", {"x"}, 9, w.now); }},
        {"kick", [](EngineWorld& w) { w.engine.kick(1, "g", {"x"}, 10, w.now); }},
        {"delivered", [](EngineWorld& w) { w.engine.delivered(1, 3, w.now); }},
        {"networkChanged", [](EngineWorld& w) { w.engine.networkChanged(w.now); }},
        {"pause", [](EngineWorld& w) { w.engine.pause(11, w.now); }},
        {"resume", [](EngineWorld& w) { w.engine.resume(w.now); }},
        {"closeAll", [](EngineWorld& w) { w.engine.closeAll(12, w.now); }},
        {"removeSession", [](EngineWorld& w) { w.engine.removeSession(1, w.now); }},
        {"addSession", [](EngineWorld& w) { w.engine.addSession(1, "alice"); }},
        {"routeAnswered",
         [](EngineWorld& w) {
           w.engine.routeAnswered(base::Route{"ws://x", "", "", Millis{1}}, w.now);
         }},
        {"routeFailed", [](EngineWorld& w) { w.engine.routeAnswered(Error{}, w.now); }},
        {"transportUp", [](EngineWorld& w) { w.up(); }},
        {"transportDown", [](EngineWorld& w) { w.down(); }},
        {"transportDown 4102", [](EngineWorld& w) { w.down(4102, {}); }},
        {"transportDown 4106", [](EngineWorld& w) { w.down(4106, {}); }},
        {"garbage", [](EngineWorld& w) { w.engine.receivedGarbage({}, w.now); }},
        {"overrun", [](EngineWorld& w) { w.engine.overrun(w.now); }},
        {"heard", [](EngineWorld& w) { w.engine.heard(w.now); }},
        {"signature",
         [](EngineWorld& w) {
           w.engine.signatureReady(1, Signature{"s", 1, "n", {}}, w.now);
         }},
        {"no signature", [](EngineWorld& w) { w.engine.signatureReady(2, Error{}, w.now); }},
        {"time", [](EngineWorld& w) { w.pass(Millis{60000}); }},
        {"sleep",
         [](EngineWorld& w) {
           w.step(Millis{3600000});
           w.engine.timeReached(w.now);
         }},
    };
    static const std::vector<std::string> kFrames = {"{} -",
                                                     "session opened alice",
                                                     "session opened alice i=1 list=bob",
                                                     "session added alice i=2",
                                                     "session removed alice",
                                                     "session query-result alice",
                                                     "session closed alice",
                                                     "session closed alice code=4115",
                                                     "session error alice i=1 code=4102",
                                                     "session error alice code=4106",
                                                     "session unknown alice",
                                                     "presence alice status=on list=bob",
                                                     "presence alice",
                                                     "direct alice",
                                                     "direct alice from=bob msg=x id=m1",
                                                     "ack alice",
                                                     "ack alice i=2 uid=u code=4401",
                                                     "ackreq alice",
                                                     "rcp alice id=m1",
                                                     "room joined alice room=g by=alice",
                                                     "room joined alice room=g by=bob",
                                                     "room joined alice",
                                                     "room left alice room=g by=bob",
                                                     "room reject alice",
                                                     "room members-joined alice room=g peers=x",
                                                     "room members-left alice",
                                                     "room unknown alice",
                                                     "error alice i=3 code=4200",
                                                     "error alice",
                                                     "data -",
                                                     "login alice",
                                                     "unknown alice"};
    for (const std::string& frame : kFrames) {
      all.push_back({frame.c_str(), [&frame](EngineWorld& w) { w.server(frame); }});
    }
    return all;
  }();
  return kEvents;
}

void checkOps(const EngineWorld& w, bool ended) {
  for (const auto& [op, count] : w.output.completions) {
    INFO("operation " << op);
    REQUIRE(count == 1);
  }
  if (!ended) return;
  REQUIRE(w.output.completions.contains(999));
}

TEST_CASE("table: every event in every state keeps the promises, alone and before another") {
  engine::EngineOptions options = signedOptions();
  options.server.clear();
  std::size_t turn = 0;
  for (const Step& state : states()) {
    for (const Step& first : events()) {
      for (const Step& second : events()) {
        // Each event alone in each state, and of the pairs every 17th: this is a unit test.
        if (&first != &second && ++turn % 17 != 0) continue;
        EngineWorld w(options);
        state.run(w);
        first.run(w);
        if (&first != &second) second.run(w);  // an operation's number is used once
        INFO(state.name << " / " << first.name << " / " << second.name);
        checkOps(w, false);
        w.engine.closeAll(999, w.now);
        w.pass(Millis{5000});
        checkOps(w, true);
        REQUIRE(w.engine.deadline() == base::kNever);
        REQUIRE(w.take().back() == "done 999 ok");
      }
    }
  }
}

TEST_CASE("table: every operation completes, whatever happens to the session") {
  constexpr std::size_t kFirst = 1, kLast = 9;  // close ... kick: operations 2 to 10
  engine::EngineOptions options = signedOptions();
  options.server.clear();
  for (const Step& state : states()) {
    for (std::size_t event = 0; event < events().size(); ++event) {
      for (const bool event_first : {false, true}) {
        EngineWorld w(options);
        state.run(w);
        const bool is_operation = event >= kFirst && event <= kLast;
        if (event_first && !is_operation) events()[event].run(w);
        for (std::size_t i = kLast; i >= kFirst; --i) events()[i].run(w);
        if (!event_first && !is_operation) events()[event].run(w);
        w.engine.closeAll(999, w.now);
        w.pass(Millis{5000});
        INFO(state.name << " / " << events()[event].name);
        for (OpId op = 2; op <= 10; ++op) REQUIRE(w.output.completions[op] == 1);
      }
    }
  }
}

}  // namespace
}  // namespace kith::test
