// SPDX-License-Identifier: Apache-2.0
// Clients of the current protocol in its JSON encoding, beside those of v1, on the hub of a
// HubWorld. One thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "server/dialects/dialects.hpp"
#include "support/hub_world.hpp"

namespace kith::testing {

class CurrentWorld : public HubWorld {
 public:
  CurrentWorld();
  explicit CurrentWorld(core::HubOptions options);
  ~CurrentWorld() override;

  /// A connection that counts what came while its peers were away (mode 3), or is sent it (1).
  void connectCurrent(const std::string& name, int mode = 3);
  /// A connection that speaks what its handshake names.
  void connectAs(const std::string& name, const net::Accepted& how);
  /// A request, after which its reply is the next frame: `fields` without braces. Returns the reply
  /// and checks that it has the request's serial.
  std::string ask(const std::string& name, const std::string& fields);
  /// Opens a session on a connection of its own. Returns its token.
  std::string openCurrent(const std::string& name, const std::string& peer,
                          const std::string& more = "", int mode = 3);
  /// The id of a new conversation.
  std::string start(const std::string& name, const std::string& members,
                    const std::string& more = "");
  std::string say(const std::string& name, const std::string& conversation, const std::string& text,
                  const std::string& more = "");

  // News and replies of a client come a moment apart.
  std::string take(const std::string& name);
  void expect(const std::string& name, const std::string& frame);
  void expectNothing(const std::string& name);
  std::vector<std::string> takeAll(const std::string& name);

 private:
  dialects::LeancloudDialect counting_{3, {leancloud::Encoding::Json, 3}};
  dialects::LeancloudDialect pushing_{3, {leancloud::Encoding::Json, 1}};
  dialects::Dialects dialects_;
  std::int64_t serial_{0};
};

/// A conversation of alice and bob, which bob has heard of.
struct TwoPeers : CurrentWorld {
  TwoPeers();
  ~TwoPeers() override;
  std::string id;
};

}  // namespace kith::testing
