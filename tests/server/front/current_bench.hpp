// SPDX-License-Identifier: Apache-2.0
// Clients of the current protocol in its JSON encoding on a running server, and what an app's own
// server asks over HTTP.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "server/front/front_bench.hpp"
#include "support/json.hpp"

namespace kith::testing {

inline constexpr const char* kAppKey = "the-key";
inline constexpr const char* kMasterKey = "mk-0123456789abcdef";

/// One app named `app` with both keys, in memory.
inline ServerOptions currentOptions() {
  ServerOptions options = plainOptions();
  options.apps[0].app_key = kAppKey;
  options.apps[0].master_key = kMasterKey;
  return options;
}

inline std::string appHeaders(const std::string& key = kAppKey) {
  return "X-LC-Id: app\r\nX-LC-Key: " + key + "\r\n";
}
inline std::string masterHeaders() { return appHeaders(std::string(kMasterKey) + ",master"); }
inline std::string tokenHeader(const std::string& token) {
  return "X-LC-IM-Session-Token: " + token + "\r\n";
}

/// With a body of JSON, on a connection of its own.
inline RawHttpAnswer callHttp(const std::string& address, const std::string& method,
                              const std::string& target, const std::string& body = {},
                              const std::string& headers = masterHeaders()) {
  RawSocket socket(address);
  std::string request = method + ' ' + target + " HTTP/1.1\r\nHost: " + address + "\r\n" + headers;
  if (!body.empty()) {
    request +=
        "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
  }
  return exchangeHttp(socket, request + "\r\n" + body);
}

/// As a query has it.
inline std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    static const char* const kDigits = "0123456789ABCDEF";
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  return out;
}

/// A peer with a session.
class CurrentClient {
 public:
  CurrentClient(const std::string& address, const std::string& peer, const std::string& more = {})
      : ws_(std::make_unique<RawSocket>(address), address, "/?subprotocol=lc.json.3") {
    const std::string opened =
        ask(R"("cmd":"session","op":"open","appId":"app","peerId":")" + peer + "\"" + more);
    INFO(opened);
    REQUIRE(textOf(opened, "op") == "opened");
    token = textOf(opened, "st");
  }

  /// `fields` without braces; the reply is the next frame.
  std::string ask(const std::string& fields) {
    REQUIRE(ws_.text("{" + fields + R"(,"i":)" + std::to_string(++serial_) + "}"));
    std::string reply = take();
    INFO(fields << "\nreply " << reply);
    CHECK(numberOf(reply, "i") == serial_);
    return reply;
  }
  std::string take() { return ws_.nextText(); }
  /// Nothing is on its way but the answer to this.
  void expectNothing() {
    const std::string reply = ask(R"("cmd":"session","op":"query","sessionPeerIds":[])");
    CHECK(textOf(reply, "op") == "query-result");
  }
  /// The id of a new conversation.
  std::string start(const std::string& members, const std::string& more = {}) {
    const std::string reply = ask(R"("cmd":"conv","op":"start","m":)" + members + more);
    INFO(reply);
    REQUIRE(textOf(reply, "op") == "started");
    return textOf(reply, "cid");
  }
  std::string say(const std::string& conversation, const std::string& text) {
    return ask(R"("cmd":"direct","cid":")" + conversation + R"(","msg":")" + text + "\"");
  }

  std::string token;

 private:
  RawWsClient ws_;
  int serial_{0};
};

}  // namespace kith::testing
