// SPDX-License-Identifier: Apache-2.0
#include "server/dialects/leancloud/writing.hpp"

#include "base/clock.hpp"
#include "base/close_codes.hpp"
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

enum ConversationType : std::int32_t { kNormal = 1, kTransient = 2 };

class Writing {
 public:
  Writing(const core::Notice& notice, WritingScratch& scratch)
      : notice_(notice), scratch_(scratch) {
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
  void operator()(const core::LoginReply&) {
    command_.cmd = Cmd::Loggedin;
    command_.service = 0;
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
  void operator()(const core::SessionEnded& ended) { closed(ended.code); }
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
    say(Cmd::Conv, Op::Started, body);
  }
  void operator()(const core::ConversationsFound& found) {
    leancloud::ConvCommand body;
    body.results = leancloud::Json{found.objects};
    say(Cmd::Conv, Op::Results, body);
  }
  void operator()(const core::MessagesRead& read) {
    scratch_.logs.clear();
    for (const storage::StoredMessage& message : read.messages) {
      leancloud::LogItem item;
      item.from = message.from;
      item.data = message.text;
      item.timestamp = message.timestamp;
      item.msg_id = message.id;
      if (message.edited_at != 0) item.patch_timestamp = message.edited_at;
      item.conv_type = typeOf(message.kind);
      scratch_.logs.push_back(item);
    }
    leancloud::LogsCommand body;
    body.cid = read.group;
    body.logs = scratch_.logs;
    command_.cmd = Cmd::Logs;
    command_.body = body;
  }
  void operator()(const core::RequestRefused& refused) { error(refused.code, refused.detail); }
  void operator()(const core::Refused& refused) { error(refused.code); }
  void operator()(const core::Message& message) {
    leancloud::DirectCommand body;
    body.cid = message.conversation;
    body.id = message.id;
    body.from_peer_id = message.from;
    body.timestamp = message.timestamp;
    body.msg = message.text;
    if (message.transient) body.transient = true;
    if (message.offline) body.offline = true;
    body.conv_type = kNormal;
    command_.cmd = Cmd::Direct;
    command_.body = body;
  }
  void operator()(const core::Receipt& receipt) {
    leancloud::RcpCommand body;
    body.id = receipt.id;
    body.time = receipt.time;
    if (!receipt.conversation.empty()) body.cid = receipt.conversation;
    if (!receipt.by.empty()) body.from = receipt.by;
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
    command_.notification_type = kPermanent;
    say(Cmd::Conv, change.joined ? Op::MembersJoined : Op::MembersLeft, body);
  }
  void operator()(const core::MembershipChanged& change) {
    leancloud::ConvCommand body;
    body.cid = change.group;
    body.init_by = change.by;
    command_.notification_type = kPermanent;
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
  static std::int32_t typeOf(storage::ConversationKind kind) {
    return kind == storage::ConversationKind::OpenGroup ? kTransient : kNormal;
  }
  /// An empty list is shown where the encoding can.
  static leancloud::Texts shown(core::IdList ids) {
    return ids.empty() ? leancloud::emptyTexts() : leancloud::Texts(ids);
  }

  template <typename Body>
  void say(Cmd cmd, Op op, const Body& body) {
    command_.cmd = cmd;
    command_.op = op;
    command_.body = body;
  }
  void closed(int code) {
    leancloud::SessionCommand body;
    body.code = code;
    body.reason = base::closeReason(code);
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
