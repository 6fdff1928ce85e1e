// SPDX-License-Identifier: Apache-2.0
// Groups and their members as SQL.
#include "server/storage/errors.hpp"
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

void SqliteTables::execute(Token token, const CreateGroup& request) {
  const App* app = findApp(request.app_id);
  if (app == nullptr) return answer(token, request, unknownApp(request.app_id));
  if (findGroup(*app, request.group_id) != 0) return answer(token, request, groupExists());
  Statement& row = sql_->insert_group.start().number(app->row).text(request.group_id);
  row.number(request.open ? 1 : 0).number(request.now_ms).run();
  const std::int64_t group_row = database_.lastRowId();
  for (const std::string_view member : request.members) insertMember(group_row, member);
  answer(token, request, Changed{});
}

void SqliteTables::execute(Token token, const AddMembers& request) {
  const App* app = findApp(request.app_id);
  if (app == nullptr) return answer(token, request, unknownApp(request.app_id));
  const std::int64_t group = findGroup(*app, request.group_id);
  if (group == 0) return answer(token, request, groupMissing());
  for (std::string_view peer_id : request.peer_ids) insertMember(group, peer_id);
  answer(token, request, Changed{});
}

void SqliteTables::execute(Token token, const RemoveMembers& request) {
  const App* app = findApp(request.app_id);
  if (app == nullptr) return answer(token, request, unknownApp(request.app_id));
  const std::int64_t group = findGroup(*app, request.group_id);
  if (group == 0) return answer(token, request, groupMissing());
  for (std::string_view peer_id : request.peer_ids) {
    sql_->delete_member.start().number(group).text(peer_id).run();
  }
  answer(token, request, Changed{});
}

}  // namespace kith::storage
