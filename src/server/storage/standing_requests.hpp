// SPDX-License-Identifier: Apache-2.0
// What can be asked of a storage about what peers are in groups beside members. As in requests.hpp,
// of which this is a part.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "server/storage/answers.hpp"
#include "server/storage/field_list.hpp"

namespace kith::storage {

/// Peers become something in a group, members or not, or are it no more. Brings those for which
/// that is a change; another end of what is Paused is one. What has ended by now goes.
struct SetStanding {
  using Reply = MembersChanged;
  static constexpr bool kWrites = true;

  std::string_view app_id;
  std::string_view group_id;
  StandingKind kind{StandingKind::Manager};
  bool on{false};
  std::span<const std::string_view> peers;
  std::size_t most{0};    ///< refused when more than so many would be it; 0 = no limit
  std::int64_t until{0};  ///< ms: the end of what is Paused
  std::int64_t now_ms{0};

  using Fields =
      FieldList<&SetStanding::app_id, &SetStanding::group_id, &SetStanding::kind, &SetStanding::on,
                &SetStanding::peers, &SetStanding::most, &SetStanding::until, &SetStanding::now_ms>;
};

/// Ids in one answer about what a peer declines.
inline constexpr std::size_t kDeclinedGroups = 500;

/// The groups that a peer declines, in the order of their ids.
struct ListDeclined {
  using Reply = GroupIds;
  static constexpr bool kWrites = false;

  std::string_view app_id;
  std::string_view peer_id;
  std::string_view after;  ///< only ids behind this one; empty = all
  std::size_t limit{kDeclinedGroups};

  using Fields = FieldList<&ListDeclined::app_id, &ListDeclined::peer_id, &ListDeclined::after,
                           &ListDeclined::limit>;
};

}  // namespace kith::storage
