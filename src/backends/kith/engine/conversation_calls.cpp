// SPDX-License-Identifier: Apache-2.0
#include "backends/kith/engine/conversation_calls.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include "backends/kith/engine/conversation_info.hpp"
#include "base/close_codes.hpp"
#include "base/text_codes.hpp"

namespace kith::engine {
namespace {

using leancloud::Cmd;
using leancloud::Command;
using leancloud::Op;

constexpr std::size_t kMostCalls = 1000;  // of one session, waiting and unanswered (R17)

const Error kNotSupported{Errc::NotSupported, 0,
                          "the server speaks the first protocol alone, which has no such command; "
                          "kithd has it",
                          false};

std::int64_t millis(Timestamp time) { return time.time_since_epoch().count(); }
Timestamp timestampOf(const leancloud::Long& ms) {
  return Timestamp{std::chrono::milliseconds{ms.value_or(0)}};
}
std::string textOf(const leancloud::Text& text) {
  return std::string(text.value_or(std::string_view()));
}
/// Bytes that are no text are shown in base64.
std::string textOf(const leancloud::Text& text, const std::optional<leancloud::Bytes>& bytes) {
  if (!bytes) return textOf(text);
  std::string base64;
  base::appendBase64(bytes->data, base64);
  return base64;
}

/// The command of a request; it points into the request and into what is kept here.
class Asking {
 public:
  explicit Asking(const Signature* signature) : signature_(signature) {}

  Command of(const ConversationRequest& request) {
    std::visit(*this, request);
    return command_;
  }

  void operator()(const backends::ReadPage& page) {
    leancloud::LogsCommand body;
    body.cid = page.id;
    body.limit = page.query.limit;
    if (page.query.from != Timestamp{}) body.time = millis(page.query.from);
    if (!page.query.from_id.empty()) body.mid = page.query.from_id;
    if (page.query.forward) body.direction = leancloud::Direction::Newer;
    say(Cmd::Logs, body);
  }
  void operator()(const backends::ChangeMessage& change) {
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
  void operator()(const backends::MarkRead& mark) {
    mark_.cid = mark.id;
    mark_.timestamp = millis(mark.upto);
    leancloud::ReadCommand body;
    body.convs = {&mark_, 1};
    say(Cmd::Read, body);
  }
  void operator()(const backends::CountUnread&) { say(Cmd::Unread, leancloud::UnreadCommand{}); }
  void operator()(const backends::StartConversation& start) {
    members_.assign(start.what.members.begin(), start.what.members.end());
    leancloud::ConvCommand body;
    body.members = members_;
    if (start.what.unique) body.unique = true;
    if (!start.what.attributes.empty()) body.attr = leancloud::Json{start.what.attributes};
    if (signature_ != nullptr) {
      body.signature = signature_->signature;
      body.nonce = signature_->nonce;
      body.time = signature_->timestamp;
    }
    conv(Op::Start, body);
  }
  void operator()(const backends::FindConversations& find) {
    leancloud::ConvCommand body;
    if (!find.query.where.empty()) body.where = leancloud::Json{find.query.where};
    if (!find.query.order.empty()) body.sort = find.query.order;
    body.limit = find.query.limit;
    if (find.query.skip != 0) body.skip = find.query.skip;
    conv(Op::Query, body);
  }
  void operator()(const backends::UpdateAttributes& update) {
    leancloud::ConvCommand body;
    body.cid = update.id;
    body.attr = leancloud::Json{update.attributes};
    conv(Op::Update, body);
  }
  void operator()(const backends::MuteConversation& mute) {
    leancloud::ConvCommand body;
    body.cid = mute.id;
    conv(mute.muted ? Op::Mute : Op::Unmute, body);
  }

 private:
  template <typename Body>
  void say(Cmd cmd, const Body& body) {
    command_.cmd = cmd;
    command_.body = body;
  }

  void conv(Op op, const leancloud::ConvCommand& body) {
    command_.op = op;
    say(Cmd::Conv, body);
  }

  const Signature* const signature_;
  Command command_;
  std::vector<std::string_view> members_;
  leancloud::PatchItem patch_;
  leancloud::ReadTuple mark_;
};

Message messageOf(const leancloud::LogItem& item, std::string_view conversation_id) {
  Message message;
  message.text = textOf(item.data);
  message.group_id = conversation_id;
  message.id = textOf(item.msg_id);
  message.from = textOf(item.from);
  message.timestamp = timestampOf(item.timestamp);
  message.edited_at = timestampOf(item.patch_timestamp);
  return message;
}

UnreadCount countOf(const leancloud::UnreadTuple& tuple) {
  UnreadCount count;
  count.conversation_id = tuple.cid;
  count.count = tuple.unread;
  count.mentioned = tuple.mentioned.value_or(false);
  if (!tuple.mid) return count;
  count.last.text = textOf(tuple.data, tuple.binary_msg);
  count.last.group_id = tuple.cid;
  count.last.id = textOf(tuple.mid);
  count.last.from = textOf(tuple.from);
  count.last.timestamp = timestampOf(tuple.timestamp);
  count.last.edited_at = timestampOf(tuple.patch_timestamp);
  return count;
}

/// What an answer brings; each kind of request has one kind of answer.
class Answering {
 public:
  Answering(const Command& command, std::string_view peer) : command_(command), peer_(peer) {}

  Outcome of(const ConversationRequest& request) {
    if (!std::visit(*this, request)) {
      outcome_.result = Error{Errc::ProtocolError, 0,
                              "the server answered with what is no answer to the command", false};
    }
    return std::move(outcome_);
  }

  bool operator()(const backends::ReadPage& page) {
    const auto* const logs = command_.as<leancloud::LogsCommand>();
    if (logs == nullptr) return false;
    outcome_.messages.reserve(logs->logs.size());
    for (const leancloud::LogItem& item : logs->logs) {
      outcome_.messages.push_back(messageOf(item, page.id));
    }
    return true;
  }
  bool operator()(const backends::ChangeMessage&) {
    return command_.cmd == Cmd::Patch && command_.op == Op::Modified;
  }
  bool operator()(const backends::MarkRead&) { return command_.cmd == Cmd::Unread; }
  bool operator()(const backends::CountUnread&) {
    const auto* const unread = command_.as<leancloud::UnreadCommand>();
    if (unread == nullptr) return false;
    outcome_.conversations = std::make_shared<backends::ConversationAnswer>();
    for (const leancloud::UnreadTuple& tuple : unread->convs) {
      outcome_.conversations->unread.push_back(countOf(tuple));
    }
    return true;
  }
  bool operator()(const backends::StartConversation&) {
    const auto* const started = conv(Op::Started);
    if (started == nullptr || !started->cid) return false;
    outcome_.group_id = *started->cid;
    return true;
  }
  bool operator()(const backends::FindConversations&) {
    const auto* const found = conv(Op::Results);
    if (found == nullptr || !found->results) return false;
    outcome_.conversations = std::make_shared<backends::ConversationAnswer>();
    return readConversations(found->results->text, peer_, outcome_.conversations->found);
  }
  bool operator()(const backends::UpdateAttributes&) { return conv(Op::Updated) != nullptr; }
  bool operator()(const backends::MuteConversation&) { return conv(Op::Updated) != nullptr; }

 private:
  const leancloud::ConvCommand* conv(Op op) const {
    return command_.op == op ? command_.as<leancloud::ConvCommand>() : nullptr;
  }

  const Command& command_;
  const std::string_view peer_;
  Outcome outcome_;
};

void tellPatch(const leancloud::PatchItem& item, SessionContext& context) {
  if (item.recall.value_or(false)) {
    return context.notify(MessageRecalled{textOf(item.cid), textOf(item.mid), textOf(item.from),
                                          timestampOf(item.timestamp),
                                          timestampOf(item.patch_timestamp)});
  }
  MessageEdited edited;
  edited.conversation_id = textOf(item.cid);
  edited.message.text = textOf(item.data, item.binary_msg);
  edited.message.group_id = edited.conversation_id;
  edited.message.id = textOf(item.mid);
  edited.message.from = textOf(item.from);
  edited.message.timestamp = timestampOf(item.timestamp);
  edited.message.edited_at = timestampOf(item.patch_timestamp);
  context.notify(std::move(edited));
}

}  // namespace

void ConversationCalls::add(ConversationRequest request, OpId op, bool open, base::Instant now) {
  if (waiting_.size() + signing_.size() + in_flight_.size() >= kMostCalls) {
    return context_.fail(op, {Errc::QueueFull, 0,
                              "1000 calls of this session on conversations are unanswered; wait "
                              "for one",
                              false});
  }
  Call call{std::move(request), op, context_.mux.nextTag(), base::kNever, 0};
  if (open) return send(std::move(call), now);
  call.due = now.mono + context_.mux.options().command_timeout;
  waiting_.push(std::move(call));
}

void ConversationCalls::send(Call call, base::Instant now) {
  if (!context_.mux.knowsConversations()) return context_.fail(call.op, kNotSupported);
  const bool starts = std::holds_alternative<backends::StartConversation>(call.request);
  if (starts && context_.mux.options().has_signer) return sign(std::move(call), now);
  put(std::move(call), nullptr, now);
}

// What is signed is v1's text of a watch list of all members (leancloud-current §5.1).
void ConversationCalls::sign(Call call, base::Instant now) {
  const NewConversation& what = std::get<backends::StartConversation>(call.request).what;
  SignatureRequest request{
      SignedAction::Watch, context_.mux.options().app_id, context_.peer, {}, what.members};
  request.peer_ids.push_back(context_.peer);
  call.question = context_.mux.ask(context_.ref, request, now);
  signing_.push(std::move(call));
}

void ConversationCalls::signatureReady(SignatureId id, const Result<Signature>& signature,
                                       base::Instant now) {
  for (std::size_t at = 0; at < signing_.size(); ++at) {
    if (signing_[at].question != id) continue;
    Call call = signing_.takeAt(at);
    if (!signature) return context_.fail(call.op, signature.error());
    return put(std::move(call), &*signature, now);
  }
}

void ConversationCalls::put(Call call, const Signature* signature, base::Instant now) {
  Asking asking(signature);
  Command command = asking.of(call.request);
  command.peer_id = context_.peer;
  context_.mux.request(context_.requester, call.tag, command, now);
  in_flight_.push(std::move(call));
}

void ConversationCalls::opened(base::Instant now) {
  while (!waiting_.empty()) send(waiting_.take(), now);
}

void ConversationCalls::lost(const Error& cause, base::Instant now) {
  const Errc code = cause.code == Errc::Timeout ? Errc::Timeout : Errc::NetworkDown;
  while (!signing_.empty()) {  // begins anew: nothing of it has gone out
    context_.mux.cancel(signing_.front().question);
    signing_.front().due = now.mono + context_.mux.options().command_timeout;
    waiting_.push(signing_.take());
  }
  while (!in_flight_.empty()) {
    context_.fail(in_flight_.take().op,
                  {code, 0, "the connection was lost before the server answered; try again", true});
  }
}

void ConversationCalls::failAll(const Error& error) {
  for (std::size_t at = 0; at < signing_.size(); ++at) {
    context_.mux.cancel(signing_[at].question);
  }
  for (Queue* queue : {&in_flight_, &signing_, &waiting_}) {
    while (!queue->empty()) context_.fail(queue->take().op, error);
  }
}

bool ConversationCalls::take(std::uint64_t tag, Call& call) {
  for (std::size_t at = 0; at < in_flight_.size(); ++at) {
    if (in_flight_[at].tag != tag) continue;
    call = in_flight_.takeAt(at);
    return true;
  }
  return false;
}

void ConversationCalls::answer(const Request& request, const Command& command) {
  if (const auto* error = command.as<leancloud::ErrorCommand>()) {
    const std::string_view detail = error->detail.value_or(std::string_view());
    return refuse(request,
                  base::errorFromServer(error->code, detail.empty() ? error->reason : detail));
  }
  Call call;
  if (!take(request.tag, call)) return;
  context_.done(call.op, Answering(command, context_.peer).of(call.request));
}

void ConversationCalls::refuse(const Request& request, const Error& error) {
  Call call;
  if (take(request.tag, call)) context_.fail(call.op, error);
}

// They are in the order of their time.
void ConversationCalls::timeReached(const Error& why, base::Instant now) {
  while (!waiting_.empty() && now.mono >= waiting_.front().due) {
    context_.fail(waiting_.take().op, why);
  }
}

base::Millis ConversationCalls::deadline() const {
  return waiting_.empty() ? base::kNever : waiting_.front().due;
}

void tellConversationNews(const Command& command, SessionContext& context) {
  if (const auto* patch = command.as<leancloud::PatchCommand>()) {
    if (command.op != Op::Modify) return;
    for (const leancloud::PatchItem& item : patch->patches) tellPatch(item, context);
  } else if (const auto* unread = command.as<leancloud::UnreadCommand>()) {
    for (const leancloud::UnreadTuple& tuple : unread->convs) {
      context.notify(UnreadChanged{countOf(tuple)});
    }
  } else if (const auto* conv = command.as<leancloud::ConvCommand>()) {
    if (command.op != Op::Updated) return;
    ConversationUpdated updated;
    updated.conversation_id = textOf(conv->cid);
    updated.by = textOf(conv->init_by);
    if (conv->attr) updated.attributes = conv->attr->text;
    context.notify(std::move(updated));
  }
}

}  // namespace kith::engine
