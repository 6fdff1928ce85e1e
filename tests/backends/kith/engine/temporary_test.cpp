// SPDX-License-Identifier: Apache-2.0
// Temporary conversations and marks of others, as a session asks for them (leancloud-current §5.2).
#include "backends/kith/engine/kith_world.hpp"
#include "support/catch.hpp"

using namespace kith;
using namespace kith::test;
using backends::AskMarks;
using backends::FindConversations;
using backends::ReadPage;
using backends::SetWill;
using backends::StartConversation;

namespace {

constexpr const char* kHead = R"(,"appId":"app","peerId":"tom",)";

StartConversation start(bool unique, std::chrono::seconds lifetime) {
  StartConversation start;
  start.what.members = {"bob"};
  start.what.unique = unique;
  start.what.temporary = true;
  start.what.lifetime = lifetime;
  return start;
}

FindConversations find(std::vector<std::string> ids) {
  FindConversations find;
  find.query.temporary = std::move(ids);
  return find;
}

Message text(const std::string& group) {
  Message message;
  message.text = "hi";
  message.group_id = group;
  return message;
}

}  // namespace

TEST_CASE("temporary: one that is made is said to be one, and its answer has the time of its end") {
  KithWorld w;
  w.ask(start(false, std::chrono::seconds{60}), 1);
  w.ask(start(true, std::chrono::seconds{0}), 2);
  const std::string head = std::string(R"(> {"cmd":"conv","op":"start")") + kHead;
  CHECK(w.take() == Lines{head + R"("i":2,"m":["bob"],"tempConv":true,"tempConvTTL":60})",
                          head + R"("i":3,"m":["bob"],"unique":true,"tempConv":true})"});
  w.says(R"("cmd":"conv","op":"started","i":2,"serverTs":1000,"cid":"_tmp:a","tempConvTTL":60)");
  w.says(R"("cmd":"conv","op":"started","i":3,"serverTs":1500,"cid":"_tmp:b","tempConvTTL":9)");
  CHECK(w.take() == Lines{"done 1 ok room=_tmp:a ends=61000", "done 2 ok room=_tmp:b ends=10500"});
}

TEST_CASE("temporary: they are found by their ids, and each says when it is over") {
  KithWorld w;
  FindConversations asked = find({"_tmp:a", "_tmp:b"});
  asked.query.last_messages = true;
  w.ask(asked, 1);
  CHECK(w.take() == Lines{std::string(R"(> {"cmd":"conv","op":"query")") + kHead +
                          R"("i":2,"flag":2,"tempConvIds":["_tmp:a","_tmp:b"]})"});
  w.says(R"("cmd":"conv","op":"results","i":2,"serverTs":1000,"results":[)"
         R"({"objectId":"_tmp:a","name":"x","c":"bob","m":["bob"],"temp":true,"ttl":40}])");
  CHECK(w.take() == Lines{R"(done 1 ok _tmp:a "x" of bob [bob] ends=41000)"});
}

TEST_CASE("temporary: what the server says of an end that is no time is no end") {
  KithWorld w;
  const char* const answers[] = {R"("tempConvTTL":60)", R"("serverTs":-1,"tempConvTTL":60)",
                                 R"("serverTs":9223372036854775807,"tempConvTTL":60)",
                                 R"("serverTs":1000,"tempConvTTL":-60)", R"("serverTs":1000)"};
  int i = 2;
  for (const char* answer : answers) {
    INFO(answer);
    w.ask(start(false, {}), 1);
    w.take();
    w.says(R"("cmd":"conv","op":"started","cid":"_tmp:a","i":)" + std::to_string(i++) + ',' +
           answer);
    CHECK(w.take() == Lines{"done 1 ok room=_tmp:a"});
  }
  w.ask(find({"_tmp:a"}), 1);
  w.take();
  w.says(R"("cmd":"conv","op":"results","serverTs":1000,"i":)" + std::to_string(i) +
         R"(,"results":[{"objectId":"_tmp:a","ttl":9223372036854775807}])");
  CHECK(w.take() == Lines{R"(done 1 ok _tmp:a "" of  [])"});
}

TEST_CASE("temporary: of one that is over every call says the same, and of a group as before") {
  KithWorld w;
  for (const std::string id : {"_tmp:a", "g"}) {
    w.engine.send(kTom, text(id), "c" + id, 1, w.now);
    w.ask(ReadPage{id, {}}, 2);
    w.ask(AskMarks{id}, 3);
    w.ask(SetWill{text(id)}, 4);
    w.engine.leave(kTom, id, 5, w.now);
  }
  w.take();
  const std::string error = R"("cmd":"error","code":4303,"reason":"CONVERSATION_NOT_FOUND","i":)";
  const auto answer = [&](int first) {
    const auto serial = [&](int n) { return std::to_string(first + n); };
    w.server("ack tom uid=m t=5 code=4303 reason=CONVERSATION_NOT_FOUND i=" + serial(0));
    w.says(error + serial(1));
    w.says(error + serial(2));
    w.server("ack tom uid=m t=5 code=4303 reason=CONVERSATION_NOT_FOUND i=" + serial(3));
    w.says(error + serial(4));
    return w.takeBut("1 ");
  };
  const auto all = [](const std::string& what) {
    Lines lines;
    for (int op = 1; op <= 5; ++op) lines.push_back("done " + std::to_string(op) + ' ' + what);
    return lines;
  };
  CHECK(answer(2) == all("GroupNotFound/4323"));
  CHECK(answer(7) == all("GroupNotFound/4303"));
}

TEST_CASE("temporary: another refusal than that it is not there stays what it is") {
  KithWorld w;
  w.ask(ReadPage{"_tmp:a", {}}, 1);
  w.take();
  w.says(R"("cmd":"error","i":2,"code":4312,"reason":"CONVERSATION_LOG_REJECTED")");
  CHECK(w.take() == Lines{"done 1 NotAMember/4312"});
}

TEST_CASE("marks: those of the others are asked for one by one, and come sorted by peer") {
  KithWorld w;
  w.ask(AskMarks{"g"}, 1);
  w.ask(AskMarks{"g"}, 2);
  w.ask(AskMarks{"g"}, 3);
  const std::string head = std::string(R"(> {"cmd":"conv","op":"max-read")") + kHead;
  CHECK(w.take() == Lines{head + R"("i":2,"cid":"g","queryAllMembers":true})",
                          head + R"("i":3,"cid":"g","queryAllMembers":true})",
                          head + R"("i":4,"cid":"g","queryAllMembers":true})"});
  w.says(R"("cmd":"conv","op":"max-read","i":2,"cid":"g","maxReadTuples":[)"
         R"({"pid":"carl","maxAckTimestamp":7,"maxReadTimestamp":5},{"pid":"bob"}])");
  w.says(R"("cmd":"conv","op":"max-read","i":3,"cid":"g")");
  w.says(R"("cmd":"conv","op":"result","i":4,"cid":"g")");
  CHECK(w.take() == Lines{"done 1 ok bob acked=0 read=0 carl acked=7 read=5", "done 2 ok",
                          "done 3 ProtocolError"});
}
