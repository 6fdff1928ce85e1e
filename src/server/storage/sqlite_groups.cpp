// SPDX-License-Identifier: Apache-2.0
// Groups and their members as SQL.
#include "server/storage/sqlite_statements.hpp"

namespace kith::storage {

std::int64_t SqliteTables::findGroup(const App& app, std::string_view group_id) {
  Statement& row = sql_->find_group.start().number(app.row).text(group_id);
  const std::int64_t group = row.step() ? row.numberAt(0) : 0;
  row.start();
  return group;
}

void SqliteTables::insertMember(std::int64_t group, std::string_view peer_id) {
  sql_->insert_member.start().number(group).text(peer_id).run();
}

void SqliteTables::createGroup(Token token, std::string_view app_id, const GroupRecord& group,
                               std::int64_t now_ms) {
  const App* app = findApp(app_id);
  if (app == nullptr) return answer(token, ChangedAnswer{unknownApp(app_id)});
  if (findGroup(*app, group.id) != 0) return answer(token, ChangedAnswer{groupExists()});
  Statement& row = sql_->insert_group.start().number(app->row).text(group.id);
  row.number(group.open ? 1 : 0).number(now_ms).run();
  const std::int64_t group_row = database_.lastRowId();
  for (const std::string& member : group.members) insertMember(group_row, member);
  answer(token, ChangedAnswer{});
}

void SqliteTables::loadGroup(Token token, std::string_view app_id, std::string_view group_id) {
  const App* app = findApp(app_id);
  if (app == nullptr) return answer(token, GroupAnswer{unknownApp(app_id)});
  std::optional<GroupRecord> group;
  Statement& row = sql_->find_group.start().number(app->row).text(group_id);
  if (row.step()) {
    group.emplace();
    group->id = group_id;
    group->open = row.numberAt(1) != 0;
    Statement& members = sql_->members.start().number(row.numberAt(0));
    while (members.step()) group->members.emplace_back(members.textAt(0));
    row.start();
  }
  answer(token, GroupAnswer{std::move(group)});
}

void SqliteTables::addMembers(Token token, std::string_view app_id, std::string_view group_id,
                              std::span<const std::string_view> peer_ids) {
  const App* app = findApp(app_id);
  if (app == nullptr) return answer(token, ChangedAnswer{unknownApp(app_id)});
  const std::int64_t group = findGroup(*app, group_id);
  if (group == 0) return answer(token, ChangedAnswer{groupMissing()});
  for (std::string_view peer_id : peer_ids) insertMember(group, peer_id);
  answer(token, ChangedAnswer{});
}

void SqliteTables::removeMembers(Token token, std::string_view app_id, std::string_view group_id,
                                 std::span<const std::string_view> peer_ids) {
  const App* app = findApp(app_id);
  if (app == nullptr) return answer(token, ChangedAnswer{unknownApp(app_id)});
  const std::int64_t group = findGroup(*app, group_id);
  if (group == 0) return answer(token, ChangedAnswer{groupMissing()});
  for (std::string_view peer_id : peer_ids) {
    sql_->delete_member.start().number(group).text(peer_id).run();
  }
  answer(token, ChangedAnswer{});
}

}  // namespace kith::storage
