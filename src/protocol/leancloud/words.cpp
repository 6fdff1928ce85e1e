// SPDX-License-Identifier: Apache-2.0
#include "protocol/leancloud/words.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <type_traits>

namespace kith::leancloud {
namespace {

template <typename Enum>
struct Word {
  Enum value;
  std::string_view name;
};

// Each table is in the order of its numbers, for the search by number.
constexpr auto kCmds = std::to_array<Word<Cmd>>(
    {{Cmd::Session, "session"},   {Cmd::Conv, "conv"},     {Cmd::Direct, "direct"},
     {Cmd::Ack, "ack"},           {Cmd::Rcp, "rcp"},       {Cmd::Unread, "unread"},
     {Cmd::Logs, "logs"},         {Cmd::Error, "error"},   {Cmd::Login, "login"},
     {Cmd::Data, "data"},         {Cmd::Room, "room"},     {Cmd::Read, "read"},
     {Cmd::Presence, "presence"}, {Cmd::Report, "report"}, {Cmd::Echo, "echo"},
     {Cmd::Loggedin, "loggedin"}, {Cmd::Logout, "logout"}, {Cmd::Loggedout, "loggedout"},
     {Cmd::Patch, "patch"},       {Cmd::Pubsub, "pubsub"}, {Cmd::Blacklist, "blacklist"},
     {Cmd::Goaway, "goaway"}});

constexpr auto kOps = std::to_array<Word<Op>>({{Op::Open, "open"},
                                               {Op::Add, "add"},
                                               {Op::Remove, "remove"},
                                               {Op::Close, "close"},
                                               {Op::Opened, "opened"},
                                               {Op::Closed, "closed"},
                                               {Op::Query, "query"},
                                               {Op::QueryResult, "query_result"},
                                               {Op::Conflict, "conflict"},
                                               {Op::Added, "added"},
                                               {Op::Removed, "removed"},
                                               {Op::Refresh, "refresh"},
                                               {Op::Refreshed, "refreshed"},
                                               {Op::Start, "start"},
                                               {Op::Started, "started"},
                                               {Op::Joined, "joined"},
                                               {Op::MembersJoined, "members_joined"},
                                               {Op::Left, "left"},
                                               {Op::MembersLeft, "members_left"},
                                               {Op::Results, "results"},
                                               {Op::Count, "count"},
                                               {Op::Result, "result"},
                                               {Op::Update, "update"},
                                               {Op::Updated, "updated"},
                                               {Op::Mute, "mute"},
                                               {Op::Unmute, "unmute"},
                                               {Op::Status, "status"},
                                               {Op::Members, "members"},
                                               {Op::MaxRead, "max_read"},
                                               {Op::IsMember, "is_member"},
                                               {Op::MemberInfoUpdate, "member_info_update"},
                                               {Op::MemberInfoUpdated, "member_info_updated"},
                                               {Op::MemberInfoChanged, "member_info_changed"},
                                               {Op::Expire, "expire"},
                                               {Op::Join, "join"},
                                               {Op::Invite, "invite"},
                                               {Op::Leave, "leave"},
                                               {Op::Kick, "kick"},
                                               {Op::Reject, "reject"},
                                               {Op::Invited, "invited"},
                                               {Op::Kicked, "kicked"},
                                               {Op::Upload, "upload"},
                                               {Op::Uploaded, "uploaded"},
                                               {Op::Subscribe, "subscribe"},
                                               {Op::Subscribed, "subscribed"},
                                               {Op::Unsubscribe, "unsubscribe"},
                                               {Op::Unsubscribed, "unsubscribed"},
                                               {Op::IsSubscribed, "is_subscribed"},
                                               {Op::Modify, "modify"},
                                               {Op::Modified, "modified"},
                                               {Op::Block, "block"},
                                               {Op::Unblock, "unblock"},
                                               {Op::Blocked, "blocked"},
                                               {Op::Unblocked, "unblocked"},
                                               {Op::MembersBlocked, "members_blocked"},
                                               {Op::MembersUnblocked, "members_unblocked"},
                                               {Op::CheckBlock, "check_block"},
                                               {Op::CheckResult, "check_result"},
                                               {Op::AddShutup, "add_shutup"},
                                               {Op::RemoveShutup, "remove_shutup"},
                                               {Op::QueryShutup, "query_shutup"},
                                               {Op::ShutupAdded, "shutup_added"},
                                               {Op::ShutupRemoved, "shutup_removed"},
                                               {Op::ShutupResult, "shutup_result"},
                                               {Op::Shutuped, "shutuped"},
                                               {Op::Unshutuped, "unshutuped"},
                                               {Op::MembersShutuped, "members_shutuped"},
                                               {Op::MembersUnshutuped, "members_unshutuped"},
                                               {Op::CheckShutup, "check_shutup"}});

constexpr auto kStatuses = std::to_array<Word<Status>>({{Status::On, "on"}, {Status::Off, "off"}});
constexpr auto kDirections =
    std::to_array<Word<Direction>>({{Direction::Older, "OLD"}, {Direction::Newer, "NEW"}});
constexpr auto kDevices = std::to_array<Word<Device>>(
    {{Device::Unknown, "unknown"}, {Device::Android, "android"}, {Device::Ios, "ios"}});

constexpr std::size_t kLongestOp = 19;

/// The ops with dashes. Their texts lie in the object: it is made once, at compile time.
class Kebab {
 public:
  constexpr Kebab() {
    for (std::size_t i = 0; i < kOps.size(); ++i) {
      for (std::size_t k = 0; k < kOps[i].name.size(); ++k) {
        letters_[i][k] = kOps[i].name[k] == '_' ? '-' : kOps[i].name[k];
      }
    }
  }
  constexpr std::string_view at(std::size_t i) const {
    return {letters_[i].data(), kOps[i].name.size()};
  }

 private:
  std::array<std::array<char, kLongestOp>, kOps.size()> letters_{};
};
constexpr Kebab kKebab;

/// Where each op stands in kOps, in the order of their names.
constexpr auto kOpsByName = [] {
  std::array<std::size_t, kOps.size()> order{};
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(),
            [](std::size_t a, std::size_t b) { return kOps[a].name < kOps[b].name; });
  return order;
}();

template <typename Table>
constexpr bool isSorted(const Table& table) {
  return std::is_sorted(table.begin(), table.end(),
                        [](const auto& a, const auto& b) { return a.value < b.value; });
}
static_assert(isSorted(kCmds) && isSorted(kOps));

template <typename Table, typename Enum>
auto find(const Table& table, Enum value) {
  const auto found =
      std::lower_bound(table.begin(), table.end(), value,
                       [](const Word<Enum>& word, Enum wanted) { return word.value < wanted; });
  return found != table.end() && found->value == value ? found : table.end();
}

template <typename Table, typename Enum>
std::string_view nameIn(const Table& table, Enum value) {
  const auto found = find(table, value);
  return found == table.end() ? std::string_view() : found->name;
}

template <typename Table>
auto valueIn(const Table& table, std::string_view name) {
  using Enum = decltype(table.front().value);
  for (const auto& word : table) {
    if (word.name == name) return word.value;
  }
  return std::remove_const_t<Enum>(Enum::Unknown);
}

}  // namespace

std::string_view nameOf(Cmd cmd) { return nameIn(kCmds, cmd); }
std::string_view nameOf(Op op) { return nameIn(kOps, op); }
std::string_view nameOf(Status status) { return nameIn(kStatuses, status); }
std::string_view nameOf(Direction direction) { return nameIn(kDirections, direction); }
std::string_view nameOf(Device device) { return nameIn(kDevices, device); }

std::string_view kebabOf(Op op) {
  const auto found = find(kOps, op);
  if (found == kOps.end()) return {};
  return kKebab.at(static_cast<std::size_t>(found - kOps.begin()));
}

Cmd cmdOf(std::string_view name) { return valueIn(kCmds, name); }
Status statusOf(std::string_view name) { return valueIn(kStatuses, name); }
Direction directionOf(std::string_view name) { return valueIn(kDirections, name); }
Device deviceOf(std::string_view name) { return valueIn(kDevices, name); }

Op opOf(std::string_view name) {
  if (name.size() > kLongestOp) return Op::Unknown;
  std::array<char, kLongestOp> letters{};
  std::replace_copy(name.begin(), name.end(), letters.begin(), '-', '_');
  const std::string_view wanted(letters.data(), name.size());
  const auto found =
      std::lower_bound(kOpsByName.begin(), kOpsByName.end(), wanted,
                       [](std::size_t i, std::string_view text) { return kOps[i].name < text; });
  return found != kOpsByName.end() && kOps[*found].name == wanted ? kOps[*found].value
                                                                  : Op::Unknown;
}

}  // namespace kith::leancloud
