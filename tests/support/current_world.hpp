// SPDX-License-Identifier: Apache-2.0
// Clients of the current protocol in its JSON encoding, beside those of v1, on the hub of a
// HubWorld. One thread.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/dialects/dialects.hpp"
#include "support/hub_world.hpp"

namespace kith::testing {

class CurrentWorld : public HubWorld {
 public:
  explicit CurrentWorld(core::HubOptions options = testHub()) : HubWorld(std::move(options)) {}

  /// A connection that counts what came while its peers were away (mode 3), or is sent it (1).
  void connectCurrent(const std::string& name, int mode = 3) {
    connect(name, mode == 1 ? pushing_ : counting_);
  }
  /// A connection that speaks what its handshake names.
  void connectAs(const std::string& name, const net::Accepted& how) {
    connect(name, dialects_.of(how));
  }
  /// A request, after which its reply is the next frame: `fields` without braces. Returns the reply
  /// and checks that it has the request's serial.
  std::string ask(const std::string& name, const std::string& fields) {
    const std::string serial = std::to_string(++serial_);
    send(name, "{" + fields + R"(,"i":)" + serial + "}");
    std::string reply = take(name);
    INFO(name << ": " << fields << "\nreply " << reply);
    CHECK(numberOf(reply, "i") == serial_);
    return reply;
  }
  /// Opens a session on a connection of its own. Returns its token.
  std::string openCurrent(const std::string& name, const std::string& peer,
                          const std::string& more = "", int mode = 3) {
    connectCurrent(name, mode);
    const std::string reply =
        ask(name,
            R"("cmd":"session","op":"open","appId":"testapp0001","peerId":")" + peer + "\"" + more);
    INFO(reply);
    REQUIRE(textOf(reply, "op") == "opened");
    return textOf(reply, "st");
  }
  /// The id of a new conversation.
  std::string start(const std::string& name, const std::string& members,
                    const std::string& more = "") {
    const std::string reply = ask(name, R"("cmd":"conv","op":"start","m":)" + members + more);
    INFO(reply);
    REQUIRE(textOf(reply, "op") == "started");
    return textOf(reply, "cid");
  }
  std::string say(const std::string& name, const std::string& conversation, const std::string& text,
                  const std::string& more = "") {
    return ask(name,
               R"("cmd":"direct","cid":")" + conversation + R"(","msg":")" + text + "\"" + more);
  }

  // News and replies of a client come a moment apart.
  std::string take(const std::string& name) {
    if (!has(name)) advance(kMoment);
    return HubWorld::take(name);
  }
  void expect(const std::string& name, const std::string& frame) {
    if (!has(name)) advance(kMoment);
    HubWorld::expect(name, frame);
  }
  void expectNothing(const std::string& name) {
    advance(kMoment);
    HubWorld::expectNothing(name);
  }
  std::vector<std::string> takeAll(const std::string& name) {
    advance(kMoment);
    return HubWorld::takeAll(name);
  }

 private:
  static constexpr base::Millis kMoment{10};

  dialects::LeancloudDialect counting_{3, {leancloud::Encoding::Json, 3}};
  dialects::LeancloudDialect pushing_{3, {leancloud::Encoding::Json, 1}};
  dialects::Dialects dialects_;
  std::int64_t serial_{0};
};

/// A conversation of alice and bob, which bob has heard of.
struct TwoPeers : CurrentWorld {
  TwoPeers() {
    openCurrent("A", "alice");
    openCurrent("B", "bob");
    id = start("A", R"(["bob"])", R"(,"unique":true,"attr":{"name":"two"})");
    const std::string joined = take("B");
    CHECK(textOf(joined, "op") == "joined");
    CHECK(textOf(joined, "cid") == id);
    CHECK(textOf(joined, "initBy") == "alice");
    expectNothing("A");
  }
  std::string id;
};

}  // namespace kith::testing
