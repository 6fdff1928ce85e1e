// SPDX-License-Identifier: Apache-2.0
#include "backends/kith/engine/conversation_command.hpp"

#include <cstdint>
#include <variant>

#include "backends/kith/engine/conversation_fields.hpp"

namespace kith::engine {

using leancloud::Cmd;
using leancloud::Op;

namespace {

constexpr std::string_view kManager = "Manager";
constexpr std::int32_t kLastMessages = 2;
constexpr std::int32_t kListed = 500;  // as many as a conversation has of each

}  // namespace

ConversationCommand::ConversationCommand(const ConversationRequest& request,
                                         const Signature* signature)
    : signature_(signature) {
  std::visit(*this, request);
}

template <typename Body>
void ConversationCommand::say(Cmd cmd, const Body& body) {
  command_.cmd = cmd;
  command_.body = body;
}

void ConversationCommand::conv(Op op, const leancloud::ConvCommand& body) {
  command_.op = op;
  say(Cmd::Conv, body);
}

void ConversationCommand::blacklist(Op op, const leancloud::BlacklistCommand& body) {
  command_.op = op;
  say(Cmd::Blacklist, body);
}

template <typename Body>
void ConversationCommand::sign(Body& body) const {
  if (signature_ == nullptr) return;
  body.signature = signature_->signature;
  body.nonce = signature_->nonce;
  body.time = signature_->timestamp;
}

void ConversationCommand::operator()(const backends::ReadPage& page) {
  leancloud::LogsCommand body;
  body.cid = page.id;
  body.limit = page.query.limit;
  if (page.query.from != Timestamp{}) body.time = millis(page.query.from);
  if (!page.query.from_id.empty()) body.mid = page.query.from_id;
  if (page.query.forward) body.direction = leancloud::Direction::Newer;
  say(Cmd::Logs, body);
}

void ConversationCommand::operator()(const backends::ChangeMessage& change) {
  patch_.cid = change.id;
  patch_.mid = change.message_id;
  patch_.timestamp = millis(change.timestamp);
  if (change.recall) {
    patch_.recall = true;
  } else if (change.binary) {
    patch_.binary_msg = leancloud::Bytes{change.text};
  } else {
    patch_.data = change.text;
  }
  peers_.assign(change.mentions.begin(), change.mentions.end());
  patch_.mention_pids = peers_;
  if (change.mention_all) patch_.mention_all = true;
  leancloud::PatchCommand body;
  body.patches = {&patch_, 1};
  command_.op = Op::Modify;
  say(Cmd::Patch, body);
}

void ConversationCommand::operator()(const backends::MarkRead& mark) {
  mark_.cid = mark.id;
  mark_.timestamp = millis(mark.upto);
  leancloud::ReadCommand body;
  body.convs = {&mark_, 1};
  say(Cmd::Read, body);
}

void ConversationCommand::operator()(const backends::AskMarks& ask) {
  leancloud::ConvCommand body;
  body.cid = ask.id;
  body.query_all_members = true;
  conv(Op::MaxRead, body);
}

void ConversationCommand::operator()(const backends::CountUnread&) {
  say(Cmd::Unread, leancloud::UnreadCommand{});
}

void ConversationCommand::operator()(const backends::StartConversation& start) {
  peers_.assign(start.what.members.begin(), start.what.members.end());
  leancloud::ConvCommand body;
  body.members = peers_;
  if (start.what.unique) body.unique = true;
  if (start.what.temporary) body.temp_conv = true;
  const auto seconds = static_cast<std::int32_t>(start.what.lifetime.count());
  if (seconds != 0) body.temp_conv_ttl = seconds;
  if (!start.what.attributes.empty()) body.attr = leancloud::Json{start.what.attributes};
  sign(body);
  conv(Op::Start, body);
}

void ConversationCommand::operator()(const backends::FindConversations& find) {
  leancloud::ConvCommand body;
  if (find.query.last_messages) body.flag = kLastMessages;
  if (!find.query.temporary.empty()) {
    peers_.assign(find.query.temporary.begin(), find.query.temporary.end());
    body.temp_conv_ids = peers_;
    return conv(Op::Query, body);
  }
  if (!find.query.where.empty()) body.where = leancloud::Json{find.query.where};
  if (!find.query.order.empty()) body.sort = find.query.order;
  body.limit = find.query.limit;
  if (find.query.skip != 0) body.skip = find.query.skip;
  conv(Op::Query, body);
}

void ConversationCommand::operator()(const backends::UpdateAttributes& update) {
  leancloud::ConvCommand body;
  body.cid = update.id;
  body.attr = leancloud::Json{update.attributes};
  conv(Op::Update, body);
}

void ConversationCommand::operator()(const backends::MuteConversation& mute) {
  leancloud::ConvCommand body;
  body.cid = mute.id;
  conv(mute.muted ? Op::Mute : Op::Unmute, body);
}

void ConversationCommand::operator()(const backends::ChangeStanding& change) {
  // Exactly those that were signed are sent.
  const auto& peers = signature_ != nullptr ? signature_->signed_peer_ids : change.peers;
  peers_.assign(peers.begin(), peers.end());
  if (change.standing == PeerStanding::Blocked) {
    leancloud::BlacklistCommand body;
    body.src_cid = change.id;
    body.to_pids = peers_;
    sign(body);
    return blacklist(change.on ? Op::Block : Op::Unblock, body);
  }
  leancloud::ConvCommand body;
  body.cid = change.id;
  if (change.standing == PeerStanding::Silenced) {
    body.members = peers_;
    return conv(change.on ? Op::AddShutup : Op::RemoveShutup, body);
  }
  body.target_client_id = peers_.front();
  body.info.emplace();
  body.info->pid = peers_.front();
  body.info->role = change.on ? kManager : "Member";
  conv(Op::MemberInfoUpdate, body);
}

void ConversationCommand::operator()(const backends::ListStanding& list) {
  if (list.standing == PeerStanding::Blocked) {
    leancloud::BlacklistCommand body;
    body.src_cid = list.id;
    body.limit = kListed;
    return blacklist(Op::Query, body);
  }
  leancloud::ConvCommand body;
  body.cid = list.id;
  body.limit = kListed;
  if (list.standing == PeerStanding::Silenced) return conv(Op::QueryShutup, body);
  body.info.emplace();
  body.info->role = kManager;
  conv(Op::Members, body);
}

}  // namespace kith::engine
