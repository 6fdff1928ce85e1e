// SPDX-License-Identifier: Apache-2.0
// How the log of a service conversation and that of a channel are shown as one, in both storages.
// Pure.
#pragma once

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text_codes.hpp"
#include "server/storage/requests.hpp"

namespace kith::storage {

/// Under which id rows of a conversation with this name are shown.
inline std::string_view shownId(ConversationKind kind, std::string_view name) {
  return kind == ConversationKind::Channel ? base::serviceOfChannel(name) : name;
}

/// Two pages, each in the direction of `range`, as one.
inline std::vector<StoredMessage> mergePages(const ReadLog& range, std::vector<StoredMessage> one,
                                             std::vector<StoredMessage> other) {
  std::vector<StoredMessage> both;
  both.reserve(one.size() + other.size());
  // Positions are in the order of acceptance, where times may be the same.
  const auto isBefore = [&](const StoredMessage& a, const StoredMessage& b) {
    const bool older = std::pair(a.timestamp, a.position) < std::pair(b.timestamp, b.position);
    return range.forward == older;
  };
  std::merge(std::make_move_iterator(one.begin()), std::make_move_iterator(one.end()),
             std::make_move_iterator(other.begin()), std::make_move_iterator(other.end()),
             std::back_inserter(both), isBefore);
  const auto most = static_cast<std::size_t>(std::max(range.limit, 0));
  if (both.size() > most) both.resize(most);
  return both;
}

/// The page that `range` asks for of both logs. `read` reads a page of one, `find` says where the
/// message is that the page begins at; 0 = it is not in that log.
template <typename Read, typename Find>
std::vector<StoredMessage> readBoth(const ReadLog& range, Read read, Find find) {
  const auto named = [&](std::string_view name) {
    return range.from_id.empty() ? Position{0} : find(name);
  };
  const Position in_log = named(range.conv_id);
  const Position in_channel = named(range.channel);
  const auto part = [&](std::string_view name, Position here, Position there) {
    ReadLog one = range;
    one.conv_id = name;
    one.channel = {};
    if (here == 0) one.beside = there;
    return read(one);
  };
  return mergePages(range, part(range.conv_id, in_log, in_channel),
                    part(range.channel, in_channel, in_log));
}

/// Another one of a list that has the newest first.
inline void addUnread(std::vector<UnreadConversation>& all, UnreadConversation one) {
  const auto isChannel = [](const UnreadConversation& each) {
    return each.last.kind == ConversationKind::Channel;
  };
  const auto same = std::find_if(all.begin(), all.end(), [&](const UnreadConversation& each) {
    return each.last.conv_id == one.last.conv_id && (isChannel(each) || isChannel(one));
  });
  if (same == all.end()) return all.push_back(std::move(one));
  same->count += one.count;
  same->mentioned = same->mentioned || one.mentioned;
}

}  // namespace kith::storage
