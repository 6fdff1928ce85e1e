// SPDX-License-Identifier: Apache-2.0
#include "server/dialects/leancloud/reading.hpp"

#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

#include "base/text_codes.hpp"

namespace kith::dialects {
namespace {

using leancloud::Cmd;
using leancloud::Op;
using Body = decltype(core::Intent::body);

std::string_view text(const leancloud::Text& value) { return value.value_or(std::string_view()); }

class Reading {
 public:
  Reading(const leancloud::Command& command, ReadingScratch& scratch)
      : command_(command), scratch_(scratch) {}

  Body body() {
    switch (command_.cmd) {
      case Cmd::None:
      case Cmd::Echo: return core::Heartbeat{};
      case Cmd::Login:
        return core::Login{command_.service.value_or(0), text(command_.installation_id)};
      case Cmd::Session: return with(&Reading::session);
      case Cmd::Conv: return with(&Reading::conversation);
      case Cmd::Direct: return with(&Reading::direct);
      case Cmd::Ack: return with(&Reading::ack);
      case Cmd::Logs: return with(&Reading::logs);
      case Cmd::Unread: return core::CountUnread{};
      case Cmd::Read: return with(&Reading::read);
      case Cmd::Patch: return with(&Reading::patch);
      case Cmd::Blacklist: return with(&Reading::blacklist);
      default: return unknown();
    }
  }

 private:
  template <typename Message>
  Body with(Body (Reading::*reader)(const Message&)) {
    static const Message kNone{};  // a command may come without its body
    const Message* const message = command_.as<Message>();
    return (this->*reader)(message != nullptr ? *message : kNone);
  }

  core::Unknown unknown() const { return {command_.peer_id.has_value()}; }

  template <typename Message>
  core::Proof proofIn(const Message& message) {
    core::Proof proof;
    proof.given = message.signature && message.nonce && message.time;
    proof.signature = text(message.signature);
    proof.nonce = text(message.nonce);
    proof.time = message.time.value_or(0);
    scratch_.digits = std::to_string(proof.time);
    proof.time_text = scratch_.digits;
    return proof;
  }

  Body session(const leancloud::SessionCommand& body) {
    switch (command_.op.value_or(Op::Unknown)) {
      case Op::Open: {
        core::OpenSession open;
        open.proof = proofIn(body);
        open.token = text(body.session_token);
        open.tag = text(body.tag);
        open.device = body.device_id ? *body.device_id : text(body.device_token);
        open.reopens = body.reconnect.value_or(false);
        open.unread_since = body.last_unread_notif_time.value_or(0);
        open.edited_since = body.last_patch_time.value_or(0);
        return open;
      }
      case Op::Refresh: return core::RefreshToken{text(body.session_token), proofIn(body)};
      case Op::Query: return core::QueryPresence{body.session_peer_ids};
      case Op::Close: return core::CloseSession{};
      default: return unknown();
    }
  }

  Body conversation(const leancloud::ConvCommand& body) {
    switch (command_.op.value_or(Op::Unknown)) {
      case Op::Start: return start(body);
      case Op::Query: return find(body);
      case Op::Update:
        return core::UpdateConversation{text(body.cid),
                                        body.attr ? body.attr->text : std::string_view()};
      case Op::Status: return core::AskChanges{body.time.value_or(0)};
      case Op::Mute: return core::MuteConversation{text(body.cid), true};
      case Op::Unmute: return core::MuteConversation{text(body.cid), false};
      case Op::Count: return core::CountMembers{text(body.cid)};
      case Op::MaxRead:
        return core::AskMarks{text(body.cid), body.query_all_members.value_or(false)};
      case Op::IsMember: return core::AskMembership{body.cids};
      case Op::Members: return members(body);
      case Op::MemberInfoUpdate: return role(body);
      case Op::AddShutup: return silence(true, body);
      case Op::RemoveShutup: return silence(false, body);
      case Op::QueryShutup:
        return core::ListStandings{
            text(body.cid), core::StandingKind::Silenced, false, {}, body.limit.value_or(kListed),
            text(body.next)};
      case Op::CheckShutup:
        return core::ListStandings{
            text(body.cid), core::StandingKind::Silenced, true, body.members, 0, {}};
      case Op::Add: return change(core::MemberChange::Invite, body);
      case Op::Remove: return change(core::MemberChange::Kick, body);
      default: return unknown();
    }
  }

  Body start(const leancloud::ConvCommand& body) {
    core::StartConversation start;
    start.members = body.members;
    start.fields = body.attr ? body.attr->text : std::string_view();
    start.open = body.transient.value_or(false);
    start.unique = body.unique.value_or(false);
    start.temporary = body.temp_conv.value_or(false);
    start.seconds = body.temp_conv_ttl.value_or(0);
    start.proof = proofIn(body);
    return start;
  }

  Body find(const leancloud::ConvCommand& body) {
    core::FindConversations find;
    find.where = body.where ? body.where->text : std::string_view();
    find.order = text(body.sort);
    find.limit = body.limit.value_or(10);
    find.skip = body.skip.value_or(0);
    find.without_members = (body.flag.value_or(0) & kWithoutMembers) != 0;
    find.last_messages = (body.flag.value_or(0) & kLastMessages) != 0;
    find.temporary = body.temp_conv_ids;
    if (!find.temporary.empty()) find.limit = kTemporary;
    return find;
  }

  // Of Kith's own clients: those that have a role.
  Body members(const leancloud::ConvCommand& body) {
    if (!body.info) return core::ListMembers{text(body.cid), body.limit.value_or(kListed)};
    return core::ListStandings{
        text(body.cid), core::StandingKind::Manager, false, {}, body.limit.value_or(kListed),
        text(body.next)};
  }

  // The command names its member twice.
  Body role(const leancloud::ConvCommand& body) {
    core::ChangeStanding change;
    change.group = text(body.cid);
    const std::string_view role = body.info ? text(body.info->role) : std::string_view();
    change.on = role == "Manager";
    change.unknown_role = !change.on && role != "Member";
    scratch_.target = body.target_client_id ? *body.target_client_id
                      : body.info           ? text(body.info->pid)
                                            : std::string_view();
    change.peers = core::IdList(&scratch_.target, 1);
    return change;
  }

  Body silence(bool on, const leancloud::ConvCommand& body) {
    core::ChangeStanding change;
    change.group = text(body.cid);
    change.kind = core::StandingKind::Silenced;
    change.on = on;
    change.peers = body.members;
    return change;
  }

  Body blacklist(const leancloud::BlacklistCommand& body) {
    if (body.src_pid && !body.src_cid) return ownBlacklist(body);
    constexpr auto kBlocked = core::StandingKind::Blocked;
    core::ChangeStanding change;
    change.group = text(body.src_cid);
    change.kind = kBlocked;
    change.peers = body.to_pids;
    switch (command_.op.value_or(Op::Unknown)) {
      case Op::Block: change.on = true; break;
      case Op::Unblock: break;
      case Op::Query:
        return core::ListStandings{
            change.group, kBlocked, false, {}, body.limit.value_or(kListed), text(body.next)};
      case Op::CheckBlock:
        return core::ListStandings{change.group, kBlocked, true, body.to_pids, 0, {}};
      default: return unknown();
    }
    change.proof = proofIn(body);
    return change;
  }

  // A change names one conversation, as its signature does (§5.1).
  Body ownBlacklist(const leancloud::BlacklistCommand& body) {
    const Op op = command_.op.value_or(Op::Unknown);
    if (op == Op::Query) {
      return core::ListDeclined{*body.src_pid, body.limit.value_or(kListed), text(body.next)};
    }
    if ((op != Op::Block && op != Op::Unblock) || body.to_cids.size() != 1) return unknown();
    core::ChangeStanding change;
    change.group = body.to_cids.front();
    change.kind = core::StandingKind::Declining;
    change.on = op == Op::Block;
    change.peers = core::IdList(&*body.src_pid, 1);
    change.proof = proofIn(body);
    return change;
  }

  Body change(core::MemberChange what, const leancloud::ConvCommand& body) {
    return core::ChangeMembers{what, text(body.cid), body.members, false, proofIn(body)};
  }

  Body direct(const leancloud::DirectCommand& body) {
    core::SendMessage send;
    send.group = text(body.cid);
    send.text = said(body.msg, body.binary_msg, send.binary);
    send.mentions = body.mention_pids;
    send.mention_all = body.mention_all.value_or(false);
    send.dedupe = text(body.dedupe_token);
    send.transient = body.transient.value_or(false);
    send.receipt_wanted = body.receipt_wanted.value_or(false);
    send.will = body.will.value_or(false);
    return send;
  }

  /// Bytes that are no text become base64.
  std::string_view said(const leancloud::Text& plain, const std::optional<leancloud::Bytes>& bytes,
                        bool& binary) {
    binary = bytes.has_value();
    if (!binary) return text(plain);
    scratch_.base64.clear();
    base::appendBase64(bytes->data, scratch_.base64);
    return scratch_.base64;
  }

  Body read(const leancloud::ReadCommand& body) {
    if (body.convs.empty()) {
      constexpr std::int64_t kAll = std::numeric_limits<std::int64_t>::max();
      return core::MarkRead{text(body.cid), kAll, {}};
    }
    scratch_.marks.clear();
    for (const leancloud::ReadTuple& each : body.convs) {
      scratch_.marks.push_back({each.cid, each.timestamp.value_or(0)});
    }
    const core::ReadMark& first = scratch_.marks.front();
    return core::MarkRead{first.group, first.upto, std::span(scratch_.marks).subspan(1)};
  }

  Body patch(const leancloud::PatchCommand& body) {
    if (!command_.op && body.last_patch_time) return core::AskEdits{*body.last_patch_time};
    if (command_.op != Op::Modify || body.patches.size() != 1) return unknown();
    const leancloud::PatchItem& item = body.patches.front();
    core::EditMessage edit;
    edit.group = text(item.cid);
    edit.id = text(item.mid);
    edit.timestamp = item.timestamp.value_or(0);
    edit.recall = item.recall.value_or(false);
    edit.text = said(item.data, item.binary_msg, edit.binary);
    edit.mentions = item.mention_pids;
    edit.mention_all = item.mention_all.value_or(false);
    return edit;
  }

  // Whole ranges, or one message, or a list of those of a push.
  Body ack(const leancloud::AckCommand& body) {
    if (body.mid) return core::Acknowledge{core::IdList(&*body.mid, 1)};
    if (body.from_time || body.to_time) {
      constexpr std::int64_t kEver = std::numeric_limits<std::int64_t>::max();
      return core::AcknowledgeUpTo{text(body.cid), body.from_time.value_or(0),
                                   body.to_time.value_or(kEver)};
    }
    return core::Acknowledge{core::IdList(body.ids)};
  }

  Body logs(const leancloud::LogsCommand& body) {
    core::ReadMessages wish;
    wish.group = text(body.cid);
    wish.forward = body.direction == leancloud::Direction::Newer;
    wish.from = {body.time.value_or(0), text(body.mid), body.time_included.value_or(false)};
    wish.to = {body.until_time.value_or(0), text(body.until_mid),
               body.until_time_included.value_or(false)};
    wish.limit = body.l ? *body.l : body.limit.value_or(kPage);
    return wish;
  }

  static constexpr std::int32_t kWithoutMembers = 1;
  static constexpr std::int32_t kLastMessages = 2;
  static constexpr std::int32_t kPage = 20;
  static constexpr std::int32_t kTemporary = 1000;  // all that are named
  static constexpr std::int64_t kListed = 50;

  const leancloud::Command& command_;
  ReadingScratch& scratch_;
};

}  // namespace

core::Intent intentOf(const leancloud::Command& command, ReadingScratch& scratch) {
  core::Intent intent;
  if (command.i) intent.i = {base::Serial::Kind::Integer, *command.i, {}};
  intent.app_id = command.app_id;
  intent.peer_id = text(command.peer_id);
  intent.body = Reading(command, scratch).body();
  return intent;
}

}  // namespace kith::dialects
