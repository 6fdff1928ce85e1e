// SPDX-License-Identifier: Apache-2.0
// A conversation with a client engine: each thing the engine wants is one readable line, and the
// server's frames are written as text. No sockets, no clock. Owned by a test; one thread.
//
//   EngineWorld w;
//   w.engine.addSession(1, "alice");
//   w.engine.open(1, {"bob"}, 10, w.now);
//   w.up();
//   CHECK(w.take() == Lines{"connect ws://server", "> session open alice [bob] i=1"});
//   w.server("session opened alice i=1 list=bob");
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backends/kith/engine/client_engine.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"
#include "support/engine_texts.hpp"

namespace kith::test {

using Lines = std::vector<std::string>;

/// Writes down what the engine wants.
class RecordingOutput final : public engine::Output {
 public:
  RecordingOutput();
  ~RecordingOutput() override;

  Lines lines;
  std::map<engine::OpId, int> completions;
  std::deque<engine::SignatureId> questions;

  void fetchRoute() override;
  void connect(const std::string& url) override;
  void disconnect(std::uint16_t code, std::string_view reason) override;
  void abandon() override;
  void sendFrame(const avos::Frame& frame) override;
  void sendCommand(const leancloud::Command& command) override;
  void sendPing() override;
  void requestSignature(engine::SignatureId id, const SignatureRequest& r) override;
  void load(engine::SessionRef session, const std::string& peer) override;
  void keep(const std::string& peer, StoreChange change) override;
  void done(engine::OpId op, engine::Outcome&& o) override;
  void notify(engine::SessionRef session, Event&& event) override;

  std::vector<SignatureRequest> requests;
  std::vector<StoreChange> changes;
};

/// A frame of the server in words: `cmd [op] peer key=value...`. Keys: i list room peers by from
/// msg id ts uid t code reason to transient offline binary mentions mentions-all; `status=on|off`
/// for presence. `-` as the peer leaves it out.
class FrameText {
 public:
  explicit FrameText(const std::string& text);
  ~FrameText();
  const avos::Frame& frame() const { return frame_; }

 private:
  bool has(const std::string& key) const;
  /// Each value is used once: one that is left has no place in the frame.
  std::string_view text(const std::string& key);
  std::int64_t number(const std::string& key);
  bool flag(const std::string& key);
  avos::IdList ids(const std::string& key);
  std::optional<avos::IdList> idsIfAny(const std::string& key);
  std::optional<avos::Reason> reason();
  avos::Body body(const std::string& name);
  avos::SessionOpened opened();
  avos::Direct direct();
  avos::RoomEvent roomEvent(const std::string& name);

  std::deque<std::string> words_;
  std::map<std::string, std::string> values_;
  std::deque<std::vector<std::string_view>> lists_;
  avos::Frame frame_;
};

engine::EngineOptions plainOptions();
engine::EngineOptions signedOptions();
engine::EngineOptions storedOptions();

class EngineWorld {
 public:
  EngineWorld();
  explicit EngineWorld(engine::EngineOptions options);
  ~EngineWorld();

  RecordingOutput output;
  base::Instant now{base::Millis{1000000}, base::Millis{1700000000000}};

 private:
  base::SeededRandom random_{1};

 public:
  engine::ClientEngine engine;

  /// The lines since the last call.
  Lines take();
  /// As take(), without the lines that begin with `prefix`.
  Lines takeBut(const std::string& prefix);

  void up(bool knows_conversations = false);
  void down(int code = 0);
  void down(int code, Error error);
  void server(const std::string& frame);
  /// A frame of the current protocol, in JSON.
  void serverSays(const std::string& json);
  /// Answers the oldest question to the signer with what was asked.
  void sign(const std::string& name = "sig");
  void refuseToSign(Error error);
  /// The answer of an empty store.
  void loaded(engine::SessionRef session);
  void loaded(engine::SessionRef session, StoredPeer peer);
  void kept(std::size_t count);
  void notKept(std::size_t count);
  /// Lets time pass, with a call at each deadline on the way.
  void pass(base::Millis time);
  /// Lets time pass without a call: the process slept.
  void step(base::Millis time);
  void send(engine::SessionRef session, const std::string& text, engine::OpId op,
            const std::string& to = "bob");
  /// A session that the server knows. Its `open` was operation 900 + ref.
  void openSession(engine::SessionRef ref, const std::string& peer,
                   std::vector<std::string> watch = {});
  /// The connection is cut, and comes back as soon as the engine tries.
  void cutAndReturn();

 private:
  std::size_t signed_{0};
};

}  // namespace kith::test
