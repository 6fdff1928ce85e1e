// SPDX-License-Identifier: Apache-2.0
#include "rescue/requests.hpp"

#include <string>
#include <vector>

#include "support/catch.hpp"

namespace kith::rescue {
namespace {

TEST_CASE("rescue requests: https anywhere, http to this machine only") {
  CHECK(parseServer("https://API.example/", "--server").value() == "https://api.example");
  CHECK(parseServer("https://api.example:8443/lc/", "--server").value() ==
        "https://api.example:8443/lc");
  CHECK(parseServer("http://127.0.0.1:80", "--server").value() == "http://127.0.0.1");
  CHECK(parseServer("http://[::1]:81", "--server").value() == "http://[::1]:81");
  CHECK(parseServer("http://localhost:81", "--server").ok());
  for (const char* text :
       {"http://api.example", "http://127.example:1", "ws://127.0.0.1:1", "", "api.example",
        "https://user:word@api.example", "https://api.example/?a=b"}) {
    CAPTURE(text);
    const auto server = parseServer(text, "--server");
    REQUIRE_FALSE(server.ok());
    CHECK(server.error().code == Errc::InvalidArgument);
    CHECK(server.error().detail.find("word") == std::string::npos);
  }
  CHECK(parseServer("http://api.example", "--server").error().detail ==
        "--server: http would send the master key for all to read; say https");
}

TEST_CASE("rescue requests: names of classes, each once") {
  CHECK(parseClasses("_User,Post,_User", "--classes").value() ==
        std::vector<std::string>{"_User", "Post"});
  for (const char* text : {"", ",", "_User,", "../_User", "A B", "a/b", "a%2f"}) {
    CAPTURE(text);
    CHECK_FALSE(parseClasses(text, "--classes").ok());
  }
}

TEST_CASE("rescue requests: targets") {
  CHECK(countTarget("_User") == "/1.1/classes/_User?count=1&limit=0");
  CHECK(scanTarget("_User", {}, 5) == "/1.1/scan/classes/_User?limit=5&returnACL=true");
  CHECK(messagesTarget({}, {}, 7) == "/1.2/rtm/messages?limit=7");
  using Kind = ConversationRow::Kind;
  const auto of = [](Kind kind) { return messagesTarget({"a/b", kind}, {}, {}, 7); };
  CHECK(of(Kind::Plain) == "/1.2/rtm/conversations/a%2Fb/messages?limit=7");
  CHECK(of(Kind::ChatRoom) == "/1.2/rtm/chatrooms/a%2Fb/messages?limit=7");
  CHECK(of(Kind::Service) == of(Kind::Plain));
}

TEST_CASE("rescue requests: each default class is a name of one") {
  for (const std::string& name : defaultClasses()) {
    CHECK(parseClasses(name, "--classes").value() == std::vector<std::string>{name});
  }
}

}  // namespace
}  // namespace kith::rescue
