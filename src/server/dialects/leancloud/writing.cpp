// SPDX-License-Identifier: Apache-2.0
#include "server/dialects/leancloud/writing.hpp"

#include "base/clock.hpp"
#include "base/close_codes.hpp"
#include "base/text_codes.hpp"
#include "server/dialects/leancloud/changes_text.hpp"
#include "server/objects/value.hpp"

namespace kith::dialects {
namespace {

using leancloud::Cmd;
using leancloud::Command;
using leancloud::Op;

/// Messaging, as against push and LiveQuery: Swift's client drops what does not say so.
constexpr std::int32_t kMessaging = 2;
/// The event can be had over REST, too.
constexpr std::int32_t kPermanent = 1;

enum ConversationType : std::int32_t { kNormal = 1, kTransient, kSystem, kTemporary };

std::int32_t typeOf(std::string_view conversation, bool open, bool service) {
  if (base::isTemporaryId(conversation)) return kTemporary;
  if (service) return kSystem;
  return open ? kTransient : kNormal;
}

std::int32_t typeOf(std::string_view conversation, const storage::StoredMessage& message) {
  using Kind = storage::ConversationKind;
  const bool service = message.kind == Kind::Service || message.kind == Kind::Channel;
  return typeOf(conversation, message.kind == Kind::OpenGroup, service);
}

class Writing {
 public:
  Writing(const core::Notice& notice, WritingScratch& scratch)
      : notice_(notice), scratch_(scratch) {
    scratch_.mentions.clear();
    scratch_.decoded.clear();
    command_.service = kMessaging;
    if (!notice.app_id.empty()) command_.app_id = notice.app_id;
    command_.peer_id = notice.peer_id;
    if (notice.i.kind == base::Serial::Kind::Integer) {
      command_.i = static_cast<std::int32_t>(notice.i.number);
    }
  }

  Command command() {
    std::visit(*this, notice_.body);
    return command_;
  }

  void operator()(const core::HeartbeatReply&) { command_.cmd = Cmd::Echo; }
  void operator()(const core::LoginReply& reply) {
    command_.cmd = Cmd::Loggedin;
    command_.service = reply.service;
    if (!reply.installation.empty()) command_.installation_id = reply.installation;
    command_.body = leancloud::LoggedinCommand{};
  }
  void operator()(const core::SessionReply& reply) {
    leancloud::SessionCommand body;
    switch (reply.to) {
      case core::SessionReply::To::Open:
      case core::SessionReply::To::Refresh:
        body.session_token = reply.token;
        body.session_token_ttl = static_cast<std::int32_t>(reply.token_seconds);
        command_.server_ts = reply.now;
        break;
      case core::SessionReply::To::Query: body.online_session_peer_ids = shown(reply.peers); break;
      default: break;
    }
    say(Cmd::Session, opOf(reply.to), body);
  }
  void operator()(const core::SessionRefused& refused) {
    // A session that gives way to another one of its tag is closed (§5.1).
    if (refused.code == base::kSessionConflict) return closed(refused.code);
    error(refused.code);
  }
  void operator()(const core::SessionEnded& ended) { closed(ended.code, ended.reason); }
  void operator()(const core::MessageReply& reply) {
    leancloud::AckCommand body;
    if (reply.code != 0) {
      body.code = reply.code;
      body.reason = base::closeReason(reply.code);
    }
    body.uid = reply.id;
    body.time = reply.timestamp;
    if (!reply.group.empty()) body.cid = reply.group;
    command_.cmd = Cmd::Ack;
    command_.body = body;
  }
  void operator()(const core::MembersReply& reply) {
    const bool added =
        reply.to == core::MemberChange::Join || reply.to == core::MemberChange::Invite;
    leancloud::ConvCommand body;
    body.cid = reply.group;
    body.allowed_pids = shown(reply.named);
    body.failed_pids = failures(reply.failed);
    scratch_.time = objects::formatTime(reply.time);
    body.udate = scratch_.time;
    say(Cmd::Conv, added ? Op::Added : Op::Removed, body);
  }
  void operator()(const core::MembersRefused& refused) { error(refused.code); }
  void operator()(const core::ConversationStarted& started) {
    leancloud::ConvCommand body;
    body.cid = started.id;
    scratch_.time = objects::formatTime(started.created);
    body.cdate = scratch_.time;
    if (!started.pair.empty()) body.unique_id = started.pair;
    if (started.existed) body.existing = true;
    if (started.seconds != 0) {
      body.temp_conv_ttl = static_cast<std::int32_t>(started.seconds);
      command_.server_ts = started.now;
    }
    say(Cmd::Conv, Op::Started, body);
  }
  void operator()(const core::ConversationsFound& found) {
    leancloud::ConvCommand body;
    body.results = leancloud::Json{found.objects};
    if (found.now != 0) command_.server_ts = found.now;
    say(Cmd::Conv, Op::Results, body);
  }
  void operator()(const core::MessagesRead& read) {
    scratch_.logs.clear();
    scratch_.extras.clear();
    scratch_.extras.reserve(read.messages.size());
    for (const storage::StoredMessage& message : read.messages) {
      leancloud::LogItem item;
      item.from = message.from;
      item.data = message.text;
      scratch_.extras.push_back(storage::MessageExtra::unpack(message.extra));
      if (scratch_.extras.back().binary) item.bin = true;
      mention(scratch_.extras.back(), item);
      item.timestamp = message.timestamp;
      item.msg_id = message.id;
      if (message.edited_at != 0) item.patch_timestamp = message.edited_at;
      item.conv_type = typeOf(read.group, message);
      scratch_.logs.push_back(item);
    }
    leancloud::LogsCommand body;
    body.cid = read.group;
    body.logs = scratch_.logs;
    command_.cmd = Cmd::Logs;
    command_.body = body;
  }
  void operator()(const core::EditReply& reply) {
    leancloud::PatchCommand body;
    body.last_patch_time = reply.time;
    say(Cmd::Patch, Op::Modified, body);
  }
  void operator()(const core::ConversationUpdateReply& reply) {
    command_.server_ts = reply.time;
    say(Cmd::Conv, Op::Updated, updated(reply.group, reply.time, reply.fields));
  }
  void operator()(const core::CountReply& reply) {
    leancloud::ConvCommand body;
    body.cid = reply.group;
    body.count = static_cast<std::int32_t>(reply.count);
    say(Cmd::Conv, Op::Result, body);
  }
  void operator()(const core::MarksReply& reply) {
    leancloud::ConvCommand body;
    body.cid = reply.group;
    if (reply.each) {
      scratch_.marks.clear();
      for (const storage::MemberMark& mark : reply.members) {
        scratch_.marks.push_back({mark.peer, mark.acked, mark.read});
      }
      body.max_read_tuples = scratch_.marks;
    } else {
      body.max_ack_timestamp = reply.acked;
      body.max_read_timestamp = reply.read;
    }
    say(Cmd::Conv, Op::MaxRead, body);
  }
  void operator()(const core::StandingReply& reply) {
    if (reply.kind == core::StandingKind::Declining) {
      leancloud::BlacklistCommand body;
      body.src_pid = reply.peers.front();
      body.to_cids = core::IdList(&reply.group, 1);
      return say(Cmd::Blacklist, reply.on ? Op::Blocked : Op::Unblocked, body);
    }
    if (reply.kind == core::StandingKind::Blocked) {
      leancloud::BlacklistCommand body;
      body.src_cid = reply.group;
      body.allowed_pids = shown(reply.peers);
      body.failed_pids = failures(reply.failed);
      return say(Cmd::Blacklist, reply.on ? Op::Blocked : Op::Unblocked, body);
    }
    leancloud::ConvCommand body;
    body.cid = reply.group;
    if (reply.kind == core::StandingKind::Manager) {
      // There is one, so what cannot be done to it is refused.
      if (reply.peers.empty()) return error(reply.failed.code);
      body.info = infoOf(reply.peers.front(), reply.on);
      return say(Cmd::Conv, Op::MemberInfoUpdated, body);
    }
    body.allowed_pids = shown(reply.peers);
    body.failed_pids = failures(reply.failed);
    say(Cmd::Conv, reply.on ? Op::ShutupAdded : Op::ShutupRemoved, body);
  }
  void operator()(const core::StandingsListed& listed) {
    if (listed.kind == core::StandingKind::Blocked) {
      leancloud::BlacklistCommand body;
      body.src_cid = listed.group;
      body.blocked_pids = shown(listed.peers);
      if (!listed.next.empty()) body.next = listed.next;
      return say(Cmd::Blacklist, listed.checked ? Op::CheckResult : Op::QueryResult, body);
    }
    leancloud::ConvCommand body;
    body.cid = listed.group;
    body.members = shown(listed.peers);
    if (!listed.next.empty()) body.next = listed.next;
    const Op found = listed.kind == core::StandingKind::Manager ? Op::Result : Op::ShutupResult;
    say(Cmd::Conv, listed.checked ? Op::CheckResult : found, body);
  }
  void operator()(const core::DeclinedListed& listed) {
    leancloud::BlacklistCommand body;
    body.src_pid = notice_.peer_id;
    body.blocked_cids = shown(listed.groups);
    if (!listed.next.empty()) body.next = listed.next;
    say(Cmd::Blacklist, Op::QueryResult, body);
  }
  void operator()(const core::StandingChanged& change) {
    leancloud::ConvCommand body;
    body.cid = change.group;
    body.init_by = change.by;
    if (change.kind == core::StandingKind::Manager) {
      body.info = infoOf(change.peers.front(), change.on);
      return say(Cmd::Conv, Op::MemberInfoChanged, body);
    }
    if (!change.own) body.members = change.peers;
    const bool blocks = change.kind == core::StandingKind::Blocked;
    if (change.own) {
      const Op on = blocks ? Op::Blocked : Op::Shutuped;
      return say(Cmd::Conv, change.on ? on : blocks ? Op::Unblocked : Op::Unshutuped, body);
    }
    const Op on = blocks ? Op::MembersBlocked : Op::MembersShutuped;
    const Op off = blocks ? Op::MembersUnblocked : Op::MembersUnshutuped;
    say(Cmd::Conv, change.on ? on : off, body);
  }
  void operator()(const core::MembershipReply& reply) {
    leancloud::ConvCommand body;
    body.results = leancloud::Json{reply.answers};
    say(Cmd::Conv, Op::Result, body);
  }
  void operator()(const core::MembersListed& listed) {
    leancloud::ConvCommand body;
    body.cid = listed.group;
    body.members = shown(listed.peers);
    say(Cmd::Conv, Op::Result, body);
  }
  void operator()(const core::ChangesTold& told) {
    scratch_.changes = changesText(told.changes);
    leancloud::ConvCommand body;
    body.time = told.now;
    body.results = leancloud::Json{scratch_.changes};
    const std::int32_t flags = (told.complete ? 0 : leancloud::kMoreBehind) |
                               (told.all_seen ? 0 : leancloud::kSomeMissing);
    if (flags != 0) body.flag = flags;
    say(Cmd::Conv, Op::Status, body);
  }
  void operator()(const core::EditsTold& told) {
    scratch_.patches.clear();
    for (const storage::StoredMessage& message : told.messages) {
      addPatch({message.conv_id, message.id, message.timestamp, message.from, message.text,
                message.extra, message.edited_at});
    }
    leancloud::PatchCommand body;
    body.patches = scratch_.patches;
    if (told.whole) body.last_patch_time = told.now;
    say(Cmd::Patch, Op::Modified, body);
  }
  void operator()(const core::GoAway&) {
    command_.cmd = Cmd::Goaway;
    command_.service.reset();
  }
  /// The answer to what no client can ask for.
  // Of what only an app's server asks.
  void operator()(const core::OnlineReply&) { error(base::kUnparseableRawMessage); }
  void operator()(const core::ConversationRemoved&) { error(base::kUnparseableRawMessage); }
  void operator()(const core::UnreadCounts& counts) {
    scratch_.unread.clear();
    scratch_.bytes.clear();
    for (const storage::UnreadConversation& each : counts.conversations) addUnread(each);
    leancloud::UnreadCommand body;
    body.convs = scratch_.unread;
    body.notif_time = counts.time;
    command_.cmd = Cmd::Unread;
    command_.body = body;
  }
  void operator()(const core::MessageEdited& edit) {
    scratch_.patches.clear();
    addPatch(edit);
    leancloud::PatchCommand body;
    body.patches = scratch_.patches;
    body.last_patch_time = edit.edited_at;
    say(Cmd::Patch, Op::Modify, body);
  }
  void operator()(const core::ConversationUpdated& update) {
    leancloud::ConvCommand body = updated(update.group, update.time, update.fields);
    body.init_by = update.by;
    permanent(update.time);
    say(Cmd::Conv, Op::Updated, body);
  }
  void operator()(const core::RequestRefused& refused) { error(refused.code, refused.detail); }
  void operator()(const core::Refused& refused) { error(refused.code); }
  void operator()(const core::Message& message) {
    leancloud::DirectCommand body;
    body.cid = message.conversation;
    body.id = message.id;
    body.from_peer_id = message.from;
    body.timestamp = message.timestamp;
    const auto extra = storage::MessageExtra::unpack(message.extra);
    if (extra.binary) {
      body.binary_msg = leancloud::Bytes{bytesOf(message.text)};
    } else {
      body.msg = message.text;
    }
    mention(extra, body);
    if (message.transient) body.transient = true;
    if (message.offline) body.offline = true;
    body.conv_type = typeOf(message.conversation, message.open, message.service);
    command_.cmd = Cmd::Direct;
    command_.body = body;
  }
  void operator()(const core::Receipt& receipt) {
    leancloud::RcpCommand body;
    body.id = receipt.id;
    body.time = receipt.time;
    if (!receipt.conversation.empty()) body.cid = receipt.conversation;
    if (!receipt.by.empty()) body.from = receipt.by;
    if (receipt.read) body.read = true;
    command_.cmd = Cmd::Rcp;
    command_.body = body;
  }
  void operator()(const core::PresenceChanged& change) {
    leancloud::PresenceCommand body;
    body.status = change.online ? leancloud::Status::On : leancloud::Status::Off;
    body.session_peer_ids = change.peers;
    command_.cmd = Cmd::Presence;
    command_.body = body;
  }
  void operator()(const core::MembersChanged& change) {
    leancloud::ConvCommand body;
    body.cid = change.group;
    body.members = change.peers;
    body.init_by = change.by;
    permanent(change.time);
    say(Cmd::Conv, change.joined ? Op::MembersJoined : Op::MembersLeft, body);
  }
  void operator()(const core::MembershipChanged& change) {
    leancloud::ConvCommand body;
    body.cid = change.group;
    body.init_by = change.by;
    permanent(change.time);
    say(Cmd::Conv, change.joined ? Op::Joined : Op::Left, body);
  }

 private:
  static Op opOf(core::SessionReply::To to) {
    switch (to) {
      case core::SessionReply::To::Open: return Op::Opened;
      case core::SessionReply::To::Refresh: return Op::Refreshed;
      case core::SessionReply::To::Query: return Op::QueryResult;
      case core::SessionReply::To::Watch: return Op::Added;
      case core::SessionReply::To::Unwatch: return Op::Removed;
      default: return Op::Closed;
    }
  }
  /// An empty list is shown where the encoding can.
  static leancloud::Texts shown(core::IdList ids) {
    return ids.empty() ? leancloud::emptyTexts() : leancloud::Texts(ids);
  }

  static leancloud::ConvMemberInfo infoOf(std::string_view peer, bool manager) {
    leancloud::ConvMemberInfo info;
    info.pid = peer;
    info.role = manager ? "Manager" : "Member";
    return info;
  }
  leancloud::List<leancloud::ErrorCommand> failures(const core::PeersRefused& refused) {
    scratch_.failures.clear();
    if (!refused.peers.empty()) {
      leancloud::ErrorCommand failure;
      failure.code = refused.code;
      failure.reason = base::closeReason(refused.code);
      failure.pids = refused.peers;
      scratch_.failures.push_back(failure);
    }
    return scratch_.failures;
  }

  /// Clients take the time of the last one for their place when they ask for what they missed.
  void permanent(std::int64_t time) {
    command_.notification_type = kPermanent;
    command_.server_ts = time;
  }
  leancloud::ConvCommand updated(std::string_view group, std::int64_t time,
                                 std::string_view fields) {
    leancloud::ConvCommand body;
    body.cid = group;
    scratch_.time = objects::formatTime(time);
    body.udate = scratch_.time;
    if (!fields.empty()) {
      body.attr = leancloud::Json{fields};
      body.attr_modified = leancloud::Json{fields};
    }
    return body;
  }
  /// Of base64 that the dialect itself has made.
  std::string_view bytesOf(std::string_view base64) {
    scratch_.bytes.resize(base::mostBase64Bytes(base64.size()));
    scratch_.bytes.resize(base::readBase64(base64, scratch_.bytes.data()).value_or(0));
    return scratch_.bytes;
  }
  /// The names are those of the packed extra; their list is kept by the scratch.
  template <typename Said>
  void mention(const storage::MessageExtra& extra, Said& said) {
    if (extra.mention_all) said.mention_all = true;
    if (extra.mentions.empty()) return;
    scratch_.mentions.push_back(extra.mentions);
    said.mention_pids = scratch_.mentions.back();
  }
  void addPatch(const core::MessageEdited& edit) {
    const auto extra = storage::MessageExtra::unpack(edit.extra);
    leancloud::PatchItem item;
    item.cid = edit.group;
    item.mid = edit.id;
    item.timestamp = edit.timestamp;
    item.patch_timestamp = edit.edited_at;
    item.from = edit.from;
    if (extra.recalled) item.recall = true;
    if (extra.binary) {
      scratch_.decoded.emplace_back(bytesOf(edit.text));
      item.binary_msg = leancloud::Bytes{scratch_.decoded.back()};
    } else {
      item.data = edit.text;
    }
    mention(extra, item);
    scratch_.patches.push_back(item);
  }
  void addUnread(const storage::UnreadConversation& each) {
    leancloud::UnreadTuple tuple;
    tuple.cid = each.last.conv_id;
    tuple.unread = static_cast<std::int32_t>(each.count);
    if (each.count > 0) {
      tuple.mid = each.last.id;
      tuple.timestamp = each.last.timestamp;
      tuple.from = each.last.from;
      if (each.last.edited_at != 0) tuple.patch_timestamp = each.last.edited_at;
      if (storage::MessageExtra::unpack(each.last.extra).binary) {
        // One scratch for many: they are few, and rarely bytes.
        scratch_.decoded.emplace_back(bytesOf(each.last.text));
        tuple.binary_msg = leancloud::Bytes{scratch_.decoded.back()};
      } else {
        tuple.data = each.last.text;
      }
      tuple.mentioned = each.mentioned;
      tuple.conv_type = typeOf(each.last.conv_id, each.last);
    }
    scratch_.unread.push_back(tuple);
  }

  template <typename Body>
  void say(Cmd cmd, Op op, const Body& body) {
    command_.cmd = cmd;
    command_.op = op;
    command_.body = body;
  }
  void closed(int code, std::string_view reason = {}) {
    leancloud::SessionCommand body;
    body.code = code;
    body.reason = reason.empty() ? base::closeReason(code) : reason;
    say(Cmd::Session, Op::Closed, body);
  }
  void error(int code, std::string_view detail = {}) {
    leancloud::ErrorCommand body;
    body.code = code;
    body.reason = base::closeReason(code);
    if (!detail.empty()) body.detail = detail;
    command_.cmd = Cmd::Error;
    command_.body = body;
  }

  const core::Notice& notice_;
  WritingScratch& scratch_;
  Command command_;
};

}  // namespace

Command commandOf(const core::Notice& notice, WritingScratch& scratch) {
  return Writing(notice, scratch).command();
}

}  // namespace kith::dialects
