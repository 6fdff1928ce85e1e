// SPDX-License-Identifier: Apache-2.0
// Conversations that are taken away. Nothing finds one from the commit on that says so; its members
// and its rows go a part at a time, since a log may be long. Its rows stay as places without
// contents, as deleted messages do: the lists of its app and of its senders lead through them
// (decision 045).
#include <string>

#include "server/storage/errors.hpp"
#include "server/storage/sqlite_statements.hpp"

namespace kith::storage {
namespace {

// Rows that one transaction empties, and members that it forgets.
constexpr std::int64_t kEmptiedRows = 1000;
// Temporary groups that one transaction takes away.
constexpr std::int64_t kEndedGroups = 100;

}  // namespace

// Brings the tables up to date first, so that nothing that was done in it is written down later.
void SqliteTables::execute(Token token, const RemoveConversation& request) {
  const App* const app = findApp(request.app_id);
  if (app == nullptr) return answer(token, request, unknownApp(request.app_id));
  if (findGroup(*app, request.group_id) == nullptr) {
    return answer(token, request, conversationMissing());
  }
  fold();
  removeGroup(*app, request.group_id);
  expiring_ = true;
  answer(token, request, Changed{});
}

/// After a fold().
void SqliteTables::removeGroup(const App& app, std::string_view id) {
  objects_->removeGroup(app.row, id);
  const ConversationRow* const group = findGroup(app, id);
  if (group == nullptr) return;
  sql_->drop_standings.start().number(group->row).run();
  sql_->remove_conversation.start().number(group->row).run();
  if (!group->pair.empty()) listed_.erase(RowView{app.row, group->pair});
  const bool has_channels = group->kind == ConversationKind::Service;
  conversations_.erase(RowView{app.row, id});
  removed_left_ = true;
  if (!has_channels) return;
  Statement& channels = sql_->remove_channels.start().number(app.row);
  channels.text(base::channelName(id, {})).text(base::channelsEnd(id)).run();
  conversations_.clear();
}

/// True: there may be more.
bool SqliteTables::removeEnded() {
  for (const auto& [name, app] : apps_) {
    const std::vector<std::string> ended =
        objects_->temporaryBefore(app.row, expire_now_ - kTemporaryLifeMs, kEndedGroups);
    if (ended.empty()) continue;
    fold();
    for (const std::string& id : ended) removeGroup(app, id);
    return true;
  }
  return false;
}

/// True: there are more.
bool SqliteTables::emptyRemoved() {
  Statement& removed = sql_->removed_conversation.start();
  const bool found = removed.step();
  const std::int64_t conversation = found ? removed.numberAt(0) : 0;
  Position at = found ? removed.numberAt(1) : 0;
  removed.start();
  if (!found) return false;
  Statement& members = sql_->drop_members.start().number(conversation).number(kEmptiedRows);
  if (members.run() == kEmptiedRows) return true;
  RowHead head;
  for (std::int64_t rows = 0; at != 0 && rows < kEmptiedRows; ++rows) {
    const bool there = lists_->readHead(at, head);
    if (there) sql_->delete_message.start().number(at).run();
    at = there ? head.links[ListKind::Conversation].previous : 0;
  }
  sql_->set_removed.start().number(at).number(conversation).run();
  return true;
}

}  // namespace kith::storage
