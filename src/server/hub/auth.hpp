// SPDX-License-Identifier: Apache-2.0
// Checks the signatures of avos-v1 §10. Hub's thread.
#pragma once

#include <string_view>

#include "server/hub/context.hpp"

namespace kith::hub {

class Auth {
 public:
  explicit Auth(Context& context) : context_(context) {}

  /// Whether a session open or add may go on. Without enforcement what is given is not looked at,
  /// but nobody may become a super peer (§17 Q1).
  bool allowsSession(App& app, const wire::Command& command);
  /// Whether a room join, invite or kick may go on.
  bool allowsRoom(App& app, const wire::Command& command);

 private:
  bool complete(const App& app, const wire::Command& command) const;
  template <typename MakeText>
  bool matches(App& app, const wire::Command& command, MakeText makeText);
  bool isFresh(App& app, const wire::Command& command);

  Context& context_;
};

}  // namespace kith::hub
