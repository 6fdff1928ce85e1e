// SPDX-License-Identifier: Apache-2.0
// What the engine asks for, carried out, and what comes back, told to the engine. Owned by
// KithBackend; loop thread only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "backends/backend.hpp"
#include "backends/kith/connection.hpp"
#include "backends/kith/engine/client_engine.hpp"
#include "backends/kith/router.hpp"
#include "backends/kith/signer.hpp"
#include "backends/kith/store_keeper.hpp"

namespace kith::backends {

class EngineOutput final : public engine::Output, private ConnectionUser {
 public:
  /// `engine` is only made: it is used with the first call of it.
  EngineOutput(const Context& context, engine::ClientEngine& engine, Signer& signer,
               BackendUser& user);

  /// `op` closes everything: it is not over before the store has what it was given.
  void closing(OpId op) { last_op_ = op; }
  void endTurn() { store_.endTurn(); }

  // engine::Output
  void fetchRoute() override { router_.ask(); }
  void connect(const std::string& url) override { connection_.open(url); }
  void disconnect(std::uint16_t code, std::string_view reason) override {
    connection_.close(code, reason);
  }
  void abandon() override { connection_.drop(); }
  void sendFrame(const avos::Frame& frame) override { connection_.send(frame); }
  void sendCommand(const leancloud::Command& command) override { connection_.send(command); }
  void sendPing() override { connection_.ping(); }
  void requestSignature(engine::SignatureId id, const SignatureRequest& request) override;
  void load(SessionRef session, const std::string& peer_id) override {
    store_.load(session, peer_id);
  }
  void keep(const std::string& peer_id, StoreChange change) override {
    store_.keep(peer_id, std::move(change));
  }
  void done(OpId op, Outcome&& outcome) override;
  void notify(SessionRef session, Event&& event) override {
    user_.notify(session, std::move(event));
  }

 private:
  void onUp(bool knows_conversations) override;
  void onFrame(const avos::Frame& frame) override;
  void onCommand(const leancloud::Command& command) override;
  void onGarbage(const Error& error) override;
  void onHeard() override;
  void onDown(int code, const Error& error) override;
  void onInputEnd() override { context_.turnEnded(); }
  StoreKeeper::Answers storeAnswers();

  const Context& context_;
  engine::ClientEngine& engine_;
  Signer& signer_;
  BackendUser& user_;
  Connection connection_;
  Router router_;
  StoreKeeper store_;
  OpId last_op_{0};
  std::optional<Outcome> last_outcome_;  // waits for the store
};

}  // namespace kith::backends
