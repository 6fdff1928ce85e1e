// SPDX-License-Identifier: Apache-2.0
// What the engine wants done, and what it is told at its start. No call of Output may call back
// into the engine.
#pragma once

#include <kith/event.hpp>
#include <kith/options.hpp>
#include <kith/signature.hpp>
#include <kith/store.hpp>

#include <cstdint>
#include <string>
#include <string_view>

#include "backends/counters.hpp"
#include "backends/kith/engine/events.hpp"
#include "base/clock.hpp"
#include "protocol/avos/frame.hpp"
#include "protocol/leancloud/messages.hpp"

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
  /// Encode and queue a frame now; its views die when it returns.
  virtual void sendFrame(const avos::Frame& frame) = 0;
  /// The same for one of the current protocol. Only when transportUp() said that the server knows
  /// them.
  virtual void sendCommand(const leancloud::Command& command) = 0;
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

using EngineStats = backends::Counters;

}  // namespace kith::engine
