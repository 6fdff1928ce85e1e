// SPDX-License-Identifier: Apache-2.0
// What both storages say when they refuse something, and how long tokens are known.
#pragma once

#include <kith/error.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace kith::storage {

inline Error unknownApp(std::string_view app_id) {
  return {Errc::InvalidArgument, 0,
          "storage: app " + std::string(app_id) + " was used before ConfigureApp", false};
}
inline Error groupExists() {
  return {Errc::Rejected, 0, "storage: there is a group with this id already", false};
}
// The vendor's numbers of these (leancloud-current §7).
inline constexpr int kNotItsSender = 4403;
inline constexpr int kNoSuchMessage = 4404;
inline Error messageMissing() {
  return {Errc::Rejected, kNoSuchMessage, "storage: there is no such message in this conversation",
          false};
}
inline constexpr int kNoSuchConversation = 4303;
inline Error conversationMissing() {
  return {Errc::Rejected, kNoSuchConversation, "storage: there is no such conversation", false};
}
inline Error notItsSender() {
  return {Errc::Rejected, kNotItsSender, "storage: the message is another peer's", false};
}
inline Error storageClosed() { return {Errc::Closed, 0, "storage: it was closed", false}; }

/// Tokens are forgotten after this time (see Expire).
inline constexpr std::int64_t kDedupeAgeMs = 24ll * 3600 * 1000;

}  // namespace kith::storage
