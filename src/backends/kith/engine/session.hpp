// SPDX-License-Identifier: Apache-2.0
// One peer's session: its life, its messages and its share of what comes in. Owned by ClientEngine;
// one thread.
#pragma once

#include <kith/session.hpp>
#include <kith/signature.hpp>
#include <kith/store.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "backends/kith/engine/catch_up.hpp"
#include "backends/kith/engine/conversation_calls.hpp"
#include "backends/kith/engine/echoes.hpp"
#include "backends/kith/engine/inbox.hpp"
#include "backends/kith/engine/operations.hpp"
#include "backends/kith/engine/outbox.hpp"
#include "backends/kith/engine/request_mux.hpp"
#include "backends/kith/engine/session_context.hpp"
#include "base/clock.hpp"
#include "base/close_codes.hpp"

namespace kith::engine {

/// ```
///              open()                 opened                  connection lost
///   [Idle] ------------> [Opening] ------------> [Open] <------------------------> [Paused]
///     ^                      |                     |            opened                 |
///     |                      +---------------------+-----------------------------------+
///     |                                            | close(), final refusal
///     |              open()                        v
///     +---(a new life: as from Idle)---------- [Closed]
/// ```
/// Opening and Paused have phases, and go round in them until the server answers:
/// ```
///   Loading  (with a store: until loaded())
///      |
///      v
///   Waiting  --start()-->  Signing  --signed-->  Asking  --opened-->  (Open)
///      ^  for the connection,  |  without a signer    |
///      |  or for its turn      |  straight to Asking  |
///      +------ Retrying <------+----------------------+   signer busy, refused for now
/// ```
/// - `Opened` comes from Opening, `Resumed` from Paused; a connection lost while Opening has no
///   event.
/// - `open` names the whole watch list, with a fresh signature each time; what exceeds a frame
///   follows as `add`. Watch and unwatch called meanwhile are piggybacked on it.
/// - While not open, persistent messages wait in the outbox and transient ones fail.
/// - Which peers are online is forgotten silently at a pause, and told anew by `Resumed`.
/// - When more messages came than InboxOptions allows, the session goes through Paused once all
///   that waited was shown: `close` and `open` make the server repeat the others.
/// - A copy of a message of this peer is another device's, or the echo of one of ours: the server
///   still had it from the connection before, and took the new connection for another device. While
///   one like it is unanswered the copy waits; the answer names its id, and then it is dropped.
/// - On the way to Closed everything that waits completes with `Closed`, then the close itself;
///   the `Closed` event is the last.
class Session {
 public:
  enum class Phase : std::uint8_t { Rest, Loading, Waiting, Signing, Asking, Retrying, Open };
  /// What becomes of messages that were not accepted yet, and of the watch list, in the store.
  enum class Kept { No, Yes };

  Session(SessionRef ref, std::string peer, RequestMux& mux);

  // --- the application ---
  void open(std::vector<std::string> watch, OpId op);
  void close(OpId op, Kept kept, base::Instant now);
  void operate(Operation operation, base::Instant now);
  void ask(ConversationRequest request, OpId op, base::Instant now);
  void send(Message&& message, std::string&& client_id, OpId op, base::Instant now);
  void delivered(std::size_t count, base::Instant now);
  /// The answer to Output::load(). False: it is for a load() that was given up.
  bool loaded(Result<StoredPeer> peer, base::Instant now);
  /// A change that waits() is committed or has failed.
  void committed() { context_.gate->release(context_.silent); }
  /// From now on only completions, no events.
  void silence() { context_.silent = true; }

  // --- the connection ---
  /// The connection is up and it is this session's turn to open. Legal when mayStart().
  void start(base::Instant now);
  bool mayStart() const { return phase_ == Phase::Waiting; }
  /// `halted`: the application paused the manager, so no timer may stay.
  void connectionLost(const Error& cause, bool halted, base::Instant now);
  /// The server or the signer does not let this session in. `limit`: refusals in a row that make
  /// it final; 0 = none.
  void refused(const Error& error, base::CloseRule rule, base::Instant now);
  /// It is over, and not because the application said so.
  void finish(const Error& cause, Kept kept = Kept::No);
  void received(const avos::Frame& frame, const std::optional<Request>& request, base::Instant now);
  void received(const leancloud::Command& command, const std::optional<Request>& request,
                base::Instant now);
  /// A heartbeat was answered: after RequestMux::waitForBarrier().
  void acksConfirmed(base::Instant now);
  void signatureReady(SignatureId id, const Result<Signature>& signature, base::Instant now);
  void timeReached(bool halted, base::Instant now);
  base::Millis deadline() const;

  // --- looking in ---
  SessionRef ref() const { return context_.ref; }
  const Requester& requester() const { return context_.requester; }
  const std::string& peer() const { return context_.peer; }
  SessionState state() const { return state_; }
  Phase phase() const { return phase_; }
  bool live() const { return state_ != SessionState::Idle && state_ != SessionState::Closed; }
  /// A `leave` of this group is on its way, and is the next to be answered.
  bool leaves(std::string_view group_id) const {
    return operations_ != nullptr && operations_->leaves(group_id);
  }
  bool opening() const { return phase_ == Phase::Signing || phase_ == Phase::Asking; }
  const WatchList& watchList() const { return context_.watch_list; }
  std::size_t bufferedBytes() const { return outbox_.bytes(); }
  void notify(Event&& event) { context_.notify(std::move(event)); }

  // --- kept here for the engine ---
  std::size_t timer_at{SIZE_MAX};
  bool counted_live{false};
  bool counted_opening{false};
  bool quarantined{false};  ///< may have closed a connection: no other session opens beside it

 private:
  // Beside the flags above: there are many sessions.
  Phase phase_{Phase::Rest};
  bool waits_for_barrier_{false};

  Operations& operations();
  bool isOpen() const { return phase_ == Phase::Open; }
  Error notOpen() const;
  void askToOpen(const Signature* signature, base::Instant now);
  void retryLater(const Error& reason, base::Instant now);
  void opened(const avos::SessionOpened& opened, base::Instant now);
  void catchUp(std::int64_t server_time, bool resumed, base::Instant now);
  void flush(base::Instant now);
  void failSend(Outbox::Entry entry, Error error);
  void giveUp(Outbox::Entry entry, Error error);
  void failEverything(const Error& error, Kept kept);
  void end(Kept kept);
  void sendAcks(avos::IdList ids, base::Instant now);
  void confirmAcks(base::Instant now);
  void askForMissed(base::Instant now);

  // session_store.cpp
  void failButKeep(Outbox::Entry entry);
  void restoreIncoming(std::vector<StoredIncoming> incoming);
  void restoreWatched(std::vector<std::string> watched);

  // session_frames.cpp
  struct Receiving;
  void settleEchoes(std::string_view accepted_id);
  void receivedPresence(const avos::Presence& presence);
  void receivedDirect(const avos::Direct& direct, base::Instant now);
  void receivedAck(const avos::Ack& ack, const Request& request, base::Instant now);
  void sendRefused(const std::optional<avos::Reason>& why, const Request& request,
                   base::Instant now);
  void receivedRoom(const avos::RoomEvent& event);
  void tell(std::vector<News>&& news);
  void receivedError(const avos::Frame& frame, const std::optional<avos::Reason>& why,
                     const std::optional<Request>& request, base::Instant now);
  void answered(const Request& request, const avos::Frame& frame, base::Instant now);
  void closedByServer(const std::optional<avos::Reason>& why, base::Instant now);

  SessionContext context_;
  SessionState state_{SessionState::Idle};
  std::uint32_t asked_end_{0};      // asked_[0, asked_end_) is in `open`, the rest follows
  std::vector<std::string> asked_;  // the list of the `open` under way
  OpId open_op_{0};
  SignatureId question_{0};
  std::uint64_t open_tag_{0};
  int refusals_{0};  // in a row, by the server
  int delays_{0};    // tries in a row that led to Retrying
  base::Millis retry_at_{base::kNever};
  // From the first one on: many sessions have none.
  std::unique_ptr<Operations> operations_;
  std::unique_ptr<ConversationCalls> conversations_;
  std::unique_ptr<CatchUp> catch_up_;  // once a server has told its time
  Outbox outbox_;
  Inbox inbox_;
  Echoes echoes_;
};

}  // namespace kith::engine
