// SPDX-License-Identifier: Apache-2.0
// The rights to read and write an object: its ACL, a JSON object from `*`, a user's id or
// `role:<name>` to `{"read":true,"write":true}` (avos-v1 §11.6). Plain data; any thread.
#pragma once

#include <kith/result.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "server/objects/value.hpp"

namespace kith::objects {

/// On whose behalf something is asked. The master key may do everything.
struct Actor {
  std::string_view user;  ///< empty = no user is logged in
  std::span<const std::string_view> roles;
  bool master{false};
};

enum class Right : std::uint8_t { Read, Write };

/// The ACL as it is kept: only what is true. InvalidArgument when it is none, or too long.
Result<std::string> formatAcl(const JsonValue& acl);

/// Whether an ACL as it is kept gives the right. An empty text gives all rights to all, as the
/// vendor does without an ACL; one that cannot be read gives none.
bool isAllowed(std::string_view acl, Right right, const Actor& actor);

}  // namespace kith::objects
