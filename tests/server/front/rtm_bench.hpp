// SPDX-License-Identifier: Apache-2.0
// The vendor's REST API 1.2 as an app's own server calls it, beside clients that are online.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "server/front/current_bench.hpp"
#include "server/front/stoppable_server.hpp"

namespace kith::testing {

using Texts = std::vector<std::string>;

inline const std::string kRtm = "/1.2/rtm/";

/// A server, and what its app's own server asks of it.
struct Rtm {
  explicit Rtm(ServerOptions options = currentOptions())
      : server(startServer(std::move(options))) {}

  RawHttpAnswer call(const std::string& method, const std::string& path,
                     const std::string& body = {}) {
    return callHttp(server->address(), method, path, body);
  }
  std::string post(const std::string& path, const std::string& body, int status = 200) {
    const auto answer = call("POST", kRtm + path, body);
    INFO(path << ' ' << body << '\n' << answer.body);
    CHECK(answer.status == status);
    return answer.body;
  }
  std::string put(const std::string& path, const std::string& body, int status = 200) {
    const auto answer = call("PUT", kRtm + path, body);
    INFO(path << ' ' << body << '\n' << answer.body);
    CHECK(answer.status == status);
    return answer.body;
  }
  std::string get(const std::string& path, int status = 200) {
    const auto answer = getHttp(server->address(), kRtm + path, masterHeaders());
    INFO(path << '\n' << answer.body);
    CHECK(answer.status == status);
    return answer.body;
  }
  /// The id of a conversation of these members.
  std::string create(const std::string& members, const std::string& more = {}) {
    return textOf(post("conversations", R"({"m":)" + members + more + "}", 201), "objectId");
  }
  std::string say(const std::string& conversation, const std::string& from, const std::string& text,
                  const std::string& more = {}) {
    return post("conversations/" + conversation + "/messages",
                R"({"from_client":")" + from + R"(","message":")" + text + "\"" + more + "}");
  }
  CurrentClient open(const std::string& peer) { return {server->address(), peer}; }
  const std::string& address() const { return address_; }

  std::unique_ptr<Server> server;

 private:
  std::string address_{server->address()};
};

/// What a list of rows says, in its order.
inline Texts dataOf(const std::string& rows) {
  Texts all;
  const auto list = parseJson(rows);
  REQUIRE(list.IsArray());
  for (const auto& row : list.GetArray()) all.push_back(textOf(row, "data"));
  return all;
}

/// The message that a client hears next.
inline void expectMessage(CurrentClient& client, const std::string& from, const std::string& text,
                          const std::string& answer) {
  const std::string direct = client.take();
  INFO(direct);
  CHECK(textOf(direct, "cmd") == "direct");
  CHECK(textOf(direct, "fromPeerId") == from);
  CHECK(textOf(direct, "msg") == text);
  CHECK(textOf(direct, "id") == textOf(answer, "msg-id"));
  CHECK(numberOf(direct, "timestamp") == numberOf(answer, "timestamp"));
}

inline void expectEvent(CurrentClient& client, const std::string& op,
                        const std::string& conversation) {
  const std::string event = client.take();
  INFO(event);
  CHECK(textOf(event, "op") == op);
  CHECK(textOf(event, "cid") == conversation);
  CHECK(textOf(event, "initBy") == "_server_");
}

}  // namespace kith::testing
