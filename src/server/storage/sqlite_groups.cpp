// SPDX-License-Identifier: Apache-2.0
// Groups, whose members come and go as rows of their logs, and the presence of peers.
#include <algorithm>
#include <unordered_set>
#include <utility>
#include <vector>

#include "server/storage/absences.hpp"
#include "server/storage/errors.hpp"
#include "server/storage/sqlite_rows.hpp"
#include "server/storage/sqlite_statements.hpp"

namespace kith::storage {
namespace {

// Of peers whose presence could not be written down: beyond these some count as away, or as here,
// that are not, until they come or go.
constexpr std::size_t kPresenceKept = 100'000;

std::string_view nameOf(const PeerRef& peer) { return peer.peer_id; }
std::string_view nameOf(std::string_view peer_id) { return peer_id; }

std::span<const PeerRef> namedBy(const AddMembers& request) { return request.peers; }
std::span<const PeerRef> namedBy(const CreateGroup& request) { return request.members; }
std::span<const std::string_view> namedBy(const RemoveMembers& request) { return request.peer_ids; }

}  // namespace

/// Answers a request that is not carried out.
template <typename Change>
bool SqliteTables::refuses(Token token, const Change& request, const ConversationRow* group) {
  Refusal refusal = Refusal::None;
  if (group == nullptr || group->kind == ConversationKind::Pair) {
    refusal = Refusal::NoGroup;
  } else if constexpr (requires { request.members_only; }) {
    const PeerRow* by =
        request.members_only ? findPeer(*findApp(request.app_id), request.by) : nullptr;
    const bool inside = by != nullptr && members_->isInside(group->row, by->row);
    if (request.members_only && !inside) refusal = Refusal::NotMember;
  }
  if (refusal != Refusal::None) answer(token, request, MembersChanged{refusal, 0, 0, {}});
  return refusal != Refusal::None;
}

/// Those of the request that are not what it makes of them, each once.
template <typename Change>
std::vector<std::string> SqliteTables::toChange(const App& app, const ConversationRow& group,
                                                const Change& request) {
  constexpr bool kIsInside = std::is_same_v<Change, RemoveMembers>;
  std::vector<std::string> changed;
  std::unordered_set<std::string_view, base::TextHash> seen;
  for (const auto& named : namedBy(request)) {
    const std::string_view name = nameOf(named);
    const PeerRow* peer = findPeer(app, name);
    const bool inside = peer != nullptr && members_->isInside(group.row, peer->row);
    if (inside == kIsInside && seen.insert(name).second) changed.emplace_back(name);
  }
  return changed;
}

/// Keeps the row that says so, and answers.
template <typename Change>
void SqliteTables::keepChange(Token token, const Change& request, RowKind kind,
                              std::string_view text, std::vector<std::string> changed) {
  App& app = *findApp(request.app_id);
  const std::int64_t by = makePeer(app, {request.by, true}).row;
  ConversationRow& group = *findConversation(app, request.group_id);
  const std::vector<std::string_view> addressed(changed.begin(), changed.end());
  NewRow row{kind, by, request.now_ms, text, {}, addressed};
  const std::int64_t timestamp = keep(app, group, row);
  members_->noteChange(group.row, group.last);
  answer(token, request, MembersChanged{Refusal::None, group.last, timestamp, std::move(changed)});
}

template <typename Change>
void SqliteTables::joinAll(const Change& request, ConversationRow& group,
                           const std::vector<std::string>& changed) {
  const App& app = *findApp(request.app_id);
  std::size_t next = 0;  // they are in the order of the request
  for (const PeerRef& named : namedBy(request)) {
    if (next == changed.size() || changed[next] != named.peer_id) continue;
    const std::int64_t peer = makePeer(app, named).row;
    members_->join(group.row, peer, group.last + 1, static_cast<std::int64_t>(next++));
  }
  group.count = group.count.value_or(0) + changed.size();
}

void SqliteTables::execute(Token token, const CreateGroup& request) {
  const App* app = findApp(request.app_id);
  if (app == nullptr) return answer(token, request, unknownApp(request.app_id));
  if (findConversation(*app, request.group_id) != nullptr) {
    return answer(token, request, groupExists());
  }
  const auto kind = request.open ? ConversationKind::OpenGroup : ConversationKind::Group;
  ConversationRow& group = makeConversation(*app, request.group_id, kind, request.now_ms);
  group.count = 0;
  objects_->makeGroup(app->row, request);
  std::vector<std::string> changed = toChange(*app, group, request);
  if (changed.empty()) return answer(token, request, MembersChanged{});
  joinAll(request, group, changed);
  keepChange(token, request, RowKind::Joined, {}, std::move(changed));
}

void SqliteTables::execute(Token token, const AddMembers& request) {
  const App* app = findApp(request.app_id);
  if (app == nullptr) return answer(token, request, unknownApp(request.app_id));
  ConversationRow* const group = findConversation(*app, request.group_id);
  if (refuses(token, request, group)) return;
  std::vector<std::string> changed = toChange(*app, *group, request);
  if (!group->count) group->count = members_->count(group->row);
  if (request.most != 0 && !changed.empty() && *group->count + changed.size() > request.most) {
    return answer(token, request, MembersChanged{Refusal::Full, 0, 0, {}});
  }
  if (changed.empty()) return answer(token, request, MembersChanged{});
  joinAll(request, *group, changed);
  keepChange(token, request, RowKind::Joined, {}, std::move(changed));
}

void SqliteTables::execute(Token token, const RemoveMembers& request) {
  const App* app = findApp(request.app_id);
  if (app == nullptr) return answer(token, request, unknownApp(request.app_id));
  ConversationRow* const group = findConversation(*app, request.group_id);
  if (refuses(token, request, group)) return;
  std::vector<std::string> changed = toChange(*app, *group, request);
  if (changed.empty()) return answer(token, request, MembersChanged{});
  const std::int64_t time = std::max(request.now_ms, group->time);
  for (const std::string& name : changed) {
    members_->leave(group->row, findPeer(*app, name)->row, group->last + 1, time);
  }
  if (group->count) *group->count -= changed.size();
  keepChange(token, request, RowKind::Left, {}, std::move(changed));
}

void SqliteTables::execute(Token token, const NoteUpdate& request) {
  const App* app = findApp(request.app_id);
  if (app == nullptr) return answer(token, request, unknownApp(request.app_id));
  if (refuses(token, request, findConversation(*app, request.group_id))) return;
  keepChange(token, request, RowKind::Updated, request.text, {});
}

void SqliteTables::execute(Token, const PeerOnline& request) {
  tell({std::string(request.app_id), std::string(request.peer_id), true});
}

void SqliteTables::execute(Token, const PeerOffline& request) {
  tell({std::string(request.app_id), std::string(request.peer_id), false});
}

void SqliteTables::tell(PeerPresence presence) {
  const App* app = findApp(presence.app_id);
  PeerRow* const peer = app != nullptr ? findPeer(*app, presence.peer_id) : nullptr;
  if (peer == nullptr) return;
  Absences absences = Absences::unpack(peer->absences);
  if (presence.online == !absences.away()) return;
  if (presence.online) {
    absences.comeBack(last_position_);
  } else {
    absences.leave(last_position_);
  }
  setAbsences(*peer, absences);
  if (presence_.size() < kPresenceKept) presence_.push_back(std::move(presence));
}

void SqliteTables::setAbsences(PeerRow& peer, const Absences& absences) {
  peer.absences.clear();
  absences.pack(peer.absences);
  unfolded_.setAbsences(peer.row, peer.absences);
}

}  // namespace kith::storage
