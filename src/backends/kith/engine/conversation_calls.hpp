// SPDX-License-Identifier: Apache-2.0
// What one session asks of conversations in the words of the current protocol: waiting, sent,
// answered. Each completes once. Part of Session; one thread.
#pragma once

#include <kith/signature.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>

#include "backends/conversation_request.hpp"
#include "backends/kith/engine/requests.hpp"
#include "backends/kith/engine/session_context.hpp"
#include "base/clock.hpp"
#include "base/ring.hpp"
#include "protocol/leancloud/messages.hpp"

namespace kith::engine {

using backends::ConversationRequest;

/// While the session is not open a call waits for Options::command_timeout. All of them go out in
/// the order of the calls. When the connection is lost, those without an answer fail: each may be
/// made again without harm. A server that speaks v1 alone is sent none.
class ConversationCalls {
 public:
  explicit ConversationCalls(SessionContext& context) : context_(context) {}

  void add(ConversationRequest request, OpId op, bool open, base::Instant now);
  /// The session is open: what waited goes out.
  void opened(base::Instant now);
  /// No effect if the question is not of these.
  void signatureReady(SignatureId id, const Result<Signature>& signature, base::Instant now);
  void lost(const Error& cause, base::Instant now);
  void failAll(const Error& error);

  /// The answer to `request`; no effect if its call is over.
  void answer(const Request& request, const leancloud::Command& command);
  void answer(const Request& request, const avos::Ack& ack);
  /// The server says no.
  void refuse(const Request& request, const Error& error);
  /// Fails what has waited for a connection too long; `why` it could not go out.
  void timeReached(const Error& why, base::Instant now);
  base::Millis deadline() const;

 private:
  struct Call {
    ConversationRequest request;
    OpId op{0};
    std::uint64_t tag{0};
    base::Millis due{base::kNever};
    SignatureId question{0};
  };
  /// They are few and far between: no memory is kept for the next one.
  using Queue = base::Ring<Call, 0>;

  void send(Call call, base::Instant now);
  void sign(Call call, const SignatureRequest& request, base::Instant now);
  void put(Call call, const Signature* signature, base::Instant now);
  /// False: it is about no will.
  bool putWill(const Call& call, base::Instant now);
  void fail(const Call& call, const Error& error);
  /// The call under way with this tag, which is over then; false when there is none.
  bool take(std::uint64_t tag, Call& call);

  SessionContext& context_;
  Queue waiting_;    // for the session to open
  Queue signing_;    // wait for the signer
  Queue in_flight_;  // without an answer
  /// The server has it for this connection, and is told anew after each pause: a call without an
  /// operation.
  std::optional<Message> will_;
};

}  // namespace kith::engine
