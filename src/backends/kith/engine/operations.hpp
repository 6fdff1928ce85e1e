// SPDX-License-Identifier: Apache-2.0
// Watch, unwatch, query and the four group operations of one session: waiting, signed, sent,
// answered. Each completes once. Part of Session; one thread.
#pragma once

#include <kith/event.hpp>
#include <kith/signature.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backends/kith/engine/requests.hpp"
#include "backends/kith/engine/session_context.hpp"
#include "base/clock.hpp"
#include "base/ring.hpp"

namespace kith::engine {

struct Operation {
  RequestKind kind{RequestKind::Query};
  OpId op{0};
  std::vector<std::string> peers{};
  std::string group_id{};
  bool open_group{false};
  bool internal{false};  ///< the rest of a watch list that did not fit into `open`

  std::uint64_t tag{0};
  std::size_t sent{0};  ///< peers[0, sent) are out; more than one frame when they are many
  bool all_sent{false};
  int unanswered{0};
  bool piggybacked{false};               ///< is contained in the `open` that is being made
  int tries{0};                          ///< questions to the signer that failed
  std::vector<std::string> confirmed{};  ///< what was really sent: the signer may return fewer
  std::vector<std::string> result{};
  base::Millis due{base::kNever};  ///< how long it waits for a connection
};

/// Operations go out in the order of the calls; one that waits for its signature holds up those
/// behind it (a later `leave` must not overtake a `join`), except queries, which need neither
/// signature nor order. Answers are not waited for.
///
/// While the session is not open, watch and unwatch wait as long as it takes and are piggybacked on
/// the next `open`; query and group operations wait for Options::command_timeout and then fail.
/// When the connection is lost, watch and unwatch that were on the way wait again, the others fail:
/// whether a group was created or joined is not known.
class Operations {
 public:
  explicit Operations(SessionContext& seat) : context_(seat) {}

  void add(Operation operation, bool open, base::Instant now);
  /// The watch list once every operation that waits has had its way.
  WatchList wanted() const;
  /// The watch list for `open`: what is watched, and the operations that wait if all of it fits
  /// into one frame.
  std::vector<std::string> piggyback();
  /// The server has confirmed the `open`: completes what was piggybacked on it. `watch_list` is
  /// what was sent.
  void completePiggybacked(const WatchList& watch_list);
  /// The session is open: what waited goes out, `rest` of the watch list first.
  void opened(std::vector<std::string> rest, base::Instant now);
  void lost(const Error& cause, base::Instant now);
  void failAll(const Error& error);

  /// An answer to `request`; no effect if its operation is over.
  void answer(const Request& request, const avos::Frame& frame, base::Instant now);
  /// False: the question was not ours.
  bool signatureReady(SignatureId id, const Result<Signature>& signature, base::Instant now);
  /// Fails what has waited for a connection too long; `why` it could not go out.
  void timeReached(const Error& why, base::Instant now);
  bool leaves(std::string_view group_id) const;
  base::Millis deadline() const;
  std::size_t size() const { return queued_.size() + queries_.size() + in_flight_.size(); }

 private:
  void pump(base::Instant now);
  void ask(Operation& operation, base::Instant now);
  void sendPart(Operation& operation, const Signature* signature, base::Instant now);
  void sendQuery(Operation operation, base::Instant now);
  void moveOn();
  static void take(Operation& operation, const avos::RoomEvent& event);
  void refused(Operation operation, const Error& error, bool by_group);
  void complete(Operation operation);
  void completeWatch(Operation& operation, Outcome outcome);
  bool needsSignature(const Operation& operation) const;
  void dropQuestion();

  /// Operations are few and far between: no memory is kept for the next one.
  using Queue = base::Ring<Operation, 0>;

  SessionContext& context_;
  Queue queued_;     // in order; only the front is being signed and sent
  Queue queries_;    // wait for the session to open
  Queue in_flight_;  // all sent, not all answered
  SignatureId question_{0};
  std::size_t question_end_{0};
  base::Millis retry_at_{base::kNever};
};

}  // namespace kith::engine
