// SPDX-License-Identifier: Apache-2.0
// Groups, whose members come and go as rows of their logs, and the presence of peers.
#include <algorithm>
#include <unordered_set>
#include <utility>
#include <vector>

#include "server/storage/absences.hpp"
#include "server/storage/errors.hpp"
#include "server/storage/listed_id.hpp"
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
  if (group == nullptr) {
    refusal = Refusal::NoGroup;
  } else if constexpr (requires { request.members_only; }) {
    const PeerRow* by =
        request.members_only ? findPeer(*findApp(request.app_id), request.by) : nullptr;
    const bool inside = by != nullptr && members_->isInside(group->row, by->row);
    if (request.members_only && !inside) refusal = Refusal::NotMember;
  }
  if (refusal != Refusal::None) answer(token, request, MembersChanged{refusal, 0, 0, {}, {}});
  return refusal != Refusal::None;
}

template bool SqliteTables::refuses(Token, const SetStanding&, const ConversationRow*);

/// Those of the request that are not what it makes of them, and may be it, each once.
template <typename Change>
std::vector<std::string> SqliteTables::toChange(const App& app, const ConversationRow& group,
                                                const Change& request) {
  constexpr bool kIsInside = std::is_same_v<Change, RemoveMembers>;
  std::vector<std::string> changed;
  std::unordered_set<std::string_view, base::TextHash> seen;
  for (const auto& named : namedBy(request)) {
    const std::string_view name = nameOf(named);
    if constexpr (std::is_same_v<Change, AddMembers>) {
      if (standingOf(group, name).keepsOut(request.by)) continue;
    }
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
  NewRow row;
  row.kind = kind;
  row.sender = by;
  row.timestamp = request.now_ms;
  row.text = text;
  row.addressed = addressed;
  const std::int64_t timestamp = keep(app, group, row);
  members_->noteChange(group.row, group.last);
  answer(token, request,
         MembersChanged{Refusal::None, group.last, timestamp, std::move(changed), {}});
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

ConversationRow* SqliteTables::findGroup(const App& app, std::string_view name) {
  ConversationRow* const found = findConversation(app, name);
  const bool is_group = found != nullptr && found->kind != ConversationKind::Pair &&
                        found->kind != ConversationKind::Channel;
  return is_group && found->pair != name ? found : nullptr;
}

std::string_view SqliteTables::listedNameOf(const App& app, std::string_view pair) {
  if (const std::string* known = listed_.find(RowView{app.row, pair})) return *known;
  Statement& row = sql_->find_listed.start().number(app.row).text(pair);
  const std::string name(row.step() ? row.textAt(0) : std::string_view());
  row.start();
  if (name.empty()) return {};
  return *listed_.add({app.row, std::string(pair)}, name);
}

// It keeps its log, and its members what waits for them.
std::string SqliteTables::listPair(const App& app, std::string_view pair, std::string_view by,
                                   std::int64_t now_ms) {
  std::string name =
      makeListedId(pair, [&](std::string_view id) { return findConversation(app, id) != nullptr; });
  CreateGroup object;
  object.group_id = name;
  object.by = by;
  object.now_ms = now_ms;
  object.pair = pair;
  static_cast<void>(objects_->makeGroup(app.row, object));  // no field of it can be wrong
  listPairAs(app, pair, name);
  return name;
}

void SqliteTables::listPairAs(const App& app, std::string_view pair, const std::string& name) {
  ConversationRow row = *findConversation(app, pair);
  sql_->list_pair.start().text(name).text(pair).number(row.row).run();
  for (const std::int64_t peer : row.peers) members_->list(row.row, peer, row.last);
  row.kind = ConversationKind::ListedPair;
  row.pair = pair;
  row.count = std::exchange(row.peers, {}).size();
  conversations_.erase(RowView{app.row, pair});
  conversations_.add({app.row, name}, std::move(row));
  listed_.add({app.row, std::string(pair)}, name);
}

void SqliteTables::becomeGroup(const App& app, ConversationRow& conversation) {
  if (conversation.kind != ConversationKind::ListedPair) return;
  sql_->unlist_pair.start().number(conversation.row).run();
  listed_.erase(RowView{app.row, conversation.pair});
  conversation.kind = ConversationKind::Group;
  conversation.pair.clear();
}

void SqliteTables::execute(Token token, const CreateGroup& request) {
  const App* app = findApp(request.app_id);
  if (app == nullptr) return answer(token, request, unknownApp(request.app_id));
  const bool is_pair = !request.pair.empty() && request.life_ms == 0;
  if (is_pair) {
    const ConversationRow* const present = findConversation(*app, request.pair);
    if (present != nullptr) return bringPair(token, *app, request, *present);
  } else if (!request.pair.empty() && bringTemporary(token, *app, request)) {
    return;
  }
  if (findConversation(*app, request.group_id) != nullptr) {
    return answer(token, request, groupExists());
  }
  if (Result<void> made = objects_->makeGroup(app->row, request); !made) {
    return answer(token, request, made.error());
  }
  auto kind = request.open ? ConversationKind::OpenGroup : ConversationKind::Group;
  if (request.service) kind = ConversationKind::Service;
  if (is_pair) kind = ConversationKind::ListedPair;
  ConversationRow& group = makeConversation(*app, request.group_id, kind, request.now_ms,
                                            is_pair ? request.pair : std::string_view());
  group.count = 0;
  std::vector<std::string> changed = toChange(*app, group, request);
  if (changed.empty()) return answer(token, request, MembersChanged{});
  joinAll(request, group, changed);
  keepChange(token, request, RowKind::Joined, {}, std::move(changed));
}

bool SqliteTables::bringTemporary(Token token, const App& app, const CreateGroup& request) {
  std::string last = objects_->temporaryOf(app.row, request.pair);
  const GroupFacts facts = objects_->factsOf(app.row, last);
  std::optional<MembersChanged> there = stillThere(std::move(last), facts, request.now_ms);
  if (!there) return false;
  answer(token, request, *std::move(there));
  return true;
}

void SqliteTables::bringPair(Token token, const App& app, const CreateGroup& request,
                             const ConversationRow& present) {
  MembersChanged result;
  if (present.kind == ConversationKind::Pair) {
    result.existing = listPair(app, request.pair, request.by, request.now_ms);
  } else {
    result.existing = listedNameOf(app, request.pair);
  }
  result.timestamp = objects_->factsOf(app.row, result.existing).made;
  answer(token, request, std::move(result));
}

void SqliteTables::execute(Token token, const AddMembers& request) {
  const App* app = findApp(request.app_id);
  if (app == nullptr) return answer(token, request, unknownApp(request.app_id));
  ConversationRow* const group = findGroup(*app, request.group_id);
  if (refuses(token, request, group)) return;
  std::vector<std::string> changed = toChange(*app, *group, request);
  if (!group->count) group->count = members_->count(group->row);
  if (request.most != 0 && !changed.empty() && *group->count + changed.size() > request.most) {
    return answer(token, request, MembersChanged{Refusal::Full, 0, 0, {}, {}});
  }
  if (changed.empty()) return answer(token, request, MembersChanged{});
  becomeGroup(*app, *group);
  joinAll(request, *group, changed);
  keepChange(token, request, RowKind::Joined, {}, std::move(changed));
}

void SqliteTables::execute(Token token, const RemoveMembers& request) {
  const App* app = findApp(request.app_id);
  if (app == nullptr) return answer(token, request, unknownApp(request.app_id));
  ConversationRow* const group = findGroup(*app, request.group_id);
  if (refuses(token, request, group)) return;
  std::vector<std::string> changed = toChange(*app, *group, request);
  if (changed.empty()) return answer(token, request, MembersChanged{});
  becomeGroup(*app, *group);
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
  if (refuses(token, request, findGroup(*app, request.group_id))) return;
  keepChange(token, request, RowKind::Updated, request.text, {});
}

void SqliteTables::execute(Token, const PeerOnline& request) {
  tell({std::string(request.app_id), std::string(request.peer_id), true, request.lists});
}

void SqliteTables::execute(Token, const PeerOffline& request) {
  tell({std::string(request.app_id), std::string(request.peer_id), false, false});
}

void SqliteTables::tell(PeerPresence presence) {
  const App* app = findApp(presence.app_id);
  if (app == nullptr) return;
  PeerRow* const peer =
      presence.lists ? &makePeer(*app, {presence.peer_id, true}) : findPeer(*app, presence.peer_id);
  if (peer == nullptr) return;
  if (presence.lists && !std::exchange(peer->lists, true)) {
    sql_->set_lists.start().number(peer->row).run();
    if (presence_.size() < kPresenceKept) presence_.push_back(presence);
  }
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
