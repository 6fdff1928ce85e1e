// SPDX-License-Identifier: Apache-2.0
#include "backends/kith/engine/conversation_command.hpp"

#include <variant>

#include "backends/kith/engine/conversation_fields.hpp"

namespace kith::engine {

using leancloud::Cmd;
using leancloud::Op;

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
  } else {
    patch_.data = change.text;
  }
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

void ConversationCommand::operator()(const backends::CountUnread&) {
  say(Cmd::Unread, leancloud::UnreadCommand{});
}

void ConversationCommand::operator()(const backends::StartConversation& start) {
  peers_.assign(start.what.members.begin(), start.what.members.end());
  leancloud::ConvCommand body;
  body.members = peers_;
  if (start.what.unique) body.unique = true;
  if (!start.what.attributes.empty()) body.attr = leancloud::Json{start.what.attributes};
  sign(body);
  conv(Op::Start, body);
}

void ConversationCommand::operator()(const backends::FindConversations& find) {
  leancloud::ConvCommand body;
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

}  // namespace kith::engine
