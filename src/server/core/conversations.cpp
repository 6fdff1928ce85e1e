// SPDX-License-Identifier: Apache-2.0
#include "server/core/conversations.hpp"

#include <algorithm>
#include <array>

#include "base/close_codes.hpp"
#include "base/peer_id.hpp"
#include "base/text_codes.hpp"
#include "json/json_value.hpp"
#include "server/core/answer_size.hpp"
#include "server/core/delivery.hpp"

namespace kith::core {
namespace {

/// Fields that say what a conversation is, and are the server's or its administrator's to set.
constexpr std::array<std::string_view, 14> kReserved{
    "ACL", "c",  "createdAt", "lm",  "m",      "mu",       "objectId",
    "sys", "tr", "temp",      "ttl", "unique", "uniqueId", "updatedAt"};

/// The first reserved field among those that a client wants to set; empty = none. What is no object
/// the storage refuses, and what an app's server must not set, too.
std::string reservedIn(const Session& session, std::string_view fields) {
  if (fields.empty() || session.connection->service) return {};
  const Result<json::JsonValue> parsed = json::parseJson(fields, "attr");
  if (!parsed) return {};
  for (const json::JsonMember& member : parsed->members) {
    const std::string_view key = std::string_view(member.name).substr(0, member.name.find('.'));
    if (std::find(kReserved.begin(), kReserved.end(), key) != kReserved.end()) return member.name;
  }
  return {};
}

/// The storage would not; else it could not.
bool isRefusal(const Error& error) {
  return error.code == Errc::InvalidArgument || error.code == Errc::Rejected;
}

/// A page that is read from a bound ends at another one, which the storage is not asked for.
class BeyondBound {
 public:
  explicit BeyondBound(const ReadMessages& wish) : wish_(wish) {}
  bool operator()(const storage::StoredMessage& message) const {
    const ReadMessages::Bound& to = wish_.to;
    if (to.time == 0) return false;
    if (message.timestamp != to.time) return (message.timestamp > to.time) == wish_.forward;
    if (to.id.empty() || message.id == to.id) return !to.included;
    return false;
  }

 private:
  const ReadMessages& wish_;
};

}  // namespace

bool Conversations::chooseMembers(const Session& session, const StartConversation& wish) {
  IdSet seen;
  ids_.clear();
  const auto add = [&](std::string_view id) {
    if (seen.insert(id).second) ids_.push_back(id);
  };
  if (!session.connection->service) add(session.peer->id);
  for (const std::string_view id : wish.members) add(id);
  return std::all_of(ids_.begin(), ids_.end(),
                     [](auto id) { return base::whyBadPeerId(id).empty(); });
}

void Conversations::start(Session& session, const Serial& i, const StartConversation& wish) {
  const App& app = session.peer->app;
  if (const std::string key = reservedIn(session, wish.fields); !key.empty()) {
    return context_.refuse(session, i, base::kConversationUpdateFailed,
                           "attr." + key + " is the server's");
  }
  if (!chooseMembers(session, wish)) return context_.refuse(session, i, base::kInvalidLogin);
  if (!auth_.allowsStart(session, wish, ids_)) {
    if (++session.connection->refused_signatures < kRefusedSignatures) {
      return context_.refuse(session, i, base::kConversationSignatureFailed);
    }
    return context_.close(*session.connection, base::kSignatureFailed);
  }
  const std::size_t most = app.options.group_members;
  if (ids_.size() > (wish.temporary ? std::min(most, kTemporaryMembers) : most)) {
    return context_.refuse(session, i, base::kConversationFull);
  }
  PendingCommand& start =
      context_.pending.begin(PendingCommand::Kind::Start, Ref<Connection>(session.connection));
  PendingCommands::queueReply(start);
  start.session = Ref<Session>(&session);
  start.i.assign(i);
  start.timestamp = context_.now.wall.count();
  nameConversation(wish, start);
  storage::CreateGroup request;
  request.app_id = app.options.id;
  request.group_id = start.conversation_id;
  request.pair = start.text;
  if (start.ends != 0) request.life_ms = start.ends - start.timestamp;
  request.open = wish.open;
  request.service = wish.service;
  request.by = session.peer->id;
  request.now_ms = start.timestamp;
  request.fields = wish.fields;
  refs_.clear();
  if (!wish.open) {
    for (const std::string_view id : ids_) {
      Peer* const peer = app.findPeer(id);
      const bool online = peer && peer->online();
      refs_.push_back({id, online});
      if (online && peer != session.peer.get()) start.peers.emplace_back(peer);
    }
  }
  request.members = refs_;
  context_.asked_storage = true;
  context_.storage.submit(start.token, request);
}

void Conversations::nameConversation(const StartConversation& wish, PendingCommand& start) {
  if (wish.unique && !wish.open && ids_.size() > 1) {
    pairs_.choose(ids_);
    start.text = pairs_.id();
  }
  start.conversation_id = base::makeGroupId(context_.random);
  if (!wish.temporary || wish.open) return;
  constexpr std::int64_t longest = storage::kTemporaryLifeMs;
  const std::int64_t wanted = std::clamp<std::int64_t>(wish.seconds, 0, longest / 1000) * 1000;
  start.ends = start.timestamp + (wanted > 0 ? wanted : longest);
  // Unique ones of the same members are side by side, the newest at the end.
  if (!start.text.empty()) {
    start.conversation_id = start.text + '.' + base::hexOf(start.timestamp);
  }
  start.conversation_id.insert(0, base::kTemporaryPrefix);
}

void Conversations::onStarted(PendingCommand& start,
                              const Result<storage::MembersChanged>& result) {
  start.failed = !result.ok();
  if (result.ok()) {
    if (result->existing.empty()) return;
    start.conversation_id = result->existing;
    start.for_some = true;  // it was there
    start.timestamp = result->timestamp;
    start.ends = result->ends;
    start.peers.clear();
    return;
  }
  start.peers.clear();
  if (result.error().code != Errc::InvalidArgument) {
    return context_.close(*start.connection, base::kInternalError);
  }
  start.first_id = result.error().detail;
}

void Conversations::sendReply(const PendingCommand& start) {
  const Session& creator = *start.session;
  const Serial i = start.i.get();
  if (start.failed) {
    const RequestRefused reply{base::kConversationUpdateFailed, start.first_id};
    return context_.writer.replyNow(*start.connection, Context::notice(creator, reply, i));
  }
  const ConversationStarted reply{start.conversation_id,    start.text,
                                  start.timestamp,          start.for_some,
                                  secondsUntil(start.ends), context_.now.wall.count()};
  context_.writer.replyNow(*start.connection, Context::notice(creator, reply, i));
  const auto make = [&]() -> Notice {
    return {{},
            creator.peer->app.options.id,
            {},
            MembershipChanged{true, start.conversation_id, creator.peer->id, start.timestamp}};
  };
  frame_.forget();
  for (const auto& peer : start.peers) {
    for (Session* to : peer->sessions) {
      // Clients of v1 know a pair by its peers.
      const bool is_pair = !start.text.empty() && start.ends == 0;
      if (is_pair && !to->connection->dialect->rules().current) continue;
      context_.writer.notify(*to, frame_, make);
    }
  }
}

void Conversations::answerError(PendingCommand& asked, const Error& error, int code) {
  if (isRefusal(error)) return Context::answer(asked, RequestRefused{code, error.detail});
  Context::answer(asked, RequestRefused{base::kInternalError, {}});
}

void Conversations::list(Session& session, const Serial& i, const ListMembers& wish,
                         const Group* group) {
  if (!group) return context_.refuse(session, i, base::kConversationNotFound);
  if (!isTheirs(session, i, *group) || (!group->open && !isInside(session, i, group))) return;
  const auto limit =
      static_cast<std::size_t>(std::clamp<std::int64_t>(wish.limit, 0, kListedMembers));
  IdSet seen;
  ids_.clear();
  const auto add = [&](const Peer& peer) {
    if (ids_.size() < limit && seen.insert(peer.id).second) ids_.push_back(peer.id);
  };
  for (const Session* inside : group->live) add(*inside->peer);
  for (const auto& [peer, member] : group->members) add(*peer);
  const MembersListed reply{group->id, ids_};
  context_.writer.replyFirst(session, Context::notice(session, reply, i));
}

void Conversations::read(Session& session, const Serial& i, const ReadMessages& wish,
                         const Group* group) {
  if (!group) return context_.refuse(session, i, base::kConversationNotFound);
  if (!group->open && !group->service && !group->has(*session.peer)) {
    return context_.refuse(session, i, base::kConversationLogRejected);
  }
  const std::string channel =
      group->service ? base::channelName(group->id, session.peer->id) : std::string();
  PendingCommand& asked = context_.beginAsk(session, i);
  asked.intent.assign(wish);
  storage::ReadLog request;
  request.app_id = session.peer->app.options.id;
  request.conv_id = wish.group;
  request.forward = wish.forward;
  request.from_time = wish.from.time;
  request.from_id = wish.from.id;
  request.exclusive = !wish.from.included;
  request.limit = static_cast<int>(std::clamp<std::int64_t>(wish.limit, 0, kReadMessages));
  request.channel = channel;
  context_.storage.submit(asked.token, request);
}

void Conversations::onRead(PendingCommand& asked, Result<storage::HistoryPage>& page) {
  if (!page) return answerError(asked, page.error(), base::kConversationLogFailed);
  const auto& wish = std::get<ReadMessages>(asked.intent.get());
  auto& messages = page->messages;
  messages.erase(std::find_if(messages.begin(), messages.end(), BeyondBound(wish)), messages.end());
  const auto itself = [](const storage::StoredMessage& message) -> auto& { return message; };
  messages.erase(endOfAnswer(messages, Context::answerBytesOf(asked), itself), messages.end());
  if (!wish.forward) std::reverse(messages.begin(), messages.end());
  Context::answer(asked, MessagesRead{wish.group, messages});
}

/// What a service conversation is, and its list of members, is its server's.
bool Conversations::isTheirs(Session& session, const Serial& i, const Group& group) {
  if (!group.service || session.connection->service) return true;
  context_.refuse(session, i, base::kNormalConversationRequired);
  return false;
}

bool Conversations::isInside(Session& session, const Serial& i, const Group* group) {
  if (!group) {
    context_.refuse(session, i, base::kConversationNotFound);
    return false;
  }
  const bool inside = session.connection->service ||
                      (group->open ? session.open_group.get() == group : group->has(*session.peer));
  if (!inside) context_.refuse(session, i, base::kConversationMembershipRequired);
  return inside;
}

void Conversations::countUnread(Session& session, const Serial& i) {
  PendingCommand& asked = context_.beginAsk(session, i);
  const Peer& peer = *session.peer;
  context_.storage.submit(asked.token, storage::ListUnread{peer.app.options.id, peer.id});
}

void Conversations::onCounted(PendingCommand& asked, const Result<storage::UnreadList>& list) {
  if (!list) return answerError(asked, list.error(), base::kConversationLogFailed);
  const auto last = [](const storage::UnreadConversation& each) -> auto& { return each.last; };
  const auto& all = list->conversations;
  const auto end = endOfAnswer(all, Context::answerBytesOf(asked), last);
  Context::answer(asked, UnreadCounts{{all.begin(), end}, context_.now.wall.count()});
}

void Conversations::edit(Session& session, const Serial& i, const EditMessage& wish, Group* group) {
  // What a peer has said to a service conversation is in its channel.
  const bool to_service = group && group->service && !session.connection->service;
  if (!to_service && !isInside(session, i, group)) return;
  ids_.assign(wish.to.begin(), wish.to.end());
  if (to_service) ids_.assign(1, session.peer->id);
  if (ids_.size() > kNamedReceivers) {
    return context_.refuse(session, i, base::kInvalidMessagingTarget);
  }
  PendingCommand& write = context_.beginWrite(session, i, *group);
  EditMessage kept = wish;
  // What takes the place of a message that was taken back (leancloud-current §5.3).
  if (wish.recall) kept.text = R"({"_lctype":-127})";
  write.intent.assign(kept);
  storage::MessageExtra extra = extraOf(kept);
  extra.recalled = wish.recall;
  if (wish.recall) extra.binary = false;
  write.extra = extra.pack();
  storage::EditMessage request{group->app.options.id, group->id,       kept.id,
                               kept.timestamp,        kept.text,       write.timestamp,
                               write.extra,           session.peer->id};
  if (ids_.empty() || !group->service) return context_.storage.submit(write.token, request);
  write.in_channel = true;
  for (std::size_t at = 0; at < ids_.size(); ++at) {
    const std::string channel = base::channelName(group->id, ids_[at]);
    request.conv_id = channel;
    write.peers.push_back(group->app.peer(ids_[at]));
    // All are in one commit, and the answer to the last one stands for them.
    const bool is_last = at + 1 == ids_.size();
    context_.storage.submit(is_last ? write.token : storage::kNoToken, request);
  }
}

void Conversations::submitUpdate(const PendingCommand& write, std::string_view body) {
  storage::UpdateObject request;
  request.app_id = write.group->app.options.id;
  request.class_name = storage::classOfGroup(write.group->id);
  request.id = write.group->id;
  request.body = body;
  request.master = true;  // membership was looked at before
  request.now_ms = write.timestamp;
  context_.storage.submit(write.token, request);
}

void Conversations::update(Session& session, const Serial& i, const UpdateConversation& wish,
                           Group* group) {
  if (!isInside(session, i, group) || !isTheirs(session, i, *group)) return;
  if (const std::string key = reservedIn(session, wish.fields); !key.empty()) {
    return context_.refuse(session, i, base::kConversationUpdateFailed,
                           "attr." + key + " is the server's");
  }
  PendingCommand& write = context_.beginWrite(session, i, *group);
  write.intent.assign(wish);
  submitUpdate(write, wish.fields);
}

void Conversations::mute(Session& session, const Serial& i, const MuteConversation& wish,
                         Group* group) {
  if (!isInside(session, i, group)) return;
  PendingCommand& write = context_.beginWrite(session, i, *group);
  write.intent.assign(wish);
  scratch_ = wish.muted ? R"({"mu":{"__op":"AddUnique","objects":[)"
                        : R"({"mu":{"__op":"Remove","objects":[)";
  scratch_ += session.peer->quoted + "]}}";
  submitUpdate(write, scratch_);
}

void Conversations::count(Session& session, const Serial& i, const CountMembers&,
                          const Group* group) {
  if (!group) return context_.refuse(session, i, base::kConversationNotFound);
  const CountReply reply{group->id, group->open ? group->live.size() : group->members.size()};
  context_.writer.replyFirst(session, Context::notice(session, reply, i));
}

namespace {

/// What the refusal of a write is called; 0: the storage has failed.
int codeOf(const Error& error) {
  if (error.server_code == base::kMessageOwnershipRequired ||
      error.server_code == base::kMessageNotFound) {
    return error.server_code;
  }
  return isRefusal(error) ? base::kConversationUpdateFailed : 0;
}

}  // namespace

void Conversations::onRefused(PendingCommand& write, const Error& error) {
  write.failed = true;
  write.refused_code = codeOf(error);
  write.first_id = error.detail;
  if (write.refused_code == 0) context_.close(*write.connection, base::kInternalError);
}

void Conversations::onEdited(PendingCommand& write, const Result<storage::Changed>& result) {
  if (!result) onRefused(write, result.error());
}

void Conversations::onUpdated(PendingCommand& write, const Result<storage::ObjectRecord>& object) {
  if (!object) return onRefused(write, object.error());
  if (*object) write.timestamp = (*object)->updated;
  const auto* const update = std::get_if<UpdateConversation>(&write.intent.get());
  if (!update) return;
  // For those that were away: the log says what was changed.
  context_.asked_storage = true;
  context_.storage.submit(
      storage::kNoToken,
      storage::NoteUpdate{write.group->app.options.id, write.group->id, write.session->peer->id,
                          update->fields, write.timestamp});
}

void Conversations::sendWriteReply(const PendingCommand& write) {
  const auto send = [&](const auto& reply) {
    context_.writer.replyNow(*write.connection,
                             Context::notice(*write.session, reply, write.i.get()));
  };
  if (write.failed) return send(RequestRefused{write.refused_code, write.first_id});
  if (std::holds_alternative<EditMessage>(write.intent.get()))
    return send(EditReply{write.timestamp});
  const auto* const update = std::get_if<UpdateConversation>(&write.intent.get());
  send(ConversationUpdateReply{write.group->id, write.timestamp,
                               update ? update->fields : std::string_view()});
}

/// To all members' sessions that hear of it but the one whose command it is.
template <typename Make>
void Conversations::tellCurrent(const PendingCommand& write, Make make) {
  frame_.forget();
  const auto tell = [&](const Peer& peer) {
    for (Session* to : peer.sessions) {
      if (to == write.session.get() || !to->connection->dialect->rules().hears_changes) continue;
      context_.writer.notify(*to, frame_, make);
    }
  };
  if (write.in_channel) {
    for (const auto& peer : write.peers) tell(*peer);
  } else {
    for (const Present& present : write.group->online) tell(*present.peer);
  }
}

void Conversations::tell(const PendingCommand& write) {
  if (write.failed) return;
  const Peer& actor = *write.session->peer;
  const std::string& app_id = actor.app.options.id;
  if (const auto* edit = std::get_if<EditMessage>(&write.intent.get())) {
    return tellCurrent(write, [&]() -> Notice {
      return {{},
              app_id,
              {},
              MessageEdited{write.group->id, edit->id, edit->timestamp, actor.id, edit->text,
                            write.extra, write.timestamp}};
    });
  }
  if (const auto* update = std::get_if<UpdateConversation>(&write.intent.get())) {
    tellCurrent(write, [&]() -> Notice {
      return {{},
              app_id,
              {},
              ConversationUpdated{write.group->id, actor.id, write.timestamp, update->fields}};
    });
  }
}

}  // namespace kith::core
