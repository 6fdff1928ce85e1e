// SPDX-License-Identifier: Apache-2.0
// Multiplexes the sessions over one connection: requests under way and their serials, questions to
// the signer, changes without a commit, and scratch memory. Owned by ClientEngine; one thread.
#pragma once

#include <kith/signature.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "backends/kith/engine/ack_barrier.hpp"
#include "backends/kith/engine/frames.hpp"
#include "backends/kith/engine/output.hpp"
#include "backends/kith/engine/requests.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"
#include "base/ring.hpp"

namespace kith::engine {

class RequestMux {
 public:
  RequestMux(const EngineOptions& options, Output& output, base::Random& random)
      : options_(options), output_(output), random_(random) {}

  const EngineOptions& options() const { return options_; }
  Output& output() { return output_; }
  base::Random& random() { return random_; }
  Requests& requests() { return requests_; }
  const Requests& requests() const { return requests_; }
  EngineStats& stats() { return *stats_; }
  /// Outlives the engine for as long as it is held.
  const std::shared_ptr<EngineStats>& sharedStats() const { return stats_; }

  bool up() const { return up_; }
  /// The server of this connection speaks the commands of the current protocol, too.
  bool knowsConversations() const { return stats_->knows_conversations; }
  void connected(bool knows_conversations, base::Instant now);
  /// Nothing that was asked on the connection, or of the signer for it, is answered any more.
  void disconnected();

  /// Sends a frame that is answered; `tag` comes back with the answer.
  void request(Requester& requester, RequestKind kind, std::uint64_t tag, avos::Frame& frame,
               base::Instant now);
  /// The same for a request about conversations.
  void request(Requester& requester, std::uint64_t tag, leancloud::Command& command,
               base::Instant now);
  /// Sends a frame that is not answered.
  void post(avos::Frame& frame, base::Instant now);
  /// Sends a heartbeat, whose answer confirms the acknowledgements before it.
  void sendBarrier(base::Instant now);
  AckBarrier& ackBarrier() { return ack_barrier_; }
  /// Session::acksConfirmed() is called with the next answer to a heartbeat.
  void waitForBarrier(SessionRef session) { barrier_waiters_.push_back(session); }
  std::vector<SessionRef> takeBarrierWaiters() { return std::exchange(barrier_waiters_, {}); }
  /// A number that no request had before.
  std::uint64_t nextTag() { return ++tag_; }
  base::Millis lastSent() const { return last_sent_; }

  /// Views of ids `first` to `last`, valid until the next call.
  avos::IdList views(const std::vector<std::string>& ids, std::size_t first, std::size_t last);
  avos::IdList views(const std::vector<std::string>& ids) { return views(ids, 0, ids.size()); }

  /// Memory for the frame of a message.
  DirectScratch& directScratch() { return direct_; }
  /// Memory for the ids that one call acknowledges.
  std::vector<std::string_view>& ackedIds() { return acked_ids_; }

  /// Writes a change down; its number is for kept(). `waits`: the session is to hear of the commit.
  std::uint64_t keep(SessionRef session, const std::string& peer, StoreChange change, bool waits);
  /// The oldest change is committed or has failed: the session that waits for it, if any.
  std::optional<SessionRef> commitOldest();
  /// Changes up to this number are over.
  std::uint64_t committed() const { return committed_; }

  SignatureId ask(SessionRef session, const SignatureRequest& request, base::Instant now);
  void cancel(SignatureId id);
  /// The session of the question, or nothing when it was cancelled or answered.
  std::optional<SessionRef> answered(SignatureId id);
  base::Millis signatureDeadline() const;
  /// The first question whose time is over, or 0. It counts as unanswered until answered().
  SignatureId overdue(base::Instant now) const;

 private:
  struct Question {
    SessionRef session{0};
    bool open{false};
    base::Millis due{0};
  };
  struct Change {
    SessionRef session{0};
    bool waits{false};
  };
  void dropSettledQuestions();

  const EngineOptions& options_;
  Output& output_;
  base::Random& random_;
  const std::shared_ptr<EngineStats> stats_{std::make_shared<EngineStats>()};
  Requests requests_;
  AckBarrier ack_barrier_;
  std::vector<SessionRef> barrier_waiters_;
  base::Ring<Question, 0> questions_;  // all have the same time, so the front is due first
  SignatureId first_question_{1};
  std::uint64_t tag_{0};
  base::Ring<Change> changes_;  // without a commit yet
  std::uint64_t committed_{0};
  bool up_{false};
  base::Millis last_sent_{0};
  std::vector<std::string_view> views_;
  std::vector<std::string_view> acked_ids_;
  DirectScratch direct_;
};

}  // namespace kith::engine
