// SPDX-License-Identifier: Apache-2.0
// The inside of ClientEngine: the link, the sessions, and who is to blame when the server closes
// the connection that they share. One thread.
#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/channel.hpp"
#include "engine/client_engine.hpp"
#include "engine/link.hpp"
#include "engine/session.hpp"
#include "engine/session_table.hpp"
#include "engine/timers.hpp"

namespace kith::engine {

/// A close code such as 4102 or 4106 is about one peer but ends the connection of all. It falls on
/// the session that waits for `opened`. When several wait, none is condemned: they are opened one
/// at a time (`Session::alone`) on the next connection, so that the next close names its culprit
/// and the innocent get in. When none waits, a final code falls on every open session, a code about
/// the app (4100, 4110, 4113) on every session there is.
struct ClientEngine::State final : Link::Observer {
  State(EngineOptions engine_options, Output& output, base::Random& random);

  Session* find(SessionRef ref);
  /// Whom a frame of the server is for, or null.
  Session* whoseFrame(const wire::Command& command);
  void forget(Session& session);
  /// The session, or null after `op` was told so.
  Session* expect(SessionRef ref, OpId op);
  std::vector<Session*> inOrder();
  /// To be called after anything happened to a session: counts, timers, whose turn it is to open.
  void settle(Session& session, base::Instant now);
  void settleLink(base::Instant now, bool hurry = false);
  void startAlone(base::Instant now);
  void completeWaits();
  void fail(OpId op, Errc code, const char* detail);
  void operate(SessionRef ref, Operation operation, base::Instant now);
  void dispatch(const wire::Command& command, base::Instant now);
  void heartbeatAnswered(base::Instant now);
  /// `count` changes are over; tells the sessions once when writing begins to fail.
  void committed(std::size_t count, const Result<void>& result);
  void answerSigner(SignatureId id, const Result<Signature>& signature, base::Instant now);

  void linkUp(base::Instant now) override;
  void linkLost(int code, const Error& error, base::Instant now) override;
  void linkAsked() override { channel.proofs().heartbeatSent(); }
  void linkRetrying(const Reconnecting& event) override;
  void linkGaveUp(const Error& error, base::Instant now) override;

  // blame.cpp
  struct Suspects {
    std::vector<Session*> sessions;
    bool were_opening{false};
  };
  /// Who a close with `code` falls on, to be asked before the sessions hear of it.
  Suspects suspects(int code);
  void blame(int code, const Error& error, const Suspects& suspects, base::Instant now);
  /// Opens this session by itself until the server has let it in.
  void setApart(Session& session);

  EngineOptions options;
  Channel channel;
  Link link;
  Timers timers;
  SessionTable sessions;
  Session* latest{nullptr};        // was asked for last: most often it is again
  Session* latest_heard{nullptr};  // the same for frames
  std::vector<SessionRef> alone;   // in the order in which they were suspected
  std::size_t live{0};
  std::size_t opening{0};
  bool halted{false};                // pause()
  bool ended{false};                 // closeAll()
  std::vector<OpId> pauses;          // done when the transport is gone
  std::vector<OpId> closes;          // the same
  std::optional<Error> store_error;  // of the last commit
  int streak_code{0};  // closes with one code in a row, nothing getting through between them
  int streak{0};
};

}  // namespace kith::engine
