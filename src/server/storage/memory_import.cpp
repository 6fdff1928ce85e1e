// SPDX-License-Identifier: Apache-2.0
// What was said and kept elsewhere, on tables in memory.
#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "server/storage/errors.hpp"
#include "server/storage/memory_tables.hpp"
#include "server/storage/objects_rules.hpp"

namespace kith::storage {

/// One request.
class MemoryTables::Import {
 public:
  Import(MemoryTables& tables, MemoryApp& app, bool look)
      : tables_(tables), app_(app), look_(look) {}

  void take(const ImportedMessage& row);
  void take(const ImportedConversation& row);
  void take(const ImportedStanding& row);
  void take(std::string_view class_name, const ImportedObject& row);
  Imported finish();

 private:
  void fault(std::int64_t line, std::string why) { result_.fault(line, std::move(why)); }
  void compare(const ImportedMessage& row, Message& there);
  Conversation& makePair(const ImportedMessage& row);
  void make(const ImportedConversation& row);
  void setMembers(Conversation& conversation, const ImportedConversation& row);
  void join(Conversation& conversation, const ImportedConversation& row, std::int64_t time);
  /// Counts a row about peers of a conversation. Whether it is to be carried out.
  bool begins(const Conversation& there, bool is_new);
  void subscribe(const ImportedStanding& row);
  void keep(Conversation& conversation, const NewRow& row);
  void note(Conversation& conversation, const ImportedConversation& row, RowKind kind,
            std::int64_t time);

  MemoryTables& tables_;
  MemoryApp& app_;
  const bool look_;
  Imported result_;
  std::map<ConversationKey, SeqSpan> kept_;
};

void MemoryTables::Import::keep(Conversation& conversation, const NewRow& row) {
  const Seq seq = app_.add(conversation, row).seq;
  kept_.try_emplace(conversation.key, SeqSpan{seq, seq}).first->second.last = seq;
}

void MemoryTables::Import::take(const ImportedMessage& row) {
  if (!look_) app_.makeRoom();
  Conversation* conversation = app_.findConversation(row.conv_id);
  if (conversation == nullptr && row.others.empty()) {
    ++result_.orphans;
    return;
  }
  std::string apart;
  if (conversation != nullptr && conversation->kind == ConversationKind::Service) {
    // They do not say which peers they were for, so they are for the app's server alone.
    apart = base::channelName(row.conv_id, {});
    conversation = app_.findConversation(apart);
  }
  if (conversation != nullptr && row.timestamp <= conversation->last_time) {
    const Seq there = conversation->find(row.timestamp, row.id);
    if (there != 0) return compare(row, *conversation->row(there));
    if (row.timestamp < conversation->last_time) {
      ++result_.late;
      return;
    }
  }
  ++result_.added;
  if (look_) return;
  if (conversation == nullptr && apart.empty()) {
    conversation = &makePair(row);
  } else if (conversation == nullptr) {
    conversation = &app_.makeConversation(apart, app_.hashOf(apart), ConversationKind::Channel);
  }
  std::vector<std::string_view> addressed;
  for (const ImportedPeer& other : row.others) addressed.push_back(other.peer_id);
  NewRow kept;
  kept.id = row.id;
  kept.timestamp = row.timestamp;
  kept.from = row.from.peer_id;
  kept.from_hash = app_.hashOf(row.from.peer_id);
  kept.text = row.text;
  kept.addressed = addressed;
  kept.extra = row.extra;
  keep(*conversation, kept);
}

/// With the one that is there, whose text may have been changed elsewhere, or here.
void MemoryTables::Import::compare(const ImportedMessage& row, Message& there) {
  if (!there.deleted && there.text() == row.text && there.extra() == row.extra) {
    ++result_.present;
    return;
  }
  const bool ours = there.deleted || (there.edited != nullptr && there.edited->at != 0);
  ++(ours ? result_.kept : result_.changed);
  if (!ours && !look_) there.edit(tables_.shared_.blocks, row.text, row.extra, 0);
}

Conversation& MemoryTables::Import::makePair(const ImportedMessage& row) {
  std::vector<PeerRef> others;
  for (const ImportedPeer& other : row.others) others.push_back({other.peer_id, other.online});
  Append members;
  members.conv_id = row.conv_id;
  members.from = row.from.peer_id;
  members.from_online = row.from.online;
  members.receivers = others;
  return tables_.makePair(app_, members, app_.hashOf(row.conv_id));
}

void MemoryTables::Import::take(const ImportedConversation& row) {
  if (!objects::isObjectId(row.id)) return fault(row.line, "objectId is no id of an object");
  Conversation* const there = app_.findConversation(row.id);
  if (there == nullptr) return make(row);
  if (there->kind == ConversationKind::Pair || there->id() != row.id) {
    return fault(row.line, "objectId is that of a pair of peers");
  }
  const bool listed = there->kind == ConversationKind::ListedPair && there->madeAs() == row.pair;
  const Result<ImportFate> fate =
      app_.objects.import(kConversationsClass, makeImportedGroup(row, listed), look_);
  if (!fate) return fault(row.line, fate.error().detail);
  result_.count(*fate);
  const bool is_used = there->history != there->last;
  const bool lists_members = !row.open && !row.service;
  if (*fate == ImportFate::Changed && !look_ && !is_used && lists_members) setMembers(*there, row);
}

void MemoryTables::Import::make(const ImportedConversation& row) {
  Conversation* const pair = row.pair.empty() ? nullptr : app_.findConversation(row.pair);
  const bool is_talked = pair != nullptr && pair->kind == ConversationKind::Pair;
  const bool listed = !row.pair.empty() && (pair == nullptr || is_talked);
  const Result<ImportFate> fate =
      app_.objects.import(kConversationsClass, makeImportedGroup(row, listed), look_);
  if (!fate) return fault(row.line, fate.error().detail);
  result_.count(*fate);
  if (look_) return;
  result_.members_changed.emplace_back(row.id);
  if (is_talked) return app_.list(*pair, row.id);
  auto kind = row.open ? ConversationKind::OpenGroup : ConversationKind::Group;
  if (row.service) kind = ConversationKind::Service;
  if (listed) kind = ConversationKind::Pair;
  const std::string_view name = listed ? row.pair : row.id;
  Conversation& made = app_.makeConversation(name, app_.hashOf(name), kind);
  join(made, row, row.created);
  if (listed) app_.list(made, row.id);
}

/// As they are elsewhere by now.
void MemoryTables::Import::setMembers(Conversation& conversation, const ImportedConversation& row) {
  const auto isWanted = [&](std::string_view id) {
    return std::any_of(row.members.begin(), row.members.end(),
                       [&](const ImportedPeer& each) { return each.peer_id == id; });
  };
  std::vector<Member*> gone;
  std::vector<std::string> names;
  for (Member* at = conversation.members.first; at != nullptr; at = at->next) {
    if (isWanted(at->peer->id())) continue;
    gone.push_back(at);
    names.emplace_back(at->peer->id());
  }
  const Seq before = conversation.last;
  if (!gone.empty()) {
    app_.becomeGroup(conversation);
    tables_.names_.assign(names.begin(), names.end());
    note(conversation, row, RowKind::Left, conversation.last_time);
    for (Member* member : gone) app_.leave(*member, *conversation.row(conversation.last));
  }
  join(conversation, row, conversation.last_time);
  if (conversation.last != before) result_.members_changed.emplace_back(row.id);
}

/// Those of the row that are no members.
void MemoryTables::Import::join(Conversation& conversation, const ImportedConversation& row,
                                std::int64_t time) {
  std::vector<PeerRef> members;
  for (const ImportedPeer& each : row.members) members.push_back({each.peer_id, each.online});
  tables_.chooseNew(app_, conversation, members, row.creator);
  if (tables_.new_peers_.empty()) return;
  app_.becomeGroup(conversation);
  note(conversation, row, RowKind::Joined, time);
  for (const PeerRef& peer : tables_.new_peers_) {
    app_.join(conversation, app_.peerOf(peer), conversation.last);
  }
}

/// `names_` are those that it is about.
void MemoryTables::Import::note(Conversation& conversation, const ImportedConversation& row,
                                RowKind kind, std::int64_t time) {
  NewRow change;
  change.row = kind;
  change.timestamp = time;
  change.from = row.creator.empty() ? tables_.names_.front() : row.creator;
  change.addressed = tables_.names_;
  keep(conversation, change);
}

bool MemoryTables::Import::begins(const Conversation& there, bool is_new) {
  const bool is_used = there.history != there.last;
  ++(!is_new ? result_.present : is_used ? result_.kept : result_.added);
  return is_new && !is_used && !look_;
}

void MemoryTables::Import::subscribe(const ImportedStanding& row) {
  Conversation* const service = app_.findConversation(row.conv_id);
  if (service == nullptr || service->kind != ConversationKind::Service) {
    ++result_.orphans;
    return;
  }
  ImportedConversation wanted;
  wanted.members = row.peers;
  const bool is_new = std::any_of(
      row.peers.begin(), row.peers.end(),
      [&](const ImportedPeer& each) { return app_.findMember(*service, each.peer_id) == nullptr; });
  if (!begins(*service, is_new)) return;
  join(*service, wanted, service->last_time);
  result_.members_changed.emplace_back(row.conv_id);
}

void MemoryTables::Import::take(const ImportedStanding& row) {
  if (row.subscribers) return subscribe(row);
  Conversation* const group = app_.findConversation(row.conv_id);
  if (group == nullptr || !group->isGroup() || group->id() != row.conv_id) {
    ++result_.orphans;
    return;
  }
  const std::vector<Standing> all = app_.standingsOf(group->key);
  const auto isIt = [&](const ImportedPeer& peer) {
    return std::any_of(all.begin(), all.end(), [&](const Standing& each) {
      return each.peer == peer.peer_id && each.has(row.kind);
    });
  };
  const bool is_new = !std::all_of(row.peers.begin(), row.peers.end(), isIt);
  if (!begins(*group, is_new)) return;
  SetStanding change;
  change.kind = row.kind;
  change.on = true;
  std::vector<std::string_view> peers;
  for (const ImportedPeer& each : row.peers) peers.push_back(each.peer_id);
  change.peers = peers;
  app_.setStandings(group->key, change);
  result_.members_changed.emplace_back(row.conv_id);
}

void MemoryTables::Import::take(std::string_view class_name, const ImportedObject& row) {
  if (!objects::isObjectId(row.id)) return fault(row.line, "objectId is no id of an object");
  objects::Object object{std::string(row.id),  std::string(row.fields),
                         std::string(row.acl), row.created,
                         row.updated,          1};
  const Result<ImportFate> fate = app_.objects.import(class_name, std::move(object), look_);
  if (!fate) return fault(row.line, fate.error().detail);
  result_.count(*fate);
}

// Nothing of it waits, or counts as unread for those that had read all before it.
Imported MemoryTables::Import::finish() {
  for (const auto& [key, rows] : kept_) {
    Conversation* const conversation = app_.findConversation(key);
    if (conversation == nullptr) continue;
    if (conversation->history == rows.first - 1) conversation->history = rows.last;
    for (Member* at = conversation->members.first; at != nullptr; at = at->next) {
      if (at->linked) at->acknowledge(rows);
      if (std::max(at->read, at->joined) >= rows.first - 1) at->read = rows.last;
    }
  }
  return std::move(result_);
}

void MemoryTables::execute(Token token, const ImportMessages& request) {
  MemoryApp* const app = findApp(request.app_id);
  if (app == nullptr) return answer(token, request, unknownApp(request.app_id));
  answer(token, request,
         importRows<ImportedMessage>(request.rows, Import(*this, *app, request.look)));
}

void MemoryTables::execute(Token token, const ImportConversations& request) {
  MemoryApp* const app = findApp(request.app_id);
  if (app == nullptr) return answer(token, request, unknownApp(request.app_id));
  answer(token, request,
         importRows<ImportedConversation>(request.rows, Import(*this, *app, request.look)));
}

void MemoryTables::execute(Token token, const ImportStandings& request) {
  MemoryApp* const app = findApp(request.app_id);
  if (app == nullptr) return answer(token, request, unknownApp(request.app_id));
  answer(token, request,
         importRows<ImportedStanding>(request.rows, Import(*this, *app, request.look)));
}

void MemoryTables::execute(Token token, const ImportObjects& request) {
  MemoryApp* const app = findApp(request.app_id);
  if (app == nullptr) return answer(token, request, unknownApp(request.app_id));
  if (Result<void> good = checkImport(request); !good) return answer(token, request, good.error());
  answer(token, request,
         importRows<ImportedObject>(request.rows, Import(*this, *app, request.look),
                                    request.class_name));
}

}  // namespace kith::storage
