// SPDX-License-Identifier: Apache-2.0
#include "rescue/folder_check.hpp"

#include <initializer_list>
#include <string>
#include <vector>

#include "support/catch.hpp"

namespace kith::rescue {
namespace {

const std::string kHeader = "#filetype:JSON-streaming {\"type\":\"Class\",\"class\":\"_User\"}";

using Texts = std::vector<std::string>;

Texts classFaults(std::initializer_list<std::string> lines, Texts* ids = nullptr) {
  Findings findings;
  ClassCheck check("users", "_User", findings, [ids](std::string_view id) {
    if (ids != nullptr) ids->emplace_back(id);
  });
  for (const std::string& line : lines) check.line(line);
  return findings.faults;
}

TEST_CASE("folder check: a class has its first line, and an object with an id on each other") {
  Texts ids;
  CHECK(classFaults({kHeader, R"({"objectId":"a"})", R"({"x":1,"objectId":"b"})"}, &ids).empty());
  CHECK(ids == Texts{"a", "b"});
  CHECK(classFaults({R"({"objectId":"a"})"}) == Texts{"users: line 1 is not " + kHeader});
  CHECK(classFaults({kHeader, "{\"objectId\":", "[]", "{}", ""}) ==
        Texts{"users: line 2 is not JSON (byte 12)", "users: line 3 is no object",
              "users: line 4 has no objectId", "users: line 5 is not JSON (byte 0)"});
}

std::string messageOf(int timestamp, const std::string& id, const std::string& conversation) {
  return "{\"timestamp\":" + std::to_string(timestamp) + ",\"msg-id\":\"" + id +
         "\",\"conv-id\":\"" + conversation + "\"}";
}

Findings messageFindings(std::initializer_list<std::string> lines, bool by_conversation = false) {
  Findings findings;
  KnownConversations known;
  for (const char* id : {"c3", "c1", "c2"}) known.add(id);
  known.close();
  MessageCheck check("messages", known, by_conversation, findings);
  for (const std::string& line : lines) check.line(line);
  check.close();
  return findings;
}

TEST_CASE("folder check: messages are newest first, in all or in each conversation") {
  CHECK(messageFindings({messageOf(3, "a", "c1"), messageOf(3, "b", "c2"), messageOf(2, "c", "c1")})
            .faults.empty());
  const Texts newer{"messages: line 2 is newer than the one before it"};
  CHECK(messageFindings({messageOf(2, "a", "c1"), messageOf(3, "b", "c2")}).faults == newer);
  CHECK(messageFindings({messageOf(2, "a", "c1"), messageOf(3, "b", "c2")}, true).faults.empty());
  CHECK(messageFindings({messageOf(2, "a", "c1"), messageOf(3, "b", "c1")}, true).faults == newer);
}

TEST_CASE("folder check: messages without a timestamp or an id are faults") {
  CHECK(messageFindings({R"({"msg-id":"a"})", R"({"timestamp":1})", "x"}).faults ==
        Texts{"messages: line 1 has no timestamp or no msg-id",
              "messages: line 2 has no timestamp or no msg-id",
              "messages: line 3 is not JSON (byte 0)"});
}

TEST_CASE("folder check: messages of conversations that are not known are noted") {
  const Findings findings = messageFindings({messageOf(9, "a", "c1"), messageOf(8, "b", "x2"),
                                             messageOf(7, "c", "x1"), messageOf(6, "d", "x2")});
  CHECK(findings.faults.empty());
  CHECK(findings.notes ==
        Texts{"3 messages of 2 conversations that are not among the classes: x1 (1) x2 (2)"});
}

TEST_CASE("folder check: of very many conversations that are not known so many ids are kept") {
  Findings findings;
  const KnownConversations known;
  MessageCheck check("messages", known, false, findings);
  const int all = static_cast<int>(MessageCheck::kMostUnknown) + 10;
  for (int i = 0; i < all; ++i) check.line(messageOf(1, std::to_string(i), std::to_string(i)));
  check.close();
  REQUIRE(findings.notes.size() == 1);
  CHECK(findings.notes[0].substr(0, 50) == "10010 messages of more than 10000 conversations th");
}

TEST_CASE("folder check: a folder of rubbish does not fill the screen, and is counted") {
  Findings findings;
  for (int i = 0; i < 100; ++i) findings.fault("fault");
  CHECK(findings.faults.size() == Findings::kMostNamed);
  CHECK(findings.all_faults == 100);
}

}  // namespace
}  // namespace kith::rescue
