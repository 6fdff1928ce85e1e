// SPDX-License-Identifier: Apache-2.0
#include "rescue/list_pages.hpp"

#include <string>
#include <vector>

#include "support/catch.hpp"

namespace kith::rescue {
namespace {

using Kind = ConversationRow::Kind;

TEST_CASE("list pages: where a conversation is asked about follows its kind") {
  const auto target = [](const char* line) { return conversationTarget(conversationIn(line)); };
  CHECK(target(R"({"objectId":"a/b"})") == "/1.2/rtm/conversations/a%2Fb");
  CHECK(target(R"({"objectId":"a","tr":true})") == "/1.2/rtm/chatrooms/a");
  CHECK(target(R"({"objectId":"a","sys":true})") == "/1.2/rtm/service-conversations/a");
  CHECK(target(R"({"objectId":"a","tr":false,"sys":null})") == "/1.2/rtm/conversations/a");
  CHECK(conversationIn("#filetype").id.empty());
}

TEST_CASE("list pages: the lists of each kind") {
  CHECK(listsOf(Kind::Plain) == std::vector<std::string>{"permanent-silenceds", "blacklists"});
  CHECK(listsOf(Kind::ChatRoom) == listsOf(Kind::Plain));
  CHECK(listsOf(Kind::Service) == std::vector<std::string>{"subscribers", "blacklists"});
}

TEST_CASE("list pages: client ids in pages that name the next one") {
  const ConversationRow row{"c1", Kind::Plain};
  CHECK(listTarget(row, "blacklists", "") == "/1.2/rtm/conversations/c1/blacklists?limit=50");
  const auto page =
      takeList(R"({"client_ids": ["a", "b"], "next": "n 1"})", row, "blacklists", "").value();
  CHECK(page.line == R"({"conv-id":"c1","list":"blacklists","client_ids":["a","b"]})"
                     "\n");
  CHECK(page.next == "n 1");
  CHECK(listTarget(row, "blacklists", page.next) ==
        "/1.2/rtm/conversations/c1/blacklists?limit=50&next=n%201");
  const auto last = takeList(R"({"client_ids":["c"]})", row, "blacklists", "n 1").value();
  CHECK(last.next.empty());
  CHECK(takeList(R"({"client_ids":[],"next":"x"})", row, "blacklists", "")->line.empty());
  CHECK(takeList(R"({"client_ids":[],"next":"x"})", row, "blacklists", "")->next.empty());
}

TEST_CASE("list pages: subscribers go on behind the last one until there are no more") {
  const ConversationRow row{"s1", Kind::Service};
  const auto page = takeList(R"([{"timestamp":1,"subscriber":"a","conv_id":"s1"},
                                 {"timestamp":2,"subscriber":"b&c","conv_id":"s1"}])",
                             row, kSubscribers, "")
                        .value();
  CHECK(page.line ==
        "{\"conv-id\":\"s1\",\"list\":\"subscribers\",\"subscribers\":["
        "{\"timestamp\":1,\"subscriber\":\"a\",\"conv_id\":\"s1\"},"
        "{\"timestamp\":2,\"subscriber\":\"b&c\",\"conv_id\":\"s1\"}]}\n");
  CHECK(listTarget(row, kSubscribers, page.next) ==
        "/1.2/rtm/service-conversations/s1/subscribers?limit=50&client_id=b%26c");
  CHECK(takeList("[]", row, kSubscribers, "b&c")->next.empty());
}

TEST_CASE("list pages: an answer that is none, or that leads to itself, is refused") {
  const ConversationRow row{"c1", Kind::Plain};
  for (const char* body :
       {"", "[]", "{}", R"({"client_ids":"a"})", R"({"client_ids":["a"],"next":"n"})"}) {
    CAPTURE(body);
    const auto page = takeList(body, row, "blacklists", "n");
    REQUIRE_FALSE(page.ok());
    CHECK(page.error().code == Errc::ProtocolError);
  }
  CHECK_FALSE(takeList(R"([{"subscriber":"a"}])", row, kSubscribers, "a").ok());
  CHECK_FALSE(takeList("{}", row, kSubscribers, "").ok());
}

}  // namespace
}  // namespace kith::rescue
