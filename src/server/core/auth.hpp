// SPDX-License-Identifier: Apache-2.0
// Checks the signatures of avos-v1 §10. Hub's thread.
#pragma once

#include <optional>
#include <string_view>

#include "server/core/context.hpp"

namespace kith::core {

class Auth {
 public:
  explicit Auth(Context& context) : context_(context) {}

  /// Whether a session open or add of this connection may go on. Without enforcement what is given
  /// is not looked at, but nobody may become a super peer (§17 Q1). A refusal is told to Output.
  bool allowsSession(const Connection& connection, App& app, const avos::Command& command);
  /// Whether a room join, invite or kick may go on.
  bool allowsRoom(const Connection& connection, App& app, const avos::Command& command);

 private:
  struct Refusal {
    SignatureFault fault;
    base::Millis beyond{0};
  };
  using Verdict = std::optional<Refusal>;  ///< nothing: it is good

  Verdict judgeSession(App& app, const avos::Command& command);
  Verdict judgeRoom(App& app, const avos::Command& command);
  /// All that can be said without the key.
  Verdict judgeForm(const App& app, const avos::Command& command, avos::IdList ids) const;
  template <typename MakeText>
  static bool matches(App& app, const avos::Command& command, MakeText makeText);
  Verdict judgeUse(App& app, const avos::Command& command);
  bool tell(const Connection& connection, const App& app, const avos::Command& command,
            const Verdict& verdict);

  Context& context_;
};

}  // namespace kith::core
