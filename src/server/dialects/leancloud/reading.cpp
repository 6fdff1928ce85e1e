// SPDX-License-Identifier: Apache-2.0
#include "server/dialects/leancloud/reading.hpp"

#include <cstdint>
#include <limits>
#include <string_view>

namespace kith::dialects {
namespace {

using leancloud::Cmd;
using leancloud::Op;
using Body = decltype(core::Intent::body);

std::string_view text(const leancloud::Text& value) { return value.value_or(std::string_view()); }

class Reading {
 public:
  Reading(const leancloud::Command& command, std::string& digits)
      : command_(command), digits_(digits) {}

  Body body() {
    switch (command_.cmd) {
      case Cmd::None:
      case Cmd::Echo: return core::Heartbeat{};
      case Cmd::Login: return core::Login{};
      case Cmd::Session: return with(&Reading::session);
      case Cmd::Conv: return with(&Reading::conversation);
      case Cmd::Direct: return with(&Reading::direct);
      case Cmd::Ack: return with(&Reading::ack);
      case Cmd::Logs: return with(&Reading::logs);
      default: return unknown();
    }
  }

 private:
  template <typename Message>
  Body with(Body (Reading::*read)(const Message&)) {
    static const Message kNone{};  // a command may come without its body
    const Message* const message = command_.as<Message>();
    return (this->*read)(message != nullptr ? *message : kNone);
  }

  core::Unknown unknown() const { return {command_.peer_id.has_value()}; }

  template <typename Message>
  core::Proof proofIn(const Message& message) {
    core::Proof proof;
    proof.given = message.signature && message.nonce && message.time;
    proof.signature = text(message.signature);
    proof.nonce = text(message.nonce);
    proof.time = message.time.value_or(0);
    digits_ = std::to_string(proof.time);
    proof.time_text = digits_;
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
      case Op::Start: {
        core::StartConversation start;
        start.members = body.members;
        start.fields = body.attr ? body.attr->text : std::string_view();
        start.open = body.transient.value_or(false);
        start.unique = body.unique.value_or(false);
        start.proof = proofIn(body);
        return start;
      }
      case Op::Query: {
        core::FindConversations find;
        find.where = body.where ? body.where->text : std::string_view();
        find.order = text(body.sort);
        find.limit = body.limit.value_or(10);
        find.skip = body.skip.value_or(0);
        find.without_members = (body.flag.value_or(0) & kWithoutMembers) != 0;
        return find;
      }
      case Op::Add: return change(core::MemberChange::Invite, body);
      case Op::Remove: return change(core::MemberChange::Kick, body);
      default: return unknown();
    }
  }

  Body change(core::MemberChange what, const leancloud::ConvCommand& body) {
    return core::ChangeMembers{what, text(body.cid), body.members, false, proofIn(body)};
  }

  Body direct(const leancloud::DirectCommand& body) {
    core::SendMessage send;
    send.group = text(body.cid);
    send.text = text(body.msg);
    send.dedupe = text(body.dedupe_token);
    send.transient = body.transient.value_or(false);
    send.receipt_wanted = body.receipt_wanted.value_or(false);
    return send;
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
    core::ReadMessages read;
    read.group = text(body.cid);
    read.forward = body.direction == leancloud::Direction::Newer;
    read.from = {body.time.value_or(0), text(body.mid), body.time_included.value_or(false)};
    read.to = {body.until_time.value_or(0), text(body.until_mid),
               body.until_time_included.value_or(false)};
    read.limit = body.l ? *body.l : body.limit.value_or(kPage);
    return read;
  }

  static constexpr std::int32_t kWithoutMembers = 1;
  static constexpr std::int32_t kPage = 20;

  const leancloud::Command& command_;
  std::string& digits_;
};

}  // namespace

core::Intent intentOf(const leancloud::Command& command, std::string& digits) {
  core::Intent intent;
  if (command.i) intent.i = {base::Serial::Kind::Integer, *command.i, {}};
  intent.app_id = command.app_id;
  intent.peer_id = text(command.peer_id);
  intent.body = Reading(command, digits).body();
  return intent;
}

}  // namespace kith::dialects
