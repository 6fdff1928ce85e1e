// SPDX-License-Identifier: Apache-2.0
#include "server/core/standings.hpp"

#include <algorithm>
#include <charconv>

#include "base/close_codes.hpp"
#include "base/peer_id.hpp"

namespace kith::core {
namespace {

enum Rank : std::uint8_t { kMember, kManager, kOwner, kService };

Rank rankOf(const Group& group, std::string_view peer) {
  if (peer == group.creator) return kOwner;
  const storage::Standing* const standing = group.standingOf(peer);
  return standing && standing->has(StandingKind::Manager) ? kManager : kMember;
}

/// The ranks below this one are within the session's reach. All are within that of an app's server,
/// but that the creator cannot become a manager.
Rank reachOf(const Session& session, StandingKind kind, const Group& group) {
  if (kind == StandingKind::Declining) return kService;  // each peer has itself
  if (!session.connection->service) return rankOf(group, session.peer->id);
  return kind == StandingKind::Manager ? kOwner : kService;
}

/// Whether it is about coming in, for which an app may require signatures.
bool concernsEntry(StandingKind kind) {
  return kind == StandingKind::Blocked || kind == StandingKind::Declining;
}

/// Whether a peer has to be a member to become it. What an app's server says of a peer may hold
/// before it comes in; chat rooms have no members.
bool needsMember(const Session& session, const ChangeStanding& wish, const Group& group) {
  if (!wish.on || group.open || concernsEntry(wish.kind)) return false;
  return wish.kind == StandingKind::Manager || !session.connection->service;
}

int fullCode(StandingKind kind) {
  switch (kind) {
    case StandingKind::Silenced:
    case StandingKind::Paused: return base::kSiliencedMemberListFull;
    case StandingKind::Blocked:
    case StandingKind::Declining: return base::kBlacklistFull;
    default: return base::kConversationMemberInRoleFull;
  }
}

std::int64_t endOf(const PendingCommand& write, const ChangeStanding& wish) {
  constexpr std::int64_t kSecond = 1000;
  return wish.kind == StandingKind::Paused ? write.timestamp + wish.seconds * kSecond : 0;
}

/// Where a page of a list begins, as the page before it said; a text of ours, or none.
std::size_t placeOf(std::string_view next) {
  std::size_t place = 0;
  std::from_chars(next.data(), next.data() + next.size(), place);
  return place;
}

}  // namespace

int Standings::codeFor(const Session& session, const ChangeStanding& wish, const Group* group) {
  if (!group) return base::kConversationNotFound;
  if (session.connection->service) return wish.unknown_role ? base::kUnknownConversationRole : 0;
  if (wish.kind == StandingKind::Declining) {
    const bool itself = wish.peers.size() == 1 && wish.peers.front() == session.peer->id;
    return itself ? 0 : base::kConversationOperationUnauthorized;
  }
  if (group->open) return base::kNormalConversationRequired;
  if (!group->has(*session.peer)) return base::kConversationMembershipRequired;
  if (wish.unknown_role) return base::kUnknownConversationRole;
  const Rank needed = wish.kind == StandingKind::Manager ? kOwner : kManager;
  if (rankOf(*group, session.peer->id) < needed) return base::kConversationOperationUnauthorized;
  return 0;
}

void Standings::choose(const Session& by, const ChangeStanding& wish, const Group& group) {
  IdSet seen;
  allowed_.clear();
  failed_.clear();
  const Rank reach = reachOf(by, wish.kind, group);
  const bool members_only = needsMember(by, wish, group);
  for (const std::string_view id : wish.peers) {
    if (!seen.insert(id).second) continue;
    const Peer* const peer = group.app.findPeer(id);
    const bool may_be = !members_only || (peer && group.has(*peer));
    const bool good = may_be && base::whyBadPeerId(id).empty() && rankOf(group, id) < reach;
    (good ? allowed_ : failed_).push_back(id);
  }
}

/// An app's server is told at once: its command is carried out for all that it names, or for none.
bool Standings::refusesService(Session& session, const Serial& i) {
  if (!session.connection->service || failed_.empty()) return false;
  if (!base::whyBadPeerId(failed_.front()).empty()) {
    context_.refuse(session, i, base::kInvalidLogin);
  } else {
    context_.refuse(session, i, base::kConversationOperationUnauthorized,
                    "a manager is a member, and not the creator");
  }
  return true;
}

void Standings::change(Session& session, const Serial& i, const ChangeStanding& wish,
                       Group* group) {
  if (const int code = codeFor(session, wish, group); code != 0)
    return context_.refuse(session, i, code);
  if (concernsEntry(wish.kind) && !auth_.allowsBlock(session, wish)) {
    if (++session.connection->refused_signatures < kRefusedSignatures) {
      return context_.refuse(session, i, base::kBlacklistSignatureFailed);
    }
    return context_.close(*session.connection, base::kSignatureFailed);
  }
  choose(session, wish, *group);
  if (refusesService(session, i)) return;
  PendingCommand& write = context_.beginWrite(session, i, *group);
  ChangeStanding kept = wish;
  kept.peers = allowed_;
  kept.failed = failed_;
  write.intent.assign(kept);
  context_.storage.submit(
      write.token, storage::SetStanding{group->app.options.id, group->id, wish.kind, wish.on,
                                        allowed_, kStandings, endOf(write, wish), write.timestamp});
  if (wish.kind == StandingKind::Blocked && wish.on && !group->open) {
    rooms_.putOut(session, *group, std::get<ChangeStanding>(write.intent.get()).peers);
  }
}

void Standings::onChanged(PendingCommand& write, const Result<storage::MembersChanged>& result) {
  if (!result) {
    write.failed = true;
    return context_.close(*write.connection, base::kInternalError);
  }
  if (result->refusal == storage::Refusal::None) return show(write, *write.group);
  write.failed = true;
  const auto& wish = std::get<ChangeStanding>(write.intent.get());
  write.refused_code =
      result->refusal == storage::Refusal::Full ? fullCode(wish.kind) : base::kConversationNotFound;
}

void Standings::sendReply(const PendingCommand& write) {
  const auto& wish = std::get<ChangeStanding>(write.intent.get());
  const auto send = [&](const auto& reply) {
    context_.writer.replyNow(*write.connection,
                             Context::notice(*write.session, reply, write.i.get()));
  };
  if (write.failed) return send(RequestRefused{write.refused_code});
  const PeersRefused failed{base::kConversationOperationUnauthorized, wish.failed};
  send(StandingReply{wish.kind, wish.on, write.group->id, wish.peers, failed, write.timestamp});
}

/// Groups know those that are something from the answer on, which may be told before an earlier
/// command of the conversation has its turn. Of several the one that was asked for last counts.
void Standings::show(const PendingCommand& write, Group& group) {
  for (const PendingCommand* each = &write; each; each = each->next_in_conversation) {
    const bool known = each->kind == PendingCommand::Kind::Write && !each->failed &&
                       (each == &write || !each->unanswered) && each->group.get() == &group;
    if (!known) continue;
    const auto* const wish = std::get_if<ChangeStanding>(&each->intent.get());
    if (wish) set(*each, *wish, group);
  }
}

void Standings::set(const PendingCommand& write, const ChangeStanding& wish, Group& group) {
  for (storage::Standing& each : group.standings) each.passTime(write.timestamp);
  for (const std::string_view id : wish.peers) {
    auto at = std::find_if(group.standings.begin(), group.standings.end(),
                           [id](const auto& each) { return each.peer == id; });
    if (at == group.standings.end()) {
      at = group.standings.insert(at, storage::Standing{std::string(id)});
    }
    if (wish.kind == StandingKind::Paused) {
      at->pause(wish.on ? endOf(write, wish) : 0);
    } else {
      at->set(wish.kind, wish.on);
    }
  }
  std::erase_if(group.standings, [](const auto& each) { return each.empty(); });
}

void Standings::tell(const PendingCommand& write) {
  const auto& wish = std::get<ChangeStanding>(write.intent.get());
  if (write.failed || wish.peers.empty()) return;
  Group& group = *write.group;
  if (wish.kind == StandingKind::Declining) return;  // it is the peer's own affair
  if (group.open && wish.kind == StandingKind::Blocked && wish.on) rooms_.clear(group, wish.peers);
  const Peer& actor = *write.session->peer;
  const auto news = [&](bool own) {
    return [&, own]() -> Notice {
      return {{},
              actor.app.options.id,
              {},
              StandingChanged{wish.kind, wish.on, group.id, wish.peers, actor.id, own}};
    };
  };
  frame_.forget();
  for (const Present& present : group.online) {
    for (Session* to : present.peer->sessions) {
      if (to == write.session.get() || !to->connection->dialect->rules().hears_changes) continue;
      context_.writer.notify(*to, frame_, news(false));
    }
  }
  if (wish.kind == StandingKind::Manager) return;
  frame_.forget();
  for (const std::string_view id : wish.peers) {
    const Peer* const peer = actor.app.findPeer(id);
    if (!peer) continue;
    for (Session* to : peer->sessions) {
      if (!to->connection->dialect->rules().hears_changes) continue;
      context_.writer.notify(*to, frame_, news(true));
    }
  }
}

void Standings::list(Session& session, const Serial& i, const ListStandings& wish,
                     const Group* group) {
  if (!group) return context_.refuse(session, i, base::kConversationNotFound);
  if (!group->has(*session.peer))
    return context_.refuse(session, i, base::kConversationMembershipRequired);
  std::vector<std::string_view> found;
  const auto isIt = [&](std::string_view id) {
    const storage::Standing* const standing = group->standingOf(id);
    return standing && standing->has(wish.kind);
  };
  std::string next;
  if (wish.checks) {
    std::copy_if(wish.peers.begin(), wish.peers.end(), std::back_inserter(found), isIt);
  } else {
    for (const storage::Standing& each : group->standings) {
      if (each.has(wish.kind)) found.push_back(each.peer);
    }
    std::sort(found.begin(), found.end());
    const std::size_t first = std::min(placeOf(wish.next), found.size());
    found.erase(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(first));
    const auto limit =
        static_cast<std::size_t>(std::clamp<std::int64_t>(wish.limit, 0, kStandings));
    if (limit < found.size()) {
      found.resize(limit);
      next = std::to_string(first + limit);
    }
  }
  const StandingsListed reply{wish.kind, wish.checks, group->id, found, next};
  context_.writer.replyFirst(session, Context::notice(session, reply, i));
}

void Standings::listDeclined(Session& session, const Serial& i, const ListDeclined& wish) {
  const Peer& peer = *session.peer;
  if (wish.peer != peer.id) {
    return context_.refuse(session, i, base::kConversationOperationUnauthorized);
  }
  constexpr std::int64_t kMost{storage::kDeclinedGroups};
  const auto limit = static_cast<std::size_t>(std::clamp<std::int64_t>(wish.limit, 0, kMost));
  const PendingCommand& asked = context_.beginAsk(session, i);
  context_.storage.submit(asked.token,
                          storage::ListDeclined{peer.app.options.id, peer.id, wish.next, limit});
}

void Standings::onDeclined(PendingCommand& asked, const Result<storage::GroupIds>& found) const {
  if (!found) return Context::answer(asked, RequestRefused{base::kInternalError});
  const std::vector<std::string_view> groups(found->groups.begin(), found->groups.end());
  const bool last = found->complete || groups.empty();
  Context::answer(asked, DeclinedListed{groups, last ? std::string_view() : groups.back()});
}

}  // namespace kith::core
