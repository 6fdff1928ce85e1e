// SPDX-License-Identifier: Apache-2.0
// How a client of the current protocol is told something (leancloud-current §5). Pure.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/leancloud/messages.hpp"
#include "server/core/notices.hpp"

namespace kith::dialects {

/// Memory that a command points into, kept for the next one.
struct WritingScratch {
  std::vector<leancloud::LogItem> logs;
  std::vector<leancloud::MaxReadTuple> marks;
  std::vector<storage::MessageExtra> extras;
  std::vector<leancloud::UnreadTuple> unread;
  std::vector<leancloud::PatchItem> patches;
  std::deque<std::vector<std::string_view>> mentions;
  std::deque<std::string> decoded;
  std::vector<leancloud::ErrorCommand> failures;
  std::string bytes;
  std::string changes;
  std::string time;
};

/// The command points into the notice and into the scratch.
leancloud::Command commandOf(const core::Notice& notice, WritingScratch& scratch);

}  // namespace kith::dialects
