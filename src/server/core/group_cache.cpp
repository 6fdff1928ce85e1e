// SPDX-License-Identifier: Apache-2.0
#include "server/core/group_cache.hpp"

#include <utility>

#include "base/text_hash.hpp"

namespace kith::core {
namespace {

/// Beyond so many times the bound also groups with connected members go; the next command loads
/// them again.
constexpr std::size_t kInUse = 4;
/// Groups looked at when room is to be made; the least recently used idle one of them goes.
constexpr std::size_t kSearched = 8;
/// Groups that go at a time: a large one takes the place of many small ones, and no command may
/// take long.
constexpr int kGoAtATime = 16;
/// Lost connections remembered per app, and for how long (avos-v1 §9.3).
constexpr std::size_t kReservations = 10000;
constexpr base::Millis kReservationTime{30 * 60 * 1000};

}  // namespace

std::uint64_t GroupCache::hashOf(const App& app, std::string_view id) {
  return base::hashText(id, app.seed);
}

Group* GroupCache::find(App& app, std::string_view id) {
  Group* const found =
      app.groups.find(hashOf(app, id), [id](const Group& each) { return each.id == id; });
  if (found && isOver(*found)) {
    forget(*found);
    return nullptr;
  }
  if (found) found->used = ++tick_;
  return found;
}

Group& GroupCache::insert(App& app, const storage::GroupRecord& record) {
  if (Group* present = find(app, record.id)) return *present;
  makeRoom(1, record.members.size());
  Ref<Group> group(new Group(app, record.id, record.open, context_.group_members));
  if (!record.open) {
    for (const auto& member : record.members) group->add(app.peer(member));
  }
  group->service = record.service;
  group->pair = record.pair;
  group->creator = record.creator;
  if (record.ends != 0) group->ends = base::Millis(record.ends);
  group->standings = record.standings;
  group->is_pair = !record.pair.empty();
  group->key = record.key;
  group->used = ++tick_;
  group->place = groups_.size();
  groups_.push_back(group);
  app.groups.add(hashOf(app, group->id), group.get());
  return *group;
}

void GroupCache::forget(Group& group) {
  if (group.place == kNoPlace) return;
  group.app.groups.remove(hashOf(group.app, group.id), &group);
  group.app.groups.shrink();
  std::swap(groups_[group.place], groups_.back());
  groups_[group.place]->place = group.place;
  group.place = kNoPlace;
  groups_.pop_back();  // with which it may go
}

bool GroupCache::mayGo(const Group& group, bool even_in_use) {
  if (group.refs > 1) return false;  // a message, a change, a session or a reservation needs it
  return even_in_use || group.online.empty();
}

bool GroupCache::forgetOld(bool even_in_use) {
  Group* oldest = nullptr;
  for (std::size_t i = 0; i < kSearched; ++i) {
    search_at_ = (search_at_ + 1) % groups_.size();
    Group* const group = groups_[search_at_].get();
    if ((!oldest || group->used < oldest->used) && mayGo(*group, even_in_use)) oldest = group;
  }
  if (oldest) forget(*oldest);
  return oldest != nullptr;
}

void GroupCache::makeRoom(std::size_t groups, std::size_t members) {
  const std::size_t most = context_.options.cached_members;
  const auto beyond = [&](std::size_t times) {
    return groups_.size() + groups > times * context_.options.cached_groups ||
           context_.group_members + members > times * most;
  };
  for (int gone = 0; gone < kGoAtATime && !groups_.empty() && beyond(1); ++gone) {
    if (!forgetOld(beyond(kInUse))) return;
  }
}

void GroupCache::enter(Session& session, Group& group) {
  if (session.open_group.get() == &group) return;
  exit(session, false);
  session.open_group = Ref<Group>(&group);
  session.open_group_index = static_cast<std::uint32_t>(group.live.size());
  group.live.push_back(&session);
}

void GroupCache::exit(Session& session, bool reserve) {
  if (!session.open_group) return;
  const Ref<Group> group = std::move(session.open_group);
  group->live[session.open_group_index] = group->live.back();
  group->live[session.open_group_index]->open_group_index = session.open_group_index;
  group->live.pop_back();
  if (!reserve) return;
  auto& kept = session.peer->app.reservations;
  const base::Millis now = context_.now.mono;
  if (kept.size() >= kReservations) {
    std::erase_if(kept, [&](const auto& each) { return each.second.until <= now; });
    if (kept.size() >= kReservations) kept.erase(kept.begin());
  }
  kept.insert_or_assign(session.peer->id, RejoinReservation{group, now + kReservationTime});
}

void GroupCache::rejoin(Session& session) {
  auto& kept = session.peer->app.reservations;
  const auto found = kept.find(session.peer->id);
  if (found == kept.end()) return;
  const RejoinReservation last = std::move(found->second);
  kept.erase(found);
  const bool kept_out = last.group->is(StandingKind::Blocked, session.peer->id);
  const bool removed = last.group->place == kNoPlace;
  if (last.until > context_.now.mono && !kept_out && !removed) enter(session, *last.group);
}

}  // namespace kith::core
