// SPDX-License-Identifier: Apache-2.0
// Lines of another service's export (docs/rescue.md) as rows of a storage's import. What is no such
// line is named with the reason and left out. Pure; any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "server/storage/storage.hpp"

namespace kith::rest {

/// Lines of one request.
inline constexpr std::int64_t kImportLines = 5000;
/// Bytes of a message's text.
inline constexpr std::size_t kImportTextBytes = 64u * 1024;
/// How far ahead of our clock a time may be: time never falls in a log, so that one far ahead would
/// be that of all that comes after it.
inline constexpr std::int64_t kImportAheadMs = 24ll * 3600 * 1000;

/// A peer has a session now.
using IsOnline = std::function<bool(std::string_view peer_id)>;

struct ImportedRows {
  std::string packed;
  std::int64_t lines{0};
  std::vector<storage::ImportFault> faults;
};

/// A message a line: `timestamp`, `conv-id`, `msg-id`, `from`, `data`; `bin` and `to` when they are
/// there.
ImportedRows readMessages(std::string_view body, std::int64_t now_ms, const IsOnline& is_online);
/// An object of `_Conversation` or `AVOSRealtimeGroups` a line.
ImportedRows readConversations(std::string_view body, std::int64_t now_ms,
                               const IsOnline& is_online);
/// A line of `lists.jsonl`, or an object of `_ConversationMemberInfo`: what peers are in
/// conversations, and subscribers of service conversations. Of plain members nothing is to be done.
ImportedRows readStandings(std::string_view body, const IsOnline& is_online);
/// An object of another class a line. One without an ACL, and those of users and their devices, are
/// for the master key alone: what the other service hid of them by itself is in the row.
ImportedRows readObjects(std::string_view body, std::string_view class_name);

}  // namespace kith::rest
