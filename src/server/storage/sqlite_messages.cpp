// SPDX-License-Identifier: Apache-2.0
// What becomes of messages later: edits, deletions, and the end of those that an app no longer
// keeps.
#include <algorithm>
#include <optional>
#include <vector>

#include "server/storage/errors.hpp"
#include "server/storage/sqlite_statements.hpp"

namespace kith::storage {
namespace {

// Rows of the history that one transaction looks at for an app.
constexpr std::int64_t kSweptRows = 1000;

}  // namespace

/// A row that a sweep looks at.
struct SqliteTables::Swept {
  Position position;
  std::int64_t timestamp;
  Links links;
  PerList<std::int64_t> lists;
};

template <typename Change>
Position SqliteTables::findMessage(const Change& request) {
  const App* app = findApp(request.app_id);
  if (app == nullptr) return 0;
  const ConversationRow* conversation = findConversation(*app, request.conv_id);
  if (conversation == nullptr) return 0;
  return lists_->find(ListKind::Conversation, conversation->row, request.timestamp, request.id);
}

void SqliteTables::execute(Token token, const EditMessage& request) {
  const Position position = findMessage(request);
  SqliteLists::Names names;
  const auto message =
      position != 0 ? lists_->message(position, names) : std::optional<StoredMessage>();
  if (message && !request.by.empty() && message->from != request.by) {
    return answer(token, request, notItsSender());
  }
  Statement& row = sql_->edit_message.start().text(request.text).number(request.edited_at);
  if (request.extra.empty()) {
    row.null();
  } else {
    row.blob(request.extra);
  }
  const bool found = position != 0 && row.number(position).run() != 0;
  if (!found) return answer(token, request, messageMissing());
  answer(token, request, Changed{});
}

void SqliteTables::execute(Token token, const DeleteMessage& request) {
  const Position position = findMessage(request);
  const bool found = position != 0 && sql_->delete_message.start().number(position).run() != 0;
  if (!found) return answer(token, request, messageMissing());
  answer(token, request, Changed{});
}

/// True: there are more.
bool SqliteTables::sweepHistory() {
  bool more = false;
  for (auto& [name, app] : apps_) {
    if (app.sweeping) app.sweeping = sweepHistory(app);
    more = more || app.sweeping;
  }
  return more;
}

// In the order of acceptance, from where the last sweep ended to the first message that stays. A
// list ends where its next message is gone.
bool SqliteTables::sweepHistory(App& app) {
  if (app.row == 0 || (app.limits.history_age_ms == 0 && app.limits.history_messages == 0)) {
    return false;
  }
  std::vector<Swept> rows;
  std::int64_t seen = 0;
  Position last = app.swept;
  Statement& from = sql_->messages_from.start().number(app.swept).number(kSweptRows);
  for (; from.step(); ++seen) {
    last = from.numberAt(0);
    if (from.numberAt(5) != app.row) continue;
    rows.push_back({last,
                    from.numberAt(1),
                    unpackLinks(from.blobAt(2), last, from.numberAt(6)),
                    {{app.row, from.numberAt(3), from.numberAt(4)}}});
  }
  const auto stays = std::find_if_not(rows.begin(), rows.end(),
                                      [&](const Swept& row) { return isBeyond(app, row); });
  std::for_each(rows.begin(), stays, [&](const Swept& row) { dropMessage(row); });
  const Position swept = stays != rows.end() ? stays->position : last + 1;
  if (seen != 0 && swept != app.swept) {
    app.swept = swept;
    sql_->set_swept.start().number(swept).number(app.row).run();
  }
  return stays == rows.end() && seen == kSweptRows;
}

// What is in no list of the app, a stray or a change of members, goes when all before it went.
bool SqliteTables::isBeyond(App& app, const Swept& row) {
  const AppLimits& limits = app.limits;
  if (limits.history_age_ms != 0 && row.timestamp < expire_now_ - limits.history_age_ms) {
    return true;
  }
  if (limits.history_messages == 0) return false;
  if (app.list.unknown()) lists_->readEnd(ListKind::App, app.row, app.list);
  const std::int64_t most = static_cast<std::int64_t>(limits.history_messages);
  return row.links[ListKind::App].number <= app.list.count() - most;
}

void SqliteTables::dropMessage(const Swept& row) {
  for (const ListKind kind : {ListKind::App, ListKind::Sender}) {
    if (row.links[kind].number != 0) continue;
    Statement& stray = sql_->drop_stray.start().number(static_cast<std::int64_t>(kind));
    stray.number(row.lists[kind]).number(row.timestamp).number(row.position).run();
  }
  sql_->drop_message.start().number(row.position).run();
}

}  // namespace kith::storage
