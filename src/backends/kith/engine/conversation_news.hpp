// SPDX-License-Identifier: Apache-2.0
// What the server says of conversations without being asked, and of what was missed, as events with
// their times (leancloud-current §5, avos-v1 §5.6). Pure.
#pragma once

#include <kith/event.hpp>

#include <cstdint>
#include <string_view>
#include <vector>

#include "protocol/avos/frame.hpp"
#include "protocol/leancloud/messages.hpp"

namespace kith::engine {

struct News {
  std::int64_t time{0};  ///< ms, on the server's clock; 0 = it has none, and is not told again
  std::uint64_t key{0};  ///< the same for the same thing, however often it is told
  Event event;
};

/// `peer` is the one that hears it. Nothing for what is no news.
std::vector<News> newsOf(const leancloud::Command& command, std::string_view peer);
std::vector<News> newsOf(const avos::RoomEvent& event, std::string_view peer);

/// Appends the news of a JSON list of changes. `last`: the time of the last one, if there is one.
/// False: it is no such list.
bool readChanges(std::string_view list, std::string_view peer, std::vector<News>& news,
                 std::int64_t& last);

}  // namespace kith::engine
