// SPDX-License-Identifier: Apache-2.0
// What was said and kept elsewhere, as SQL. Rows of a log that nothing was said behind here only
// move the mark `history`, however many members there are; behind a message of this server's own
// they are acknowledged for each member.
#include <map>
#include <unordered_set>
#include <utility>

#include "server/storage/errors.hpp"
#include "server/storage/sqlite_rows.hpp"
#include "server/storage/sqlite_statements.hpp"

namespace kith::storage {

/// One request.
class SqliteTables::Import {
 public:
  Import(SqliteTables& tables, App& app, bool look) : tables_(tables), app_(app), look_(look) {}

  void take(const ImportedMessage& row);
  void take(const ImportedConversation& row);
  void take(const ImportedStanding& row);
  void take(std::string_view class_name, const ImportedObject& row);
  /// Writes what came of all rows together.
  Imported finish();

 private:
  using Names = std::vector<std::string_view>;

  void fault(std::int64_t line, std::string why) { result_.fault(line, std::move(why)); }
  std::int64_t peer(const ImportedPeer& named) {
    return tables_.makePeer(app_, {named.peer_id, named.online}).row;
  }
  void compare(const ImportedMessage& row, Position there);
  ConversationRow& makePair(const ImportedMessage& row);
  void make(const ImportedConversation& row);
  void setMembers(ConversationRow& conversation, const ImportedConversation& row);
  void join(ConversationRow& conversation, const ImportedConversation& row,
            const std::vector<ImportedPeer>& members, std::int64_t time);
  void leave(ConversationRow& conversation, const ImportedConversation& row, const Names& gone);
  std::vector<std::string> membersOf(const ConversationRow& conversation);
  /// Counts a row about peers of a conversation. Whether it is to be carried out.
  bool begins(const ConversationRow& there, bool is_new);
  void subscribe(const ImportedStanding& row);
  void noteChange(ConversationRow& conversation, const ImportedConversation& row, RowKind kind,
                  const Names& names, std::int64_t time);
  void keep(ConversationRow& conversation, const NewRow& row);

  SqliteTables& tables_;
  App& app_;
  const bool look_;
  Imported result_;
  SqliteLists::Names names_;
  std::map<std::int64_t, Seq> history_;     // conversations whose mark has moved
  std::map<std::int64_t, SeqSpan> beyond_;  // rows behind a mark that stays
};

/// A row of history at the end of a log.
void SqliteTables::Import::keep(ConversationRow& conversation, const NewRow& row) {
  const bool is_history = conversation.history == conversation.last;
  tables_.keep(app_, conversation, row);
  if (is_history) {
    history_[conversation.row] = conversation.history = conversation.last;
    return;
  }
  const SeqSpan one{conversation.last, conversation.last};
  beyond_.try_emplace(conversation.row, one).first->second.last = conversation.last;
}

void SqliteTables::Import::take(const ImportedMessage& row) {
  ConversationRow* conversation = tables_.findConversation(app_, row.conv_id);
  if (conversation == nullptr && row.others.empty()) {
    ++result_.orphans;
    return;
  }
  std::string apart;
  if (conversation != nullptr && conversation->kind == ConversationKind::Service) {
    // They do not say which peers they were for, so they are for the app's server alone.
    apart = base::channelName(row.conv_id, {});
    conversation = tables_.findConversation(app_, apart);
  }
  if (conversation != nullptr && row.timestamp <= conversation->time) {
    const Position there =
        tables_.lists_->find(ListKind::Conversation, conversation->row, row.timestamp, row.id);
    if (there != 0) return compare(row, there);
    if (row.timestamp < conversation->time) {
      ++result_.late;
      return;
    }
  }
  ++result_.added;
  if (look_) return;
  if (conversation == nullptr && apart.empty()) {
    conversation = &makePair(row);
  } else if (conversation == nullptr) {
    conversation = &tables_.makeConversation(app_, apart, ConversationKind::Channel, row.timestamp);
  }
  PeerRow& sender = tables_.makePeer(app_, {row.from.peer_id, row.from.online});
  std::vector<std::string_view> addressed;
  for (const ImportedPeer& other : row.others) addressed.push_back(other.peer_id);
  NewRow kept;
  kept.sender = sender.row;
  kept.timestamp = row.timestamp;
  kept.text = row.text;
  kept.id = row.id;
  kept.extra = row.extra;
  kept.addressed = addressed;
  kept.sent = &sender.sent;
  keep(*conversation, kept);
}

/// With the one that is there, whose text may have been changed elsewhere, or here.
void SqliteTables::Import::compare(const ImportedMessage& row, Position there) {
  const auto kept = tables_.lists_->message(there, names_);
  if (kept && kept->text == row.text && kept->extra == row.extra) {
    ++result_.present;
    return;
  }
  const bool ours = !kept || kept->edited_at != 0;
  ++(ours ? result_.kept : result_.changed);
  if (ours || look_) return;
  Statement& edit = tables_.sql_->edit_message.start().text(row.text).number(0);
  if (row.extra.empty()) {
    edit.null();
  } else {
    edit.blob(row.extra);
  }
  edit.number(there).run();
}

ConversationRow& SqliteTables::Import::makePair(const ImportedMessage& row) {
  ConversationRow& pair =
      tables_.makeConversation(app_, row.conv_id, ConversationKind::Pair, row.timestamp);
  std::vector<PeerRef> others;
  for (const ImportedPeer& other : row.others) others.push_back({other.peer_id, other.online});
  Append members;
  members.from = row.from.peer_id;
  members.from_online = row.from.online;
  members.receivers = others;
  tables_.addToPair(app_, pair, members);
  return pair;
}

void SqliteTables::Import::take(const ImportedConversation& row) {
  if (!objects::isObjectId(row.id)) return fault(row.line, "objectId is no id of an object");
  ConversationRow* const there = tables_.findConversation(app_, row.id);
  if (there == nullptr) return make(row);
  if (there->kind == ConversationKind::Pair || there->pair == row.id) {
    return fault(row.line, "objectId is that of a pair of peers");
  }
  const bool listed = there->kind == ConversationKind::ListedPair && there->pair == row.pair;
  const Result<ImportFate> fate = tables_.objects_->import(app_.row, kConversationsClass,
                                                           makeImportedGroup(row, listed), look_);
  if (!fate) return fault(row.line, fate.error().detail);
  result_.count(*fate);
  const bool is_used = there->history != there->last;
  const bool lists_members = !row.open && !row.service;
  if (*fate == ImportFate::Changed && !look_ && !is_used && lists_members) setMembers(*there, row);
}

void SqliteTables::Import::make(const ImportedConversation& row) {
  ConversationRow* const pair =
      row.pair.empty() ? nullptr : tables_.findConversation(app_, row.pair);
  const bool is_talked = pair != nullptr && pair->kind == ConversationKind::Pair;
  const bool listed = !row.pair.empty() && (pair == nullptr || is_talked);
  const Result<ImportFate> fate = tables_.objects_->import(app_.row, kConversationsClass,
                                                           makeImportedGroup(row, listed), look_);
  if (!fate) return fault(row.line, fate.error().detail);
  result_.count(*fate);
  if (look_) return;
  result_.members_changed.emplace_back(row.id);
  if (is_talked) return tables_.listPairAs(app_, row.pair, std::string(row.id));
  auto kind = row.open ? ConversationKind::OpenGroup : ConversationKind::Group;
  if (row.service) kind = ConversationKind::Service;
  if (listed) kind = ConversationKind::ListedPair;
  ConversationRow& made = tables_.makeConversation(app_, row.id, kind, row.created,
                                                   listed ? row.pair : std::string_view());
  made.count = 0;
  join(made, row, row.members, row.created);
}

std::vector<std::string> SqliteTables::Import::membersOf(const ConversationRow& conversation) {
  std::vector<std::string> inside;
  Statement& rows = tables_.sql_->members_of.start().number(conversation.row);
  while (rows.step()) inside.emplace_back(rows.textAt(0));
  return inside;
}

/// As they are elsewhere by now.
void SqliteTables::Import::setMembers(ConversationRow& conversation,
                                      const ImportedConversation& row) {
  std::unordered_set<std::string_view, base::TextHash> wanted;
  for (const ImportedPeer& each : row.members) wanted.insert(each.peer_id);
  const std::vector<std::string> inside = membersOf(conversation);
  Names gone;
  std::unordered_set<std::string_view, base::TextHash> here;
  for (const std::string& name : inside) {
    here.insert(name);
    if (!wanted.contains(name)) gone.push_back(name);
  }
  std::vector<ImportedPeer> newcomers;
  for (const ImportedPeer& each : row.members) {
    if (!here.contains(each.peer_id)) newcomers.push_back(each);
  }
  if (gone.empty() && newcomers.empty()) return;
  result_.members_changed.emplace_back(row.id);
  tables_.becomeGroup(app_, conversation);
  conversation.count = inside.size();
  if (!gone.empty()) leave(conversation, row, gone);
  join(conversation, row, newcomers, conversation.time);
}

void SqliteTables::Import::join(ConversationRow& conversation, const ImportedConversation& row,
                                const std::vector<ImportedPeer>& members, std::int64_t time) {
  if (members.empty()) return;
  Names names;
  for (const ImportedPeer& each : members) {
    const auto place = static_cast<std::int64_t>(names.size());
    tables_.members_->join(conversation.row, peer(each), conversation.last + 1, place);
    names.push_back(each.peer_id);
  }
  conversation.count = conversation.count.value_or(0) + names.size();
  noteChange(conversation, row, RowKind::Joined, names, time);
}

void SqliteTables::Import::leave(ConversationRow& conversation, const ImportedConversation& row,
                                 const Names& gone) {
  for (const std::string_view name : gone) {
    tables_.members_->leave(conversation.row, peer({name, false}), conversation.last + 1,
                            conversation.time);
  }
  *conversation.count -= gone.size();
  noteChange(conversation, row, RowKind::Left, gone, conversation.time);
}

void SqliteTables::Import::noteChange(ConversationRow& conversation,
                                      const ImportedConversation& row, RowKind kind,
                                      const Names& names, std::int64_t time) {
  NewRow change;
  change.kind = kind;
  change.sender = peer({row.creator.empty() ? names.front() : row.creator, false});
  change.timestamp = time;
  change.addressed = names;
  keep(conversation, change);
  tables_.members_->noteChange(conversation.row, conversation.last);
}

bool SqliteTables::Import::begins(const ConversationRow& there, bool is_new) {
  const bool is_used = there.history != there.last;
  ++(!is_new ? result_.present : is_used ? result_.kept : result_.added);
  return is_new && !is_used && !look_;
}

void SqliteTables::Import::subscribe(const ImportedStanding& row) {
  ConversationRow* const service = tables_.findConversation(app_, row.conv_id);
  if (service == nullptr || service->kind != ConversationKind::Service) {
    ++result_.orphans;
    return;
  }
  const std::vector<std::string> inside = membersOf(*service);
  const std::unordered_set<std::string_view, base::TextHash> here(inside.begin(), inside.end());
  std::vector<ImportedPeer> newcomers;
  for (const ImportedPeer& each : row.peers) {
    if (!here.contains(each.peer_id)) newcomers.push_back(each);
  }
  if (!begins(*service, !newcomers.empty())) return;
  service->count = inside.size();
  join(*service, {}, newcomers, service->time);
  result_.members_changed.emplace_back(row.conv_id);
}

void SqliteTables::Import::take(const ImportedStanding& row) {
  if (row.subscribers) return subscribe(row);
  ConversationRow* const group = tables_.findGroup(app_, row.conv_id);
  if (group == nullptr) {
    ++result_.orphans;
    return;
  }
  Names news;
  for (const ImportedPeer& each : row.peers) {
    if (!tables_.standingOf(*group, each.peer_id).has(row.kind)) news.push_back(each.peer_id);
  }
  if (!begins(*group, !news.empty())) return;
  for (const std::string_view peer : news) {
    Standing standing = tables_.standingOf(*group, peer);
    standing.set(row.kind, true);
    tables_.setStanding(*group, standing);
  }
  result_.members_changed.emplace_back(row.conv_id);
}

void SqliteTables::Import::take(std::string_view class_name, const ImportedObject& row) {
  if (!objects::isObjectId(row.id)) return fault(row.line, "objectId is no id of an object");
  const objects::Object object{std::string(row.id),  std::string(row.fields),
                               std::string(row.acl), row.created,
                               row.updated,          1};
  const Result<ImportFate> fate = tables_.objects_->import(app_.row, class_name, object, look_);
  if (!fate) return fault(row.line, fate.error().detail);
  result_.count(*fate);
}

Imported SqliteTables::Import::finish() {
  for (const auto& [conversation, last] : history_) {
    tables_.sql_->set_history.start().number(last).number(conversation).run();
  }
  for (const auto& [conversation, rows] : beyond_) {
    tables_.sql_->read_on.start()
        .number(rows.last)
        .number(conversation)
        .number(rows.first - 1)
        .run();
    for (const std::int64_t peer : tables_.members_->ofPair(conversation)) {
      tables_.members_->acknowledge(conversation, peer, rows);
    }
  }
  return std::move(result_);
}

void SqliteTables::execute(Token token, const ImportMessages& request) {
  App* const app = findApp(request.app_id);
  if (app == nullptr) return answer(token, request, unknownApp(request.app_id));
  answer(token, request,
         importRows<ImportedMessage>(request.rows, Import(*this, *app, request.look)));
}

void SqliteTables::execute(Token token, const ImportConversations& request) {
  App* const app = findApp(request.app_id);
  if (app == nullptr) return answer(token, request, unknownApp(request.app_id));
  answer(token, request,
         importRows<ImportedConversation>(request.rows, Import(*this, *app, request.look)));
}

void SqliteTables::execute(Token token, const ImportStandings& request) {
  App* const app = findApp(request.app_id);
  if (app == nullptr) return answer(token, request, unknownApp(request.app_id));
  answer(token, request,
         importRows<ImportedStanding>(request.rows, Import(*this, *app, request.look)));
}

void SqliteTables::execute(Token token, const ImportObjects& request) {
  App* const app = findApp(request.app_id);
  if (app == nullptr) return answer(token, request, unknownApp(request.app_id));
  if (Result<void> good = checkImport(request); !good) return answer(token, request, good.error());
  answer(token, request,
         importRows<ImportedObject>(request.rows, Import(*this, *app, request.look),
                                    request.class_name));
}

}  // namespace kith::storage
