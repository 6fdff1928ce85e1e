// SPDX-License-Identifier: Apache-2.0
// What peers are in groups beside members.
#include <algorithm>
#include <unordered_set>
#include <utility>

#include "base/text_hash.hpp"
#include "server/storage/memory_app.hpp"
#include "server/storage/standing_rules.hpp"

namespace kith::storage {

std::vector<Standing> MemoryApp::standingsOf(ConversationKey group) const {
  std::vector<Standing> all;
  const auto found = standings_.find(group);
  if (found == standings_.end()) return all;
  for (const auto& [peer, standing] : found->second) all.push_back(standing);
  std::sort(all.begin(), all.end(),
            [](const Standing& a, const Standing& b) { return a.peer < b.peer; });
  return all;
}

bool MemoryApp::keepsOut(ConversationKey group, std::string_view peer, std::string_view by) const {
  const auto found = standings_.find(group);
  if (found == standings_.end()) return false;
  const auto at = found->second.find(peer);
  return at != found->second.end() && at->second.keepsOut(by);
}

GroupIds MemoryApp::declinedBy(const ListDeclined& request) const {
  GroupIds page;
  const auto found = declined_.find(request.peer_id);
  if (found == declined_.end()) return page;
  for (const ConversationKey key : found->second) {
    const std::string_view id = findConversation(key)->id();
    if (id > request.after) page.groups.emplace_back(id);
  }
  std::sort(page.groups.begin(), page.groups.end());
  page.complete = page.groups.size() <= request.limit;
  if (!page.complete) page.groups.resize(request.limit);
  return page;
}

void MemoryApp::noteDeclined(ConversationKey group, const std::string& peer, bool on) {
  std::set<ConversationKey>& groups = declined_[peer];
  if (on) groups.insert(group);
  if (!on) groups.erase(group);
  if (groups.empty()) declined_.erase(peer);
}

void MemoryApp::dropStandings(ConversationKey group) {
  const auto found = standings_.find(group);
  if (found == standings_.end()) return;
  for (const auto& [peer, standing] : found->second) {
    if (standing.has(StandingKind::Declining)) noteDeclined(group, peer, false);
  }
  standings_.erase(found);
}

MembersChanged MemoryApp::setStandings(ConversationKey group, const SetStanding& request) {
  MembersChanged result;
  TextMap<Standing>& all = standings_[group];
  const auto forget = [](const auto& each) { return each.second.empty(); };
  std::size_t count = 0;
  for (auto& [peer, standing] : all) {
    standing.passTime(request.now_ms);
    count += standing.has(request.kind) ? 1 : 0;
  }
  std::unordered_set<std::string_view, base::TextHash> seen;
  for (const std::string_view peer : request.peers) {
    const auto found = all.find(peer);
    const Standing standing = found != all.end() ? found->second : Standing{std::string(peer)};
    if (!seen.insert(peer).second || !isChange(request, standing)) continue;
    count += request.on && !standing.has(request.kind) ? 1 : 0;
    result.changed.emplace_back(peer);
  }
  const bool full = request.on && request.most != 0 && count > request.most;
  if (full) result = {Refusal::Full, 0, 0, {}, {}};
  for (const std::string& peer : result.changed) {
    change(request, all.try_emplace(peer, Standing{peer}).first->second);
    if (request.kind == StandingKind::Declining) noteDeclined(group, peer, request.on);
  }
  std::erase_if(all, forget);
  if (all.empty()) standings_.erase(group);
  return result;
}

}  // namespace kith::storage
