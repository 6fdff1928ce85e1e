// SPDX-License-Identifier: Apache-2.0
// What peers are in groups beside members.
#include <unordered_set>
#include <utility>
#include <vector>

#include "server/storage/errors.hpp"
#include "server/storage/sqlite_statements.hpp"
#include "server/storage/standing_rules.hpp"

namespace kith::storage {

Standing SqliteTables::standingOf(const ConversationRow& group, std::string_view peer) {
  Standing standing{std::string(peer)};
  Statement& row = sql_->find_standing.start().number(group.row).text(peer);
  if (row.step()) {
    standing.kinds = static_cast<std::uint8_t>(row.numberAt(0));
    standing.until = row.numberAt(1);
  }
  row.start();
  return standing;
}

void SqliteTables::setStanding(const ConversationRow& group, const Standing& standing) {
  if (standing.empty()) {
    sql_->drop_standing.start().number(group.row).text(standing.peer).run();
    return;
  }
  Statement& row = sql_->set_standing.start().number(group.row).text(standing.peer);
  row.number(standing.kinds).number(standing.until).run();
}

/// Those that have had their end make room for others.
void SqliteTables::endStandings(const ConversationRow& group, std::int64_t now_ms) {
  std::vector<Standing> ended;
  Statement& rows = sql_->ended_standings.start().number(group.row).number(now_ms);
  while (rows.step()) {
    ended.push_back({std::string(rows.textAt(0)), static_cast<std::uint8_t>(rows.numberAt(1)),
                     rows.numberAt(2)});
  }
  for (Standing& each : ended) {
    each.passTime(now_ms);
    setStanding(group, each);
  }
}

void SqliteTables::execute(Token token, const SetStanding& request) {
  const App* app = findApp(request.app_id);
  if (app == nullptr) return answer(token, request, unknownApp(request.app_id));
  const ConversationRow* const group = findGroup(*app, request.group_id);
  if (refuses(token, request, group)) return;
  endStandings(*group, request.now_ms);
  const std::uint8_t bit = Standing::bitOf(request.kind);
  MembersChanged result;
  std::vector<Standing> changed;
  std::unordered_set<std::string_view, base::TextHash> seen;
  std::size_t more = 0;
  for (const std::string_view peer : request.peers) {
    Standing standing = standingOf(*group, peer);
    if (!seen.insert(peer).second || !isChange(request, standing)) continue;
    more += standing.has(request.kind) ? 0 : 1;
    change(request, standing);
    changed.push_back(std::move(standing));
  }
  if (request.on && request.most != 0) {
    Statement& row = sql_->count_standings.start().number(group->row).number(bit);
    const auto count = row.step() ? static_cast<std::size_t>(row.numberAt(0)) : 0;
    row.start();
    if (count + more > request.most) {
      return answer(token, request, MembersChanged{Refusal::Full, 0, 0, {}, {}});
    }
  }
  for (const Standing& each : changed) {
    setStanding(*group, each);
    result.changed.push_back(each.peer);
  }
  answer(token, request, std::move(result));
}

}  // namespace kith::storage
