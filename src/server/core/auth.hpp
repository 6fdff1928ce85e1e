// SPDX-License-Identifier: Apache-2.0
// Checks the signatures of avos-v1 §10. What is signed is the dialect's to say. Hub's thread.
#pragma once

#include <optional>
#include <string_view>

#include "server/core/context.hpp"

namespace kith::core {

class Auth {
 public:
  explicit Auth(Context& context) : context_(context) {}

  /// Whether an open or a watch of this connection may go on. Without enforcement what is given is
  /// not looked at, but no session becomes a super peer's (§17 Q1). A refusal is told to Output.
  bool allowsSession(const Connection& connection, App& app, std::string_view peer_id,
                     const OpenSession& intent);
  bool allowsSession(const Session& session, const WatchPeers& intent);
  /// Whether a join, invite or kick may go on.
  bool allowsRoom(const Session& session, const ChangeMembers& intent);
  /// Whether peers may be kept out of a conversation, or let in again; or one may decline it, or
  /// accept it again.
  bool allowsBlock(const Session& session, const ChangeStanding& intent);
  /// Whether a conversation of these members, its creator among them, may begin.
  bool allowsStart(const Session& session, const StartConversation& intent, IdList members);

 private:
  struct Refusal {
    SignatureFault fault;
    base::Millis beyond{0};
  };
  using Verdict = std::optional<Refusal>;  ///< nothing: it is good

  bool allows(const Connection& connection, App& app, const SignedRequest& request);
  Verdict judge(const Connection& connection, App& app, const SignedRequest& request);
  /// All that can be said without the key.
  Verdict judgeForm(const App& app, const SignedRequest& request) const;
  Verdict judgeUse(App& app, const Proof& proof);

  Context& context_;
};

}  // namespace kith::core
