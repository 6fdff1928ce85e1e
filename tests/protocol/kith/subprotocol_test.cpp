// SPDX-License-Identifier: Apache-2.0
// Which frames of kith.json.1 are of which schema (decision 038).
#include "protocol/kith/subprotocol.hpp"

#include <string>

#include "support/catch.hpp"

namespace kith::subprotocol {
namespace {

TEST_CASE("subprotocol: seven commands are of the current protocol, and no others") {
  for (const char* command : {"conv", "logs", "unread", "read", "patch", "blacklist", "error"}) {
    INFO(command);
    CHECK(isCurrent(std::string(R"({"cmd":")") + command + R"(","i":1})"));
  }
  for (const char* command : {"session", "direct", "ack", "room", "presence", "rcp", "login", "con",
                              "convs", "", "Conv"}) {
    INFO(command);
    CHECK_FALSE(isCurrent(std::string(R"({"cmd":")") + command + R"(","i":1})"));
  }
}

TEST_CASE("subprotocol: the command is found wherever it stands, and nowhere else") {
  CHECK(isCurrent(R"({"peerId":"a\"},{\\","m":["x",{"cmd":"direct"},[]],"n":-1.5e3,"b":true,)"
                  R"("z":null , "cmd" : "logs"})"));
  CHECK(isCurrent(" \t\r\n{\"cmd\":\"logs\"}"));
  CHECK_FALSE(isCurrent(R"({"msg":"\",\"cmd\":\"logs\"","cmd":"direct"})"));
  CHECK_FALSE(isCurrent(R"({"attr":{"cmd":"conv"},"cmd":"direct"})"));
  CHECK_FALSE(isCurrent(R"({"a":["cmd","conv"]})"));
  // The first one counts; the reader refuses the second one.
  CHECK(isCurrent(R"({"cmd":"conv","cmd":"direct"})"));
}

TEST_CASE("subprotocol: what is no frame is v1's, however it ends") {
  const std::string frame = R"({"peerId":"a\"b","m":[1,{"x":"y"}],"cmd":"patch")";
  for (std::size_t size = 0; size < frame.size(); ++size) {
    INFO(frame.substr(0, size));
    CHECK_FALSE(isCurrent(std::string(frame, 0, size)));
  }
  CHECK(isCurrent(frame));
  for (const char* other :
       {"{}", "[]", "x", R"(["cmd","conv"])", R"({"cmd":5})", R"({"cmd":["conv"]})", R"({"a":)",
        R"({"a":"\)", R"({"a":}},"cmd":"conv"})", R"({"cmd" "conv"})"}) {
    INFO(other);
    CHECK_FALSE(isCurrent(other));
  }
}

}  // namespace
}  // namespace kith::subprotocol
