// SPDX-License-Identifier: Apache-2.0
#include "backends/kith/engine/conversation_calls.hpp"

#include <string_view>
#include <utility>
#include <variant>

#include "backends/kith/engine/conversation_answer.hpp"
#include "backends/kith/engine/conversation_command.hpp"
#include "backends/kith/engine/frames.hpp"
#include "base/close_codes.hpp"

namespace kith::engine {
namespace {

constexpr std::size_t kMostCalls = 1000;  // of one session, waiting and unanswered (R17)

/// The conversation that a request is about; empty: none, or none yet.
std::string_view idIn(const ConversationRequest& request) {
  const auto id = [](const auto& each) -> std::string_view {
    if constexpr (requires { each.id; }) return each.id;
    if constexpr (requires { each.message; }) return each.message.group_id;
    return {};
  };
  return std::visit(id, request);
}

/// What is to be signed of a request, if anything. Of a creation it is v1's text of a watch list of
/// all members (leancloud-current §5.1).
std::optional<SignatureRequest> toSign(const ConversationRequest& request,
                                       const SessionContext& context) {
  SignatureRequest wanted{SignedAction::Watch, context.mux.options().app_id, context.peer, {}, {}};
  if (const auto* start = std::get_if<backends::StartConversation>(&request)) {
    wanted.peer_ids = start->what.members;
    wanted.peer_ids.push_back(context.peer);
    return wanted;
  }
  const auto* change = std::get_if<backends::ChangeStanding>(&request);
  if (change == nullptr || change->standing != PeerStanding::Blocked) return {};
  wanted.action = change->on ? SignedAction::Block : SignedAction::Unblock;
  wanted.group_id = change->id;
  wanted.peer_ids = change->peers;
  return wanted;
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
  if (!context_.mux.knowsConversations()) return fail(call, notSupported());
  if (context_.mux.options().has_signer) {
    if (const auto request = toSign(call.request, context_)) {
      return sign(std::move(call), *request, now);
    }
  }
  put(std::move(call), nullptr, now);
}

void ConversationCalls::sign(Call call, const SignatureRequest& request, base::Instant now) {
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
  if (!putWill(call, now)) {
    ConversationCommand asked(call.request, signature);
    asked.command().peer_id = context_.peer;
    context_.mux.request(context_.requester, call.tag, asked.command(), now);
  }
  in_flight_.push(std::move(call));
}

bool ConversationCalls::putWill(const Call& call, base::Instant now) {
  const auto* set = std::get_if<backends::SetWill>(&call.request);
  if (set == nullptr && !std::holds_alternative<backends::ClearWill>(call.request)) return false;
  avos::Direct will;
  avos::Frame frame = frameFrom(context_.peer, will);
  if (set != nullptr)
    frame = directFrame(context_.peer, set->message, {}, context_.mux.directScratch());
  std::get<avos::Direct>(frame.body).will = true;
  context_.mux.request(context_.requester, RequestKind::Conversation, call.tag, frame, now);
  return true;
}

void ConversationCalls::opened(base::Instant now) {
  if (will_) {
    send({backends::SetWill{*will_}, 0, context_.mux.nextTag(), base::kNever, 0}, now);
  }
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
  will_.reset();
}

bool ConversationCalls::take(std::uint64_t tag, Call& call) {
  for (std::size_t at = 0; at < in_flight_.size(); ++at) {
    if (in_flight_[at].tag != tag) continue;
    call = in_flight_.takeAt(at);
    return true;
  }
  return false;
}

void ConversationCalls::answer(const Request& request, const leancloud::Command& command) {
  if (const auto* error = command.as<leancloud::ErrorCommand>()) {
    const std::string_view detail = error->detail.value_or(std::string_view());
    return refuse(request,
                  base::errorFromServer(error->code, detail.empty() ? error->reason : detail));
  }
  Call call;
  if (!take(request.tag, call)) return;
  context_.done(call.op, outcomeOf(command, call.request, context_.peer));
}

void ConversationCalls::answer(const Request& request, const avos::Ack& ack) {
  if (ack.refused && ack.refused->code != 0) return refuse(request, errorOf(ack.refused));
  Call call;
  if (!take(request.tag, call)) return;
  const auto* set = std::get_if<backends::SetWill>(&call.request);
  if (set == nullptr && !std::holds_alternative<backends::ClearWill>(call.request)) {
    return fail(call, {Errc::ProtocolError, 0,
                       "the server answered with what is no answer to the command", false});
  }
  will_ = set != nullptr ? std::optional(set->message) : std::nullopt;
  context_.done(call.op, {});
}

void ConversationCalls::refuse(const Request& request, const Error& error) {
  Call call;
  if (take(request.tag, call)) fail(call, errorAbout(idIn(call.request), error));
}

void ConversationCalls::fail(const Call& call, const Error& error) {
  if (call.op != 0) return context_.fail(call.op, error);
  will_.reset();
  context_.notify(SessionError{error});
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

}  // namespace kith::engine
