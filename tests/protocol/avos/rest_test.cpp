// SPDX-License-Identifier: Apache-2.0
#include "protocol/avos/rest.hpp"

#include <string>
#include <vector>

#include "support/catch.hpp"

namespace kith::avos {
namespace {

const HistoryItem kPeer{1412000001234,    "ed98", "alice", "hi \"小\"",
                        {"bob", "carol"}, false,  "m1",    1412000001300};
const HistoryItem kRoom{1412000001000, "g1", "bob", "", {"g1"}, true, "", std::nullopt};

TEST_CASE("rest: history has the field names and shapes of avos-v1 §11.2") {
  const std::vector<HistoryItem> items{kPeer, kRoom};
  CHECK(formatHistory(items) ==
        R"([{"timestamp":1412000001234,"conv-id":"ed98","from":"alice","data":"hi \"小\"",)"
        R"("to":["bob","carol"],"is-room":false,"msg-id":"m1","ack-at":1412000001300},)"
        R"({"timestamp":1412000001000,"conv-id":"g1","from":"bob","data":"","to":"g1",)"
        R"("is-room":true}])");
  CHECK(parseHistory(formatHistory(items)).value() == items);
  CHECK(formatHistory({}) == "[]");
  CHECK(parseHistory("[]").value().empty());
}

TEST_CASE("rest: history ends with the item that brings it to the bytes that are enough") {
  std::vector<HistoryItem> items(10, kPeer);
  const std::string one = formatHistory({items.data(), 1});
  const std::string three = formatHistory({items.data(), 3});
  CHECK(formatHistory(items, 2) == "[]");
  CHECK(formatHistory(items, 3) == one);
  CHECK(formatHistory(items, one.size()) == one);
  CHECK(formatHistory(items, one.size() + 1).size() > one.size());
  CHECK(formatHistory(items, three.size() - 1) == three);
  CHECK(formatHistory(items, three.size()) == three);
  CHECK(parseHistory(formatHistory(items, 1 << 20)).value() == items);
}

TEST_CASE("rest: history takes either shape of `to` and an absent is-room") {
  const auto items = parseHistory(
      R"([{"timestamp":1,"conv-id":"c","from":"a","data":"d","to":"b","from-ip":"1.2.3.4"}])");
  REQUIRE(items);
  CHECK(items->front().to == std::vector<std::string>{"b"});
  CHECK_FALSE(items->front().is_room);
}

TEST_CASE("rest: a broken history is refused") {
  for (const char* body : {"", "{}", "5", "[5]", "[{}]", R"([{"timestamp":"1"}])",
                           R"([{"timestamp":1,"conv-id":"c","from":"a","data":"d"}])",
                           R"([{"timestamp":1,"conv-id":"c","from":"a","data":"d","to":[1]}])",
                           R"([{"timestamp":1,"conv-id":"c","from":"a","data":5,"to":[]}])",
                           R"([{"timestamp":1,"conv-id":"c","data":"d","to":[]}])",
                           R"([{"timestamp":1,"from":"a","data":"d","to":[]}])"}) {
    CAPTURE(body);
    const auto items = parseHistory(body);
    REQUIRE_FALSE(items);
    CHECK(items.error().code == Errc::ProtocolError);
    CHECK(items.error().detail.find("history: ") == 0);
  }
}

TEST_CASE("rest: a group object goes both ways (avos-v1 §9.1)") {
  const GroupObject group{
      "54753e1ee4b0b41b21e0e76e", {"alice", "bob"}, false, "2014-11-26T00:00:00.000Z"};
  CHECK(formatGroup(group) == R"({"objectId":"54753e1ee4b0b41b21e0e76e","m":["alice","bob"],)"
                              R"("tr":false,"createdAt":"2014-11-26T00:00:00.000Z"})");
  CHECK(parseGroup(formatGroup(group)).value() == group);
  CHECK(parseGroup(R"({"objectId":"x","tr":true,"name":"n"})").value() ==
        GroupObject{"x", {}, true, ""});
  for (const char* body : {"", "[]", "{}", R"({"objectId":5})", R"({"objectId":"x","m":[1]})"}) {
    CAPTURE(body);
    CHECK(parseGroup(body).error().code == Errc::ProtocolError);
  }
}

TEST_CASE("rest: error bodies (avos-v1 §11.1)") {
  CHECK(formatRestError({101, "no \"such\" object"}) ==
        R"({"code":101,"error":"no \"such\" object"})");
  CHECK(parseRestError(R"({"code":101,"error":"x"})") == RestError{101, "x"});
  CHECK(parseRestError(R"({"error":"x"})") == RestError{0, "x"});
  CHECK_FALSE(parseRestError(R"({"code":101})"));
  CHECK_FALSE(parseRestError("<html>"));
  CHECK_FALSE(parseRestError("[]"));
}

}  // namespace
}  // namespace kith::avos
