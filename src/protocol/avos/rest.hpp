// SPDX-License-Identifier: Apache-2.0
// The JSON of the little REST that Kith speaks (avos-v1 §11): message log, group objects, errors.
// Pure; any thread.
#pragma once

#include <kith/result.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kith::avos {

/// One message of the log (§11.2).
struct HistoryItem {
  std::int64_t timestamp{0};  ///< ms
  std::string conv_id;
  std::string from;
  std::string text;             ///< `data`
  std::vector<std::string> to;  ///< peers, or the group's id alone when `is_room`
  bool is_room{false};
  std::string message_id;                ///< `msg-id`; empty = none
  std::optional<std::int64_t> acked_at;  ///< `ack-at`, ms

  friend bool operator==(const HistoryItem&, const HistoryItem&) = default;
};

/// An answer of the message log ends with the message that brings it to so many bytes: a thousand
/// of the longest would be five times as many. A client that asked for more asks on from that
/// message, and knows by the size that there may be more.
inline constexpr std::size_t kHistoryAnswerBytes = 1024u * 1024;

/// The answer of `GET /1.1/rtm/messages/logs`: an array, in the order given, up to the item that
/// brings it to `enough` bytes.
std::string formatHistory(std::span<const HistoryItem> items, std::size_t enough = SIZE_MAX);
Result<std::vector<HistoryItem>> parseHistory(std::string_view body);

/// One row of `AVOSRealtimeGroups` (§9.1, §11.6).
struct GroupObject {
  std::string id;
  std::vector<std::string> members;
  bool open{false};
  std::string created_at;  ///< ISO-8601; empty = none

  friend bool operator==(const GroupObject&, const GroupObject&) = default;
};

std::string formatGroup(const GroupObject& group);
Result<GroupObject> parseGroup(std::string_view body);

/// The body of a 4xx or 5xx answer (§11.1).
struct RestError {
  std::int64_t code{0};
  std::string text;

  friend bool operator==(const RestError&, const RestError&) = default;
};

std::string formatRestError(const RestError& error);
/// nullopt when the body is none.
std::optional<RestError> parseRestError(std::string_view body);

}  // namespace kith::avos
