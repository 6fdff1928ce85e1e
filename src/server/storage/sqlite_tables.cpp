// SPDX-License-Identifier: Apache-2.0
// Apps, peers, conversations and messages as SQL.
#include "server/storage/sqlite_tables.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include "server/storage/absences.hpp"
#include "server/storage/errors.hpp"
#include "server/storage/sqlite_rows.hpp"
#include "server/storage/sqlite_statements.hpp"

namespace kith::storage {
namespace {

constexpr std::size_t kCachedPeers = 100'000;
constexpr std::size_t kCachedConversations = 100'000;

Appended refused(Refusal why) {
  Appended result;
  result.refusal = why;
  return result;
}

}  // namespace

SqliteTables::SqliteTables(Database& database, Answers& answers)
    : database_(database),
      answers_(answers),
      peers_(kCachedPeers),
      conversations_(kCachedConversations),
      listed_(kCachedConversations) {
  finish();
}

SqliteTables::~SqliteTables() = default;

void SqliteTables::finish() {
  members_.reset();
  lists_ = std::make_unique<SqliteLists>(database_, unfolded_);
  members_ = std::make_unique<SqliteMembers>(database_, unfolded_, *lists_);
  sql_ = std::make_unique<Statements>(database_);
  objects_ = std::make_unique<SqliteObjects>(database_);
}

void SqliteTables::execute(Token, const ConfigureApp& request) {
  apps_.insert_or_assign(std::string(request.app_id), App{0, request.limits, {}, 0, false});
  findApp(request.app_id);
}

// The row is looked up again after a rollback, which may have taken it away.
SqliteTables::App* SqliteTables::findApp(std::string_view app_id) {
  const auto found = apps_.find(app_id);
  if (found == apps_.end()) return nullptr;
  App& app = found->second;
  if (app.row == 0) {
    sql_->insert_app.start().text(app_id).number(app.limits.offline_age_ms).run();
    if (sql_->find_app.start().text(app_id).step()) {
      app.row = sql_->find_app.numberAt(0);
      app.swept = sql_->find_app.numberAt(1);
    }
    sql_->find_app.start();
  }
  return &app;
}

PeerRow* SqliteTables::findPeer(const App& app, std::string_view name) {
  if (PeerRow* known = peers_.find(RowView{app.row, name})) return known;
  Statement& row = sql_->find_peer.start().number(app.row).text(name);
  if (!row.step()) return nullptr;
  PeerRow peer;
  peer.row = row.numberAt(0);
  peer.absences = row.blobAt(1);
  peer.lists = row.numberAt(2) != 0;
  row.start();
  const auto recent = unfolded_.absences().find(peer.row);
  if (recent != unfolded_.absences().end()) peer.absences = recent->second;
  return peers_.add({app.row, std::string(name)}, std::move(peer));
}

PeerRow& SqliteTables::makePeer(const App& app, const PeerRef& named) {
  if (PeerRow* known = findPeer(app, named.peer_id)) return *known;
  PeerRow peer;
  if (!named.online) Absences::sinceEver().pack(peer.absences);
  Statement& row = sql_->insert_peer.start().number(app.row).text(named.peer_id);
  row.number(named.online ? 1 : 0).blob(peer.absences).run();
  peer.row = database_.lastRowId();
  peer.sent.makeEmpty();
  peer.tokens.known = true;
  return *peers_.add({app.row, std::string(named.peer_id)}, std::move(peer));
}

ConversationRow* SqliteTables::findConversation(const App& app, std::string_view name) {
  if (ConversationRow* known = conversations_.find(RowView{app.row, name})) return known;
  Statement& row = sql_->find_conversation.start().number(app.row).text(name);
  if (!row.step()) {
    const std::string listed(listedNameOf(app, name));
    return listed.empty() ? nullptr : findConversation(app, listed);
  }
  ConversationRow conversation;
  conversation.row = row.numberAt(0);
  conversation.kind = static_cast<ConversationKind>(row.numberAt(1));
  conversation.last = row.numberAt(2);
  conversation.time = row.numberAt(3);
  conversation.pair = row.textAt(4);
  conversation.history = row.numberAt(5);
  row.start();
  if (const auto* end = unfolded_.logEnd(conversation.row)) {
    conversation.last = end->last;
    conversation.time = end->time;
  }
  if (conversation.kind == ConversationKind::Pair) {
    conversation.peers = members_->ofPair(conversation.row);
  }
  return conversations_.add({app.row, std::string(name)}, std::move(conversation));
}

ConversationRow& SqliteTables::makeConversation(const App& app, std::string_view name,
                                                ConversationKind kind, std::int64_t created,
                                                std::string_view pair) {
  Statement& row = sql_->insert_conversation.start().number(app.row).text(name);
  row.number(static_cast<std::int64_t>(kind)).number(created);
  if (pair.empty()) {
    row.null().run();
  } else {
    row.text(pair).run();
  }
  ConversationRow conversation;
  conversation.pair = pair;
  conversation.row = database_.lastRowId();
  conversation.kind = kind;
  conversation.list.makeEmpty();
  return *conversations_.add({app.row, std::string(name)}, std::move(conversation));
}

void SqliteTables::execute(Token token, const Append& message) {
  App* app = findApp(message.app_id);
  if (app == nullptr) return answer(token, message, unknownApp(message.app_id));
  const PeerRef from{message.from, message.from_online};
  if (!message.dedupe.empty() && isRepeat(token, makePeer(*app, from), message)) return;
  ConversationRow* const conversation = conversationOf(*app, message);
  if (conversation == nullptr) {
    return answer(token, message, refused(Refusal::NoGroup));
  }
  PeerRow& sender = makePeer(*app, from);
  if (message.members_only && !members_->isInside(conversation->row, sender.row)) {
    return answer(token, message, refused(Refusal::NotMember));
  }
  NewRow row;
  row.sender = sender.row;
  row.timestamp = message.timestamp;
  row.text = message.text;
  row.id = message.id;
  row.addressed = message.addressed;
  row.extra = message.extra;
  row.receipt_wanted = message.receipt_wanted;
  row.to_self = message.to_self;
  row.sent = &sender.sent;
  const std::int64_t timestamp = keep(*app, *conversation, row);
  if (!message.dedupe.empty()) unfolded_.useToken(message.dedupe);
  deliver(*conversation, sender.row, message);
  ++appended_;
  Appended kept;
  kept.position = last_position_;
  kept.conversation = conversation->row;
  kept.seq = conversation->last;
  kept.id = message.id;
  kept.timestamp = timestamp;
  const bool by_pair = message.kind == ConversationKind::Pair;
  if (by_pair && conversation->kind == ConversationKind::ListedPair) {
    kept.listed = listedNameOf(*app, message.conv_id);
  }
  answer(token, message, std::move(kept));
}

/// Null: it is a group, and is not there.
ConversationRow* SqliteTables::conversationOf(const App& app, const Append& message) {
  if (message.kind == ConversationKind::Channel) return channelOf(app, message);
  if (message.kind != ConversationKind::Pair) return findGroup(app, message.conv_id);
  ConversationRow* found = findConversation(app, message.conv_id);
  if (found == nullptr) {
    found = &makeConversation(app, message.conv_id, ConversationKind::Pair, message.timestamp);
  }
  if (found->kind != ConversationKind::Pair) return found;
  if (found->peers.size() <= message.receivers.size()) addToPair(app, *found, message);
  if (!isToBeListed(app, message)) return found;
  return findConversation(app, listPair(app, message.conv_id, message.from, message.timestamp));
}

/// Made with its one member; null: something else has this name.
ConversationRow* SqliteTables::channelOf(const App& app, const Append& message) {
  if (ConversationRow* const found = findConversation(app, message.conv_id)) {
    return found->kind == ConversationKind::Channel ? found : nullptr;
  }
  ConversationRow& channel =
      makeConversation(app, message.conv_id, ConversationKind::Channel, message.timestamp);
  std::int64_t place = 0;
  for (const PeerRef& peer : message.receivers) {
    members_->join(channel.row, makePeer(app, peer).row, 0, place++);
  }
  return &channel;
}

bool SqliteTables::isToBeListed(const App& app, const Append& message) {
  const auto lists = [&](std::string_view name) {
    const PeerRow* const peer = findPeer(app, name);
    return peer != nullptr && peer->lists;
  };
  return message.listed || lists(message.from) ||
         std::any_of(message.receivers.begin(), message.receivers.end(),
                     [&](const PeerRef& receiver) { return lists(receiver.peer_id); });
}

void SqliteTables::addToPair(const App& app, ConversationRow& pair, const Append& message) {
  const auto add = [&](const PeerRef& named) {
    const std::int64_t peer = makePeer(app, named).row;
    if (std::find(pair.peers.begin(), pair.peers.end(), peer) != pair.peers.end()) return;
    members_->addToPair(pair.row, peer, pair.last, static_cast<std::int64_t>(pair.peers.size()));
    pair.peers.push_back(peer);
  };
  add({message.from, message.from_online});
  for (const PeerRef& receiver : message.receivers) add(receiver);
}

// Of a group only the sender is looked at.
void SqliteTables::deliver(const ConversationRow& conversation, std::int64_t sender,
                           const Append& message) {
  const Seq seq = conversation.last;
  if (conversation.kind == ConversationKind::OpenGroup) return;
  for (const std::int64_t peer : conversation.peers) {
    if (peer != sender) members_->wait(conversation.row, peer, seq);
  }
  const bool waits_for_sender = conversation.kind == ConversationKind::Pair && message.to_self;
  if (waits_for_sender) return members_->wait(conversation.row, sender, seq);
  if (!message.to_self) members_->acknowledge(conversation.row, sender, {seq, seq});
}

std::int64_t SqliteTables::keep(App& app, ConversationRow& conversation, const NewRow& row) {
  const Position position = ++last_position_;
  const std::int64_t timestamp = std::max(row.timestamp, conversation.time);
  if (conversation.list.unknown()) {
    lists_->readLogEnd(conversation.row, conversation.last, conversation.list);
  }
  Links links;
  if (row.kind == RowKind::Message) {
    links[ListKind::App] = link(ListKind::App, app.row, app.list, position, timestamp);
    links[ListKind::Sender] = link(ListKind::Sender, row.sender, *row.sent, position, timestamp);
  }
  links[ListKind::Conversation] = conversation.list.append(position, timestamp);
  conversation.last = links[ListKind::Conversation].number;
  conversation.time = timestamp;
  Unfolded::Accepted accepted{position, timestamp, conversation.last, {}, {}};
  accepted.lists = {{app.row, row.sender, conversation.row}};
  for (const ListKind kind : kListKinds) accepted.linked[kind] = links[kind].number != 0;
  insertRow(conversation, row, links);
  unfolded_.accept(accepted);
  return timestamp;
}

/// Makes a message the newest of a list, or a stray beside it.
Link SqliteTables::link(ListKind kind, std::int64_t list, ListEnd& end, Position position,
                        std::int64_t timestamp) {
  if (end.unknown()) lists_->readEnd(kind, list, end);
  if (end.newest() == 0 || end.timestamp() <= timestamp) return end.append(position, timestamp);
  Statement& stray = sql_->insert_stray.start().number(static_cast<std::int64_t>(kind));
  stray.number(list).number(timestamp).number(position).run();
  return {};
}

bool SqliteTables::isRepeat(Token token, PeerRow& sender, const Append& message) {
  const Position first = findToken(sender, message.dedupe);
  if (first == 0) return false;
  Statement& row = sql_->find_first.start().number(first);
  if (!row.step()) return false;
  answer(token, message,
         Appended{true, Refusal::None, first, row.numberAt(2), row.numberAt(3),
                  std::string(row.textAt(0)), row.numberAt(1)});
  row.start();
  return true;
}

/// The message that had the token; 0 = none, and from now on this one has.
Position SqliteTables::findToken(PeerRow& sender, std::string_view token) {
  if (!sender.tokens.holds(token)) {
    const auto& recent = unfolded_.tokens();
    const auto used = recent.lower_bound(Unfolded::TokenView(sender.row, token));
    const bool known = used != recent.end() && used->first.first == sender.row;
    if (known && used->first.second == token) return used->second.position;
    sender.tokens = {true, {}, known ? used->first.second : std::string()};
    Statement& next = sql_->next_token.start().number(sender.row).text(token);
    if (next.step()) {
      if (next.textAt(0) == token) {
        const Position first = next.numberAt(1);
        next.start();
        sender.tokens.known = false;
        return first;
      }
      if (!known || next.textAt(0) < sender.tokens.before) sender.tokens.before = next.textAt(0);
      next.start();
    }
  }
  sender.tokens.after = token;
  return 0;
}

void SqliteTables::insertRow(const ConversationRow& conversation, const NewRow& row,
                             const Links& links) {
  packed_links_.clear();
  packLinks(links, last_position_, packed_links_);
  Statement& insert = sql_->insert_message.start();
  insert.number(last_position_).number(conversation.row).number(conversation.last);
  insert.number(static_cast<std::int64_t>(row.kind)).number(conversation.time).number(row.sender);
  insert.blob(packed_links_).number(row.receipt_wanted ? 1 : 0).number(row.to_self ? 1 : 0);
  insert.text(row.id);
  if (row.addressed.empty()) {
    insert.null();
  } else {
    scratch_.clear();
    Writer(scratch_).texts(row.addressed);
    insert.blob(scratch_);
  }
  insert.text(row.text);
  if (row.extra.empty()) {
    insert.null().run();
  } else {
    insert.blob(row.extra).run();
  }
}

void SqliteTables::execute(Token, const Acknowledge& request) {
  const App* app = findApp(request.app_id);
  PeerRow* peer = app != nullptr ? findPeer(*app, request.peer_id) : nullptr;
  if (peer == nullptr) return;
  if (request.settles) {
    Absences absences = Absences::unpack(peer->absences);
    if (absences.settle()) setAbsences(*peer, absences);
  }
  for (const SeqRange& range : request.ranges) {
    members_->acknowledge(range.conversation, peer->row, {range.first, range.last});
  }
}

void SqliteTables::execute(Token token, const MarkRead& request) {
  ReadMarked marked;
  const App* app = findApp(request.app_id);
  const PeerRow* peer = app != nullptr ? findPeer(*app, request.peer_id) : nullptr;
  for (const std::string_view name : {request.conv_id, request.channel}) {
    if (peer == nullptr || name.empty()) continue;
    const ConversationRow* const conversation = findConversation(*app, name);
    if (conversation != nullptr) markRead(request, *conversation, *peer, marked);
  }
  answer(token, request, std::move(marked));
}

void SqliteTables::markRead(const MarkRead& request, const ConversationRow& conversation,
                            const PeerRow& peer, ReadMarked& marked) {
  constexpr ListKind kLog = ListKind::Conversation;
  const auto isRead = [&](const RowHead& row) { return row.timestamp <= request.upto; };
  RowHead head;
  Seq seq = request.seq;
  if (seq == 0) {
    const Position at = lists_->seek(kLog, lists_->newestOf(kLog, conversation.row), isRead);
    if (at == 0 || !lists_->readHead(at, head)) return;
    seq = head.seq;
  }
  seq = std::min(seq, conversation.last);
  const std::optional<Seq> before = members_->markRead(conversation.row, peer.row, seq);
  if (!before || *before >= seq) return;
  const Seq first = std::max(*before, seq - kToldRead) + 1;
  Position at = lists_->seek(kLog, lists_->newestOf(kLog, conversation.row),
                             [seq](const RowHead& row) { return row.seq <= seq; });
  SqliteLists::Names names;
  for (; at != 0 && lists_->readHead(at, head) && head.seq >= first;
       at = head.links[kLog].previous) {
    if (!head.receipt_wanted || !head.waitsFor(peer.row) || head.sender == peer.row) continue;
    auto message = lists_->message(at, names);
    if (!message) continue;
    marked.wanted.push_back({std::move(message->id), std::move(message->from), head.timestamp});
  }
  std::reverse(marked.wanted.begin(), marked.wanted.end());
}

}  // namespace kith::storage
