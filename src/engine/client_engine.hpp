// SPDX-License-Identifier: Apache-2.0
// Everything the client decides, sans-IO: one connection (link) and the sessions on it. Calls and
// the time go in; an Output is told what to do. No sockets, clocks, threads or JSON. One thread at
// a time; every call is legal in every state. No call of Output may call back into the engine.
#pragma once

#include <kith/options.hpp>
#include <kith/session.hpp>
#include <kith/signature.hpp>
#include <kith/store.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "base/route.hpp"
#include "engine/events.hpp"
#include "wire/command.hpp"

namespace kith::engine {

/// Names one question to the signer.
using SignatureId = std::uint64_t;

/// What the engine wants done, in the order it asks.
class Output {
 public:
  virtual ~Output() = default;

  /// Ask the router; answer with routeAnswered(), once.
  virtual void fetchRoute() = 0;
  /// Connect; answer with transportUp() or transportDown(), once. Any earlier transport is gone.
  virtual void connect(const std::string& url) = 0;
  /// Close politely; transportDown() follows.
  virtual void disconnect(std::uint16_t code, std::string_view reason) = 0;
  /// Drop the transport, whatever it does: it is dead or no longer wanted. Nothing follows.
  virtual void abandon() = 0;
  /// Encode and queue a frame now; the command's views die when it returns.
  virtual void sendFrame(const wire::Command& command) = 0;
  /// Queue a WebSocket PING.
  virtual void sendPing() = 0;

  /// Ask the signature factory; answer with signatureReady(), once.
  virtual void requestSignature(SignatureId id, const SignatureRequest& request) = 0;

  /// Read what is kept of the peer, after everything that keep() asked for so far; answer with
  /// loaded(), once. Only with EngineOptions::has_store.
  virtual void load(SessionRef session, const std::string& peer_id) = 0;
  /// Write it down, after what was kept before; answer with kept(). Only with
  /// EngineOptions::has_store.
  virtual void keep(const std::string& peer_id, StoreChange change) = 0;

  /// An operation is over. Comes once per OpId, before the events that follow from it.
  virtual void done(OpId op, Outcome&& outcome) = 0;
  /// Something happened to a session. After the application's callback for a MessageReceived ran,
  /// delivered() says so.
  virtual void notify(SessionRef session, Event&& event) = 0;
};

/// The engine's part of Options. `has_signer`: a SignatureFactory is set.
struct EngineOptions {
  std::string app_id;
  std::string server;  ///< fixed address; empty = ask the router
  bool has_signer{false};
  bool has_store{false};
  ReconnectOptions reconnect;
  KeepaliveOptions keepalive;
  OutboxOptions outbox;
  InboxOptions inbox;
  base::Millis connect_timeout{15000};
  base::Millis command_timeout{10000};
  base::Millis signature_timeout{10000};
};

struct EngineStats {
  std::uint64_t connects{0};
  std::uint64_t disconnects{0};
  std::uint64_t frames_in{0};
  std::uint64_t frames_out{0};
  std::uint64_t duplicates{0};
};

class ClientEngine {
 public:
  /// `output` and `random` outlive the engine.
  ClientEngine(EngineOptions options, Output& output, base::Random& random);
  ~ClientEngine();

  // --- the application. Arguments have been checked by the driver. ---
  void addSession(SessionRef session, std::string peer_id);
  /// Forgets a closed session at once; an open one is closed first, silently. With a store, what it
  /// had to send and its watch list stay there.
  void removeSession(SessionRef session, base::Instant now);
  void open(SessionRef session, std::vector<std::string> watch, OpId op, base::Instant now);
  void close(SessionRef session, OpId op, base::Instant now);
  void watch(SessionRef session, std::vector<std::string> peers, OpId op, base::Instant now);
  void unwatch(SessionRef session, std::vector<std::string> peers, OpId op, base::Instant now);
  void query(SessionRef session, std::vector<std::string> peers, OpId op, base::Instant now);
  /// `client_id` goes out as `dt` and stays with the message through every resend.
  void send(SessionRef session, Message message, std::string client_id, OpId op, base::Instant now);
  /// Empty `group_id` creates; `open_group` creates an open one.
  void join(SessionRef session, std::string group_id, bool open_group, OpId op, base::Instant now);
  void leave(SessionRef session, std::string group_id, OpId op, base::Instant now);
  void invite(SessionRef session, std::string group_id, std::vector<std::string> peers, OpId op,
              base::Instant now);
  void kick(SessionRef session, std::string group_id, std::vector<std::string> peers, OpId op,
            base::Instant now);
  /// The application's callbacks for the oldest `count` Incoming events of the session have run:
  /// these are acknowledged now (contract 2: ack only after delivery).
  void delivered(SessionRef session, std::size_t count, base::Instant now);
  void networkChanged(base::Instant now);
  void pause(OpId op, base::Instant now);
  void resume(base::Instant now);
  /// Closes every session, then the connection; `op` is the last thing that is done.
  void closeAll(OpId op, base::Instant now);

  // --- the world ---
  void routeAnswered(Result<base::Route> route, base::Instant now);
  void transportUp(base::Instant now);
  /// `code`: the peer's close code or 0; `error`: what else is known.
  void transportDown(int code, Error error, base::Instant now);
  void received(const wire::Command& command, base::Instant now);
  /// A frame that could not be decoded: the connection is closed with 1007 and tried again.
  void receivedGarbage(Error error, base::Instant now);
  /// More events wait for the application than may. The connection is closed with 1008 and tried
  /// again; the server did nothing that avos-v1 forbids.
  void overrun(base::Instant now);
  /// A PING or PONG came.
  void heard(base::Instant now);
  void signatureReady(SignatureId id, Result<Signature> signature, base::Instant now);

  /// The answer to Output::load().
  void loaded(SessionRef session, Result<StoredPeer> peer, base::Instant now);
  /// The oldest `count` changes given to Output::keep() are committed, or have failed together.
  void kept(std::size_t count, Result<void> result, base::Instant now);

  /// The earliest time at which timeReached() has something to do; kNever if none (a paused manager
  /// without operations has none, R12).
  base::Millis deadline() const;
  void timeReached(base::Instant now);

  // --- looking in ---
  SessionState state(SessionRef session) const;
  std::vector<std::string> watched(SessionRef session) const;
  std::vector<std::string> online(SessionRef session) const;
  std::size_t bufferedBytes(SessionRef session) const;
  EngineStats stats() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace kith::engine
